package route

import (
	"strings"

	"inlay/internal/ascii"
)

// Pattern is a page's URL pattern: the path syntax of net/http's ServeMux.
//
// It is stricter than ServeMux in what could only be a mistake: literal segments that no path can have ("." and ".."
// and empty ones), a stray "}", malformed percent-encoding, and parameter names outside ASCII.
type Pattern struct {
	text     string
	segments []segment // between the slashes, without the tail
	tail     tail
	Params   []string
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
func readPattern(text string) Pattern {
	p := Pattern{text: text}
	for rest, more := text[1:], true; more; {
		var seg string
		seg, rest, more = ascii.Cut(rest, "/")
		switch {
		case seg == "":
			p.tail = tailSubtree
			return p
		case seg == "{$}":
			p.tail = tailSlash
			return p
		case seg[0] != '{':
			literal, _ := UnescapePath(seg)
			p.segments = append(p.segments, segment{literal: literal})
			continue
		}
		name, multi := strings.CutSuffix(seg[1:len(seg)-1], "...")
		p.Params = append(p.Params, name)
		if multi {
			p.tail = tailMulti
			return p
		}
		p.segments = append(p.segments, segment{wild: true})
	}
	return p
}
