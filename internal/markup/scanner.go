package markup

import (
	"unsafe"

	"inlay/internal/ascii"
)

// Scanner reads the tokens of a page, of which the whole is there, or, by [Document.Extend], what has come of it.
type Scanner struct {
	page  string
	bytes []byte // the same
	in    *reader

	more  bool // the page goes on
	held  span // of a text that is not sure as far as it is there: at is where it begins, end what has been looked at
	marks bool // the comment being read may be a marker
}

// NewScanner reads a text without a tree: nothing in it is raw text, or a CDATA section.
func NewScanner(html string) *Scanner {
	s := &Scanner{}
	s.init(html, new(reader))
	return s
}

func (s *Scanner) init(html string, r *reader) {
	s.in = r
	s.extend(html, false)
	r.whole = true
	if r.starts[nameCount] == 0 {
		r.dictionary.make()
	}
}

// extend lets the page be longer, or shorter by what has not been read.
func (s *Scanner) extend(html string, more bool) {
	s.page, s.bytes, s.more = html, unsafe.Slice(unsafe.StringData(html), len(html)), more
}

// Kind is what a token is.
type Kind uint8

// The kinds of tokens.
const (
	AtEnd       Kind = iota // the page's end
	Text                    // text, or a part of it; its character references are not decoded
	StartTag                //
	EndTag                  //
	Doctype                 //
	Comment                 // a comment of any kind
	Instruction             // <?…>: a processing instruction, or a comment in older browsers
	Broken                  // markup that the page's end cuts off; Name says what
	More                    // none yet: the page goes on; At is what is sure
)

// Token is a piece of the page, from At to before End. It is valid until the next one is read.
type Token struct {
	Kind    Kind
	At, End int
	Name    string // of a tag, in lower case
	Slash   bool   // the tag ends in />
	Marks   bool   // the instruction, or the comment, may be a marker of a place
	spans   []span
	html    string
}

// Next reads a token.
func (s *Scanner) Next() Token {
	r := s.in
	for r.off < len(s.page) {
		at := r.off
		if s.more && s.holds() {
			break
		}
		n, is := r.next(s.bytes[at:])
		r.off += n
		switch is {
		case tokenText:
			if s.more && r.off == len(s.page) {
				if r.off = sureText(s.page, at, r.off); r.off == at {
					s.held = span{at: at, end: len(s.page)}
					break
				}
			}
			return Token{Kind: Text, At: at, End: r.off}
		case tokenLess, tokenCDATA:
			return Token{Kind: Text, At: r.begun, End: r.off}
		case tokenTag:
			return s.tagRead()
		case tokenMarker:
			s.marks = true
		case tokenComment:
			marks := s.marks
			s.marks = false
			return Token{Kind: s.commentRead(), At: r.begun, End: r.off, Marks: marks}
		}
	}
	if s.more {
		return Token{Kind: More, At: s.Sure(), End: s.Sure()}
	}
	s.marks = false
	t := Token{Kind: Broken, At: r.begun, End: r.off}
	switch {
	case r.state == stData:
		t.Kind, t.At = AtEnd, r.off
	case r.state <= stEndTagOpen:
		t.Kind = Text
	case r.state <= stUnquoted:
		t.Name = "tag"
	case r.state == stCDATA:
		t.Name = "CDATA section"
	default:
		t.Name = [...]string{Comment: "comment", Doctype: "doctype", Instruction: "processing instruction"}[s.commentRead()]
	}
	r.state = stData
	return t
}

// holds tells whether the text at hand is still what it was held back for. Only what is new of it is looked at.
func (s *Scanner) holds() bool {
	h := &s.held
	if h.end == 0 || s.in.state != stData || s.in.off != h.at {
		return false
	}
	for h.end < len(s.page) && isOfReference(s.page[h.end]) && s.page[h.at] != '\r' {
		h.end++
	}
	if h.end < len(s.page) {
		h.end = 0
		return false
	}
	return true
}

// isOfReference: what may stand in a character reference behind its ampersand.
func isOfReference(c byte) bool { return isAlpha(c) || c-'0' <= 9 || c == '#' }

// Sure is how much of the page has been read as tokens.
func (s *Scanner) Sure() int {
	if s.in.state == stData {
		return s.in.off
	}
	return s.in.begun
}

