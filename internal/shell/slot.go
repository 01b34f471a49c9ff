package shell

import (
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/duration"
	"inlay/internal/esi"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/route"
)

const (
	maxName = 64      // bytes of a slot's name
	maxSrc  = 4 << 10 // bytes of a src, as written
	maxTags = 64      // of one slot
)

// slotReader is the slot being read.
type slotReader struct {
	open      bool
	page.Slot        // what is known of it
	name      string // for messages; empty while none is open
	at        int    // offset of the slot's tag
	from      int    // offset of its content

	cut      int    // the static part before it ends here
	seam     string // and goes on with this
	reopened string // and with the tags of what browsers open again

	before *markup.Document // where the slot stands
	shared bool             // it is another reader's too
	closed bool             // its end tag is the token before, or only white space came since

	inError   bool
	errorAt   int // offset of the <edge-error> tag
	errorFrom int // of its content
	errorEnd  int // behind its end tag

	line, counted int // the line of the offset counted
}

func (p *parser) openSlot(t *markup.Token, afterText bool) error {
	s := &p.slot
	switch {
	case s.inError:
		return p.fail(t.At, "<edge-slot> in the <edge-error>"+where(s.name), "no slot within a slot")
	case s.open:
		return p.fail(t.At, "<edge-slot> in the skeleton"+where(s.name), "</edge-slot> before it: slots do not nest")
	case t.Slash:
		return p.fail(t.At, "<edge-slot … />, which HTML reads as a start tag", "<edge-slot …></edge-slot>")
	}
	if err := p.slotPlace(t, afterText); err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(p.html[:t.At], "<"):
		return p.fail(t.At-1, "< right before <edge-slot>, which would make a tag of what comes into the slot", "&lt;")
	case len(p.common.slots) >= maxSlots:
		return p.fail(t.At, "one slot more than "+decimal.String(maxSlots), "at most "+decimal.String(maxSlots)+" in a page")
	}
	slot := &s.Slot
	if err := p.readSlot(t, slot); err != nil {
		return err
	}
	var err error
	s.cut, s.seam = p.seam(t.At)
	if s.reopened, err = p.reopen(t.At); err != nil {
		return err
	}
	slot.Around, slot.Depth, slot.Reach = p.doc.Facts(), p.doc.Depth(), p.doc.Reach()
	p.bodyEnd.at = -1
	s.open, s.name, s.at, s.from, s.errorAt = true, slot.Name, t.At, t.End, -1
	if s.before == nil || s.shared {
		s.before, s.shared = new(markup.Document), false
	}
	s.before.Copy(p.doc)
	p.doc.EnterPart()
	return nil
}

func (p *parser) closeSlot(t *markup.Token) error {
	s := &p.slot
	switch {
	case !s.open:
		return p.fail(t.At, "</edge-slot> without a slot", "<edge-slot …> before it")
	case s.inError:
		return p.fail(s.errorAt, "<edge-error> that is not closed"+where(s.name), "</edge-error> before </edge-slot>")
	}
	if err := p.unclosed("</edge-slot>"); err != nil {
		return err
	}
	slot := &s.Slot
	slot.Skeleton = markup.EndOfText(p.html[s.from:t.At])
	if slot.HasError {
		slot.Skeleton = markup.EndOfText(markup.EndOfText(p.html[s.from:s.errorAt]) + p.html[s.errorEnd:t.At])
	}
	if p.origin == nil {
		p.page.Static = append(p.page.Static, p.html[p.from:s.cut]+s.seam+s.reopened)
		p.page.Slots = append(p.page.Slots, *slot)
		p.common.add(slot)
		p.spans = append(p.spans, span{s.at, t.End})
	}
	p.from = t.End
	p.doc.LeavePart(s.before)
	s.open, s.name, s.closed = false, "", true
	_, err := p.asFragment(slot.Skeleton, s.at, "the skeleton of slot "+ascii.Shorten(slot.Name), 0)
	return err
}

