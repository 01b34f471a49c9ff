package markup

import "inlay/internal/ascii"

// Facts are what holds where the document is. Where readers of a page differ, a place has those of all of them, so that a
// fragment has to fit for each.
func (d *Document) Facts() Mask {
	var f Mask
	set := func(is bool, bit Mask) {
		if is {
			f |= bit
		}
	}
	switch {
	case d.mode == modeHead:
		return InHead
	case d.selected > 0:
		f = InSelect
	case d.mode == modeTable:
		f = InTable
	case d.mode == modeSection:
		f = InSection
	case d.mode == modeRow:
		f = InRow
	case d.mode == modeColgroup:
		f = InColgroup
	default:
		f = InBody
		for i := range d.opened {
			if d.stack[i].html(nmSelect) {
				f = InSelect
			}
		}
	}
	if d.atContent() {
		f = 0 // what is around it decides
	}
	inP := d.find(nmP, scope|buttonOnly) > 0
	set(inP, Paragraph)
	set(inP && !d.quirks, TableParagraph)
	set(d.quirks, Quirks)
	set(d.active(nmA) > 0, Link)
	set(d.find(nmNobr, scope) > 0, NoBreak)
	set(d.hasItem(nmLi, nmLi), ListItem)
	set(d.hasItem(nmDd, nmDt), Definition)
	set(d.form != 0, Form)
	set(d.find(nmButton, scope) > 0, Button)
	inRuby := d.find(nmRuby, scope) > 0
	set(inRuby, Ruby)
	if top := d.top(); top.kind&foreign == 0 {
		implied := top.name.is(implied)
		set(top.name.rule() == ruleHeading, Heading)
		set(top.name == nmOption || f&InSelect != 0 && implied && top.name != nmOptgroup, Option)
		set(inRuby && implied, RubyPart)
	}
	for i := d.opened - 1; f&InSelect != 0 && d.stack[i].htmlIs(implied); i-- {
		set(d.stack[i].name == nmOptgroup, OptionGroup)
	}
	set(d.waiting() < d.actives, Reopened)
	var alike [nameCount]uint8
	for i := d.actives - 1; d.list[i].id != 0; i-- {
		n := d.list[i].name
		alike[n] = min(alike[n]+1, 3)
		set(true, Alike1)
		set(alike[n] >= 2, Alike2)
		set(alike[n] >= 3, Alike3)
	}
	return f
}

// Reach is which facts of the place of a fragment hold where the document, which is that fragment, is.
func (d *Document) Reach() Mask {
	if !d.content {
		return 0
	}
	r := InSelect | Form | Quirks
	if d.atRoot() {
		return r | anywhere | Heading | Option | OptionGroup | RubyPart | Reopened | reachOfList | reachOfScope | ListItem | Definition
	}
	top := d.top()
	scoped, buttons, items, ends := true, true, true, true
	for i := d.opened - 1; i > 0; i-- {
		e := &d.stack[i]
		ends = ends && e.htmlIs(implied)
		scoped = scoped && !d.hides(e)
		buttons = buttons && !e.htmlIs(buttonOnly)
		items = items && (!e.isSpecial() || e.html(nmAddress) || e.html(nmDiv) || e.html(nmP) || e.html(nmSearch))
	}
	if scoped {
		r |= NoBreak | Button | Ruby
		if buttons {
			r |= reachOfScope
		}
		if top.htmlIs(implied) {
			r |= partOfRuby
		}
	}
	if ends {
		r |= OptionGroup
	}
	if top.htmlIs(implied) && top.name != nmOptgroup {
		r |= optionInSelect
	}
	if items {
		r |= ListItem | Definition
	}
	for i := d.actives - 1; i > 0; i-- {
		if d.list[i].id == 0 {
			return r
		}
	}
	return r | reachOfList | Reopened
}

const (
	reachOfScope = Paragraph | TableParagraph | NoBreak | Button | Ruby
	reachOfList  = Link | Alike1 | Alike2 | Alike3

	// What holds at the slot if something else does around the fragment: RubyPart with Ruby, Option with InSelect.
	partOfRuby     Mask = 1 << 29
	optionInSelect Mask = 1 << 28
)

// Within is what holds at a place in a fragment, of which m is what the fragment itself makes of it, and reach what of the facts around
// the fragment holds there too.
func (m Mask) Within(around, reach Mask) Mask {
	alike := m.alike()
	if reach&Alike1 != 0 {
		alike += around.alike() // of one name, as far as is known
	}
	m |= around & reach &^ (partOfRuby | optionInSelect)
	m |= (Alike1 | Alike2 | Alike3) & (Alike1<<min(alike, 3) - Alike1)
	if reach&partOfRuby != 0 && around&Ruby != 0 {
		m |= RubyPart
	}
	if m&InSelect != 0 {
		m &^= InBody
		if reach&optionInSelect != 0 {
			m |= Option
		}
	}
	return m
}

// alike is how many active formatting elements of one name there are at least.
func (m Mask) alike() int {
	switch {
	case m&Alike3 != 0:
		return 3
	case m&Alike2 != 0:
		return 2
	case m&Alike1 != 0:
		return 1
	}
	return 0
}

