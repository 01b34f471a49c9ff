package shell

// The insertion modes "in select" and "in select in table", which the HTML standard had until 2025 and older browsers have
// still. What they do not know in a <select> they ignore.

func (t *tree) startInSelect(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagHTML:
		return t.startInBody(tok), false
	case tagOption, tagOptgroup, tagHr:
		if t.topIs(tagOption) {
			t.closeTo(len(t.open) - 1)
		}
		if tok.tag != tagOption && t.topIs(tagOptgroup) {
			t.closeTo(len(t.open) - 1)
		}
		if tok.tag == tagHr {
			t.insertVoid(tok)
		} else {
			t.insert(tok)
		}
		return false, false
	case tagSelect:
		t.problem(" within another, which it closes", "</select> before it")
		t.endSelect()
		return false, false
	case tagInput, tagKeygen, tagTextarea:
		return false, t.endSelect()
	case tagScript, tagTemplate:
		raw, _ = t.startInHead(tok)
		return raw, false
	}
	if t.patch && t.in(scopeTable, tagSelect) < t.floor {
		t.problem(" in <select>, which browsers with the older rules for it ignore", "options, in groups or not")
	}
	return false, false
}

// endSelect closes the <select>; false: there is none.
func (t *tree) endSelect() bool {
	i := t.in(scopeSelect, tagSelect)
	if i < 0 {
		return false
	}
	t.closeTo(i)
	t.resetMode()
	return true
}

func (t *tree) endInSelect(tok *token) {
	n := len(t.open)
	switch tok.tag {
	case tagOptgroup:
		if t.topIs(tagOption) && t.open[n-2].is(tagOptgroup) {
			n--
		}
		if !t.open[n-1].is(tagOptgroup) {
			t.stray()
			return
		}
		t.closeTo(n - 1)
	case tagOption:
		if !t.topIs(tagOption) {
			t.stray()
			return
		}
		t.closeTo(n - 1)
	case tagSelect:
		if !t.endSelect() {
			t.stray()
		}
	case tagTemplate:
		t.endTemplate()
	default:
		t.stray()
	}
}

func (t *tree) startInSelectInTable(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagCaption, tagTable, tagTbody, tagTfoot, tagThead, tagTr, tagTd, tagTh:
		t.endSelect()
		return false, true
	}
	return t.startInSelect(tok)
}

func (t *tree) endInSelectInTable(tok *token) (again bool) {
	switch tok.tag {
	case tagCaption, tagTable, tagTbody, tagTfoot, tagThead, tagTr, tagTd, tagTh:
		if t.in(scopeTable, tok.tag) < 0 {
			t.stray()
			return false
		}
		t.endSelect()
		return true
	}
	t.endInSelect(tok)
	return false
}
