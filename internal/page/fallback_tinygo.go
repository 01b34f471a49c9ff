//go:build tinygo && !documents

package page

// Fallback came with the pages.
var Fallback string

func loadFallback(given string) bool {
	Fallback = given
	return true
}