func (p *parser) openError(t *markup.Token) error {
	s := &p.slot
	_, unclosed := p.doc.Unclosed()
	attributes := t.Attributes()
	switch {
	case !s.open:
		return p.fail(t.At, "<edge-error> outside of a slot", "it within <edge-slot>")
	case s.inError:
		return p.fail(t.At, "<edge-error> within another"+where(s.name), "</edge-error> before it")
	case s.errorAt >= 0:
		return p.fail(t.At, "a second <edge-error>"+where(s.name), "one at most")
	case t.Slash:
		return p.fail(t.At, "<edge-error/>, which HTML reads as a start tag", "<edge-error></edge-error>")
	case unclosed:
		return p.fail(t.At, "<edge-error> in <"+p.doc.Top().Name+">"+where(s.name), "it directly in <edge-slot>")
	case len(attributes) > 0:
		return p.fail(attributes[0].At, "attribute "+ascii.Shorten(attributes[0].Name)+" of <edge-error>", "none")
	case strings.HasSuffix(p.html[:t.At], "<"):
		return p.fail(t.At-1, "< right before <edge-error>, which would make a tag of what follows it", "&lt;")
	}
	s.inError, s.errorAt, s.errorFrom = true, t.At, t.End
	p.doc.IgnoresNothing(true)
	return nil
}

func (p *parser) closeError(t *markup.Token) error {
	s := &p.slot
	if !s.inError {
		return p.fail(t.At, "</edge-error> without an <edge-error>"+where(s.name), "<edge-error> before it")
	}
	if err := p.unclosed("</edge-error>"); err != nil {
		return err
	}
	s.inError, s.errorEnd = false, t.End
	p.doc.IgnoresNothing(false)
	slot := &s.Slot
	slot.HasError = true
	var err error
	slot.Error, err = p.asFragment(markup.EndOfText(p.html[s.errorFrom:t.At]), s.errorAt, "the <edge-error> of slot "+ascii.Shorten(slot.Name), slot.Around)
	return err
}

// unclosed refuses what is open before the end tag, and what else would change how the rest of the shell is read.
func (p *parser) unclosed(end string) error {
	if e, ok := p.doc.Unclosed(); ok {
		return p.fail(e.At, "<"+e.Name+"> that is not closed"+where(p.slot.name), "</"+e.Name+"> before "+end)
	}
	p.doc.Undecide(p.slot.before)
	if !p.doc.Same(p.slot.before) {
		return p.fail(p.slot.at, "elements of the slot "+ascii.Shorten(p.slot.name)+" that go on after it", "a skeleton or error in which each is closed by its own end tag")
	}
	return nil
}

// asFragment reads what will stand in a patch as fragments are read, and gives it mended like one. A skeleton, which only ever
// stands in its place, is read for what no fragment may have.
func (p *parser) asFragment(html string, at int, what string, watch markup.Mask) (string, error) {
	f := p.common.fragment
	if f == nil {
		f = new(markup.Fragment)
		p.common.fragment = f
	}
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
	if p.origin != nil {
		line, _ := p.origin.position(at)
		return line
	}
	lines, _ := countLines(p.html, s.counted, at)
	s.line, s.counted = s.line+lines, at
	return s.line + 1
}

var slotAttributes = []string{"name", "src", "ttl", "swr", "sie", "tags", "vary", "timeout", "share", "early", "required"}

// readSlot reads the attributes of a slot.
func (p *parser) readSlot(t *markup.Token, s *page.Slot) error {
	*s = page.Slot{}
	unset(s)
	s.Line = p.lineOf(t.At)
	attributes := t.Attributes()
	for i := range attributes {
		a := &attributes[i]
		for j := range i {
			if attributes[j].Name == a.Name {
				return p.fail(a.At, "attribute "+ascii.Shorten(a.Name)+" again", "each attribute once")
			}
		}
		value, unknown := markup.DecodeReferences(a.Value)
		if unknown != "" {
			return p.fail(a.ValueAt, "the character reference "+ascii.Shorten(unknown), "the character itself, or &amp; for &")
		}
		if err := p.slotAttribute(s, a, value); err != nil {
			return err
		}
	}
	switch {
	case s.Name == "":
		return p.fail(t.At, "<edge-slot> without a name", `name="…"`)
	case s.Src == "":
		return p.fail(t.At, "slot "+ascii.Shorten(s.Name)+" without a src", `src="…"`)
	}
	if s.Region && s.TTL == 0 {
		return p.fail(t.At, "slot "+ascii.Shorten(s.Name)+` with share="region" and ttl="0", which is never shared`, "one of them")
	}
	s.Varies.Add(s.Vary)
	return nil
}

