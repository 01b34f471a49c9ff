package markup

// The rules for start tags in the body (HTML standard, section 13.2.6.4.7).

// startInBody is at a start tag.
func (t *tree) startInBody() bool {
	n := t.tag.name
	if t.inHead > 0 {
		switch n {
		case nmBasefont, nmBgsound, nmLink, nmMeta, nmNoframes, nmStyle:
		default:
			t.conflict(InHead)
		}
	}
	rule := n.rule()
	if t.inDocument() && t.startsInDocument(n, rule) {
		return false
	}
	switch rule {
	case ruleForm:
		if t.outermost() {
			t.conflict(Form)
			if t.form {
				t.reject(faultFormInForm)
			}
			t.form = true
		}
	case ruleLi:
		t.endItem(nmLi, nmLi, ListItem)
	case ruleDd:
		t.endItem(nmDd, nmDt, Definition)
	case rulePlaintext:
		t.reject(faultPlaintext)
	case ruleFrameset:
		t.reject(faultFrames)
	case ruleButton:
		t.endOpen(nmButton, scope, Button)
	case ruleA:
		t.endLink()
	case ruleNobr:
		t.reopen()
		switch i := t.find(nmNobr, scope); {
		case i > 0:
			t.adopt()
		case i == 0:
			t.conflict(NoBreak)
		}
	case ruleTable:
		if (!t.inDocument() || !t.doc.quirks) && t.endOpen(nmP, scope|buttonOnly, TableParagraph) {
			t.conflict(Quirks)
		}
	case ruleIgnored:
		return t.ignore()
	case ruleTemplate:
		t.startTemplate()
		return false
	case ruleOption:
		t.startOption(n)
	case ruleRb:
		t.startRuby(nmOther)
	case ruleRt:
		t.startRuby(nmRtc)
	case ruleNoscript:
		t.noscript = true
		if t.scripting {
			t.put(n, 0)
			return true
		}
	}
	if n.is(closesP) && t.endOpen(nmP, scope|buttonOnly, Paragraph) && n == nmSearch {
		t.reject(faultSearch)
	}
	switch {
	case rule == ruleHr && t.inDocument():
		t.endOptions(nmOther)
	case rule == ruleHr && t.atRoot():
		t.conflict(Option | OptionGroup)
	case rule == ruleHr:
		t.conflict(InSelect)
	case rule != ruleHeading:
	case t.atRoot():
		t.conflict(Heading)
	default:
		if e := t.top(); e.kind&foreign == 0 && e.name.rule() == ruleHeading {
			t.pop(t.opened - 1)
		}
	}
	if n.is(reopens) {
		t.reopen()
	}
	switch {
	case n.is(raw):
		t.put(n, 0)
		return true
	case n.is(void):
		t.put(n, 0)
		return false
	case rule == ruleForeign:
		t.pushForeign(inSVG + kind(n-nmSVG))
		return false
	}
	t.push(n, 0)
	if n.is(formatting) {
		t.remember()
	}
	if n.is(marks) {
		t.mark()
	}
	switch rule {
	case ruleTable:
		t.mode = modeTable
	case ruleSelect:
		if t.inDocument() {
			t.selectInDocument()
		} else {
			t.selected = t.opened - 1
		}
	case ruleNoscript:
		if t.opened == 2 {
			t.inHead = 1
		}
	case rulePre:
		t.skipLF = lineWanted
	case ruleForm:
		if t.inDocument() && t.outermost() {
			t.doc.form = t.lastID
		}
	}
	return false
}

// insertAtRoot notes where an element cannot stand.
func (t *tree) insertAtRoot(n name, k kind) {
	fits := InBody
	switch {
	case k&foreign != 0:
	case n == nmTemplate:
		return
	case n == nmScript:
		fits = anywhere &^ InColgroup
	case n == nmStyle:
		fits = anywhere &^ (InColgroup | InSelect)
	case n.rule() == ruleHead || n == nmNoscript:
		fits = InBody | InHead
	case n.rule() == ruleOption || n == nmHr:
		fits = InBody | InSelect
	case n == nmCol:
		fits = InColgroup
	case n == nmTr:
		fits = InSection
	case n == nmTd || n == nmTh:
		fits = InRow
	case n.is(tablePart):
		fits = InTable
	case n == nmInput && t.tag.flags&(isHidden|unclear) == isHidden:
		fits = InBody | InTable | InSection | InRow
	}
	t.conflict(anywhere &^ fits)
}

// ignore drops a start tag that a template ignores and a page may not.
func (t *tree) ignore() bool {
	t.superfluous(0)
	return false
}

// endOpen closes an element that a start tag ends. m is what to note if that could only be around the fragment.
func (t *tree) endOpen(n name, hides nature, m Mask) bool {
	i := t.find(n, hides)
	if i > 0 {
		t.pop(i)
	} else if i == 0 {
		t.conflict(m)
	}
	return i > 0
}

// endItem closes the list item, of either name, that another one follows.
func (t *tree) endItem(a, b name, m Mask) {
	i, search := t.opened-1, false
	for ; i > 0; i-- {
		e := &t.stack[i]
		if e.html(a) || e.html(b) {
			if search {
				t.checkItem(i)
			} else {
				t.pop(i)
			}
			return
		}
		if t.inDocument() && e.html(nmSearch) {
			search = true
		} else if t.bars(e) && !e.html(nmAddress) && !e.html(nmDiv) && !e.html(nmP) {
			return
		}
	}
	t.conflict(m)
}

func (t *tree) startOption(n name) {
	switch {
	case t.atRoot():
		t.conflict(Option)
	case !t.popIf(nmOption) && !t.top().html(nmOptgroup):
		t.conflict(InSelect)
	}
	if n == nmOptgroup {
		if t.atRoot() {
			t.conflict(OptionGroup)
		} else {
			t.conflict(InSelect)
		}
	}
}

func (t *tree) startRuby(but name) {
	switch i := t.find(nmRuby, scope); {
	case i > 0:
		t.implyEnds(but)
	case i < 0:
	case t.atRoot():
		t.conflict(RubyPart)
	default:
		t.conflict(Ruby)
	}
}

func (t *tree) startTemplate() {
	if t.atRoot() && t.tag.flags&hasShadow != 0 {
		t.reject(faultShadowAtTop)
	}
	if t.tag.flags&hasFor != 0 {
		t.reject(faultPatch)
	}
	t.push(nmTemplate, 0)
	t.mark()
	t.modes[t.templates] = modeTemplate
	t.templates++
	t.mode = modeTemplate
	t.selected, t.inHead = 0, 0
}
