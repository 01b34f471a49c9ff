package markup

import (
	"strings"

	"inlay/internal/ascii"
)

// Document reads a whole page, token by token: [Scanner.Next] tells what comes, and whoever asks hands it on to the tree
// construction, by [Document.Start], End, Text, Comment or Doctype, or keeps it to themselves.
type Document struct {
	Scanner
	tree
	document
}

// document is what a document has besides a tree.
type document struct {
	html      string
	name      string // of the tag being read; empty for a text
	form      uint32 // the form element pointer: an id, 0 for none
	framed    int    // offset of the <frameset> that took the place of body, -1 for none
	hasHead   bool   // the head element pointer is set
	frames    bool   // a <frameset> would still be taken ("frameset-ok flag")
	foster    bool   // what is inserted into a table goes before it
	quirks    bool   // in quirks mode
	tooMany   bool   // the list of active formatting elements was longer than MaxActive
	oldSelect bool   // see Reading
	selects   bool   // there was a <select>

	count [nameCount]int16 // elements on the stack, by name

	selectInTable bool // of the older rules: what is open in it is a <select> in a table
	content       bool // it is the content of a template, of a place that is not known

	part
}

// Reading is a way to read a page. The zero value is that of the standard with scripts.
type Reading struct {
	OldSelect bool // <select> is read by the rules that it had until 2025, and has in older browsers still
	NoScript  bool // scripts are off: <noscript> holds markup
}

// MaxActive is how many active formatting elements a document may have.
const MaxActive = maxActive - 2

// NewDocument begins to read a page in UTF-8 without NUL.
func NewDocument(html string, as Reading) *Document {
	d := &Document{}
	d.tree.doc = &d.document
	d.Scanner.init(html, &d.tree.reader)
	d.reset(!as.NoScript, 0)
	d.stack[0] = element{name: nmHTML}
	d.mode = modeInitial
	d.document = document{html: html, framed: -1, frames: true, oldSelect: as.OldSelect}
	const byteOrderMark = "\uFEFF"
	if strings.HasPrefix(html, byteOrderMark) {
		d.off = len(byteOrderMark)
	}
	return d
}

// NewContent begins to read a fragment in UTF-8 without NUL, as the content of a template. What stands at its root is around it: see
// [Document.Reach].
func NewContent(html string, as Reading) *Document {
	d := NewDocument(html, as)
	d.stack[0] = element{name: nmTemplate}
	d.mode, d.content, d.off = modeTemplate, true, 0
	return d
}

// Extend lets the page be longer: html begins with all of it that has been read. more says that it may go on still; then [Scanner.Next]
// may give a token of kind [More].
func (d *Document) Extend(html string, more bool) {
	d.Scanner.extend(html, more)
	d.document.html = html
}

// Skip leaves out what is there of the page and has not been read.
func (d *Document) Skip() { d.off, d.state = len(d.document.html), stData }

// inDocument tells documents from fragments.
func (t *tree) inDocument() bool { return t.doc != nil }

// Next reads a token.
func (d *Document) Next() Token {
	d.cdata = d.foreign()
	return d.Scanner.Next()
}

// Start hands on a start tag. raw says that text follows it up to its end tag: see [Scanner.Raw].
func (d *Document) Start(t *Token) (raw bool) {
	d.document.name = t.Name
	if d.tag.flags&unclear != 0 {
		d.readKeyword(t)
	}
	return d.read()
}

// End hands on an end tag.
func (d *Document) End(t *Token) {
	d.document.name = t.Name
	d.read()
}

func (d *Document) read() bool {
	d.foster = false
	return d.token()
}

// readKeyword decodes what a fragment may not have: a keyword with character references in it.
func (d *Document) readKeyword(t *Token) {
	d.tag.flags &^= unclear | isHidden | holdsHTML
	if kind, _ := t.Attr("type"); d.tag.name == nmInput && ascii.ToLower(kind) == "hidden" {
		d.tag.flags |= isHidden
	}
	if d.tag.name == nmAnnotationXML {
		switch encoding, _ := t.Attr("encoding"); ascii.ToLower(encoding) {
		case "text/html", "application/xhtml+xml":
			d.tag.flags |= holdsHTML
		}
	}
}

