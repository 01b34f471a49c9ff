//go:build tinygo && !documents && !variables

package wording

// texts came with the pages.
var texts []string

// All are the texts.
func All() []string { return texts }

// Load takes the texts.
func Load(given []string) bool {
	texts = given
	return len(texts) == int(count)
}
