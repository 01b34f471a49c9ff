package shell

import (
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
)

const (
	maxShell = 4 << 20 // bytes
	maxSlots = 256
)

// Error is what is wrong with a page, and where.
type Error struct {
	// Line and Col count from 1, Col in bytes. Both are 0 where the error is about the page's pattern.
	Line, Col int
	// Msg says what was found and, after a semicolon, what was expected.
	Msg string
}

// Error is "line:col: " and the message; without a position it is the message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return decimal.String(e.Line) + ":" + decimal.String(e.Col) + ": " + e.Msg
}

// Parse reads a shell. pattern is the path syntax of net/http's ServeMux, html any HTML with slots in it:
//
//	<edge-slot name="price" src="/fragments/price/{id}" ttl="30s" swr="5m" sie="1h"
//	           tags="product:{id}" vary="cookie:currency" timeout="3s" required>
//	  <p class="skeleton">…</p>
//	  <edge-error><p>Price unavailable</p></edge-error>
//	</edge-slot>
//
// Markup is read as browsers read it (HTML standard, section 13.2): what stands in comments, scripts, styles, textareas
// or attributes is no slot. The rest of the shell stays as it is, byte for byte.
//
// name and src are required. Durations are written 30s, 5m, 1h30m, 500ms or 2d. tags and vary are lists with spaces
// between; vary names inputs as cookie:NAME, header:NAME or query:NAME. src and tags may have the pattern's parameters
// in braces, and so may the text and the quoted attribute values of the shell: see insert.go.
//
// Refused is also what a browser would read differently once a patch comes: a slot outside of head and body, in a
// template, in svg, or in noscript; a skeleton or error whose elements are not all closed in it, or that closes what is
// open around it; a shell that ends inside a comment, a tag or a script. Shells have at most 4 MiB and 256 slots.
//
// The error is a *[Error].
func Parse(pattern, html string) (page.Page, error) {
	routed := pattern
	if page.IsStatus(pattern) {
		routed = "/"
	}
	p, err := parseShell(routed, html)
	if err != nil {
		return page.Page{}, err
	}
	if page.IsStatus(pattern) && len(p.page.Slots) > 0 {
		return page.Page{}, p.fail(p.slot.at, "<edge-slot> in the page that is shown "+whenShown(pattern), "no slot: nothing fills it")
	}
	p.page.Pattern = pattern
	return p.page, nil
}

// whenShown says when the page of a status is shown.
func whenShown(pattern string) string {
	if pattern == page.NotFound {
		return "where there is none"
	}
	return "with " + pattern
}

