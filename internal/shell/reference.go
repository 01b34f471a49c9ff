package shell

import (
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
)

// decodeReferences decodes the character references of an attribute's value: the numeric ones and the five that XML knows
// too. Others come back as unknown, the first of them; there, the character itself can be written.
//
// As in the HTML standard (section 13.2.5.73), a reference without its semicolon is text where = or a letter or digit
// follows, so that src="/f?a=1&lt=2" means what it says.
func decodeReferences(s string) (out, unknown string) {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s, ""
	}
	dst := append(make([]byte, 0, len(s)), s[:i]...)
	for i < len(s) {
		if s[i] != '&' {
			dst = append(dst, s[i])
			i++
			continue
		}
		r, n, known := reference(s[i:])
		if !known && unknown == "" {
			unknown = s[i : i+n]
		}
		if r < 0 {
			dst = append(dst, s[i:i+n]...)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return string(dst), unknown
}

// reference reads the n bytes of a reference, or of what only looks like one: then r is -1, and known is false if it is
// one that a browser might decode.
func reference(s string) (r rune, n int, known bool) {
	if strings.HasPrefix(s, "&#") {
		return numericReference(s)
	}
	n = 1
	for n < len(s) && (ascii.IsAlpha(s[n]) || ascii.IsDigit(s[n])) {
		n++
	}
	name, closed := s[1:n], n < len(s) && s[n] == ';'
	if !closed {
		// &lt is one, in two letter cases, and &ltx was one outside of attributes.
		if n < len(s) && s[n] == '=' {
			return -1, n, true
		}
		switch name {
		case "amp", "AMP":
			return '&', n, true
		case "lt", "LT":
			return '<', n, true
		case "gt", "GT":
			return '>', n, true
		case "quot", "QUOT":
			return '"', n, true
		}
		return -1, n, true
	}
	n++
	switch name {
	case "":
		return -1, n, true
	case "amp", "AMP":
		return '&', n, true
	case "lt", "LT":
		return '<', n, true
	case "gt", "GT":
		return '>', n, true
	case "quot", "QUOT":
		return '"', n, true
	case "apos":
		return '\'', n, true
	}
	return -1, n, false
}

func numericReference(s string) (r rune, n int, known bool) {
	n, base := 2, rune(10)
	if n < len(s) && s[n]|0x20 == 'x' {
		n, base = 3, 16
	}
	digits := n
	for ; n < len(s); n++ {
		d := rune(ascii.HexValue(s[n]))
		if d >= base {
			break
		}
		if r <= utf8.MaxRune {
			r = r*base + d
		}
	}
	if n == digits {
		return -1, n, true
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	switch {
	case 0x80 <= r && r < 0xA0:
		// Browsers read these as windows-1252.
		return -1, n, false
	case r == 0 || !utf8.ValidRune(r):
		r = utf8.RuneError
	}
	return r, n, true
}
