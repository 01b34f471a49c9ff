package markup

// What a document may have and a fragment may not (HTML standard, section 13.2.6.4.7).

// startsInDocument is at a start tag in the body, before the rules that a document has in common with a fragment. True: it is
// read.
func (t *tree) startsInDocument(n name, rule nature) bool {
	d := t.doc
	if t.shows(n, rule) {
		d.frames = false
	}
	switch rule {
	case ruleIgnored:
		t.ignoredInBody(n)
		return true
	case ruleFrameset:
		t.trouble(OfFrames, nil)
		if t.opened > 1 && t.stack[1].html(nmBody) && d.frames {
			d.framed = t.tag.at
			t.pop(1)
			t.push(nmFrameset, 0)
			t.mode = modeFrameset
		}
		return true
	case ruleForm:
		if d.form != 0 && t.outermost() {
			t.trouble(NestedForm, nil)
			return true
		}
	case ruleSelect:
		d.selects = true
		if i := t.find(nmSelect, scope); i > 0 && !d.oldSelect {
			t.trouble(NestedSelect, nil)
			t.pop(i)
			return true
		}
	case ruleInput:
		if i := t.find(nmSelect, scope); i > 0 && !d.oldSelect {
			t.pop(i)
		}
	case ruleOption:
		if n == nmOption {
			t.endOptions(nmOptgroup)
		} else {
			t.endOptions(nmOther)
		}
	}
	return false
}

// shows tells whether an element is one after which no <frameset> takes the place of the body.
func (t *tree) shows(n name, rule nature) bool {
	switch rule {
	case ruleLi, ruleDd, ruleButton, ruleObject, ruleTable, ruleHr, ruleSelect, rulePre, ruleTemplate:
		return true
	case ruleInput:
		return t.tag.flags&isHidden == 0
	}
	return n >= nmBr && n <= nmWbr || n == nmTextarea || n == nmIframe || n == nmXmp
}

// ignoredInBody is at a start tag that only stands elsewhere.
func (t *tree) ignoredInBody(n name) {
	if n.is(tablePart) || n == nmFrame {
		t.trouble(OutsideOfTable, nil)
		return
	}
	t.trouble(OfThePage, nil)
	if n == nmBody && t.opened > 1 && t.stack[1].html(nmBody) && t.outermost() {
		t.doc.frames = false
	}
}

// endOptions closes, in <select>, what another option ends, but not an element of the given name.
func (t *tree) endOptions(but name) {
	if !t.doc.oldSelect && t.find(nmSelect, scope) > 0 {
		t.implyEnds(but)
	}
}

// selectInDocument is at a <select> that has been opened.
func (t *tree) selectInDocument() {
	if t.doc.oldSelect {
		t.selected = t.opened - 1
		t.doc.selectInTable = t.mode >= modeTable && t.mode <= modeCaption
	}
}

// endsInDocument is at an end tag in the body, before the rules that a document has in common with a fragment. True: it is
// read.
func (t *tree) endsInDocument(n name) bool {
	switch n.rule() {
	case ruleIgnored, ruleTable:
		if n != nmBody && n != nmHTML {
			t.endOther(false)
			return true
		}
		t.trouble(EndsBody, nil)
		if t.find(nmBody, scope) > 0 {
			t.mode = modeAfterBody
			if n == nmHTML {
				t.endHTML()
			}
		}
		return true
	case ruleForm:
		if t.outermost() {
			t.endFormInDocument()
			return true
		}
	case ruleSelect:
		if t.doc.oldSelect {
			t.endOther(false)
			return true
		}
	}
	if n == nmBr {
		t.doc.frames = false
	}
	return false
}

func (t *tree) endFormInDocument() {
	d := t.doc
	i := t.standsAt(d.form)
	if d.form == 0 || i == 0 || !t.visible(i) {
		t.stray()
		d.form = 0
		return
	}
	if i < d.floor {
		t.trouble(ClosesAround, &t.stack[i])
	}
	d.form = 0
	t.implyEnds(nmOther)
	if i+1 < t.opened {
		t.trouble(StandsWithin, t.top())
	}
	t.remove(i)
}

// formInTable is at a form between the parts of a table: it is closed at once, and what is in it goes before the table.
func (t *tree) formInTable() {
	t.trouble(FormInTable, t.top())
	if t.doc.form == 0 && t.outermost() {
		t.put(nmForm, 0)
		t.lastID++
		t.doc.form = t.lastID
	}
}

// visible tells whether the element at i is in scope.
func (t *tree) visible(i int) bool {
	for j := t.opened - 1; j > i; j-- {
		if e := &t.stack[j]; t.hides(e) {
			return false
		}
	}
	return true
}

// hides tells whether an element hides from most end tags what is around it.
func (t *tree) hides(e *element) bool {
	return e.htmlIs(scope) && !t.seesThrough(e) || e.kind&foreign != 0 && e.isSpecial()
}

// seesThrough tells whether an element hides nothing although it is of a kind that does.
func (t *tree) seesThrough(e *element) bool {
	return t.inDocument() && t.doc.oldSelect && e.name == nmSelect
}
