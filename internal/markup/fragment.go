package markup

import "unicode/utf8"

// Fragment reads a fragment and tells where it may stand. The zero value is not ready: see [Fragment.Reset].
type Fragment struct {
	tree
	last      uint32 // the last four bytes read
	reference int    // where a text ended last in what may be the beginning of a character reference
	slots     bool   // there is an <edge-slot>
}

// Edit replaces the Cut bytes from At on by Put.
type Edit struct {
	At, Cut int
	Put     string
}

// Reset begins a fragment. With scripting, <noscript> holds text; it is read so first. Of the conflicts in watch, the first becomes the problem.
func (f *Fragment) Reset(scripting bool, watch Mask) {
	f.state, f.text = stData, nmOther
	f.off, f.last, f.reference, f.slots = 0, 0, 0, false
	f.reset(scripting, watch)
}

// Write reads the next bytes of the fragment.
func (f *Fragment) Write(p []byte) {
	for _, c := range p[max(0, len(p)-4):] {
		f.last = f.last<<8 | uint32(c)
	}
	for len(p) > 0 && f.fault == faultNone {
		n, is := f.next(p)
		switch is {
		case tokenText:
			f.run(p[:n], f.off)
			if n == len(p) {
				f.findReference(p, f.off)
			}
		case tokenLess, tokenCDATA:
			f.skipLF = lineKept
			f.characters(true, f.begun)
		case tokenTag:
			if f.tag.name == nmOther && f.isOdd() {
				f.reject(faultName)
				break
			}
			f.slots = f.slots || f.tag.name == nmOther && !f.tag.closing && string(f.tag.text[:f.tag.length]) == "edge-slot"
			if f.token() {
				f.raw(f.tag.name)
			}
			f.cdata = f.foreign()
		case tokenComment:
			f.skipLF = lineKept
		case tokenMarker:
			f.setTag(nmOther, "?", f.begun)
			f.reject(faultMarker)
		}
		f.off += n
		p = p[n:]
	}
}

// isOdd tells whether a name that is not known is one that browsers may take for another one, or longer than there is room for.
func (f *Fragment) isOdd() bool {
	t := &f.tag
	odd := t.length > maxName
	for _, r := range view(t.text[:min(t.length, maxName)]) {
		odd = odd || r == 0 || r == utf8.RuneError
	}
	return odd
}

// run reads a text between tags.
func (f *Fragment) run(p []byte, at int) {
	if f.skipLF == lineWanted && p[0] == '\r' {
		// A carriage return is a line feed, and so are both together.
		p, f.skipLF = p[1:], lineBegun
	}
	if f.skipLF != lineKept && len(p) > 0 {
		f.skipLF = lineKept
		if p[0] == '\n' {
			p = p[1:]
		}
	}
	space := false
	for i, c := range p {
		if isSpace(c) {
			space = true
		} else if c != 0 {
			f.characters(true, at+i)
			return
		} else {
			// NUL is dropped, but it ends what text ends.
			f.conflict(InHead | InColgroup)
			if f.mode == modeColgroup {
				f.setTag(nmOther, "", at+i)
				if !f.leaveColgroup() {
					return
				}
			}
		}
	}
	if space {
		f.characters(false, at)
	}
}

// findReference notes whether a text that p ends in may go on as a character reference.
func (f *Fragment) findReference(p []byte, at int) {
	i := len(p)
	for i > 0 && (isAlpha(p[i-1]) || p[i-1]-'0' <= 9 || p[i-1] == '#') {
		i--
	}
	if i > 0 && p[i-1] == '&' || i == 0 && at > 0 && f.reference == at {
		f.reference = at + len(p)
	}
}

// End is at the end of the fragment. It says what is wrong with it and cannot be mended; empty: nothing.
func (f *Fragment) End() string {
	f.unended()
	clean := f.opened == 1 && f.actives == 1
	for f.fault == faultNone && f.actives+f.opened > 2 {
		e := f.top()
		if f.opened == 1 {
			// What is not open is only taken from the list.
			e = &f.list[f.actives-1]
		}
		f.closeOne(e, f.off)
	}
	if clean && (f.reference == f.off && f.off > 0 || byte(f.last) == '\r' || cutShort(f.last)) {
		f.edit(f.off, 0, nothing)
	}
	return f.message()
}

// nothing is read as nothing at all, and parts what is before it from what comes after it.
const nothing = "</>"

// cutShort tells whether a text whose last four bytes are given ends within a character.
func cutShort(last uint32) bool {
	a, b, c := byte(last), byte(last>>8), byte(last>>16)
	return a >= 0xc0 || a >= 0x80 && (b >= 0xe0 || b >= 0x80 && c >= 0xf0)
}

// Conflicts is where the fragment may not stand.
func (f *Fragment) Conflicts() Mask { return f.tree.conflicts }

// Depth is how deep its elements are nested.
func (f *Fragment) Depth() int { return f.tree.depth }

// Edits are what makes the fragment read the same in its place and in a patch, in order. They are valid until the next Reset.
func (f *Fragment) Edits() []Edit { return f.tree.edits }

// Noscript tells whether it has a <noscript>, so that it must be read with scripting and without.
func (f *Fragment) Noscript() bool { return f.tree.noscript }

// Slots tells whether it has slots of its own.
func (f *Fragment) Slots() bool { return f.slots }

// closeOne puts an element's end tag at an offset.
func (t *tree) closeOne(e *element, at int) {
	from := int(e.at)
	t.setTag(e.name, t.nameOf(e), at)
	left := t.opened + t.actives - len(t.edits)
	if !e.html(nmTemplate) {
		t.end()
	}
	if t.opened+t.actives-len(t.edits) >= left {
		t.tag.at = from
		t.reject(faultUnclosed)
		return
	}
	t.edit(at, 0, "</"+string(t.tag.text[:t.tag.length])+">")
}

// setTag makes an end tag the one that is read.
//
//go:noinline
func (t *tree) setTag(n name, text string, at int) {
	if t.fault == faultNone {
		t.tag.name, t.tag.at, t.tag.closing, t.tag.length = n, at, true, copy(t.tag.text[:], text)
		t.tag.made = true
	}
}

// edit replaces what is at an offset.
func (t *tree) edit(at, cut int, put string) {
	if len(t.edits) == maxEdits {
		t.reject(faultSuperfluous)
	}
	t.edits = append(t.edits, Edit{at, cut, put})
}

// drop takes the tag being read out of the fragment. What is around it stays parted.
func (t *tree) drop() {
	put := nothing
	if t.tag.afterPre {
		put = "\n" // the line feed that is dropped
	}
	t.edit(t.tag.at, t.tag.end-t.tag.at, put)
}

// maxEdits is how many tags that a fragment has too many, or too few, are put up with.
const maxEdits = 512

// unended is at what the fragment leaves open at its end.
func (f *Fragment) unended() {
	subject, is := "!--", faultUnclosed
	switch {
	case f.state == stData:
		return
	case f.state <= stEndTagOpen:
		subject, is = "/", faultEndsInLess
		subject = subject[:f.state-stTagOpen]
	case f.text != nmOther:
		subject = f.spell(f.text)
	case f.state <= stUnquoted:
		f.reject(faultTagOpen)
		return
	case f.state >= stCDATAOpen:
		subject = "![CDATA["
	}
	f.setTag(nmOther, subject, f.begun)
	f.reject(is)
}
