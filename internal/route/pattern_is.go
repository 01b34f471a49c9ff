package route

import "inlay/internal/ascii"

// isPattern tells whether a text is as good as a pattern for core.wasm: it does not say what is wrong with one, and lets pass, of
// what checkPattern refuses, what does no harm beyond matching nothing.
func isPattern(text string) bool {
	if text == "" || text[0] != '/' || len(text) > maxPattern || ascii.IndexAny(text, "?#") >= 0 {
		return false
	}
	for rest := text[1:]; rest != ""; {
		var seg string
		seg, rest, _ = ascii.Cut(rest, "/")
		if ascii.IndexAny(seg, "{}") < 0 {
			continue
		}
		if n := len(seg) - 1; n < 2 || seg[0] != '{' || seg[n] != '}' || ascii.IndexAny(seg[1:n], "{}") >= 0 {
			return false
		}
	}
	return true
}
