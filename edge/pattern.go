package edge

import "strings"

// pattern is a page's URL pattern: the path syntax of net/http's ServeMux.
//
// It is stricter than ServeMux in what could only be a mistake: literal segments that no path can have ("." and ".."
// and empty ones), a stray "}", malformed percent-encoding, and parameter names outside ASCII.
type pattern struct {
	text     string
	segments []segment // between the slashes, without the tail
	tail     tail
	params   []string
}

// segment is what stands between two slashes of a pattern.
type segment struct {
	wild    bool   // {name}: any one segment that is not empty
	literal string // decoded, where not wild
}

// tail is how a pattern ends after its segments.
type tail uint8

const (
	tailNone    tail = iota // at the last segment
	tailSlash               // {$}: with a slash after it
	tailSubtree             // with a slash: that and everything below
	tailMulti               // {name...}: the same, as a parameter
)

func (t tail) isSubtree() bool { return t >= tailSubtree }

// readPattern reads a pattern in which checkPattern finds nothing wrong.
func readPattern(text string) pattern {
	p := pattern{text: text}
	for rest, more := text[1:], true; more; {
		var seg string
		seg, rest, more = cutText(rest, "/")
		switch {
		case seg == "":
			p.tail = tailSubtree
			return p
		case seg == "{$}":
			p.tail = tailSlash
			return p
		case seg[0] != '{':
			literal, _ := unescapePath(seg)
			p.segments = append(p.segments, segment{literal: literal})
			continue
		}
		name, multi := strings.CutSuffix(seg[1:len(seg)-1], "...")
		p.params = append(p.params, name)
		if multi {
			p.tail = tailMulti
			return p
		}
		p.segments = append(p.segments, segment{wild: true})
	}
	return p
}

func isAlpha(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func indexOf(list []string, s string) int {
	for i, have := range list {
		if have == s {
			return i
		}
	}
	return -1
}

// unescapePath decodes percent-encoding; ok is false where it is malformed, and s comes back as it is.
func unescapePath(s string) (out string, ok bool) {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s, true
	}
	decoded := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		b := s[i]
		if b == '%' {
			if b, ok = unhex(s, i+1); !ok {
				return s, false
			}
			i += 2
		}
		decoded = append(decoded, b)
	}
	return string(decoded), true
}

// unhex reads two hexadecimal digits at s[i:].
func unhex(s string, i int) (byte, bool) {
	if i+2 > len(s) {
		return 0, false
	}
	hi, lo := hexValue(s[i]), hexValue(s[i+1])
	return hi<<4 | lo, hi < 16 && lo < 16
}

// hexValue is the value of a hexadecimal digit, 255 for anything else.
func hexValue(b byte) byte {
	switch {
	case isDigit(b):
		return b - '0'
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10
	}
	return 255
}

func isDots(s string) bool { return s == "." || s == ".." }

func isControl(b byte) bool { return b < 0x20 || b == 0x7F }

func hasControl(s string) bool {
	for i := 0; i < len(s); i++ {
		if isControl(s[i]) {
			return true
		}
	}
	return false
}
