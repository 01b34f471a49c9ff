package esi

// tag is the tag that is being read, as Varnish reads it: it ends at its first >, whatever is quoted.
type tag struct {
	at, from  int // offsets of its < and of its name
	place     at
	commented at // of the <!--esi that is open

	end   bool // </esi:…
	empty bool // …/>
	part  part
	quote byte // of the value; 0: none
	bare  bool // the attribute before has no value yet, and may get one behind white space
	loose bool // = was followed by white space: a quote must follow

	name       string
	text       []byte
	attributes []attribute
}

// attribute is one of a tag; its value as written.
type attribute struct{ name, value string }

// part is what the next byte of a tag belongs to.
type part uint8

const (
	ofName part = iota
	between
	ofAttribute
	beforeValue
	ofValue
)

const (
	maxValue      = 8 << 10 // bytes of an attribute's value
	maxName       = 64      // bytes of a name
	maxAttributes = 32
)

// open begins a tag whose name is at from.
func (t *tag) open(from int, end bool) {
	t.from, t.end, t.empty = from, end, false
	t.part, t.bare, t.loose = ofName, false, false
	t.name, t.text, t.attributes = "", t.text[:0], t.attributes[:0]
}

// inTag takes the next byte of a tag.
func (r *Reader) inTag(c byte) {
	t := &r.tag
	switch t.part {
	case ofName:
		if isNameChar(c) {
			r.collect(c, maxName)
			return
		}
		t.name, t.part = string(t.text), between
		r.between(c, isSpace(c))
	case between:
		r.between(c, true)
	case ofAttribute:
		switch {
		case isNameChar(c):
			r.collect(c, maxName)
		case c == '=':
			t.part = beforeValue
		case isSpace(c) || c == '/' || c == '>':
			t.bare, t.part = true, between
			r.between(c, true)
		default:
			r.skip("a character that no attribute's name has; expected name=\"value\"", c)
		}
	case beforeValue:
		switch {
		case c == '"' || c == '\'':
			t.quote, t.part, t.text = c, ofValue, t.text[:0]
		case isSpace(c):
			t.loose = true
		case t.loose:
			r.skip("white space after =; expected the value", c)
		default:
			t.quote, t.part, t.text = 0, ofValue, t.text[:0]
			r.inTag(c)
		}
	case ofValue:
		switch {
		case t.quote != 0 && c == t.quote || t.quote == 0 && isSpace(c):
			t.attributes[len(t.attributes)-1].value = string(t.text)
			t.part = between
		case c == '>' && t.name != "when": // which compares
			r.skip("a > in a value, or a value that is not closed; expected quotes around it, and &gt; for >", c)
		default:
			r.collect(c, maxValue)
		}
	}
}

// between takes a byte that is part of no name and no value. spaced: white space came before it.
func (r *Reader) between(c byte, spaced bool) {
	t := &r.tag
	switch {
	case c == '>':
		r.state = inText
		r.element()
		r.text = r.pos + 1
	case t.empty:
		r.skip("/ that > does not follow; expected />", c)
	case c == '/':
		t.empty = true
	case isSpace(c):
	case c == '=' && t.bare:
		t.part, t.bare, t.loose = beforeValue, false, false
	case spaced && isNameStart(c) && len(t.attributes) < maxAttributes:
		t.attributes = append(t.attributes, attribute{})
		t.bare, t.loose, t.part, t.text = false, false, ofAttribute, t.text[:0]
		r.collect(c, maxName)
	default:
		r.skip("a character where an attribute should begin; expected name=\"value\"", c)
	}
}

// collect adds a byte to the name or value that is being read.
func (r *Reader) collect(c byte, limit int) {
	t := &r.tag
	if t.text = append(t.text, c); len(t.text) > limit {
		r.skip("a name or a value that is too long; expected a shorter one", c)
		return
	}
	if t.part == ofAttribute {
		t.attributes[len(t.attributes)-1].name = string(t.text)
	}
}

// skip leaves the rest of a tag out, up to its first >.
func (r *Reader) skip(message string, c byte) {
	r.state = inSkip
	if f := r.top(); !f.swallows() {
		r.refuse(r.tag.String() + ": " + message + ". The tag is left out")
		r.failed()
	}
	r.step(c)
}

// String is the tag's beginning, for messages.
func (t *tag) String() string {
	if t.end {
		return "</esi:" + t.name + ">"
	}
	return "<esi:" + t.name + ">"
}

// isNameStart and isNameChar are XML's for names, and any byte that is not ASCII.
func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= 0x80
}

func isNameChar(c byte) bool { return isNameStart(c) || c >= '0' && c <= '9' || c == '-' || c == '.' }
