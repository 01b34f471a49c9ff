//go:build !tinygo

package route

// PatternTrouble says what is wrong with a pattern, empty if nothing is.
func PatternTrouble(text string) string {
	if _, err := ParsePattern(text); err != nil {
		return err.Error()
	}
	return ""
}
