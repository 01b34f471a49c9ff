package markup

// In <select> browsers differ: the standard's parser has taken nearly everything there since 2025, older ones ignore all tags
// but a few (section 13.2.6.4.16 of the editions before that). What both read alike is accepted.

func (t *tree) startInSelect() next {
	n := t.tag.name
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
		return nextMarkup
	case ruleSelect:
		t.pop(t.selected)
		return nextMarkup
	case ruleInput:
		t.pop(t.selected)
		return t.startHTML()
	}
	if n != nmScript && n != nmTemplate {
		t.reject(faultInSelect)
	}
	return t.startInBody()
}

func (t *tree) endInSelect() {
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
