package edge

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"inlay/internal/markup"
)

const (
	maxName   = 64      // bytes of a slot's name
	maxSrc    = 4 << 10 // bytes of a src, as written
	maxInputs = 64      // in one vary
	maxTags   = 64      // of one slot
)

// slotReader is the slot being read.
type slotReader struct {
	open bool
	name string // for messages; empty while none is open
	at   int    // offset of the slot's tag
	from int    // offset of its content

	before tree // the tree where the slot stands
	closed bool // its end tag is the token before, or only white space came since

	inError   bool
	errorAt   int // offset of the <edge-error> tag
	errorFrom int // of its content
	errorEnd  int // behind its end tag

	line, counted int // the line of the offset counted
}

func (p *parser) openSlot(t *token, afterText bool) error {
	s := &p.slot
	switch {
	case s.inError:
		return p.fail(t.at, "<edge-slot> in the <edge-error>"+where(s.name), "no slot within a slot")
	case s.open:
		return p.fail(t.at, "<edge-slot> in the skeleton"+where(s.name), "</edge-slot> before it: slots do not nest")
	case t.slash:
		return p.fail(t.at, "<edge-slot … />, which HTML reads as a start tag", "<edge-slot …></edge-slot>")
	}
	if err := p.slotPlace(t, afterText); err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(p.html[:t.at], "<"):
		return p.fail(t.at-1, "< right before <edge-slot>, which would make a tag of what comes into the slot", "&lt;")
	case len(p.page.Slots) == maxSlots:
		return p.fail(t.at, "one slot more than "+strconv.Itoa(maxSlots), "at most "+strconv.Itoa(maxSlots)+" in a page")
	}
	slot, err := p.slotOf(t)
	if err != nil {
		return err
	}
	static := p.endOfStatic(t.at)
	reopened, err := p.reopen(t.at)
	if err != nil {
		return err
	}
	slot.facts, slot.depth = p.tree.facts(), len(p.tree.open)
	p.page.Slots = append(p.page.Slots, slot)
	p.page.static = append(p.page.static, static+reopened)
	p.bodyEnd.at = -1
	s.open, s.name, s.at, s.from, s.errorAt = true, slot.Name, t.at, t.end, -1
	p.tree.comment()
	s.before = p.tree.clone()
	p.tree.strict, p.tree.floor = true, len(p.tree.open)
	return nil
}

func (p *parser) closeSlot(t *token) error {
	s := &p.slot
	switch {
	case !s.open:
		return p.fail(t.at, "</edge-slot> without a slot", "<edge-slot …> before it")
	case s.inError:
		return p.fail(s.errorAt, "<edge-error> that is not closed"+where(s.name), "</edge-error> before </edge-slot>")
	}
	if err := p.unclosed("</edge-slot>"); err != nil {
		return err
	}
	slot := &p.page.Slots[len(p.page.Slots)-1]
	slot.Skeleton = endOfText(p.html[s.from:t.at])
	if slot.HasError {
		slot.Skeleton = endOfText(endOfText(p.html[s.from:s.errorAt]) + p.html[s.errorEnd:t.at])
	}
	slot.span = span{s.at, t.end}
	p.from = t.end
	p.tree.strict, p.tree.frames = false, s.before.frames
	s.open, s.name, s.closed = false, "", true
	_, err := p.asFragment(slot.Skeleton, s.at, "the skeleton of slot "+shorten(slot.Name), 0)
	return err
}

func (p *parser) openError(t *token) error {
	s := &p.slot
	switch {
	case !s.open:
		return p.fail(t.at, "<edge-error> outside of a slot", "it within <edge-slot>")
	case s.inError:
		return p.fail(t.at, "<edge-error> within another"+where(s.name), "</edge-error> before it")
	case s.errorAt >= 0:
		return p.fail(t.at, "a second <edge-error>"+where(s.name), "one at most")
	case t.slash:
		return p.fail(t.at, "<edge-error/>, which HTML reads as a start tag", "<edge-error></edge-error>")
	case len(p.tree.open) > p.tree.floor:
		return p.fail(t.at, "<edge-error> in <"+p.tree.top().name+">"+where(s.name), "it directly in <edge-slot>")
	case len(t.attrs) > 0:
		return p.fail(t.attrs[0].at, "attribute "+shorten(t.attrs[0].name)+" of <edge-error>", "none")
	case strings.HasSuffix(p.html[:t.at], "<"):
		return p.fail(t.at-1, "< right before <edge-error>, which would make a tag of what follows it", "&lt;")
	}
	s.inError, s.errorAt, s.errorFrom = true, t.at, t.end
	p.tree.patch = true
	return nil
}

