package shell

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
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
	return strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Col) + ": " + e.Msg
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
// in braces.
//
// Refused is also what a browser would read differently once a patch comes: a slot outside of head and body, in a
// template, in svg, or in noscript; a skeleton or error whose elements are not all closed in it, or that closes what is
// open around it; a shell that ends inside a comment, a tag or a script. Shells have at most 4 MiB and 256 slots.
//
// The error is a *[Error].
func Parse(pattern, html string) (page.Page, error) {
	p, err := parseShell(pattern, html)
	if err != nil {
		return page.Page{}, err
	}
	return p.page, nil
}

func parseShell(pattern, html string) (*parser, error) {
	routed, err := route.ParsePattern(pattern)
	if err != nil {
		return nil, &Error{Msg: err.Error()}
	}
	p := newParser(pattern, html, routed.Params)
	if len(html) > maxShell {
		return nil, p.fail(0, "a shell of "+strconv.Itoa(len(html))+" bytes", "at most 4 MiB")
	}
	if i := invalidUTF8(html); i >= 0 {
		return nil, p.fail(i, "a byte that is not UTF-8", "a shell in UTF-8")
	}
	if i := strings.IndexByte(html, 0); i >= 0 {
		// The standard and browsers differ in whether one ends the head.
		return nil, p.fail(i, "a NUL character", "a shell without any")
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	if err := p.finish(); err != nil {
		return nil, err
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
	tok   tokenizer
	tree  tree
	page  page.Page
	spans []span // of the slots

	from int // where the static part being read begins
	slot slotReader

	headAt   int  // where the head script goes, -1 before it is known
	lastText bool // the token before was text, other than white space
	links    linkReader
	patches  []patchName // what the shell itself has of the standard's patches
	bodyEnd  bodyEnd
}

// span is where something stands in the shell, from the first byte to behind the last.
type span struct{ from, to int }

// patchName is a name that the shell's own patches or markers use.
type patchName struct {
	name string
	at   int
}

func newParser(pattern, html string, params []string) *parser {
	p := &parser{html: html, tok: tokenizer{html: html}, tree: newTree(), headAt: -1}
	p.page.Pattern, p.page.Params = pattern, params
	p.bodyEnd.at = -1
	return p
}

func (p *parser) parse() error {
	const byteOrderMark = "\uFEFF"
	if strings.HasPrefix(p.html, byteOrderMark) {
		p.tok.pos = len(byteOrderMark)
	}
	for {
		t := p.tok.next(p.tree.cdata())
		if t.kind == tokenEnd {
			break
		}
		if err := p.token(&t); err != nil {
			return err
		}
		if p.headAt < 0 && p.tree.hasHead {
			p.headAt = p.headScript(&t)
		}
		switch tree := &p.tree; {
		case tree.by != "":
			return p.fail(t.at, tree.by+where(p.slot.name)+tree.found, tree.expected)
		case tree.tooDeep:
			return p.fail(t.at, "elements open "+strconv.Itoa(maxDepth+1)+" deep", "at most "+strconv.Itoa(maxDepth)+", as browsers have it")
		case tree.tooMany:
			return p.fail(t.at, "more than "+strconv.Itoa(maxActive)+" elements such as <b> and <object> that are not closed by their own end tags", "</"+t.name+"> for each")
		}
	}
	if p.slot.open {
		return p.fail(p.slot.at, "<edge-slot> that is not closed", "</edge-slot>")
	}
	p.page.Static = append(p.page.Static, p.html[p.from:])
	return nil
}

// where says in messages what slot something is in.
func where(slot string) string {
	if slot == "" {
		return ""
	}
	return " in slot " + ascii.Shorten(slot)
}

func (p *parser) token(t *token) error {
	if t.kind == tokenComment && t.end-t.at == len("</>") {
		return nil // browsers make nothing of </>, and go on as if it were not there
	}
	wasText := p.lastText
	p.lastText = false
	switch t.kind {
	case tokenText:
		text := textOf(p.html[t.at:t.end])
		p.lastText = !isBlank(text)
		if p.lastText && p.slot.closed && p.tree.inTable() {
			return p.fail(t.at, "text right after </edge-slot> in <"+p.tree.top().name+">, which browsers move out of the table", textInTable)
		}
		p.tree.text(text)
	case tokenOpen:
		if t.name == "edge-slot" {
			return p.openSlot(t, wasText)
		}
		p.slot.closed = false
		return p.startTag(t)
	case tokenClose:
		p.slot.closed = false
		return p.endTag(t)
	case tokenDoctype:
		p.tree.doctype(p.html[t.at:t.end])
	case tokenPI:
		p.tree.comment()
		return p.instruction(t)
	case tokenBroken:
		return p.fail(t.at, "a "+t.name+" that the shell does not end", "the "+t.name+"'s end")
	default:
		p.tree.comment()
		p.comment(t)
	}
	p.slot.closed = p.slot.closed && t.kind == tokenText
	return nil
}

const textInTable = "a cell around the text, or a comment between it and the slot"

func (p *parser) startTag(t *token) error {
	if t.name == "edge-error" {
		return p.openError(t)
	}
	foreign := p.tree.foreign()
	if t.tag == tagTemplate {
		if name, ok := t.attr("for"); ok {
			p.patches = append(p.patches, patchName{name, t.at})
		}
	}
	raw := p.tree.start(t)
	if !p.slot.open && !foreign && p.tree.mode == modeInHead && !p.tree.inTemplate() {
		p.links.read(t)
	}
	switch {
	case t.tag == tagPlaintext && !foreign:
		return p.fail(t.at, "<plaintext>, which makes all the rest text"+where(p.slot.name), "<pre>")
	case raw:
		return p.rawText(t)
	}
	return nil
}

// headScript is where the head script goes, when t has opened the head: behind its tag, or before what belongs into it.
// That is never behind a slot.
func (p *parser) headScript(t *token) int {
	switch {
	case t.kind == tokenOpen && t.tag == tagHead:
		return t.end
	case t.kind == tokenText:
		text := p.html[t.at:t.end]
		return t.end - len(strings.TrimLeft(text, " \t\n\f\r"))
	}
	return t.at
}

// rawText passes over an element that holds text.
func (p *parser) rawText(t *token) error {
	name, at, from := t.name, t.at, p.tok.pos
	if !p.tok.rawText(name) {
		return p.fail(at, "<"+name+"> that is not closed", "</"+name+">")
	}
	if name == "noscript" {
		if err := p.noscript(p.html[from:p.tok.pos], from); err != nil {
			return err
		}
	}
	if end := p.tok.next(false); end.kind == tokenBroken {
		return p.token(&end)
	}
	return nil
}

// noscript looks for slots in what is text to browsers that run scripts, and markup to those that do not.
func (p *parser) noscript(text string, from int) error {
	z := tokenizer{html: text}
	for t := z.next(false); t.kind != tokenEnd; t = z.next(false) {
		if (t.kind == tokenOpen || t.kind == tokenClose) && (t.name == "edge-slot" || t.name == "edge-error") {
			return p.fail(from+t.at, "<"+t.name+"> in <noscript>, which is text to browsers that run scripts", "the slot outside of it")
		}
	}
	return nil
}

func (p *parser) endTag(t *token) error {
	switch t.name {
	case "edge-slot":
		return p.closeSlot(t)
	case "edge-error":
		return p.closeError(t)
	case "body":
		if !p.slot.open && !p.tree.inTemplate() {
			p.bodyEnd.note(t.at, &p.tree)
		}
	}
	p.tree.end(t)
	return nil
}

// comment looks for the names of comments that the fallback script, which sees markers as comments, takes for markers.
func (p *parser) comment(t *token) {
	text, ok := strings.CutPrefix(p.html[t.at:t.end], "<!--"+patch.MarkerStart)
	if !ok {
		return
	}
	if name, _, ok := strings.Cut(text, `"`); ok {
		p.patches = append(p.patches, patchName{name, t.at})
	}
}

// instruction looks for the names of the shell's own markers, and keeps markers out of skeletons.
func (p *parser) instruction(t *token) error {
	z := tokenizer{html: "<" + p.html[t.at+2:t.end]}
	if !z.isMarkup(0) {
		return nil
	}
	marker := z.next(false)
	switch marker.name {
	case "start", "end", "marker":
	default:
		return nil
	}
	if p.slot.open {
		return p.fail(t.at, "<?"+marker.name+">"+where(p.slot.name), "no markers in a slot: the slot gets its own")
	}
	if name, ok := marker.attr("name"); ok {
		p.patches = append(p.patches, patchName{name, t.at})
	}
	return nil
}

// fail is an error at an offset of the shell.
func (p *parser) fail(at int, found, expected string) *Error {
	return p.failure(at, found+"; expected "+expected)
}

func (p *parser) failure(at int, msg string) *Error {
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
