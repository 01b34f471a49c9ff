package markup

// The rules for what stands in svg and math (HTML standard, section 13.2.6.5).

// foreign tells whether CDATA sections are known where the tree is.
func (t *tree) foreign() bool { return t.top().kind&foreign != 0 }

func (t *tree) startForeign() bool {
	n := t.tag.name
	if n.is(breaksOut) || n == nmFont && t.tag.flags&hasFontLook != 0 {
		t.leaveForeign()
		return t.startHTML()
	}
	t.pushForeign(t.top().kind & foreign)
	return false
}

func (t *tree) pushForeign(k kind) {
	n := t.tag.name
	if t.tag.slash {
		t.put(n, k)
		return
	}
	switch {
	case n == nmForeignObject || n == nmDesc || n == nmTitle:
		if k == inSVG {
			k |= point
		}
	case k == inSVG:
	case n >= nmMi && n <= nmMtext:
		k |= text
	case n == nmAnnotationXML:
		if t.tag.flags&holdsHTML != 0 {
			k |= point
		}
		if t.tag.flags&unclear != 0 {
			t.reject(faultEncoded)
		}
	}
	t.push(n, k)
}

// leaveForeign closes svg or math around a tag that cannot stand in it.
func (t *tree) leaveForeign() {
	i := t.opened
	for t.stack[i-1].kind&foreign != 0 && t.stack[i-1].kind&(point|text) == 0 {
		i--
	}
	if t.strict() && i < t.opened {
		t.trouble(LeavesForeign, t.top())
	}
	t.pop(i)
}

// endForeign is at an end tag; false: it is to be read as in HTML.
func (t *tree) endForeign() bool {
	if t.tag.name == nmP || t.tag.name == nmBr {
		t.leaveForeign()
		return false
	}
	for i := t.opened - 1; t.stack[i].kind&foreign != 0; i-- {
		if t.isNamed(&t.stack[i]) {
			t.pop(i)
			return true
		}
	}
	return false
}
