package edge

import "strings"

// reading is a way to read a shell that some browsers have, and why.
type reading struct {
	oldSelect, noScript bool
	as                  string
}

// finish reads the shell as other browsers do, and sets what only the end of the shell decides.
func (p *parser) finish() error {
	readers := []*parser{p}
	for _, r := range []reading{
		{true, false, "as browsers with the older rules for <select> read it"},
		{false, true, "as browsers that run no scripts read <noscript>"},
		{true, true, "as browsers that run no scripts and have the older rules for <select> read it"},
	} {
		if r.oldSelect && !p.tree.selects || r.noScript && !p.tree.noscripts || len(p.page.Slots) == 0 {
			continue
		}
		other := newParser(p.page.Pattern, p.html, p.page.params)
		other.tree.oldSelect, other.tree.noScript = r.oldSelect, r.noScript
		if err := other.parse(); err != nil {
			if at, ok := err.(*ParseError); ok {
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
	p.page.links = p.links.values()
	p.page.vary = newVarying(p.page.Slots...)
	p.page.head = cut{0, len(p.page.static[0])}
	if p.headAt >= 0 {
		p.page.head.off = p.headAt
	}
	return nil
}

// alike refuses a shell in which another reading finds other slots.
func (p *parser) alike(other *parser, as string) error {
	a, b := p.page.Slots, other.page.Slots
	for i := range max(len(a), len(b)) {
		switch {
		case i == len(b) || i < len(a) && a[i].span.from < b[i].span.from:
			return p.fail(a[i].span.from, "<edge-slot> that is none "+as, "end tags for what is open before it")
		case i == len(a) || a[i].span != b[i].span:
			return p.fail(b[i].span.from, "<edge-slot> that is one only "+as, "end tags for what is open before it")
		case p.page.static[i] != other.page.static[i]:
			return p.fail(a[i].span.from, "<edge-slot> that is in other elements "+as, "end tags for what is open before it")
		}
		a[i].facts |= b[i].facts
		a[i].depth = max(a[i].depth, b[i].depth)
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
		taken[string(appendEscapedName(nil, name))] = name
	}
	for _, m := range p.patches {
		if name, ok := taken[m.name]; ok {
			return p.fail(m.at, "a marker or patch for "+shorten(name)+", which is a slot's name", "another name")
		}
	}
	return nil
}

// ends finds the place of patches.
func (p *parser) ends(readers []*parser) error {
	var bodies []*bodyEnd
	var ends []*tree
	for _, r := range readers {
		bodies, ends = append(bodies, &r.bodyEnd), append(ends, &r.tree)
	}
	at, closers, open := placePatches(p.html, bodies, ends)
	last := len(p.page.static) - 1
	p.page.tail, p.page.closers = cut{last, len(p.page.static[last]) - (len(p.html) - at)}, closers
	if at == len(p.html) && strings.HasSuffix(p.html, "</") {
		// Text, unless something follows.
		p.page.static[last] = strings.TrimSuffix(p.page.static[last], "</") + "&lt;/"
		p.page.tail.off = len(p.page.static[last])
	}
	if len(p.page.Slots) == 0 {
		return nil
	}
	if at := p.tree.framed; at >= 0 {
		return p.fail(at, "<frameset>, which leaves no body for patches", "a page with <body>")
	}
	if open != nil {
		return p.fail(open.at, "<"+open.name+"> that no end tag closes at the end of the body, so that no patch can go there", "</"+open.name+"> where the elements in it are closed")
	}
	return nil
}

// endOfStatic is the static part that ends at the slot at an offset. Where a patch would show something else than the same
// bytes in the slot's place, its end is written so that they do not meet: see endOfText. After <pre> a line feed is added,
// as browsers drop the one that follows the tag.
func (p *parser) endOfStatic(at int) string {
	s := endOfText(p.html[p.from:at])
	if p.tree.skipLF {
		s += "\n"
	}
	return s
}

// endOfText is text or markup that is read as s is, whatever follows: a carriage return is written as the line feed that it
// becomes, so that no other is taken for its second half, and a character reference without its semicolon is ended.
func endOfText(s string) string {
	if strings.HasSuffix(s, "\r") {
		return s[:len(s)-1] + "\n"
	}
	return endOfReference(s)
}
