package markup

import "unsafe"

// tag is a start tag or an end tag.
type tag struct {
	name    name
	closing bool // an end tag
	made    bool // it is not in the fragment
	// afterPre: a line feed in its place would be dropped.
	afterPre bool
	slash    bool // it ends in />
	wanted   bool // its attributes are read
	flags    flags
	at, end  int // offsets of its < and behind its >
	word         // its name
}

// maxName is how long the name of an element may be, in bytes.
const maxName = 128

// flags are attributes that the tree construction asks for.
type flags uint16

const (
	hasAny      flags = 1 << iota // an attribute of any name
	hasFor                        // <template for>
	hasShadow                     // <template shadowrootmode>
	hasFontLook                   // <font color>, face or size
	isHidden                      // <input type=hidden>
	hasType                       // <input type>
	holdsHTML                     // <annotation-xml encoding=text/html>
	hasEncoding                   // <annotation-xml encoding>
	unclear                       // one of these two has character references in its value
)

func (r *reader) beginTag(closing bool) {
	t := &r.tag
	r.state = stTagName
	t.at, t.closing, t.made = r.begun, closing, false
	t.slash, t.flags = false, 0
	t.reset()
	if r.keeps() {
		r.spans = r.spans[:0]
	}
}

// nameRead is at the end of a tag's name.
func (r *reader) nameRead() {
	t := &r.tag
	t.name = r.known(&t.word)
	t.wanted = !t.closing && (t.name == nmFont || t.name == nmTemplate || t.name == nmInput || t.name == nmAnnotationXML)
	r.state = stBeforeAttribute
}

// beginMarker is at what may be a marker: a processing instruction, or a comment as older browsers make of it.
func (r *reader) beginMarker(after state) {
	r.state, r.after = stMarker, after
	r.value.reset()
}

func (r *reader) addValue(p []byte) {
	if !r.tag.wanted {
		return
	}
	for _, c := range p {
		r.value.add(c)
		r.encoded = r.encoded || c == '&'
	}
}

// endAttribute notes what the tree construction asks for of an attribute. The first of its name counts.
func (r *reader) endAttribute() {
	r.state = stBeforeAttribute
	t := &r.tag
	if !t.wanted {
		return
	}
	value := r.known(&r.value)
	var is flags
	switch r.known(&r.attr) {
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
	if r.encoded && is&(hasType|hasEncoding) != 0 {
		is |= unclear
	}
	t.flags |= is
}

// word is a name, or a value that may be one of interest.
type word struct {
	length int // may be more than text has
	hash   uint8
	text   [maxName]byte // in lower case
}

func (w *word) reset() { w.length, w.hash = 0, 0 }

func (w *word) add(c byte) {
	c = lower(c)
	w.hash = w.hash*nameFactor + c
	if w.length < maxName {
		w.text[w.length] = c
	}
	w.length++
}

// known is the name that a word is. None is as long as text.
func (r *reader) known(w *word) name {
	return r.lookup(w.text[:min(w.length, maxName)], w.hash)
}

// view is s as a string, for as long as s stays as it is.
func view(s []byte) string { return unsafe.String(unsafe.SliceData(s), len(s)) }

func isAlpha(c byte) bool { return c|0x20-'a' < 26 }

// isSpace: white space in a tag. A carriage return becomes a line feed before the tokenizer sees it.
func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r'
}

// isNameEnd: what ends a tag's or an attribute's name.
func isNameEnd(c byte) bool { return c <= '>' && (c == '>' || isSpace(c) || c == '/') }

func lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}