// unset leaves a slot's durations to what others say.
func unset(s *page.Slot) {
	s.TTL, s.StaleWhileRevalidate, s.StaleIfError, s.Timeout = duration.Unset, duration.Unset, duration.Unset, duration.Unset
}

func (p *parser) slotAttribute(s *page.Slot, a *markup.Attribute, value string) error {
	var err error
	switch a.Name {
	case "name":
		s.Name = value
		return p.slotName(value, a.ValueAt)
	case "src":
		if len(value) > maxSrc {
			return p.fail(a.ValueAt, "src: a src of "+decimal.String(len(value))+" bytes", "at most 4 KiB")
		}
		s.Src = value
		if p.origin != nil {
			value, err = esi.Resolve(p.origin.base, value)
		}
		if err == nil {
			s.Source, err = route.ParseSrc(value, p.page.Params)
		}
	case "ttl":
		s.TTL, err = duration.Parse(value)
	case "swr":
		s.StaleWhileRevalidate, err = duration.Parse(value)
	case "sie":
		s.StaleIfError, err = duration.Parse(value)
	case "timeout":
		if s.Timeout, err = duration.Parse(value); err == nil && s.Timeout == 0 {
			return p.fail(a.ValueAt, "a timeout of 0", "a longer one, or no attribute for the default")
		}
	case "tags":
		s.Tags = strings.Fields(value)
		if len(s.Tags) > maxTags {
			return p.fail(a.ValueAt, "more than "+decimal.String(maxTags)+" tags", "a tag that several of them have in common")
		}
		for _, tag := range s.Tags {
			var t route.Template
			if t, err = route.ParseTemplate(tag, p.page.Params); err != nil {
				break
			}
			if strings.IndexByte(tag, ',') >= 0 {
				return p.fail(a.ValueAt, "a comma in tag "+ascii.Shorten(tag), "spaces between tags")
			}
			s.TagTemplates = append(s.TagTemplates, t)
		}
	case "vary":
		return p.slotVary(s, value, a.ValueAt)
	case "share":
		if ascii.ToLower(value) != "region" {
			return p.fail(a.ValueAt, "share="+ascii.Shorten(value), `share="region", or no attribute`)
		}
		s.Region = true
	case "early":
		if ascii.ToLower(value) != "off" {
			return p.fail(a.ValueAt, "early="+ascii.Shorten(value), `early="off", or no attribute`)
		}
		s.NoEarly = true
	case "required":
		if value != "" && ascii.ToLower(value) != "required" {
			return p.fail(a.ValueAt, "required="+ascii.Shorten(value), "required without a value, or no attribute")
		}
		s.Required = true
	default:
		msg := "unknown attribute " + ascii.Shorten(a.Name) + " of <edge-slot>; "
		if near := ascii.Nearest(a.Name, slotAttributes); near != "" {
			msg += "did you mean " + near + "? "
		}
		return p.failure(a.At, msg+"expected "+strings.Join(slotAttributes[:len(slotAttributes)-1], ", ")+" or required")
	}
	if err != nil {
		// What was found comes first in the message, so the attribute goes in front of it.
		return p.failure(a.ValueAt, a.Name+": "+err.Error())
	}
	return nil
}

func (p *parser) slotName(name string, at int) error {
	switch {
	case name == "":
		return p.fail(at, "an empty name", "1 to 64 bytes")
	case len(name) > maxName:
		return p.fail(at, "a name of "+decimal.String(len(name))+" bytes", "1 to 64 bytes")
	case ascii.HasControl(name) || !utf8.ValidString(name):
		return p.fail(at, "a control character in the name "+ascii.Shorten(name), "printable characters")
	}
	if line := p.common.line(name); line != 0 {
		return p.fail(at, "slot "+ascii.Shorten(name)+" again, after the one in line "+decimal.String(line), "another name")
	}
	return nil
}
