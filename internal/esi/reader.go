package esi

import (
	"bytes"

	"inlay/internal/ascii"
)

// Reader reads ESI. See [New].
type Reader struct {
	base    string
	out     []Event // of the Write that is going on
	stack   []frame // the elements that are open
	bottom  frame   // what they are in
	refused int     // how many lines were given out

	state state
	pos   int // offset of the next byte
	text  int // offset of the text that has not been given out yet
	held  []byte
	place place

	commented int // offset behind the <!--esi that is open, or 0
	dashes    int // how many - stand before pos, or ] in CDATA

	tag tag
}

// state is what the next byte is part of.
type state uint8

const (
	inText    state = iota
	inOpen          // behind <, held has what came since
	inComment       // <!-- … -->
	inCDATA
	inTag  // of an esi element
	inSkip // such a tag with an error, up to its >
)

// New makes a reader. base is where the bytes come from, as a src or a request's target has it, with its query or without: a
// relative src is resolved against it.
func New(base string) *Reader { return &Reader{base: base} }

// Write takes the next bytes and gives out what is sure by now: the same events however the bytes are cut, but that one Text may
// come as several. It keeps nothing of p.
func (r *Reader) Write(p []byte) []Event {
	r.out = nil
	start := r.pos
	for i := 0; i < len(p); i++ {
		if r.state == inText && r.commented == 0 && !r.only() {
			n := bytes.IndexByte(p[i:], '<')
			if n < 0 {
				r.pos = start + len(p)
				break
			}
			i += n
		}
		r.pos = start + i
		if p[i] == '<' && (r.state == inText || r.state == inOpen) {
			r.place.reach(p, start, r.pos)
		}
		r.step(p[i])
		r.pos = start + i + 1
	}
	r.place.reach(p, start, r.pos)
	switch r.state {
	case inText:
		sure := r.pos
		if r.commented > 0 {
			sure -= min(r.dashes, 2)
		}
		r.flush(sure)
	case inOpen:
		r.flush(r.tag.at)
	case inComment, inCDATA:
		r.flush(r.pos)
	}
	return r.out
}

// End gives out what is left, once, when the source has no more bytes. What is open then is let go: of a tag nothing is left, of
// an element all that stands in it, but for <esi:remove>.
func (r *Reader) End() []Event {
	r.out = nil
	switch {
	case r.state == inTag && r.tag.from == r.pos:
		// As text, as it could be anything.
	case r.state == inTag || r.state == inSkip:
		r.refuse("a tag that does not end; expected its >. It is left out")
		r.text = r.pos
	case r.commented == r.pos && r.pos > 0:
		r.text = r.pos - len("<!--esi")
	case r.commented > 0:
		r.refuseAt(r.tag.commented, "<!--esi that is not closed; expected --> behind what it is about, which is shown")
	}
	r.flush(r.pos)
	for len(r.stack) > 0 {
		r.letGo()
	}
	return r.out
}

// step takes a byte, which is at pos.
func (r *Reader) step(c byte) {
	switch r.state {
	case inText:
		switch {
		case c == '<':
			r.state, r.held, r.tag.at, r.tag.place = inOpen, r.held[:0], r.pos, r.place.here
		case c == '-':
			r.dashes++
			r.solid()
			return
		case c == '>' && r.commented > 0 && r.dashes >= 2:
			r.flush(r.pos - 2)
			r.text, r.commented = r.pos+1, 0
		case !isSpace(c):
			r.solid()
		}
		r.dashes = 0
	case inOpen:
		r.held = append(r.held, c)
		r.opened()
	case inComment:
		r.until('-', c)
	case inCDATA:
		r.until(']', c)
	case inTag:
		r.inTag(c)
	case inSkip:
		if c == '>' {
			r.state, r.text = inText, r.pos+1
		}
	}
}

// until looks for two of end and a >. A comment's two may be those that it begins with, as browsers have it.
func (r *Reader) until(end, c byte) {
	switch {
	case c == end:
		r.dashes++
	case c == '>' && r.dashes >= 2:
		r.state, r.dashes = inText, 0
	default:
		r.dashes = 0
	}
}

// opened looks at what follows a <.
func (r *Reader) opened() {
	held := string(r.held)
	switch held {
	case "esi:", "/esi:":
		r.flush(r.tag.at)
		r.tag.open(r.pos+1, held[0] == '/')
		r.state = inTag
		return
	case "!--esi":
		r.flush(r.tag.at)
		if r.top().kind == remove {
			r.refuse("<!--esi in <esi:remove>; expected it outside. Nothing of it is shown")
		}
		r.state, r.text = inText, r.pos+1
		r.commented, r.tag.commented = r.pos+1, r.tag.place
		return
	case "![CDATA[":
		r.solid()
		r.state = inCDATA
		return
	}
	for _, known := range [...]string{"esi:", "/esi:", "!--esi", "![CDATA["} {
		if len(held) < len(known) && known[:len(held)] == held {
			return
		}
	}
	if ascii.HasPrefix(held, "!--") {
		if r.commented > 0 {
			r.refuse("<!-- within <!--esi; expected none: the --> of the comment ends neither, and that of <!--esi is left as text")
			r.commented = 0
		}
		r.state, r.dashes = inComment, 2
		r.again(held[3:])
		return
	}
	r.state = inText
	r.solid()
	r.again(held)
}

// again takes the bytes up to pos once more. Only the last of them can be a <.
func (r *Reader) again(held string) {
	end := r.pos
	for i := range len(held) {
		r.pos = end - len(held) + 1 + i
		r.step(held[i])
	}
	r.pos = end
}

// flush gives out the text before an offset.
func (r *Reader) flush(to int) {
	if r.text < to {
		r.add(Event{Kind: Text, From: r.text, To: to})
		r.text = to
	}
}

// add gives an event to the element that is open.
func (r *Reader) add(e Event) {
	f := r.top()
	if f.drops() {
		return
	}
	list := &r.out
	if f.kind != none {
		list = &f.events
	}
	if n := len(*list); e.Kind == Text && n > 0 {
		if last := &(*list)[n-1]; last.Kind == Text && last.To == e.From {
			last.To = e.To
			return
		}
	}
	*list = append(*list, e)
}

// refuse says what is wrong with the tag that is being read.
func (r *Reader) refuse(message string) { r.refuseAt(r.tag.place, message) }

// maxRefused is how many lines there are for one source.
const maxRefused = 64

func (r *Reader) refuseAt(at at, message string) {
	switch r.refused++; {
	case r.refused > maxRefused:
		return
	case r.refused == maxRefused:
		message = "more than is told here; expected none"
	}
	r.out = append(r.out, Event{Kind: Refused, From: at.offset, To: r.pos, Message: at.String() + ": " + message})
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