func (p *parser) closeError(t *token) error {
	s := &p.slot
	if !s.inError {
		return p.fail(t.at, "</edge-error> without an <edge-error>"+where(s.name), "<edge-error> before it")
	}
	if err := p.unclosed("</edge-error>"); err != nil {
		return err
	}
	s.inError, s.errorEnd = false, t.end
	p.tree.patch = false
	slot := &p.page.Slots[len(p.page.Slots)-1]
	slot.HasError = true
	var err error
	slot.Error, err = p.asFragment(endOfText(p.html[s.errorFrom:t.at]), s.errorAt, "the <edge-error> of slot "+shorten(slot.Name), markup.Mask(slot.facts))
	return err
}

// unclosed refuses what is open before the end tag, and what else would change how the rest of the shell is read.
func (p *parser) unclosed(end string) error {
	if len(p.tree.open) > p.tree.floor {
		e := &p.tree.open[p.tree.floor]
		return p.fail(e.at, "<"+e.name+"> that is not closed"+where(p.slot.name), "</"+e.name+"> before "+end)
	}
	if !p.tree.reads(&p.slot.before) {
		return p.fail(p.slot.at, "elements of the slot "+shorten(p.slot.name)+" that go on after it", "a skeleton or error in which each is closed by its own end tag")
	}
	return nil
}

// asFragment reads what will stand in a patch as fragments are read, and gives it mended like one. A skeleton, which only ever
// stands in its place, is read for what no fragment may have.
func (p *parser) asFragment(html string, at int, what string, watch markup.Mask) (string, error) {
	var f markup.Fragment
	for _, scripting := range [...]bool{true, false} {
		f.Reset(scripting, watch)
		f.Write([]byte(html))
		if text := f.End(); text != "" {
			return "", p.fail(at, what+" in which "+text, "markup that every browser reads the same, wherever it stands")
		}
		if watch == 0 {
			continue
		}
		edits := f.Edits()
		for i := len(edits) - 1; i >= 0; i-- {
			e := &edits[i]
			html = html[:e.At] + e.Put + html[e.At+e.Cut:]
		}
	}
	return html, nil
}

// lineOf counts lines as the slots come.
func (p *parser) lineOf(at int) int {
	s := &p.slot
	lines, _ := countLines(p.html, s.counted, at)
	s.line, s.counted = s.line+lines, at
	return s.line + 1
}

var slotAttributes = []string{"name", "src", "ttl", "swr", "sie", "tags", "vary", "timeout", "required"}

// slotOf reads the attributes of a slot.
func (p *parser) slotOf(t *token) (Slot, error) {
	s := Slot{TTL: Unset, StaleWhileRevalidate: Unset, StaleIfError: Unset, Timeout: Unset, Line: p.lineOf(t.at)}
	for i := range t.attrs {
		a := &t.attrs[i]
		for j := range t.attrs[:i] {
			if t.attrs[j].name == a.name {
				return s, p.fail(a.at, "attribute "+shorten(a.name)+" again", "each attribute once")
			}
		}
		value, unknown := decodeReferences(a.value)
		if unknown != "" {
			return s, p.fail(a.valueAt, "the character reference "+shorten(unknown), "the character itself, or &amp; for &")
		}
		if err := p.slotAttribute(&s, a, value); err != nil {
			return s, err
		}
	}
	switch {
	case s.Name == "":
		return s, p.fail(t.at, "<edge-slot> without a name", `name="…"`)
	case s.Src == "":
		return s, p.fail(t.at, "slot "+shorten(s.Name)+" without a src", `src="…"`)
	}
	s.vary = newVarying(s)
	return s, nil
}

