package shell

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
)

// others are the ways to read a shell that some browsers have, and why.
var others = []struct {
	reading markup.Reading
	as      string
}{
	{markup.Reading{OldSelect: true}, "as browsers with the older rules for <select> read it"},
	{markup.Reading{NoScript: true}, "as browsers that run no scripts read <noscript>"},
	{markup.Reading{OldSelect: true, NoScript: true}, "as browsers that run no scripts and have the older rules for <select> read it"},
}

// finish reads the shell as other browsers do, and sets what only the end of the shell decides.
func (p *parser) finish() error {
	readers := []*parser{p}
	differs := p.doc.Differs()
	for _, r := range others {
		if r.reading.OldSelect && !differs.OldSelect || r.reading.NoScript && !differs.NoScript || len(p.page.Slots) == 0 {
			continue
		}
		other := newParser(p.page.Pattern, p.html, p.page.Params, r.reading)
		if err := other.parse(); err != nil {
			if at, ok := err.(*Error); ok {
				at.Msg += " (" + r.as + ")"
			}
			return err
		}
		if err := p.alike(other, r.as); err != nil {
			return err
		}
		readers = append(readers, other)
	}
	if err := p.names(); err != nil {
		return err
	}
	if err := p.ends(readers); err != nil {
		return err
	}
	p.page.Links = p.links.values()
	p.page.Settle()
	p.page.Head = page.Cut{Part: 0, Off: len(p.page.Static[0])}
	if p.headAt >= 0 {
		p.page.Head.Off = p.headAt
	}
	return nil
}

// alike refuses a shell in which another reading finds other slots.
func (p *parser) alike(other *parser, as string) error {
	a, b := p.page.Slots, other.page.Slots
	for i := range max(len(a), len(b)) {
		switch {
		case i == len(b) || i < len(a) && p.spans[i].from < other.spans[i].from:
			return p.fail(p.spans[i].from, "<edge-slot> that is none "+as, "end tags for what is open before it")
		case i == len(a) || p.spans[i] != other.spans[i]:
			return p.fail(other.spans[i].from, "<edge-slot> that is one only "+as, "end tags for what is open before it")
		case p.page.Static[i] != other.page.Static[i]:
			return p.fail(p.spans[i].from, "<edge-slot> that is in other elements "+as, "end tags for what is open before it")
		}
		a[i].Around |= b[i].Around
		a[i].Depth = max(a[i].Depth, b[i].Depth)
	}
	return nil
}

// names refuses markers and patches of the shell's own that have a slot's name.
func (p *parser) names() error {
	if len(p.patches) == 0 {
		return nil
	}
	taken := make(map[string]string, len(p.page.Slots))
	for i := range p.page.Slots {
		name := p.page.Slots[i].Name
		taken[string(patch.AppendName(nil, name))] = name
	}
	for _, m := range p.patches {
		if name, ok := taken[m.name]; ok {
			return p.fail(m.at, "a marker or patch for "+ascii.Shorten(name)+", which is a slot's name", "another name")
		}
	}
	return nil
}

// ends finds the place of patches.
func (p *parser) ends(readers []*parser) error {
	var bodies []*bodyEnd
	var ends []*markup.Document
	for _, r := range readers {
		bodies, ends = append(bodies, &r.bodyEnd), append(ends, r.doc)
	}
	at, closers, open := placePatches(p.html, bodies, ends)
	last := len(p.page.Static) - 1
	p.page.Tail, p.page.Closers = page.Cut{Part: last, Off: len(p.page.Static[last]) - (len(p.html) - at)}, closers
	if at == len(p.html) && strings.HasSuffix(p.html, "</") {
		// Text, unless something follows.
		p.page.Static[last] = strings.TrimSuffix(p.page.Static[last], "</") + "&lt;/"
		p.page.Tail.Off = len(p.page.Static[last])
	}
	if len(p.page.Slots) == 0 {
		return nil
	}
	if at := p.doc.Framed(); at >= 0 {
		return p.fail(at, "<frameset>, which leaves no body for patches", "a page with <body>")
	}
	if open != nil {
		return p.fail(open.At, "<"+open.Name+"> that no end tag closes at the end of the body, so that no patch can go there", "</"+open.Name+"> where the elements in it are closed")
	}
	return nil
}

// seam is where the static part before a slot ends, and what is written at its end. Where a patch would show something else than the
// same bytes in the slot's place, its end is written so that they do not meet: see [markup.EndOfText]. After <pre> a line feed is
// added, as browsers drop the one that follows the tag.
func (p *parser) seam(at int) (cut int, text string) {
	cut = at
	for cut > p.from && (ascii.IsAlpha(p.html[cut-1]) || ascii.IsDigit(p.html[cut-1])) {
		cut--
	}
	for cut > p.from && ascii.InSet(p.html[cut-1], "#&\r") {
		cut--
	}
	text = p.html[cut:at]
	if end := markup.EndOfText(text); end != text {
		text = end
	} else {
		cut, text = at, ""
	}
	if p.doc.DropsLine() {
		text += "\n"
	}
	return cut, text
}
