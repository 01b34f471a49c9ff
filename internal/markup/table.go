package markup

// The rules for what stands in a table (HTML standard, sections 13.2.6.4.9 to 13.2.6.4.15).

// startInTable is at a start tag.
func (t *tree) startInTable() bool {
	n := t.tag.name
	part := n.is(tablePart)
	cell := n == nmTd || n == nmTh
	switch {
	case t.mode == modeColgroup && n != nmTemplate:
		if n == nmCol {
			t.put(n, 0)
			return false
		}
		if !t.leaveColgroup() {
			return false
		}
		return t.startHTML()
	case t.mode == modeRow && cell:
		t.pushPart(nmTr, n, modeCell)
		return false
	case t.mode == modeSection && (cell || n == nmTr):
		t.pushPart(nmTbody, nmTr, modeRow)
		if cell {
			return t.startHTML()
		}
		return false
	case part && t.mode != modeTable || n == nmTable && t.mode < modeCell:
		mode := t.mode
		if n == nmTable {
			t.mode = modeTable // the innermost table is closed with what is open in it
		}
		if !t.closePart() {
			t.mode = mode
			return t.ignore()
		}
		return t.startHTML()
	case t.mode >= modeCell:
		return t.startInBody()
	}
	switch {
	case n == nmCaption:
		t.pushPart(nmTable, n, modeCaption)
	case n == nmColgroup || n == nmCol:
		t.pushPart(nmTable, nmColgroup, modeColgroup)
		if n == nmCol {
			return t.startHTML()
		}
	case n.is(section):
		t.pushPart(nmTable, n, modeSection)
	case part: // a row or a cell
		t.pushPart(nmTable, nmTbody, modeSection)
		return t.startHTML()
	case n == nmInput && t.tag.flags&(isHidden|unclear) != 0:
		if t.tag.flags&unclear != 0 {
			t.reject(faultEncoded)
		}
		t.put(n, 0)
	case n == nmForm:
		t.reject(faultTableForm)
		if t.inDocument() {
			t.formInTable()
		}
	default:
		if n != nmStyle && n != nmScript && n != nmTemplate {
			t.checkFoster()
		}
		return t.startInBody()
	}
	return false
}

// pushPart opens a part of a table in what is around it ("clear the stack back to a table context", a table body context for
// tbody, a table row context for tr).
func (t *tree) pushPart(in, n name, m mode) {
	i := t.opened
	for ; i > 1; i-- {
		e := &t.stack[i-1]
		if e.html(in) || e.html(nmTemplate) || in == nmTbody && e.htmlIs(section) {
			break
		}
	}
	t.popEach(i)
	if t.strict() && n != t.tag.name {
		t.checkImplying(n)
	}
	t.push(n, 0)
	if n.is(marks) {
		t.mark()
	}
	t.mode = m
}

// endInTable is at an end tag; false: it is read as in the body.
func (t *tree) endInTable() bool {
	n := t.tag.name
	switch {
	case n == nmTemplate:
		return false
	case t.mode == modeColgroup:
		switch {
		case n == nmCol:
			t.stray()
		case t.leaveColgroup() && n != nmColgroup:
			t.endHTML()
		}
		return true
	case !n.is(tablePart) && n != nmTable && n != nmBody && n != nmHTML:
		if t.mode < modeCell && (n == nmP || n == nmBr) {
			t.checkFoster() // these make elements
		}
		return false
	}
	own, acts := false, n == nmTable
	switch t.mode {
	case modeCell:
		own = n == nmTd || n == nmTh
		acts = acts || n == nmTr || n.is(section)
	case modeCaption:
		own = n == nmCaption
	case modeRow:
		own = n == nmTr
		acts = acts || n.is(section)
	case modeSection:
		own = n.is(section)
	case modeTable:
		own = acts
	}
	i := t.find(n, tableScope)
	switch {
	case !own && !acts:
		// It is ignored; around the fragment it would not be.
		t.superfluous(t.find(nmTable, tableScope))
	case i <= 0 && (t.mode == modeCell || n.is(section)):
		t.superfluous(i)
	case !t.closePart():
		t.superfluous(0)
	case !own:
		t.endHTML()
	}
	return true
}

// closePart closes what the mode is about: the cell, the row, the table; false: there is none.
func (t *tree) closePart() bool {
	from, to, m := nmTable, nmTable, modeTable
	switch t.mode {
	case modeCell:
		from, to, m = nmTd, nmTh, modeRow
	case modeCaption:
		from, to = nmCaption, nmCaption
	case modeRow:
		from, to, m = nmTr, nmTr, modeSection
	case modeSection:
		from, to = nmTbody, nmThead
	}
	i := t.findAny(from, to, tableScope)
	if i <= 0 {
		return false
	}
	cell := t.stack[i].name.is(marks)
	if t.mode == modeRow || t.mode == modeSection {
		t.popEach(i)
	} else {
		t.pop(i)
	}
	if cell {
		t.clearMarker()
	}
	if t.mode == modeTable {
		t.resetMode()
	} else {
		t.mode = m
	}
	return true
}

// leaveColgroup closes the colgroup; false: there is none, and what comes is ignored.
func (t *tree) leaveColgroup() bool {
	if !t.popIf(nmColgroup) {
		t.stray()
		t.reject(faultSuperfluous)
		return false
	}
	t.mode = modeTable
	return true
}

// checkFoster is at what browsers move out of the table that it stands in, to before it. Where the table is not in the
// fragment, a page and a patch move it to different places, or lose it.
func (t *tree) checkFoster() {
	if t.inDocument() {
		t.doc.foster = true
	} else if t.outermost() && t.find(nmTable, tableScope) <= 0 {
		t.reject(faultFoster)
	}
}
