package shell

import (
	"strconv"
	"strings"
)

// slotPlace refuses places that a patch cannot reach, or where a fragment would be another one than in a patch.
func (p *parser) slotPlace(t *token, afterText bool) error {
	tree := &p.tree
	switch {
	case tree.foreign() && !tree.entersHTML(t):
		return p.fail(t.at, "<edge-slot> in <"+tree.top().name+">, where a fragment would not be read as HTML",
			"a slot around the whole <svg> or <math>")
	case tree.inTemplate():
		return p.fail(t.at, "<edge-slot> in <template>, where no patch can reach it", "a slot around the whole template")
	}
	switch tree.mode {
	case modeAfterBody, modeAfterAfterBody:
		return p.fail(t.at, "<edge-slot> after the body", "</body> after it")
	case modeInFrameset, modeAfterFrameset, modeAfterAfterFrameset:
		return p.fail(t.at, "<edge-slot> in a page of frames, which has no body for patches", "a page with <body>")
	case modeInitial, modeBeforeHTML, modeBeforeHead, modeAfterHead:
		return p.fail(t.at, "<edge-slot> before the body", "<body> before it, or <head> around it")
	case modeInHeadNoscript:
		return p.fail(t.at, "<edge-slot> in <noscript>, which is text to browsers that run scripts", "the slot outside of it")
	case modeInTable, modeInTableBody, modeInRow, modeInColumnGroup:
		if !tree.inTable() && !tree.topIs(tagColgroup) {
			return p.fail(tree.top().at, "<"+tree.top().name+"> with a slot in it directly in a table, which browsers move out of the table", "a cell around it")
		}
		if afterText && tree.inTable() {
			return p.fail(t.at, "text right before <edge-slot> in <"+tree.top().name+">, which browsers move out of the table", textInTable)
		}
	}
	return nil
}

// reopen opens again, before a slot, what browsers would open again in it: formatting elements that other end tags have
// closed, as in <p><b>text</p>. Left to the browsers, they would be opened around a fragment in its place, and not around a
// patch. It is the text of the tags, which take an element from the list and put it there again as one that is open.
func (p *parser) reopen(at int) (string, error) {
	tree := &p.tree
	switch tree.mode {
	case modeInTable, modeInTableBody, modeInRow, modeInColumnGroup, modeInHead, modeInSelect, modeInSelectInTable:
		return "", nil // nothing that may stand here is put into them
	}
	i := tree.pending()
	if i < 0 {
		return "", nil
	}
	var b strings.Builder
	pending := append([]openElement(nil), tree.active[i:]...)
	depth := len(tree.open)
	for j := len(pending) - 1; j >= 0; j-- {
		e := &pending[j]
		tree.end(&token{kind: tokenClose, name: e.name, tag: e.tag, at: e.at})
		b.WriteString("</" + e.name + ">")
	}
	if len(tree.open) != depth || len(tree.active) != i {
		e := &pending[0]
		return "", p.fail(e.at, "<"+e.name+"> that other end tags close, and that browsers open again in the slot in line "+strconv.Itoa(p.lineAt(at)),
			"</"+e.name+"> where it is to end")
	}
	for j := range pending {
		z := tokenizer{html: p.html, pos: pending[j].at}
		t := z.next(false)
		tree.start(&t)
		b.WriteString(p.html[t.at:t.end])
	}
	return b.String(), nil
}

// lineAt is the line of an offset.
func (p *parser) lineAt(at int) int {
	lines, _ := countLines(p.html, 0, at)
	return lines + 1
}

// reads tells whether what follows would be read as it would from before: after a slot it is to be read as before it.
func (t *tree) reads(before *tree) bool {
	if t.mode != before.mode || t.form != before.form || len(t.open) != len(before.open) || len(t.active) != len(before.active) ||
		len(t.templates) != len(before.templates) {
		return false
	}
	for i := range t.open {
		if t.open[i].id != before.open[i].id {
			return false
		}
	}
	for i := range t.active {
		if t.active[i].id != before.active[i].id {
			return false
		}
	}
	return true
}