func (p *parser) slotAttribute(s *Slot, a *attribute, value string) error {
	var err error
	switch a.name {
	case "name":
		s.Name = value
		return p.slotName(value, a.valueAt)
	case "src":
		if len(value) > maxSrc {
			return p.fail(a.valueAt, "src: a src of "+strconv.Itoa(len(value))+" bytes", "at most 4 KiB")
		}
		s.Src = value
		s.src, err = parseSrc(value, p.page.params)
	case "ttl":
		s.TTL, err = parseDuration(value)
	case "swr":
		s.StaleWhileRevalidate, err = parseDuration(value)
	case "sie":
		s.StaleIfError, err = parseDuration(value)
	case "timeout":
		if s.Timeout, err = parseDuration(value); err == nil && s.Timeout == 0 {
			return p.fail(a.valueAt, "a timeout of 0", "a longer one, or no attribute for the default")
		}
	case "tags":
		s.Tags = strings.Fields(value)
		if len(s.Tags) > maxTags {
			return p.fail(a.valueAt, "more than "+strconv.Itoa(maxTags)+" tags", "a tag that several of them have in common")
		}
		for _, tag := range s.Tags {
			var t template
			if t, err = parseTemplate(tag, p.page.params); err != nil {
				break
			}
			if strings.IndexByte(tag, ',') >= 0 {
				return p.fail(a.valueAt, "a comma in tag "+shorten(tag), "spaces between tags")
			}
			s.tags = append(s.tags, t)
		}
	case "vary":
		return p.slotVary(s, value, a.valueAt)
	case "required":
		if value != "" && lowerASCII(value) != "required" {
			return p.fail(a.valueAt, "required="+shorten(value), "required without a value, or no attribute")
		}
		s.Required = true
	default:
		msg := "unknown attribute " + shorten(a.name) + " of <edge-slot>; "
		if near := nearest(a.name, slotAttributes); near != "" {
			msg += "did you mean " + near + "? "
		}
		return p.failure(a.at, msg+"expected "+strings.Join(slotAttributes[:len(slotAttributes)-1], ", ")+" or required")
	}
	if err != nil {
		// What was found comes first in the message, so the attribute goes in front of it.
		return p.failure(a.valueAt, a.name+": "+err.Error())
	}
	return nil
}

func (p *parser) slotName(name string, at int) error {
	switch {
	case name == "":
		return p.fail(at, "an empty name", "1 to 64 bytes")
	case len(name) > maxName:
		return p.fail(at, "a name of "+strconv.Itoa(len(name))+" bytes", "1 to 64 bytes")
	case hasControl(name) || !utf8.ValidString(name):
		return p.fail(at, "a control character in the name "+shorten(name), "printable characters")
	}
	for i := range p.page.Slots {
		if have := &p.page.Slots[i]; have.Name == name {
			return p.fail(at, "slot "+shorten(name)+" again, after the one in line "+strconv.Itoa(have.Line), "another name")
		}
	}
	return nil
}

const varyForm = "cookie:NAME, header:NAME or query:NAME with spaces between"

func (p *parser) slotVary(s *Slot, value string, at int) error {
	items := strings.Fields(value)
	if len(items) > maxInputs {
		return p.fail(at, "vary: more than "+strconv.Itoa(maxInputs)+" inputs", "the few that the fragment depends on")
	}
	for _, item := range items {
		kind, name, ok := strings.Cut(item, ":")
		in := Input{Name: name}
		switch {
		case !ok || name == "":
			return p.fail(at, "vary: "+shorten(item), varyForm)
		case kind == "cookie":
			in.Kind = Cookie
		case kind == "header":
			in.Kind, in.Name = Header, lowerASCII(name)
		case kind == "query":
			in.Kind = Query
		default:
			return p.fail(at, "vary: the unknown input "+shorten(kind)+" in "+shorten(item), varyForm)
		}
		if in.Kind != Query && !only(name, isTokenChar) {
			return p.fail(at, "vary: "+shorten(name)+" is no name of a "+kind, "letters, digits and !#$%&'*+-.^_`|~")
		}
		if in.Kind == Query && (hasControl(name) || len(name) > maxParam) {
			return p.fail(at, "vary: "+shorten(name)+" is no name of a parameter", "its decoded name, without control characters")
		}
		if in.Kind == Header && name == "*" {
			return p.fail(at, "vary: the header *", "the name of each header field that the fragment depends on: no request has a field of that name")
		}
		if in.Kind == Header {
			if instead := noInput(in.Name); instead != "" {
				return p.fail(at, "vary: the header "+shorten(in.Name), instead)
			}
		}
		for _, have := range s.Vary {
			if have == in {
				return p.fail(at, "vary: "+shorten(item)+" again", "each input once")
			}
		}
		s.Vary = append(s.Vary, in)
	}
	return nil
}

// nearest is the known name that a misspelt one is likely to mean: one edit away, or two with the same first letter.
func nearest(name string, known []string) string {
	best, most := "", 2
	if len(name) > 2*maxName {
		return ""
	}
	name = lowerASCII(name)
	for _, k := range known {
		if d := editDistance(name, lowerASCII(k)); d <= most && (d < 2 || name != "" && name[0] == k[0]) {
			best, most = k, d-1
		}
	}
	return best
}

// editDistance counts the bytes to insert, remove or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
