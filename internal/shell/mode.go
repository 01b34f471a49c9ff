package shell

// insertionMode is the state of the tree construction (section 13.2.4.1). There is no mode "text": the parser passes over
// raw text by itself.
type insertionMode uint8

const (
	modeInitial insertionMode = iota
	modeBeforeHTML
	modeBeforeHead
	modeInHead
	modeInHeadNoscript
	modeAfterHead
	modeInBody
	modeInTable
	modeInCaption
	modeInColumnGroup
	modeInTableBody
	modeInRow
	modeInCell
	modeInSelect        // of older browsers
	modeInSelectInTable // of older browsers
	modeInTemplate
	modeAfterBody
	modeInFrameset
	modeAfterFrameset
	modeAfterAfterBody
	modeAfterAfterFrameset
)

// resetMode finds the mode by what is open (section 13.2.4.1, "reset the insertion mode appropriately").
func (t *tree) resetMode() {
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		if e.kind != inHTML {
			continue
		}
		switch e.tag {
		case tagSelect:
			if !t.oldSelect {
				continue
			}
			t.mode = modeInSelect
			for j := i - 1; j >= 0 && !t.open[j].is(tagTemplate); j-- {
				if t.open[j].is(tagTable) {
					t.mode = modeInSelectInTable
					break
				}
			}
		case tagTd, tagTh:
			t.mode = modeInCell
		case tagTr:
			t.mode = modeInRow
		case tagTbody, tagThead, tagTfoot:
			t.mode = modeInTableBody
		case tagCaption:
			t.mode = modeInCaption
		case tagColgroup:
			t.mode = modeInColumnGroup
		case tagTable:
			t.mode = modeInTable
		case tagTemplate:
			t.mode = t.templates[len(t.templates)-1]
		case tagHead:
			t.mode = modeInHead
		case tagBody:
			t.mode = modeInBody
		case tagFrameset:
			t.mode = modeInFrameset
		case tagHTML:
			t.mode = modeAfterHead
			if !t.hasHead {
				t.mode = modeBeforeHead
			}
		default:
			continue
		}
		return
	}
}

// Templates, which have insertion modes of their own (section 13.2.6.4.22 of the standard).

func (t *tree) inTemplate() bool { return t.count[tagTemplate] > 0 }

func (t *tree) endTemplate() {
	i := -1
	for j := len(t.open) - 1; j >= 0 && t.inTemplate(); j-- {
		if t.open[j].is(tagTemplate) {
			i = j
			break
		}
	}
	if i < 0 {
		t.stray()
		return
	}
	t.closeImpliedThoroughly()
	t.closeTo(i)
	t.forget()
	t.templates = t.templates[:len(t.templates)-1]
	t.resetMode()
}

// startInTemplate chooses, by the first tag of a template, what may follow.
func (t *tree) startInTemplate(tok *token) (raw, again bool) {
	mode := modeInBody
	switch tok.tag {
	case tagBase, tagBasefont, tagBgsound, tagLink, tagMeta, tagNoframes, tagScript, tagStyle, tagTemplate, tagTitle:
		raw, _ = t.startInHead(tok)
		return raw, false
	case tagCaption, tagColgroup, tagTbody, tagTfoot, tagThead:
		mode = modeInTable
	case tagCol:
		mode = modeInColumnGroup
	case tagTr:
		mode = modeInTableBody
	case tagTd, tagTh:
		mode = modeInRow
	}
	t.templates[len(t.templates)-1] = mode
	t.mode = mode
	return false, true
}