// feed reads a tag that is not in the page, or that is read again.
func (d *Document) feed(n name, text string, closing bool, at int) {
	d.tag.name, d.tag.closing, d.tag.at, d.tag.flags, d.tag.slash = n, closing, at, 0, false
	d.document.name = text
	d.read()
}

// Comment hands on a comment, or anything else that makes no difference.
func (d *Document) Comment() { d.skipLF = lineKept }

// Doctype hands on a doctype.
func (d *Document) Doctype(t *Token) {
	d.skipLF = lineKept
	d.document.name, d.tag.closing = "!doctype", false
	d.trouble(OfDoctype, nil)
	if d.mode == modeInitial {
		d.quirks = isQuirky(d.html[t.At:t.End])
		d.mode = modeBeforeHTML
	}
}

// Text hands on a text. blank says that it is white space only.
func (d *Document) Text(t *Token) (blank bool) {
	s := d.textOf(t)
	d.document.name, d.foster = "", false
	blank = isBlank(s)
	if d.skipLF == lineWanted {
		s = afterLine(s)
	}
	d.skipLF = lineKept
	if s == "" {
		return blank
	}
	visible := !isBlank(s)
	if d.text(visible) {
		d.characters(visible, t.At)
	}
	return blank
}

// afterLine is s without a line feed that it begins with.
func afterLine(s string) string {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return s[2:]
	case s != "" && (s[0] == '\n' || s[0] == '\r'):
		return s[1:]
	}
	return s
}

func isBlank(s string) bool {
	for i := range len(s) {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

// Copy makes d a document that has been read as far as another one has. The two share nothing but the page.
func (d *Document) Copy(from *Document) {
	d.standing, d.reader, d.document, d.Scanner = from.standing, from.reader, from.document, from.Scanner
	d.tree.doc, d.Scanner.in = &d.document, &d.tree.reader
	d.spans = nil
	copy(d.stack[:], from.stack[:from.opened])
	d.list.grow(from.actives)
	copy(d.list[:], from.list[:from.actives])
	copy(d.modes[:], from.modes[:from.templates])
}

// As makes the document read on in another way.
func (d *Document) As(r Reading) { d.scripting, d.oldSelect = !r.NoScript, r.OldSelect }

// Same tells whether what follows would be read as it would from another document, of which this is the continuation.
func (d *Document) Same(as *Document) bool {
	if d.mode != as.mode || d.form != as.form || d.opened != as.opened || d.actives != as.actives || d.templates != as.templates {
		return false
	}
	for i := d.opened - 1; i >= 0; i-- {
		if d.stack[i].id != as.stack[i].id {
			return false
		}
	}
	for i := d.actives - 1; i >= 0; i-- {
		if d.list[i].id != as.list[i].id {
			return false
		}
	}
	return true
}

// Meets tells whether two readings of a page, one forked from the other, have come to stand at the same place, so that they go on as one.
// What they have to agree on is more than what Same asks for, which is of one reading.
func (d *Document) Meets(other *Document) bool {
	if d.off != other.off || d.state != other.state || !d.Same(other) || d.tree.reader.text != other.tree.reader.text || d.skipLF != other.skipLF || d.frames != other.frames ||
		d.selected != other.selected || d.inHead != other.inHead || d.hasHead != other.hasHead || d.framed != other.framed ||
		d.selectInTable != other.selectInTable {
		return false
	}
	for i := range d.actives {
		if d.list[i].kind != other.list[i].kind {
			return false
		}
	}
	for i := range d.templates {
		if d.modes[i] != other.modes[i] {
			return false
		}
	}
	return d.find(nmSelect, 0) <= 0
}
