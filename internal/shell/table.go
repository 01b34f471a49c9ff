package shell

// Tables (HTML standard, sections 13.2.6.4.9 to 13.2.6.4.15).

// textInTable is at text between the parts of a table: white space stays, all else goes before the table.
func (t *tree) textInTable(s string) {
	if !t.topIs(tagTable, tagTbody, tagTemplate, tagTfoot, tagThead, tagTr) {
		t.textInBody(s) // in something that was moved out of the table
		return
	}
	if isBlank(s) {
		return
	}
	t.foster = true
	t.textInBody(s)
	t.foster = false
}

// clearTo closes what stands in the way of a part of a table, back to one of these elements, a template or html.
func (t *tree) clearTo(tags ...tagName) {
	for !t.topIs(tagTemplate, tagHTML) && !t.topIs(tags...) {
		t.closeTo(len(t.open) - 1)
	}
}

// imply opens a part of a table that the tag being read needs around it. Nothing in a slot would close it, if the table is
// around the slot.
func (t *tree) imply(tag tagName) {
	if t.strict && t.in(scopeTable, tagTable) < t.floor {
		t.problem(" directly in <"+t.top().name+"> opens a <"+tags[tag].name+">, which stays open", "<"+tags[tag].name+"> around it, or around the slot")
	}
	t.insertBare(tag)
}

func (t *tree) startInTable(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagCaption:
		t.clearTo(tagTable)
		t.mark()
		t.insert(tok)
		t.mode = modeInCaption
	case tagColgroup:
		t.clearTo(tagTable)
		t.insert(tok)
		t.mode = modeInColumnGroup
	case tagCol:
		t.clearTo(tagTable)
		t.imply(tagColgroup)
		t.mode = modeInColumnGroup
		return false, true
	case tagTbody, tagTfoot, tagThead:
		t.clearTo(tagTable)
		t.insert(tok)
		t.mode = modeInTableBody
	case tagTd, tagTh, tagTr:
		t.clearTo(tagTable)
		t.imply(tagTbody)
		t.mode = modeInTableBody
		return false, true
	case tagTable:
		return false, t.endTable()
	case tagStyle, tagScript, tagTemplate:
		raw, _ = t.startInHead(tok)
		return raw, false
	case tagInput:
		if !isHidden(tok) {
			return t.startMoved(tok), false
		}
		t.insertVoid(tok)
	case tagForm:
		// It is closed at once, and what is in it goes before the table.
		t.problem(" directly in <"+t.top().name+">, which browsers close at once", "the form around the table, or in a cell")
		if t.form == 0 && !t.inTemplate() {
			t.insertVoid(tok)
			t.form = t.ids
		}
	default:
		return t.startMoved(tok), false
	}
	return false, false
}

// startMoved is at a tag whose element goes before the table.
func (t *tree) startMoved(tok *token) (raw bool) {
	t.foster = true
	raw = t.startInBody(tok)
	t.foster = false
	return raw
}

// endTable closes the table.
func (t *tree) endTable() bool {
	i := t.in(scopeTable, tagTable)
	if i < 0 {
		t.stray()
		return false
	}
	t.closeTo(i)
	t.resetMode()
	return true
}

func (t *tree) endInTable(tok *token) (again bool) {
	switch tok.tag {
	case tagTable:
		t.endTable()
	case tagBody, tagCaption, tagCol, tagColgroup, tagHTML, tagTbody, tagTd, tagTfoot, tagTh, tagThead, tagTr:
		t.stray()
	case tagTemplate:
		t.endTemplate()
	default:
		t.foster = true
		again = t.endInBody(tok)
		t.foster = false
	}
	return again
}

// leaveCaption closes the caption.
func (t *tree) leaveCaption() bool {
	i := t.in(scopeTable, tagCaption)
	if i < 0 {
		t.stray()
		return false
	}
	t.closeTo(i)
	t.forget()
	t.mode = modeInTable
	return true
}

func (t *tree) startInCaption(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagCaption, tagCol, tagColgroup, tagTbody, tagTd, tagTfoot, tagTh, tagThead, tagTr:
		return false, t.leaveCaption()
	}
	return t.startInBody(tok), false
}

func (t *tree) endInCaption(tok *token) (again bool) {
	switch tok.tag {
	case tagCaption:
		t.leaveCaption()
		return false
	case tagTable:
		return t.leaveCaption()
	case tagBody, tagCol, tagColgroup, tagHTML, tagTbody, tagTd, tagTfoot, tagTh, tagThead, tagTr:
		t.stray()
		return false
	}
	return t.endInBody(tok)
}

