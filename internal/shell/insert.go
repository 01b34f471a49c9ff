package shell

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/route"
)

// Parameters of the pattern in the text and in the quoted attribute values of a shell: <h1>Product {id}</h1>.
//
// The shell is read once to find them (this file), each where it may stand: where browsers read the page the same whatever the
// parameter is. Then each is replaced by a mark of the same length, so that positions stay what they are, and the shell is read
// as any other; whatever becomes of its text, the marks go along. At the end they are taken out (mark.go).

// inserter finds parameters.
type inserter struct {
	params []string
	multi  string // the name of a {name...}; empty for none
	edits  []edit
	count  int
	inBody bool // one stands in a text
	inText bool // one that is not empty stands before in the text being read
	// refused is why one of them may not stand where it does.
	refused error
	last    int // behind the last that was found
}

// edit replaces the cut bytes of the shell from at on by put.
type edit struct {
	at, cut int
	put     string
}

// withMarks gives the shell with its parameters as marks; the same if it has none.
func withMarks(pattern, html string, params []string) (string, error) {
	if !mayInsert(html) {
		return html, nil
	}
	edits, body, err := findInserts(pattern, html, params)
	if err != nil || len(edits) == 0 {
		return html, err
	}
	first := &parser{html: html}
	if i := strings.IndexAny(html, marks); i >= 0 {
		return "", first.fail(i, "a control character", "none in a shell with parameters in its text")
	}
	if body >= 0 {
		return "", first.fail(body, "a parameter in the text of a page with <frameset>", "a page with <body>")
	}
	var b strings.Builder
	from := 0
	for _, e := range edits {
		b.WriteString(html[from:e.at])
		b.WriteString(e.put)
		from = e.at + e.cut
	}
	b.WriteString(html[from:])
	return b.String(), nil
}

// mayInsert tells whether a shell has a brace with a name in it.
func mayInsert(html string) bool {
	for i := 0; i < len(html); i++ {
		if html[i] == '{' && braced(html[i:]) != "" {
			return true
		}
	}
	return false
}

// findInserts reads the shell as browsers with scripts do, and, for what is in <noscript>, as those without. frames is where a
// parameter stands in a text though the page has no body; -1: none does.
func findInserts(pattern, html string, params []string) (edits []edit, frames int, err error) {
	frames = -1
	read := func(as markup.Reading) (*parser, error) {
		p := newParser(pattern, html, params, as)
		p.inserts = &inserter{params: params, multi: multiOf(pattern)}
		return p, p.parse()
	}
	p, err := read(markup.Reading{})
	if err != nil {
		return nil, frames, err
	}
	edits = p.inserts.edits
	if p.inserts.inBody && p.doc.Framed() >= 0 && len(edits) > 0 {
		frames = edits[0].at
	}
	if !p.doc.Differs().NoScript {
		return edits, frames, nil
	}
	other, err := read(markup.Reading{NoScript: true})
	if err != nil {
		return edits, frames, other.inserts.refused // another error is told when the slots are read, if it matters to one
	}
	const differs = "a parameter that stands in other markup to browsers that run no scripts"
	for _, e := range edits {
		if !slices.Contains(other.inserts.edits, e) {
			return nil, frames, p.fail(e.at, differs, "end tags for what is open before it")
		}
	}
	for _, e := range other.inserts.edits {
		i, found := slices.BinarySearchFunc(edits, e, func(a, b edit) int { return a.at - b.at })
		switch {
		case !found && p.inNoscript(e.at):
			edits = slices.Insert(edits, i, e)
		case !found, edits[i] != e:
			return nil, frames, p.fail(e.at, differs, "end tags for what is open before it")
		}
	}
	return edits, frames, nil
}

// multiOf is the name of a pattern's {name...}, empty if it has none.
func multiOf(pattern string) string {
	name, ok := strings.CutSuffix(pattern, "...}")
	if !ok {
		return ""
	}
	return name[strings.LastIndexByte(name, '{')+1:]
}

// braced is the {name} or {name...} that s begins with, empty if it begins with something else.
func braced(s string) string {
	n := 1
	for n < len(s) && (ascii.IsAlpha(s[n]) || s[n] == '_' || n > 1 && ascii.IsDigit(s[n])) {
		n++
	}
	if n == 1 {
		return ""
	}
	if strings.HasPrefix(s[n:], "...") {
		n += len("...")
	}
	if n == len(s) || s[n] != '}' {
		return ""
	}
	return s[:n+1]
}