// Between tells whether the page as far as it is there ends between tokens, or in a text.
func (s *Scanner) Between() bool { return s.in.state == stData }

// Holds tells whether the page as far as it is there ends in a value in quotes, or in the text of an element that holds no markup: where
// what comes next is most likely no markup.
func (s *Scanner) Holds() bool { return s.in.state == stQuoted || s.in.state == stRawText }

// sureText is up to where a text, which may go on, is read the same whatever follows: what may be the beginning of a character
// reference, or of a line end, is left out.
func sureText(page string, at, end int) int {
	if page[end-1] == '\r' {
		return end - 1
	}
	i := end
	for i > at && isOfReference(page[i-1]) {
		i--
	}
	if i > at && page[i-1] == '&' {
		return i - 1
	}
	return end
}

func (s *Scanner) tagRead() Token {
	r := s.in
	t := Token{Kind: StartTag, At: r.tag.at, End: r.off, Slash: r.tag.slash, spans: r.spans, html: s.page}
	from := t.At + 1
	if r.tag.closing {
		t.Kind = EndTag
		from++
	}
	if t.Name = r.spell(r.tag.name); t.Name == "" {
		t.Name = ascii.ToLower(s.page[from : from+r.tag.length])
	}
	return t
}

// commentRead tells what the comment that has been read is.
func (s *Scanner) commentRead() Kind {
	const doctype = "<!doctype"
	text := s.page[s.in.begun:s.in.off]
	switch {
	case ascii.HasPrefix(text, "<?"):
		return Instruction
	case hasPrefixFold(text, doctype):
		return Doctype
	}
	return Comment
}

// BeginRaw is at the text of an element that holds no markup, behind its start tag. [Scanner.Raw] passes over it.
func (s *Scanner) BeginRaw() {
	s.in.raw(s.in.tag.name)
	s.in.begun = -1
}

// Raw passes over the text of an element that holds no markup, up to to, and over its end tag; ok is false where the page ends
// before that. Where more may come, that is said, and Raw is to be called again. What is cut off in the end tag is the next token.
func (s *Scanner) Raw() (to int, ok, more bool) {
	r := s.in
	for r.off < len(s.page) && r.text != nmOther {
		n, _ := r.next(s.bytes[r.off:])
		r.off += n
	}
	if r.text != nmOther && s.more {
		return 0, false, true
	}
	r.text = nmOther
	return r.begun, r.state <= stUnquoted, false
}

// span is where an attribute stands: its name, and its value.
type span struct{ at, nameEnd, valueAt, end int }

// keeps tells whether attributes are kept.
func (r *reader) keeps() bool { return r.whole }

func (r *reader) beginName(i int) {
	if r.keeps() {
		at := r.off + i
		r.spans = append(r.spans, span{at, at + 1, at, at})
	}
}

func (r *reader) endName(i int) {
	if r.keeps() {
		r.spans[len(r.spans)-1].nameEnd = r.off + i
	}
}

func (r *reader) beginValue(i int) {
	if r.keeps() {
		s := &r.spans[len(r.spans)-1]
		s.valueAt, s.end = r.off+i, r.off+i
	}
}

func (r *reader) endValue(i int) {
	if r.keeps() {
		r.spans[len(r.spans)-1].end = r.off + i
	}
}

// Attribute is an attribute as written: character references in its value are not decoded.
type Attribute struct {
	Name    string // in lower case
	Value   string
	At      int // offset of the name
	ValueAt int // offset of the value; of the name, where there is no value
}

// Attributes are those of a start tag, in order.
func (t *Token) Attributes() []Attribute {
	all := make([]Attribute, len(t.spans))
	for i, s := range t.spans {
		all[i] = Attribute{ascii.ToLower(t.html[s.at:s.nameEnd]), t.html[s.valueAt:s.end], s.at, s.valueAt}
	}
	return all
}

// Attr is the decoded value of the first attribute of that name, which is in lower case.
func (t *Token) Attr(name string) (value string, ok bool) {
	for _, s := range t.spans {
		if s.nameEnd-s.at == len(name) && hasPrefixFold(t.html[s.at:s.nameEnd], name) {
			value, _ := DecodeReferences(t.html[s.valueAt:s.end])
			return value, true
		}
	}
	return "", false
}

// hasPrefixFold tells whether s begins with a prefix that is in lower case, in whatever case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}