// leaveColumnGroup closes the colgroup for what cannot stand in it.
func (t *tree) leaveColumnGroup() bool {
	if !t.topIs(tagColgroup) {
		t.stray()
		return false
	}
	t.closeTo(len(t.open) - 1)
	t.mode = modeInTable
	return true
}

func (t *tree) startInColumnGroup(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagHTML:
		return t.startInBody(tok), false
	case tagCol:
		t.insertVoid(tok)
		return false, false
	case tagTemplate:
		raw, _ = t.startInHead(tok)
		return raw, false
	}
	return false, t.leaveColumnGroup()
}

func (t *tree) endInColumnGroup(tok *token) (again bool) {
	switch tok.tag {
	case tagColgroup:
		t.leaveColumnGroup()
		return false
	case tagCol:
		t.stray()
		return false
	case tagTemplate:
		t.endTemplate()
		return false
	}
	return t.leaveColumnGroup()
}

func (t *tree) startInTableBody(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagTr:
		t.clearTo(tagTbody, tagTfoot, tagThead)
		t.insert(tok)
		t.mode = modeInRow
		return false, false
	case tagTh, tagTd:
		t.clearTo(tagTbody, tagTfoot, tagThead)
		t.imply(tagTr)
		t.mode = modeInRow
		return false, true
	case tagCaption, tagCol, tagColgroup, tagTbody, tagTfoot, tagThead:
		return false, t.leaveSection()
	}
	return t.startInTable(tok)
}

// leaveSection closes the tbody, thead or tfoot.
func (t *tree) leaveSection() bool {
	if t.inAny(scopeTable, tagTbody, tagThead, tagTfoot) < 0 {
		t.stray()
		return false
	}
	t.clearTo(tagTbody, tagTfoot, tagThead)
	t.closeTo(len(t.open) - 1)
	t.mode = modeInTable
	return true
}

func (t *tree) endInTableBody(tok *token) (again bool) {
	switch tok.tag {
	case tagTbody, tagTfoot, tagThead:
		if t.in(scopeTable, tok.tag) < 0 {
			t.stray()
			return false
		}
		t.leaveSection()
		return false
	case tagTable:
		return t.leaveSection()
	case tagBody, tagCaption, tagCol, tagColgroup, tagHTML, tagTd, tagTh, tagTr:
		t.stray()
		return false
	}
	return t.endInTable(tok)
}

// leaveRow closes the row.
func (t *tree) leaveRow() bool {
	if t.in(scopeTable, tagTr) < 0 {
		t.stray()
		return false
	}
	t.clearTo(tagTr)
	t.closeTo(len(t.open) - 1)
	t.mode = modeInTableBody
	return true
}

func (t *tree) startInRow(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagTh, tagTd:
		t.clearTo(tagTr)
		t.insert(tok)
		t.mode = modeInCell
		t.mark()
		return false, false
	case tagCaption, tagCol, tagColgroup, tagTbody, tagTfoot, tagThead, tagTr:
		return false, t.leaveRow()
	}
	return t.startInTable(tok)
}

func (t *tree) endInRow(tok *token) (again bool) {
	switch tok.tag {
	case tagTr:
		t.leaveRow()
		return false
	case tagTable:
		return t.leaveRow()
	case tagTbody, tagTfoot, tagThead:
		if t.in(scopeTable, tok.tag) < 0 {
			t.stray()
			return false
		}
		return t.leaveRow()
	case tagBody, tagCaption, tagCol, tagColgroup, tagHTML, tagTd, tagTh:
		t.stray()
		return false
	}
	return t.endInTable(tok)
}

// leaveCell closes the cell.
func (t *tree) leaveCell() bool {
	i := t.inAny(scopeTable, tagTd, tagTh)
	if i < 0 {
		t.stray()
		return false
	}
	t.closeTo(i)
	t.forget()
	t.mode = modeInRow
	return true
}

func (t *tree) startInCell(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagCaption, tagCol, tagColgroup, tagTbody, tagTd, tagTfoot, tagTh, tagThead, tagTr:
		return false, t.leaveCell()
	}
	return t.startInBody(tok), false
}

func (t *tree) endInCell(tok *token) (again bool) {
	switch tok.tag {
	case tagTd, tagTh:
		i := t.in(scopeTable, tok.tag)
		if i < 0 {
			t.stray()
			return false
		}
		t.leaveCell()
		return false
	case tagBody, tagCaption, tagCol, tagColgroup, tagHTML:
		t.stray()
		return false
	case tagTable, tagTbody, tagTfoot, tagThead, tagTr:
		if t.in(scopeTable, tok.tag) < 0 {
			t.stray()
			return false
		}
		return t.leaveCell()
	}
	return t.endInBody(tok)
}
