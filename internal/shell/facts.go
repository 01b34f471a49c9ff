package shell

// facts are what a fragment depends on besides itself: what its slot stands in, and what is open around it. Where readers
// of a shell differ (see reading), they are those of all of them, so that a fragment has to fit for each.
type facts uint32

const (
	// One of these at least.
	inBody     facts = 1 << iota // what may stand in the body, in a cell or in a caption
	inHead                       // the head
	inTable                      // directly in <table>
	inSection                    // directly in <tbody>, <thead> or <tfoot>
	inRow                        // directly in <tr>
	inColgroup                   // directly in <colgroup>
	inSelect                     // anywhere in <select>

	paragraphAround      // <p> in button scope, which the start tag of a block ends
	tableParagraphAround // the same in no-quirks mode, in which <table> ends it too
	linkAround           // <a> is among the active formatting elements
	noBreakAround        // <nobr> in scope
	itemAround           // <li> that another one would end
	definitionAround     // <dd> or <dt> that another one would end
	headingAround        // directly in h1 to h6
	formAround           // the form element pointer is set
	buttonAround         // <button> in scope
	optionAround         // <option>, or what else another one would end
	optgroupAround       // <optgroup> that another one would end
	rubyAround           // <ruby> in scope
	rubyPartAround       // the same, directly in an element whose end tag may be left out
	reopenedAround       // formatting elements wait to be opened again
	alike1               // at least one active formatting element
	alike2               // two of one name
	alike3               // three of one name
	quirksAround         // the page is in quirks mode
)

// facts are those of where the tree is.
func (t *tree) facts() facts {
	var f facts
	set := func(is bool, bit facts) {
		if is {
			f |= bit
		}
	}
	switch t.mode {
	case modeInHead:
		return inHead
	case modeInTable:
		f = inTable
	case modeInTableBody:
		f = inSection
	case modeInRow:
		f = inRow
	case modeInColumnGroup:
		f = inColgroup
	case modeInSelect, modeInSelectInTable:
		f = inSelect
	default:
		f = inBody
		if t.count[tagSelect] > 0 {
			f = inSelect
		}
	}
	inP := t.in(scopeButton, tagP) >= 0
	set(inP, paragraphAround)
	set(inP && !t.quirks, tableParagraphAround)
	set(t.quirks, quirksAround)
	set(t.activeIndex(tagA) >= 0, linkAround)
	set(t.in(scopeDefault, tagNobr) >= 0, noBreakAround)
	set(t.hasItem(tagLi), itemAround)
	set(t.hasItem(tagDd), definitionAround)
	set(t.form != 0, formAround)
	set(t.in(scopeDefault, tagButton) >= 0, buttonAround)
	inRuby := t.in(scopeDefault, tagRuby) >= 0
	set(inRuby, rubyAround)
	if top := t.top(); top.kind == inHTML {
		implied := top.tag.has(traitImplied)
		set(top.tag.has(traitHeading), headingAround)
		set(top.tag == tagOption || f&inSelect != 0 && implied && top.tag != tagOptgroup, optionAround)
		set(inRuby && implied, rubyPartAround)
		for i := len(t.open) - 1; f&inSelect != 0 && t.open[i].kind == inHTML && t.open[i].tag.has(traitImplied); i-- {
			set(t.open[i].tag == tagOptgroup, optgroupAround)
		}
	}
	set(t.pending() >= 0, reopenedAround)
	var alike [tagCount]uint8
	for i := t.lastMarker(); i < len(t.active); i++ {
		tag := t.active[i].tag
		alike[tag] = min(alike[tag]+1, maxAlike)
		set(true, alike1)
		set(alike[tag] >= 2, alike2)
		set(alike[tag] >= 3, alike3)
	}
	return f
}

// hasItem tells whether an item of a list of that name would close one that is open, in browsers that know <search> or in
// those that do not.
func (t *tree) hasItem(tag tagName) bool {
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		if t.isItem(i, tag) {
			return true
		}
		if e.special() && !e.is(tagAddress) && !e.is(tagDiv) && !e.is(tagP) && !e.is(tagSearch) {
			return false
		}
	}
	return false
}