func parseShell(pattern, html string) (*parser, error) {
	routed, err := route.ParsePattern(pattern)
	if err != nil {
		return nil, &Error{Msg: err.Error()}
	}
	p := &parser{html: html}
	if len(html) > maxShell {
		return nil, p.fail(0, "a shell of "+decimal.String(len(html))+" bytes", "at most 4 MiB")
	}
	if i := invalidUTF8(html); i >= 0 {
		return nil, p.fail(i, "a byte that is not UTF-8", "a shell in UTF-8")
	}
	if i := strings.IndexByte(html, 0); i >= 0 {
		// The standard and browsers differ in whether one ends the head.
		return nil, p.fail(i, "a NUL character", "a shell without any")
	}
	marked, err := withMarks(pattern, html, routed.Params)
	if err != nil {
		return nil, err
	}
	p = newParser(pattern, marked, routed.Params, markup.Reading{})
	if err := p.parse(); err != nil {
		return nil, err
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	if marked != html {
		p.unmark()
	}
	return p, nil
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return -1
}

// parser reads a shell into a page, in one pass.
type parser struct {
	html  string
	doc   *markup.Document
	page  page.Page
	spans []span // of the slots

	from   int // where the static part being read begins
	slot   slotReader
	common *common

	headAt   int    // where the head script goes, -1 before it is known
	inText   bool   // the token before was text
	lastText bool   // in which was something other than white space
	textAt   int    // where it begins
	textIn   string // the part of a table that it stands in right after a slot; empty for none
	links    linkReader
	patches  []patchName // what the shell itself has of the standard's patches
	bodyEnd  bodyEnd
	inserts  *inserter // nil: parameters are not looked for
	// noscripts are where the text of each <noscript> is.
	noscripts []span

	raw     rawText
	plain   bool   // <plaintext> makes text of all the rest
	left    int    // where what makes text of all the rest begins, -1 for nothing
	leftEnd string // what would end it; empty: nothing, or nothing has to

	// origin: it is a page of the origin, in which nothing outside of slots is an error. See outline.go.
	origin *source
}

// rawText is the text of an element that holds no markup.
type rawText struct {
	open bool
	tag  markup.Token // the start tag
	cut  bool         // the page ends in its end tag
}

// span is where something stands in the shell, from the first byte to behind the last.
type span struct{ from, to int }

// patchName is a name that the shell's own patches or markers use.
type patchName struct {
	name string
	at   int
}

func newParser(pattern, html string, params []string, as markup.Reading) *parser {
	p := &parser{html: html, doc: markup.NewDocument(html, as), headAt: -1, left: -1}
	p.page.Pattern, p.page.Params = pattern, params
	p.bodyEnd.at = -1
	p.common = new(common)
	return p
}

// common is what the ways to read a page have in common.
type common struct {
	slots    []known          // so far
	fragment *markup.Fragment // to read skeletons and errors with
}

// known is what is asked of a slot that has been read.
type known struct {
	name string
	line int
	vary []route.Input
}

func (c *common) add(s *page.Slot) {
	c.slots = append(c.slots, known{strings.Clone(s.Name), s.Line, s.Vary})
}

// line is the line of the slot of a name, 0 if there is none.
func (c *common) line(name string) int {
	for i := range c.slots {
		if c.slots[i].name == name {
			return c.slots[i].line
		}
	}
	return 0
}

func (p *parser) parse() error {
	for {
		t := p.doc.Next()
		if t.Kind == markup.AtEnd {
			break
		}
		if err := p.read(&t); err != nil {
			return err
		}
	}
	if p.slot.open {
		return p.fail(p.slot.at, "<edge-slot> that is not closed", "</edge-slot>")
	}
	p.page.Static = append(p.page.Static, p.html[p.from:])
	return nil
}

// read takes a token.
func (p *parser) read(t *markup.Token) error {
	if err := p.token(t); err != nil {
		return err
	}
	if p.headAt < 0 && p.doc.HasHead() {
		p.headAt = p.headScript(t)
	}
	return p.check(t)
}

// check says what is wrong with a token that the document has been handed.
func (p *parser) check(t *markup.Token) error {
	if trouble := p.doc.Trouble(); trouble.Is != markup.NoTrouble {
		at := t.At
		if t.Kind == markup.Text {
			at = p.textAt
		}
		found, expected := told(&trouble, where(p.slot.name))
		return p.fail(at, found, expected)
	}
	switch {
	case p.doc.TooDeep():
		return p.fail(t.At, "elements open "+decimal.String(markup.MaxDepth+1)+" deep", "at most "+decimal.String(markup.MaxDepth)+", as browsers have it")
	case p.doc.TooMany():
		return p.fail(t.At, "more than "+decimal.String(markup.MaxActive)+" elements such as <b> and <object> that are not closed by their own end tags", "</"+t.Name+"> for each")
	}
	return nil
}

// where says in messages what slot something is in.
func where(slot string) string {
	if slot == "" {
		return ""
	}
	return " in slot " + ascii.Shorten(slot)
}

func (p *parser) token(t *markup.Token) error {
	if t.Kind == markup.Text {
		return p.text(t)
	}
	afterText := p.inText && p.lastText
	p.inText = false
	if t.Kind == markup.StartTag && t.Name == "edge-slot" {
		return p.openSlot(t, afterText)
	}
	p.slot.closed = false
	switch t.Kind {
	case markup.StartTag:
		return p.startTag(t)
	case markup.EndTag:
		return p.endTag(t)
	case markup.Doctype:
		p.doc.Doctype(t)
	case markup.Instruction:
		p.doc.Comment()
		return p.instruction(t)
	case markup.Broken:
		if p.raw.cut && p.leaves(t.At, "</"+p.raw.tag.Name+">") || p.leaves(t.At, endOf(t, p.html)) {
			return nil
		}
		return p.fail(t.At, "a "+t.Name+" that the shell does not end", "the "+t.Name+"'s end")
	default:
		p.doc.Comment()
		p.comment(t)
	}
	return nil
}

func (p *parser) text(t *markup.Token) error {
	if inserts && p.inserts != nil {
		if err := p.insertsInText(t); err != nil {
			return err
		}
	}
	if !p.inText {
		p.inText, p.lastText, p.textAt, p.textIn = true, false, t.At, ""
		if p.slot.closed && p.doc.MovesText() {
			p.textIn = p.doc.Top().Name
		}
	}
	if p.doc.Text(t) {
		return nil
	}
	p.lastText = true
	if p.textIn != "" {
		return p.fail(p.textAt, "text right after </edge-slot> in <"+p.textIn+">, which browsers move out of the table", textInTable)
	}
	return nil
}

const textInTable = "a cell around the text, or a comment between it and the slot"

func (p *parser) startTag(t *markup.Token) error {
	if t.Name == "edge-error" && !p.passes() {
		return p.openError(t)
	}
	if inserts && p.inserts != nil {
		if err := p.insertsInTag(t); err != nil {
			return err
		}
	}
	foreign := p.doc.InForeign()
	if t.Name == "template" {
		if name, ok := t.Attr("for"); ok {
			p.patches = append(p.patches, patchName{name, t.At})
		}
	}
	if t.Name == "plaintext" && !foreign && p.leaves(t.At, "") {
		p.plain = true
		return nil
	}
	raw := p.doc.Start(t)
	if !p.slot.open && !foreign && p.doc.InHead() {
		p.links.read(t)
	}
	switch {
	case t.Name == "plaintext" && !foreign:
		return p.fail(t.At, "<plaintext>, which makes all the rest text"+where(p.slot.name), "<pre>")
	case raw:
		return p.beginRaw(t)
	}
	return nil
}

// headScript is where the head script goes, when t has opened the head: behind its tag, or before what belongs into it.
// That is never behind a slot.
func (p *parser) headScript(t *markup.Token) int {
	switch {
	case t.Kind == markup.StartTag && t.Name == "head":
		return t.End
	case t.Kind == markup.Text:
		return p.doc.Visible(t)
	}
	return t.At
}

// beginRaw is behind the start tag of an element that holds text.
func (p *parser) beginRaw(t *markup.Token) error {
	p.raw = rawText{open: true, tag: *t}
	p.doc.BeginRaw()
	return p.rawText()
}

// rawText passes over the text of such an element, as far as it is there.
func (p *parser) rawText() error {
	to, ok, more := p.doc.Raw()
	if more {
		return nil
	}
	p.raw.open, p.raw.cut = false, ok && p.origin != nil && !p.doc.Between()
	t := &p.raw.tag
	if !ok {
		end := "</" + t.Name + ">"
		if t.Name == "script" {
			end = "" // it would be run
		}
		if p.leaves(t.At, end) {
			return nil
		}
		return p.fail(t.At, "<"+t.Name+"> that is not closed", "</"+t.Name+">")
	}
	if p.origin != nil {
		return nil
	}
	if t.Name == "noscript" {
		p.noscripts = append(p.noscripts, span{t.End, to})
		return p.noscriptText(p.html[t.End:to], t.End)
	}
	if inserts && p.inserts != nil {
		return p.insertsInRaw(t, t.End, to)
	}
	return nil
}

// noscriptText looks for slots in what is text to browsers that run scripts, and markup to those that do not.
func (p *parser) noscriptText(text string, from int) error {
	z := markup.NewScanner(text)
	for t := z.Next(); t.Kind != markup.AtEnd; t = z.Next() {
		if (t.Kind == markup.StartTag || t.Kind == markup.EndTag) && (t.Name == "edge-slot" || t.Name == "edge-error") {
			return p.fail(from+t.At, "<"+t.Name+"> in <noscript>, which is text to browsers that run scripts", "the slot outside of it")
		}
	}
	return nil
}

func (p *parser) endTag(t *markup.Token) error {
	switch t.Name {
	case "edge-slot":
		if !p.passes() {
			return p.closeSlot(t)
		}
	case "edge-error":
		if !p.passes() {
			return p.closeError(t)
		}
	case "body":
		if !p.slot.open && !p.doc.InTemplate() {
			p.bodyEnd.note(t.At, p.doc)
		}
	}
	p.doc.End(t)
	return nil
}

// comment looks for the names of comments that the fallback script, which sees markers as comments, takes for markers.
func (p *parser) comment(t *markup.Token) {
	text, ok := strings.CutPrefix(p.html[t.At:t.End], "<!--"+patch.MarkerStart)
	if !ok {
		return
	}
	if name, _, ok := strings.Cut(text, `"`); ok {
		p.patches = append(p.patches, patchName{name, t.At})
	}
}

// instruction looks for the names of the shell's own markers, and keeps markers out of skeletons.
func (p *parser) instruction(t *markup.Token) error {
	if !t.Marks {
		return nil
	}
	marker := markup.NewScanner("<" + p.html[t.At+len("<?"):t.End]).Next()
	switch marker.Name {
	case "start", "end", "marker":
	default:
		return nil
	}
	if p.slot.open {
		return p.fail(t.At, "<?"+marker.Name+">"+where(p.slot.name), "no markers in a slot: the slot gets its own")
	}
	if name, ok := marker.Attr("name"); ok {
		p.patches = append(p.patches, patchName{name, t.At})
	}
	return nil
}

// fail is an error at an offset of the shell.
//
//go:noinline
func (p *parser) fail(at int, found, expected string) *Error {
	return p.failure(at, found+"; expected "+expected)
}

//go:noinline
func (p *parser) failure(at int, msg string) *Error {
	if p.origin != nil {
		line, col := p.origin.position(at)
		return &Error{Line: line, Col: col, Msg: msg}
	}
	lines, begin := countLines(p.html, 0, at)
	return &Error{Line: 1 + lines, Col: at - begin + 1, Msg: msg}
}

// countLines counts the line ends of s[from:to], and says where the last of these lines begins. A carriage return ends a
// line, with a line feed after it or without.
func countLines(s string, from, to int) (lines, begin int) {
	begin = from
	for i := from; i < to; i++ {
		if c := s[i]; c == '\n' || c == '\r' && !strings.HasPrefix(s[i+1:], "\n") {
			lines, begin = lines+1, i+1
		}
	}
	return lines, begin
}
