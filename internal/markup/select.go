package markup

// In <select> browsers differ: the standard's parser has taken nearly everything there since 2025, older ones ignore all tags
// but a few (section 13.2.6.4.16 of the editions before that). What both read alike is accepted.

func (t *tree) startInSelect() bool {
	n := t.tag.name
	if t.inDocument() && t.startsInSelect(n) {
		return t.startHTML()
	}
	switch n.rule() {
	case ruleOption, ruleHr:
		t.popIf(nmOption)
		if n != nmOption {
			t.popIf(nmOptgroup)
		}
		if n == nmHr {
			t.put(n, 0)
		} else {
			t.push(n, 0)
		}
		return false
	case ruleSelect:
		if t.strict() {
			t.trouble(NestedSelect, nil)
		}
		t.pop(t.selected)
		return false
	case ruleInput:
		t.pop(t.selected)
		return t.startHTML()
	}
	if n != nmScript && n != nmTemplate {
		t.reject(faultInSelect)
		if t.inDocument() {
			t.ignoreInSelect()
			return false
		}
	}
	return t.startInBody()
}

func (t *tree) endInSelect() {
	if t.inDocument() && t.endsInSelect() {
		return
	}
	switch t.tag.name {
	case nmOption:
		t.popIf(nmOption)
	case nmOptgroup:
		if i := t.find(nmOptgroup, scope); i > 0 {
			t.pop(i)
		}
	case nmSelect:
		t.pop(t.selected)
	default:
		t.reject(faultInSelect)
	}
}

// A document may have in <select> what older browsers ignore: it is read in both ways.

// startsInSelect is at a start tag, by the older rules. True: it has closed the <select>, and is to be read again.
func (t *tree) startsInSelect(n name) bool {
	switch {
	case n == nmKeygen || n == nmTextarea:
	case t.doc.selectInTable && isPartOrTable(n):
	default:
		return false
	}
	t.pop(t.selected)
	return true
}

func (t *tree) ignoreInSelect() {
	if t.doc.ignoresNothing && t.find(nmSelect, tableScope) < t.doc.floor {
		t.trouble(InOldSelect, nil)
	}
}

// endsInSelect is at an end tag. False: it is one that a fragment may have.
func (t *tree) endsInSelect() bool {
	n, i := t.tag.name, t.opened
	switch {
	case t.doc.selectInTable && isPartOrTable(n):
		if t.find(n, tableScope) <= 0 {
			t.stray()
			return true
		}
		t.pop(t.selected)
		t.endHTML()
		return true
	case n == nmOptgroup:
		if t.top().html(nmOption) && t.stack[i-2].html(nmOptgroup) {
			i--
		}
		if !t.stack[i-1].html(nmOptgroup) {
			t.stray()
			return true
		}
		t.pop(i - 1)
		return true
	case n == nmOption && t.top().html(nmOption), n == nmSelect:
		return false
	}
	t.stray()
	return true
}

// isPartOrTable tells whether a tag closes a <select> that stands in a table, by the older rules.
func isPartOrTable(n name) bool {
	return n == nmTable || n.is(tablePart) && n != nmCol && n != nmColgroup
}
