package markup

// The rules for what stands in the body (HTML standard, section 13.2.6.4.7).

// startInBody is at a start tag.
func (t *tree) startInBody() next {
	n := t.tag.name
	if t.inHead > 0 {
		switch n {
		case nmBasefont, nmBgsound, nmLink, nmMeta, nmNoframes, nmStyle:
		default:
			t.conflict(InHead)
		}
	}
	rule := n.rule()
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
		if t.endOpen(nmP, scope|buttonOnly, TableParagraph) {
			t.conflict(Quirks)
		}
	case ruleIgnored:
		return t.ignore()
	case ruleTemplate:
		t.startTemplate()
		return nextMarkup
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
			return nextRaw
		}
	}
	if n.is(closesP) && t.endOpen(nmP, scope|buttonOnly, Paragraph) && n == nmSearch {
		t.reject(faultSearch)
	}
	switch {
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
		return nextRaw
	case n.is(void):
		t.put(n, 0)
		return nextMarkup
	case rule == ruleForeign:
		t.pushForeign(inSVG + kind(n-nmSVG))
		return nextMarkup
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
		t.selected = t.opened - 1
	case ruleNoscript:
		if t.opened == 2 {
			t.inHead = 1
		}
	case rulePre:
		return nextLine
	}
	return nextMarkup
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
func (t *tree) ignore() next {
	t.superfluous(0)
	return nextMarkup
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
	i := t.opened - 1
	for ; i > 0; i-- {
		e := &t.stack[i]
		if e.html(a) || e.html(b) {
			t.pop(i)
			return
		}
		if t.bars(e) && !e.html(nmAddress) && !e.html(nmDiv) && !e.html(nmP) {
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

// endTemplate is at </template>.
func (t *tree) endTemplate() {
	if t.outermost() {
		t.reject(faultEndsPatch)
		return
	}
	i, at := t.opened-1, t.tag.at
	for ; !t.stack[i].html(nmTemplate); i-- {
		// What has a marker and is open would keep formatting from ending where it should.
		for t.stack[i].htmlIs(marks) && t.opened > i && t.fault == faultNone {
			t.closeOne(t.top(), at)
		}
	}
	t.setTag(nmTemplate, "template", at)
	t.pop(i)
	t.clearMarker()
	t.templates--
	t.resetMode()
	for i--; i > 0 && !t.stack[i].html(nmTemplate); i-- {
		switch {
		case t.stack[i].html(nmSelect):
			t.selected = i
		case t.stack[i].html(nmNoscript) && i == 1:
			t.inHead = 1
		}
	}
}

// endInBody is at an end tag.
func (t *tree) endInBody() {
	n := t.tag.name
	if t.inHead > 0 && n != nmNoscript {
		t.conflict(InHead)
	}
	hides := scope
	switch n.rule() {
	case ruleTemplate:
		t.endTemplate()
		return
	case ruleIgnored, ruleTable:
		if n != nmHead && n != nmFrame {
			// Around the fragment, one of these may end a cell, whatever is open in it.
			t.superfluous(0)
			return
		}
		fallthrough
	default:
		if n == nmBr {
			t.reopen()
			t.put(nmBr, 0)
			return
		}
		t.endOther(false)
		return
	case ruleA, ruleNobr, ruleFormatting:
		t.adopt()
		return
	case ruleForm:
		t.endForm()
		return
	case ruleLi:
		hides |= listOnly
	case ruleBlock:
		if n == nmP && !t.endOpen(nmP, scope|buttonOnly, Paragraph) {
			t.put(nmP, 0)
		}
		if n == nmP {
			return
		}
	case ruleObject, rulePre, ruleButton, ruleSelect, ruleDd, ruleHeading:
	}
	i := t.find(n, hides)
	if n.rule() == ruleHeading {
		for h := nmH1; h <= nmH6; h++ {
			i = max(i, t.find(h, scope))
		}
	}
	if n == nmSearch && i != t.opened-1 && i > 0 {
		t.reject(faultSearch)
	}
	if t.endScoped(i) && n.is(marks) {
		t.clearMarker()
	}
}

// endScoped closes the element at i.
func (t *tree) endScoped(i int) bool {
	if i > 0 {
		t.pop(i)
		return true
	}
	t.superfluous(i)
	return false
}

func (t *tree) endForm() {
	i := t.find(nmForm, scope)
	if t.outermost() {
		if i < 0 {
			if t.form {
				t.reject(faultFormCloses)
			}
			i = 0
		}
		if i > 0 {
			// Chromium does not imply ends here in a template.
			for n := t.opened - 1; t.stack[n].htmlIs(implied); n-- {
				t.edit(t.tag.at, 0, "</"+t.spell(t.stack[n].name)+">")
			}
			t.implyEnds(nmOther)
			if i < t.opened-1 {
				t.reject(faultFormCloses)
			}
			t.form = false
		}
	}
	t.endScoped(i)
}

// endOther is at an end tag without a rule of its own ("any other end tag"). around says that around the fragment there may
// be something that it ends nevertheless.
func (t *tree) endOther(around bool) {
	for i := t.opened - 1; i > 0; i-- {
		e := &t.stack[i]
		if e.kind&foreign == 0 && t.isNamed(e) {
			if around {
				t.reject(faultMisnested)
			}
			t.pop(i)
			return
		}
		if t.bars(e) {
			if around {
				break
			}
			return
		}
	}
	t.superfluous(0)
}

// bars tells whether the tag being read does not reach through an element.
func (t *tree) bars(e *element) bool {
	if e.html(nmSearch) {
		t.reject(faultSearch)
	}
	return e.isSpecial()
}

// isNamed tells whether an element has the name of the tag being read.
func (t *tree) isNamed(e *element) bool {
	return e.name == t.tag.name && (e.name != nmOther || t.nameOf(e) == view(t.tag.text[:t.tag.length]))
}

func (t *tree) nameOf(e *element) string {
	if e.name != nmOther {
		return t.spell(e.name)
	}
	from := int(e.from) + 1
	return view(t.names[from : from+int(t.names[from-1])])
}

// superfluous drops an end tag that closes nothing in the fragment, if it could close something around it: found is what
// find said.
func (t *tree) superfluous(found int) {
	switch n := t.tag.name; {
	case !t.outermost():
		if n.is(tablePart) || n == nmTable {
			t.reject(faultSuperfluous) // parse5 8 looks for what is open around the template
		}
	case found == 0 && n != nmNoscript:
		// One of noscript may only be superfluous for readers that run scripts, or only for others.
		if t.opened < t.before {
			t.reject(faultSuperfluous) // but it has closed something
		}
		t.drop()
	case found == 0:
		t.conflict(InColgroup) // which it ends
	}
}
