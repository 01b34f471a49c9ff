package edge

import (
	"errors"
	"strings"
	"unicode/utf8"
)

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

func parsePattern(text string) (pattern, error) {
	fail := func(found, expected string) (pattern, error) {
		return pattern{}, errors.New("pattern " + shorten(text) + " " + found + "; expected " + expected)
	}
	p := pattern{text: text}
	if text == "" || text[0] != '/' {
		return fail("does not begin with a slash", "a path such as /products/{id}, without method and host")
	}
	for rest := text; ; {
		rest = rest[1:]
		if rest == "" {
			p.tail = tailSubtree
			return p, nil
		}
		end := strings.IndexByte(rest, '/')
		last := end < 0
		if last {
			end = len(rest)
		}
		seg := rest[:end]
		rest = rest[end:]
		if indexAny(seg, "{}") < 0 {
			literal, found := patternLiteral(seg)
			if found != "" {
				return fail(found, "a path as a request's target has it after the host")
			}
			p.segments = append(p.segments, segment{literal: literal})
		} else {
			name, ok := strings.CutPrefix(seg, "{")
			name, closed := strings.CutSuffix(name, "}")
			if !ok || !closed || indexAny(name, "{}") >= 0 {
				return fail("has braces that are not a whole segment", "{name} between two slashes (a literal brace is %7B or %7D)")
			}
			if name == "$" {
				if !last {
					return fail("has {$} before its end", "{$} as the last segment")
				}
				p.tail = tailSlash
				return p, nil
			}
			name, multi := strings.CutSuffix(name, "...")
			switch {
			case name == "":
				return fail("has a parameter without a name", "{name}, {name...} or {$}")
			case !isParamName(name):
				return fail("has the parameter name "+shorten(name), "ASCII letters, digits and _, beginning with no digit")
			case indexOf(p.params, name) >= 0:
				return fail("has the parameter {"+name+"} twice", "each name once")
			case multi && !last:
				return fail("has {"+name+"...} before its end", "{"+name+"...} as the last segment")
			}
			p.params = append(p.params, name)
			if multi {
				p.tail = tailMulti
				return p, nil
			}
			p.segments = append(p.segments, segment{wild: true})
		}
		if last {
			return p, nil
		}
	}
}

// patternLiteral decodes a literal segment, or says what is wrong with it.
func patternLiteral(seg string) (literal, found string) {
	if i := indexAny(seg, "?# \t"); i >= 0 {
		return "", "has " + shorten(seg[i:i+1])
	}
	literal, ok := unescapePath(seg)
	switch {
	case !ok:
		return "", "has malformed percent-encoding in " + shorten(seg)
	case seg == "":
		return "", "has an empty segment"
	case isDots(literal):
		return "", "has the segment " + shorten(seg) + ", which no cleaned path has"
	case hasControl(literal):
		return "", "has a control character"
	case !utf8.ValidString(literal):
		return "", "is not UTF-8"
	}
	return literal, ""
}

func isParamName(s string) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b != '_' && !isAlpha(b) && (i == 0 || !isDigit(b)) {
			return false
		}
	}
	return s != ""
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

// relation is how the paths of one pattern lie to those of another.
type relation uint8

const (
	disjoint     relation = iota // no path matches both
	equal                        // the same paths match both
	moreSpecific                 // what matches the first also matches the second, and not the other way round
	moreGeneral                  // the converse
	overlapping                  // some paths match both, and each has some of its own
)

// compare relates the paths of p to those of q.
func (p *pattern) compare(q *pattern) relation {
	pMore, qMore := false, false // each has paths that the other has not
	for i := 0; ; i++ {
		pEnds, qEnds := i == len(p.segments), i == len(q.segments)
		if pEnds || qEnds {
			switch {
			case pEnds && qEnds && (p.tail == q.tail || p.tail.isSubtree() && q.tail.isSubtree()):
			case pEnds && p.tail.isSubtree() && (!qEnds || q.tail == tailSlash):
				pMore = true
			case qEnds && q.tail.isSubtree() && (!pEnds || p.tail == tailSlash):
				qMore = true
			default:
				return disjoint
			}
			break
		}
		a, b := p.segments[i], q.segments[i]
		switch {
		case a.wild && !b.wild:
			pMore = true
		case !a.wild && b.wild:
			qMore = true
		case a.literal != b.literal:
			return disjoint
		}
	}
	switch {
	case pMore && qMore:
		return overlapping
	case pMore:
		return moreGeneral
	case qMore:
		return moreSpecific
	}
	return equal
}

// commonPath is a path that matches both of two overlapping patterns.
func (p *pattern) commonPath(q *pattern) string {
	if len(q.segments) > len(p.segments) {
		p, q = q, p
	}
	path := ""
	for i, s := range p.segments {
		literal := s.literal
		if s.wild && i < len(q.segments) {
			literal = q.segments[i].literal
		}
		if literal == "" {
			literal = "x"
		}
		path += "/" + literal
	}
	if p.tail != tailNone {
		path += "/"
	}
	return path
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
