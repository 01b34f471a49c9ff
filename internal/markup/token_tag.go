package markup

import (
	"unicode/utf8"
	"unsafe"
)

func (f *Fragment) beginTag(closing bool) {
	t := &f.tag
	t.afterPre = f.skipLF == lineWanted
	f.state, f.skipLF = stTagName, lineKept
	t.at, t.closing, t.made = f.begun, closing, false
	t.length, t.hash, t.slash, t.flags = 0, 0, false, 0
}

// add takes a byte of the name.
func (t *tag) add(c byte) {
	c = lower(c)
	t.hash = t.hash*nameFactor + c
	if t.length < maxName {
		t.text[t.length] = c
	}
	t.length++
}

// nameRead is at the end of a tag's name.
func (f *Fragment) nameRead() {
	t := &f.tag
	t.name = f.lookup(t.text[:min(t.length, maxName)], t.hash)
	if t.name == nmOther {
		odd := t.length > maxName
		for _, r := range view(t.text[:min(t.length, maxName)]) {
			odd = odd || r == 0 || r == utf8.RuneError // browsers may take two of these for equal
		}
		if odd {
			f.reject(faultName)
		}
	}
	t.wanted = !t.closing && (t.name == nmFont || t.name == nmTemplate || t.name == nmInput || t.name == nmAnnotationXML)
}

// endTag is at the > of a tag.
func (f *Fragment) endTag() {
	f.state = stData
	if f.text != nmOther {
		// The end of raw text.
		f.text = nmOther
		return
	}
	switch f.token() {
	case nextRaw:
		f.state, f.text, f.script, f.match = stRawText, f.tag.name, scriptPlain, 0
	case nextLine:
		f.skipLF = lineWanted
	}
}

// beginMarker is at what may be a marker: a processing instruction, or a comment as older browsers make of it.
func (f *Fragment) beginMarker(after state) {
	f.state, f.after = stMarker, after
	f.value.reset()
}

// comment is at the > of a comment.
func (f *Fragment) comment() { f.state, f.skipLF = stData, lineKept }

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
				f.leaveColgroup()
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

func (f *Fragment) addValue(p []byte) {
	if !f.tag.wanted {
		return
	}
	for _, c := range p {
		f.value.add(c)
		f.encoded = f.encoded || c == '&'
	}
}

// endAttribute notes what the tree construction asks for of an attribute. The first of its name counts.
func (f *Fragment) endAttribute() {
	f.state = stBeforeAttribute
	t := &f.tag
	if !t.wanted {
		return
	}
	value := f.nameOfWord(&f.value)
	var is flags
	switch f.nameOfWord(&f.attr) {
	case nmFor:
		is = hasFor
	case nmShadowrootmode:
		is = hasShadow
	case nmColor, nmFace, nmSize:
		is = hasFontLook
	case nmType:
		is = hasType
		if value == nmHidden {
			is |= isHidden
		}
	case nmEncoding:
		is = hasEncoding
		if value == nmTextHTML || value == nmXHTML {
			is |= holdsHTML
		}
	}
	if t.flags&is != 0 {
		return
	}
	if f.encoded && is&(hasType|hasEncoding) != 0 {
		is |= unclear
	}
	t.flags |= is
}

// word is a name or a value that may be of interest.
type word struct {
	text   [maxWord]byte // in lower case
	length int           // more than maxWord: longer than any of interest
	hash   uint8
}

const maxWord = 21 // application/xhtml+xml

func (w *word) reset() { w.length, w.hash = 0, 0 }

func (w *word) add(c byte) {
	c = lower(c)
	w.hash = w.hash*nameFactor + c
	if w.length < maxWord {
		w.text[w.length] = c
	}
	w.length++
}

func (f *Fragment) nameOfWord(w *word) name {
	if w.length > maxWord {
		return nmOther
	}
	return f.lookup(w.text[:w.length], w.hash)
}

// view is s as a string, for as long as s stays as it is.
func view(s []byte) string { return unsafe.String(unsafe.SliceData(s), len(s)) }

func isAlpha(c byte) bool { return c|0x20-'a' < 26 }

// isSpace: white space in a tag. A carriage return becomes a line feed before the tokenizer sees it.
func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r'
}

// isNameEnd: what ends a tag's or an attribute's name.
func isNameEnd(c byte) bool { return c == '>' || isSpace(c) || c == '/' }

func lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}