// eachBraced calls f for each {name} in html[from:to], with its offset. What stands in two braces or more is left alone:
// templates for the browser have them.
func eachBraced(html string, from, to int, f func(at int, name string) error) error {
	for from < to {
		i := strings.IndexByte(html[from:to], '{')
		if i < 0 {
			return nil
		}
		from += i
		if run := html[from:to]; strings.HasPrefix(run, "{{") {
			run = strings.TrimLeft(run, "{")
			from = to - len(run)
			if end := strings.Index(run, "}}"); end >= 0 {
				from += end + len("}}")
			}
			continue
		}
		whole := braced(html[from:to])
		if whole == "" {
			from++
			continue
		}
		if err := f(from, whole[1:len(whole)-1]); err != nil {
			return err
		}
		from += len(whole)
	}
	return nil
}

// known refuses a name that the pattern does not have.
func (p *parser) known(at int, name string) error {
	if slices.Contains(p.inserts.params, name) {
		return nil
	}
	_, err := route.ParseTemplate("{"+name+"}", p.inserts.params)
	if err == nil {
		err = errors.New("no parameter") // ParseTemplate takes exactly the pattern's
	}
	p.inserts.refused = p.failure(at, err.Error()+" (a literal brace is &#123;)")
	return p.inserts.refused
}

// refuse says why a parameter may not stand where it does.
func (p *parser) refuse(at int, name, where, expected string) error {
	p.inserts.refused = p.fail(at, "the parameter {"+name+"} "+where, expected)
	return p.inserts.refused
}

// guard has what stands right before an insert read as it is now, whatever follows: safe is a text that means what
// html[from:at] does.
func (n *inserter) guard(html string, from, at int, safe string) {
	written := html[from:at]
	same := 0
	for same < len(written) && same < len(safe) && written[same] == safe[same] {
		same++
	}
	if same < len(written) || same < len(safe) {
		n.edits = append(n.edits, edit{from + same, len(written) - same, safe[same:]})
	}
}

// maxInserts is how many parameters the text and the attributes of a shell may have.
const maxInserts = 1000

func (n *inserter) insert(p *parser, at int, name string, as page.InsertAs) error {
	if n.count++; n.count > maxInserts {
		return p.refuse(at, name, "after "+strconv.Itoa(maxInserts)+" others", "so many at most")
	}
	n.edits = append(n.edits, edit{at, len(name) + len("{}"), markOf(as) + name + markEnd})
	n.last = at + len(name) + len("{}")
	return nil
}

// insertsInText finds parameters in a text that has not been handed on yet.
func (p *parser) insertsInText(t *markup.Token) error {
	n := p.inserts
	if strings.HasPrefix(p.html[t.At:t.End], "<![CDATA[") {
		return nil
	}
	n.inText = false
	var doc *markup.Document // as far as it has been read
	from := t.At
	return eachBraced(p.html, t.At, t.End, func(at int, name string) error {
		if err := p.known(at, name); err != nil {
			return err
		}
		if doc == nil {
			doc = new(markup.Document)
			doc.Copy(p.doc)
		}
		if at > from {
			before := *t
			before.At, before.End = from, at
			doc.Text(&before)
		}
		from = at
		multi := name == n.multi
		if first := !n.inText; first && !doc.TakesAnyText(multi) {
			in := "where browsers put text elsewhere, or begin the body by it"
			if top := doc.Top().Name; top != "" && doc.MovesText() {
				in = "in <" + top + ">, out of which browsers move text"
			}
			return p.refuse(at, name, in, "it in an element of the body, in <title> or in an attribute's value")
		}
		begin := max(t.At, n.last)
		if begin == at && at > 0 && p.html[at-1] == '<' && n.last < at {
			begin-- // a text of its own
		}
		safe := markup.EndOfText(p.html[begin:at])
		if strings.HasSuffix(safe, "<") {
			safe = safe[:len(safe)-1] + "&lt;"
		}
		if multi && doc.DropsLine() && begin == at {
			safe = "\n" // the one that is dropped
		}
		n.guard(p.html, begin, at, safe)
		n.inBody, n.inText = true, n.inText || !multi
		return n.insert(p, at, name, page.AsText)
	})
}

