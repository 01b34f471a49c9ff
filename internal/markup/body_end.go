package markup

// The rules for end tags in the body (HTML standard, section 13.2.6.4.7).

// endTemplate is at </template>.
func (t *tree) endTemplate() {
	if t.outermost() {
		t.stray()
		t.reject(faultEndsPatch)
		return
	}
	for t.inDocument() && t.top().htmlIs(implied|tablePart) {
		t.pop(t.opened - 1)
	}
	i, at := t.opened-1, t.tag.at
	for ; !t.stack[i].html(nmTemplate); i-- {
		// What has a marker and is open would keep formatting from ending where it should.
		for !t.inDocument() && t.stack[i].htmlIs(marks) && t.opened > i && t.fault == faultNone {
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
		case t.stack[i].html(nmSelect) && (!t.inDocument() || t.doc.oldSelect):
			t.selected = i
			if t.inDocument() {
				t.doc.selectInTable = false
			}
		case t.inDocument() && t.stack[i].html(nmTable):
			t.doc.selectInTable = true
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
	if t.inDocument() && t.endsInDocument(n) {
		return
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
			if t.inDocument() {
				t.stray() // an empty one is opened and closed
			} else {
				t.put(nmP, 0)
			}
		}
		if n == nmP {
			return
		}
	case ruleObject, rulePre, ruleButton, ruleSelect, ruleDd, ruleHeading:
	}
	i := t.find(n, hides)
	if n.rule() == ruleHeading {
		i = t.findAny(nmH1, nmH6, scope)
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
	search := false
	for i := t.opened - 1; i > 0; i-- {
		e := &t.stack[i]
		if e.kind&foreign == 0 && t.isNamed(e) {
			if search {
				t.withinSearch()
				break
			}
			if around {
				t.reject(faultMisnested)
			}
			t.pop(i)
			return
		}
		if t.inDocument() && e.html(nmSearch) {
			search = true
		} else if t.bars(e) {
			if around || t.inDocument() {
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
	return e.name == t.tag.name && (e.name != nmOther || t.nameOf(e) == t.tagName())
}

// tagName is the name of the tag being read.
func (t *tree) tagName() string {
	if t.inDocument() {
		return t.doc.name
	}
	return view(t.tag.text[:t.tag.length])
}

func (t *tree) nameOf(e *element) string {
	if e.name != nmOther {
		return t.spell(e.name)
	}
	if t.inDocument() {
		return t.doc.nameAt(int(e.at))
	}
	from := int(e.from) + 1
	return view(t.names[from : from+int(t.names[from-1])])
}

// superfluous drops an end tag that closes nothing in the fragment, if it could close something around it: found is what
// find said.
func (t *tree) superfluous(found int) {
	switch n := t.tag.name; {
	case t.inDocument():
		t.stray()
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
