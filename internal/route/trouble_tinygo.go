//go:build tinygo

package route

// PatternTrouble says that something is wrong with a pattern, empty if nothing is. What it is, `inlay build` and the native
// driver say.
func PatternTrouble(text string) string {
	if isPattern(text) {
		return ""
	}
	return "no path pattern"
}
