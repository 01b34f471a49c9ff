package shell

import (
	"strings"
	"unsafe"

	"inlay/internal/ascii"
	"inlay/internal/markup"
)

// passes tells whether a tag of a slot is an ordinary one, as it is outside of slots in an origin's page.
func (p *parser) passes() bool { return p.origin != nil && !p.slot.open }

// leaves is at what the page does not end, or cannot. In an origin's page that is so, and patches come before it, or after what ends it;
// else, or in a slot, it is an error.
func (p *parser) leaves(at int, end string) bool {
	if !p.passes() {
		return false
	}
	if p.left < 0 {
		p.left, p.leftEnd = at, end
	}
	return true
}

// endOf is what ends markup that the page's end has cut off; empty for a tag, of which browsers then make nothing.
func endOf(t *markup.Token, html string) string {
	text := html[t.At:]
	switch {
	case t.Name == "tag":
		return ""
	case t.Name == "CDATA section":
		return "]]>"
	case !strings.HasPrefix(text, "<!--") || strings.HasSuffix(text, "--!"):
		return ">"
	}
	text = text[len("<!--"):]
	return "-->"[min(2, len(text)-len(ascii.TrimEnd(text, "-"))):]
}

// source is what is read as HTML of the bytes that an outline is of: all of them, or what ESI leaves.
type source struct {
	base  string
	html  []byte
	parts []part // in order; none only at the beginning

	pending []byte // bytes that have come and may be asked for
	from    int    // the offset of the first of them

	counted lineCount // of the bytes that have come
	last    lineCount // in html, the position asked for last
	in      int       // the part that it was in
}

// part is text of html that stands together in the source.
type part struct {
	at, from int       // where it begins, in html and in the source
	begun    lineCount // of the source, there
}

// lineCount is how many line ends there are up to an offset, and where the last of these lines begins, as an offset in the source.
type lineCount struct {
	at, lines, begin int
	cr               bool // the byte before is a carriage return, whose line feed may follow
}

// to counts on. p has the bytes from the offset start on, and an offset in p is shift more in the source.
func (c *lineCount) to(at int, p []byte, start, shift int) {
	for ; c.at < at; c.at++ {
		b := p[c.at-start]
		if b == '\r' || b == '\n' && !c.cr {
			c.lines++
		}
		if b == '\r' || b == '\n' {
			c.begin = c.at + 1 + shift
		}
		c.cr = b == '\r'
	}
}

// view is html as a string. What is there of html is not changed while anybody reads it.
func (s *source) view() string { return unsafe.String(unsafe.SliceData(s.html), len(s.html)) }

// append lets html go on with bytes that stand in the source at an offset.
func (s *source) append(p []byte, from int) {
	if n := len(s.parts); n == 0 || s.sourceOf(len(s.html)) != from {
		s.count(from)
		s.parts = append(s.parts, part{len(s.html), from, s.counted})
	}
	s.html = append(s.html, p...)
}

// cut takes back what html has from an offset on.
func (s *source) cut(at, parts int) {
	s.html, s.parts = s.html[:at], s.parts[:parts]
	if s.last.at > at || s.in >= parts {
		s.last, s.in = lineCount{}, 0
	}
}

// sourceOf is where in the source a byte of html stands, or, at its end, where the last part goes on.
func (s *source) sourceOf(at int) int {
	if len(s.parts) == 0 {
		return 0
	}
	p := &s.parts[s.partOf(at)]
	return p.from + at - p.at
}

// partOf is the last part that begins at an offset or before it.
func (s *source) partOf(at int) int {
	if n := len(s.parts); s.parts[n-1].at <= at {
		return n - 1
	}
	low, high := 0, len(s.parts)
	for low < high {
		if middle := (low + high) / 2; s.parts[middle].at > at {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low - 1
}

// ranges calls for each range of the source that html[from:to] is.
func (s *source) ranges(from, to int, do func(from, to int)) {
	if from == to {
		return
	}
	for i := s.partOf(from); from < to; i++ {
		end := to
		if i+1 < len(s.parts) {
			end = min(end, s.parts[i+1].at)
		}
		at := s.parts[i].from - s.parts[i].at
		if from < end {
			do(at+from, at+end)
			from = end
		}
	}
}

// count counts lines of the source up to an offset, of which the bytes are there.
func (s *source) count(to int) {
	s.counted.to(to, s.pending, s.from, 0)
}

// forget lets go of the bytes before an offset.
func (s *source) forget(to int) {
	if to <= s.from {
		return
	}
	s.count(to)
	n := copy(s.pending, s.pending[to-s.from:])
	s.pending, s.from = s.pending[:n], to
}

// position is the line and column of an offset in html. Columns are bytes.
func (s *source) position(at int) (line, col int) {
	if len(s.parts) == 0 {
		return 1, 1
	}
	i := s.partOf(at)
	p := &s.parts[i]
	if i != s.in || s.last.at > at || s.last.at < p.at {
		s.in, s.last = i, p.begun
		s.last.at = p.at
	}
	c := &s.last
	c.to(at, s.html, 0, p.from-p.at)
	return c.lines + 1, p.from + at - p.at - c.begin + 1
}
