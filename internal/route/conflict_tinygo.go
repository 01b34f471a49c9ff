//go:build tinygo && !documents

package route

import "errors"

// routable reads the pattern of one more page. That patterns are in order and do not conflict was found out when the
// pages were encoded; to do so again would be 2.5 KiB of core.wasm, gzipped.
func routable(text string, _ []Pattern) (Pattern, error) {
	if text == "" || text[0] != '/' {
		return Pattern{}, errors.New("edge: a page has no pattern; build again")
	}
	return readPattern(text), nil
}