// insertsInRaw finds parameters in the text of a <title> or a <textarea>, and in that of a script that holds data: there
// they would be left alone, and the data be wrong.
func (p *parser) insertsInRaw(t *markup.Token, from, to int) error {
	n := p.inserts
	switch t.Name {
	case "title", "textarea":
	case "script":
		if !holdsData(t) {
			return nil // {id} means something there
		}
		return eachBraced(p.html, from, to, func(at int, name string) error {
			if !slices.Contains(n.params, name) {
				return nil
			}
			return p.refuse(at, name, "in a <script> that holds data, where nothing is filled in", "it in an attribute such as data-"+ascii.ToLower(name)+`="{`+name+`}", from where a script can read it`)
		})
	default:
		return nil
	}
	return eachBraced(p.html, from, to, func(at int, name string) error {
		if err := p.known(at, name); err != nil {
			return err
		}
		begin := max(from, n.last)
		safe := markup.EndOfText(p.html[begin:at])
		if i := strings.LastIndexByte(safe, '<'); i >= 0 && isTagBegin(safe[i+1:]) {
			safe = safe[:i] + "&lt;" + safe[i+1:]
		}
		if name == n.multi && begin == from && begin == at && t.Name == "textarea" {
			safe = "\n" // the one that is dropped
		}
		n.guard(p.html, begin, at, safe)
		return n.insert(p, at, name, page.AsText)
	})
}

// isTagBegin tells whether s, after a <, may become the end tag that ends a text.
func isTagBegin(s string) bool {
	return ascii.Only(strings.TrimPrefix(s, "/"), ascii.IsAlpha)
}

// holdsData tells whether a script is none to browsers.
func holdsData(t *markup.Token) bool {
	kind, has := t.Attr("type")
	kind = ascii.ToLower(strings.Trim(kind, " \t\r\n\f"))
	switch kind, _, _ = strings.Cut(kind, ";"); kind {
	case "module", "importmap", "speculationrules":
		return kind != "module"
	}
	return has && kind != "" && !strings.HasSuffix(kind, "javascript") && !strings.HasSuffix(kind, "ecmascript")
}

// insertsInTag finds parameters in a start tag.
func (p *parser) insertsInTag(t *markup.Token) error {
	attributes := t.Attributes()
	end := t.End
	if len(attributes) > 0 {
		end = attributes[0].At
	}
	if err := p.noInsert(t.At, end, "in the name of a tag"); err != nil {
		return err
	}
	for i := range attributes {
		a := &attributes[i]
		if err := p.noInsert(a.At, a.At+len(a.Name), "in the name of an attribute"); err != nil {
			return err
		}
		if a.ValueAt == a.At || a.Value == "" {
			continue
		}
		to := a.ValueAt + len(a.Value)
		if q := p.html[a.ValueAt-1]; q != '"' && q != '\'' {
			if err := p.noInsert(a.ValueAt, to, "in a value without quotes"); err != nil {
				return err
			}
			continue
		}
		why, as := placeOf(t, a.Name)
		if why != "" {
			if err := p.noInsert(a.ValueAt, to, why); err != nil {
				return err
			}
			continue
		}
		if err := p.insertsInValue(a, as); err != nil {
			return err
		}
	}
	return nil
}

// noInsert refuses a parameter where none is filled in. Other names in braces mean something else there.
func (p *parser) noInsert(from, to int, where string) error {
	return eachBraced(p.html, from, to, func(at int, name string) error {
		if !slices.Contains(p.inserts.params, name) {
			return nil
		}
		return p.refuse(at, name, where, "it in text, or in the value in quotes of an attribute that holds no code (a literal brace is &#123;)")
	})
}

func (p *parser) insertsInValue(a *markup.Attribute, as page.InsertAs) error {
	n := p.inserts
	to := a.ValueAt + len(a.Value)
	return eachBraced(p.html, a.ValueAt, to, func(at int, name string) error {
		if err := p.known(at, name); err != nil {
			return err
		}
		as := as
		if as == page.AsURL {
			if why := urlTrouble(a.Name, p.html[a.ValueAt:at], p.html[at+len(name)+2:to]); why != "" {
				return p.refuse(at, name, why, "it in the path, the query or the fragment of a URL")
			}
			if name == n.multi {
				as = page.AsPath
			}
		}
		begin := max(a.ValueAt, n.last)
		n.guard(p.html, begin, at, markup.EndOfValue(p.html[begin:at]))
		return n.insert(p, at, name, as)
	})
}

// inNoscript tells whether an offset is in the text of a <noscript>.
func (p *parser) inNoscript(at int) bool {
	return slices.ContainsFunc(p.noscripts, func(s span) bool { return s.from <= at && at < s.to })
}
