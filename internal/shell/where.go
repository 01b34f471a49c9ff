package shell

import (
	"inlay/internal/decimal"
	"inlay/internal/markup"
)

// slotPlace refuses places that a patch cannot reach, or where a fragment would be another one than in a patch.
func (p *parser) slotPlace(t *markup.Token, afterText bool) error {
	top := p.doc.Top()
	switch p.doc.Where() {
	case markup.InForeign:
		return p.fail(t.At, "<edge-slot> in <"+top.Name+">, where a fragment would not be read as HTML",
			"a slot around the whole <svg> or <math>")
	case markup.InTemplate:
		return p.fail(t.At, "<edge-slot> in <template>, where no patch can reach it", "a slot around the whole template")
	case markup.AfterBody:
		return p.fail(t.At, "<edge-slot> after the body", "</body> after it")
	case markup.InFrames:
		return p.fail(t.At, "<edge-slot> in a page of frames, which has no body for patches", "a page with <body>")
	case markup.BeforeBody:
		return p.fail(t.At, "<edge-slot> before the body", "<body> before it, or <head> around it")
	case markup.InNoscript:
		return p.fail(t.At, "<edge-slot> in <noscript>, which is text to browsers that run scripts", "the slot outside of it")
	case markup.BesideParts:
		return p.fail(top.At, "<"+top.Name+"> with a slot in it directly in a table, which browsers move out of the table", "a cell around it")
	case markup.BetweenParts:
		if afterText && p.doc.MovesText() {
			return p.fail(t.At, "text right before <edge-slot> in <"+top.Name+">, which browsers move out of the table", textInTable)
		}
	}
	return nil
}

// reopen opens again, before a slot, what browsers would open again in it: formatting elements that other end tags have
// closed, as in <p><b>text</p>. Left to the browsers, they would be opened around a fragment in its place, and not around a
// patch. It is the text of the tags.
func (p *parser) reopen(at int) (string, error) {
	tags, stuck, ok := p.doc.Reopen()
	if !ok {
		return "", p.fail(stuck.At, "<"+stuck.Name+"> that other end tags close, and that browsers open again in the slot in line "+decimal.String(p.lineAt(at)),
			"</"+stuck.Name+"> where it is to end")
	}
	return tags, nil
}

// lineAt is the line of an offset.
func (p *parser) lineAt(at int) int {
	return p.failure(at, "").Line
}