// waiting is the first entry of the list that is to be opened again before the next text; its end, if none is.
func (t *tree) waiting() int {
	i := t.actives
	for t.list[i-1].kind&closed != 0 {
		i--
	}
	return i
}

// hasItem tells whether an item of a list of these names would close one that is open, in browsers that know <search> or in
// those that do not.
func (t *tree) hasItem(a, b name) bool {
	for i := t.opened - 1; i > 0; i-- {
		e := &t.stack[i]
		if e.html(a) || e.html(b) {
			return true
		}
		if e.isSpecial() && !e.html(nmAddress) && !e.html(nmDiv) && !e.html(nmP) && !e.html(nmSearch) {
			return false
		}
	}
	return false
}

// Where is a kind of place that a slot may stand in, or not.
type Where uint8

// The kinds of places.
const (
	InPage       Where = iota // in the body, in the head, or in a table in the body
	BetweenParts              // in the body, directly in a table, or a part of one, that is no cell or caption
	BesideParts               // the same, in an element that browsers move out of it
	InForeign                 // in svg or math
	InTemplate                //
	BeforeBody                // after the head too
	AfterBody                 //
	InFrames                  //
	InNoscript                // in the head's <noscript>
)

// Where tells in what kind of place a tag with a name that HTML does not know would stand.
func (d *Document) Where() Where {
	top := d.top()
	switch {
	case d.InForeign() && top.kind&text == 0:
		return InForeign
	case d.InTemplate():
		return InTemplate
	}
	switch d.mode {
	case modeAfterBody, modeAfterAfterBody:
		return AfterBody
	case modeFrameset, modeAfterFrameset, modeAfterAfterFrameset:
		return InFrames
	case modeInitial, modeBeforeHTML, modeBeforeHead, modeAfterHead:
		return BeforeBody
	case modeHeadNoscript:
		return InNoscript
	case modeTable, modeSection, modeRow, modeColgroup:
		switch {
		case d.selected > 0:
		case d.MovesText() || top.html(nmColgroup) || d.atContent():
			return BetweenParts
		default:
			return BesideParts
		}
	}
	return InPage
}

// MovesText tells whether browsers would move a text out of a table.
func (d *Document) MovesText() bool {
	return d.selected == 0 && d.mode >= modeTable && d.mode <= modeRow && (d.top().isBetweenParts() || d.atContent())
}

// TakesAnyText tells whether what follows is read the same whatever text comes next, visible or white space; with empty, also if
// none does.
func (d *Document) TakesAnyText(empty bool) bool {
	if d.MovesText() || d.Where() == InFrames {
		return false
	}
	after := func(visible bool) *Document {
		c := new(Document)
		c.Copy(d)
		c.skipLF, c.foster = lineKept, false
		c.document.name = ""
		if c.text(visible) {
			c.characters(visible, 0)
		}
		return c
	}
	visible := after(true)
	return visible.Same(after(false)) && (!empty || visible.Same(d))
}

// atContent tells whether nothing is open in a fragment.
func (t *tree) atContent() bool { return t.inDocument() && t.doc.content && t.atRoot() }

// isBetweenParts tells whether what is directly in an element stands between the parts of a table.
func (e *element) isBetweenParts() bool { return e.htmlIs(section) || e.html(nmTable) || e.html(nmTr) }

// InForeign tells whether a start tag would now make an element of svg or math, unless it is one that HTML knows.
func (d *Document) InForeign() bool {
	return d.top().kind&foreign != 0 && d.top().kind&point == 0
}

// InTemplate tells whether a <template> is open.
func (d *Document) InTemplate() bool { return d.templates > 1 }

// InHead tells whether it is the head that is open.
func (d *Document) InHead() bool { return d.mode == modeHead && !d.InTemplate() }

// HasHead tells whether the head has begun.
func (d *Document) HasHead() bool { return d.hasHead }

// Framed is the offset of the <frameset> that took the place of body, -1 for none.
func (d *Document) Framed() int { return d.framed }

// Differs tells what there was that makes other readings of the page than this one.
func (d *Document) Differs() Reading { return Reading{OldSelect: d.selects, NoScript: d.noscript} }

// TooDeep tells whether more elements were open than MaxDepth, and TooMany, whether there were more active formatting
// elements than MaxActive. No more is to be read then.
func (d *Document) TooDeep() bool { return d.fault == faultTooDeep }

// TooMany: see TooDeep.
func (d *Document) TooMany() bool { return d.tooMany }

// DropsLine tells whether a line feed that comes next is dropped.
func (d *Document) DropsLine() bool { return d.skipLF == lineWanted }

// Depth is how many elements are open, html among them; in a fragment, how many of its own.
func (d *Document) Depth() int {
	if d.content {
		return d.opened - 1
	}
	return d.opened
}

// Open is an open element.
type Open struct {
	Name string
	At   int // offset of its start tag, or of the tag that implied it
}

// Top is the innermost of the elements that are open.
func (d *Document) Top() Open { return d.openAt(d.opened - 1) }

func (d *Document) openAt(i int) Open {
	e := &d.stack[i]
	return Open{d.nameOf(e), int(e.at)}
}

// nameAt is the name of the start tag at an offset.
func (d *document) nameAt(at int) string {
	to := at + 1
	for !isNameEnd(d.html[to]) {
		to++
	}
	return ascii.ToLower(d.html[at+1 : to])
}
