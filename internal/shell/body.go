package shell

import (
	"inlay/internal/ascii"
)

// startInBody reads a start tag by the rules of the insertion mode "in body" (HTML standard, section 13.2.6.4.7).
func (t *tree) startInBody(tok *token) (raw bool) {
	tag := tok.tag
	switch tag {
	case tagHTML, tagBody:
		t.problem("", "the slot within it")
		if tag == tagBody && len(t.open) > 1 && t.open[1].is(tagBody) && !t.inTemplate() {
			t.frames = false
		}
		return false
	case tagBase, tagBasefont, tagBgsound, tagLink, tagMeta, tagNoframes, tagScript, tagStyle, tagTemplate, tagTitle:
		raw, _ = t.startInHead(tok)
		return raw
	case tagFrameset:
		t.problem("", "a page without frames")
		if len(t.open) > 1 && t.open[1].is(tagBody) && t.frames {
			t.framed = tok.at
			t.drop(1)
			t.insert(tok)
			t.mode = modeInFrameset
		}
		return false
	case tagCaption, tagCol, tagColgroup, tagFrame, tagHead, tagTbody, tagTd, tagTfoot, tagTh, tagThead, tagTr:
		if tag == tagHead {
			t.problem("", "the slot within it")
		} else {
			t.problem(" outside of a table, which browsers ignore", "the slot, or the part, in a table")
		}
		return false
	case tagForm:
		return t.startForm(tok)
	case tagLi, tagDd, tagDt:
		t.startItem(tok)
	case tagButton:
		if i := t.in(scopeDefault, tagButton); i >= 0 {
			t.closeTo(i)
		}
		t.reconstruct()
		t.insert(tok)
		t.frames = false
	case tagA:
		if i := t.activeIndex(tagA); i >= 0 {
			id := t.active[i].id
			t.adopt(tok.tag)
			if i = t.activeOf(id); i >= 0 {
				t.deactivate(i)
			}
			if i = t.indexOf(id); i >= 0 {
				t.remove(i)
			}
		}
		t.reconstruct()
		t.insertFormatting(tok)
	case tagNobr:
		t.reconstruct()
		if t.in(scopeDefault, tagNobr) >= 0 {
			t.adoptEnd(tok)
			t.reconstruct()
		}
		t.insertFormatting(tok)
	case tagApplet, tagMarquee, tagObject:
		t.reconstruct()
		t.insert(tok)
		t.mark()
		t.frames = false
	case tagTable:
		if !t.quirks {
			t.closeParagraph()
		}
		t.insert(tok)
		t.frames = false
		t.mode = modeInTable
	case tagArea, tagBr, tagEmbed, tagImage, tagImg, tagKeygen, tagWbr:
		t.reconstruct()
		t.insertVoid(tok)
		t.frames = false
	case tagInput:
		t.closeSelect()
		t.reconstruct()
		t.insertVoid(tok)
		t.frames = t.frames && isHidden(tok)
	case tagParam, tagSource, tagTrack:
		t.insertVoid(tok)
	case tagHr:
		t.closeParagraph()
		if !t.oldSelect && t.in(scopeDefault, tagSelect) >= 0 {
			t.closeImplied(tagOther)
		}
		t.insertVoid(tok)
		t.frames = false
	case tagTextarea:
		t.frames = false
		return t.insertRaw(tok)
	case tagXmp:
		t.closeParagraph()
		t.reconstruct()
		t.frames = false
		return t.insertRaw(tok)
	case tagIframe:
		t.frames = false
		return t.insertRaw(tok)
	case tagNoembed:
		return t.insertRaw(tok)
	case tagNoscript:
		t.noscripts = true
		if !t.noScript {
			return t.insertRaw(tok)
		}
		t.reconstruct()
		t.insert(tok)
	case tagSelect:
		t.startSelect(tok)
	case tagOptgroup, tagOption:
		t.startOption(tok)
	case tagRb, tagRtc, tagRp, tagRt:
		if t.in(scopeDefault, tagRuby) >= 0 {
			except := tagOther
			if tag == tagRp || tag == tagRt {
				except = tagRtc
			}
			t.closeImplied(except)
		}
		t.insert(tok)
	case tagMath, tagSVG:
		t.reconstruct()
		t.startForeign(tok)
	default:
		t.startOther(tok)
	}
	return false
}

// startOther is at the start tag of an element that does no more than its traits say.
func (t *tree) startOther(tok *token) {
	switch {
	case tok.tag.has(traitFormatting):
		t.reconstruct()
		t.insertFormatting(tok)
		return
	case tok.tag.has(traitHeading):
		t.closeParagraph()
		if top := t.top(); top.kind == inHTML && top.tag.has(traitHeading) {
			t.closeTo(len(t.open) - 1)
		}
	case tok.tag.has(traitBlock) || tok.tag == tagP || tok.tag == tagPlaintext:
		t.closeParagraph()
	default:
		t.reconstruct()
	}
	t.insert(tok)
	if tok.tag == tagPre || tok.tag == tagListing {
		t.skipLF = true
		t.frames = false
	}
}

func (t *tree) startForm(tok *token) (raw bool) {
	if t.form != 0 && !t.inTemplate() {
		t.problem(" within another, which browsers ignore", "one form only")
		return false
	}
	t.closeParagraph()
	t.insert(tok)
	if !t.inTemplate() {
		t.form = t.top().id
	}
	return false
}

// startItem is at an item of a list, which closes the one before it.
func (t *tree) startItem(tok *token) {
	t.frames = false
	search := false
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		if search && t.isItem(i, tok.tag) {
			if t.strict && i < t.floor {
				t.problem(" closes the <"+e.name+"> around it in browsers that do not know <search>", "a list around it")
			}
			break
		}
		if !search && t.isItem(i, tok.tag) {
			t.closeTo(i)
			break
		}
		if e.is(tagSearch) {
			search = true
			continue
		}
		if e.special() && !e.is(tagAddress) && !e.is(tagDiv) && !e.is(tagP) {
			break
		}
	}
	t.closeParagraph()
	t.insert(tok)
}

// isItem tells whether an item of that name closes the one at i.
func (t *tree) isItem(i int, tag tagName) bool {
	e := &t.open[i]
	return e.is(tag) || tag != tagLi && (e.is(tagDd) || e.is(tagDt))
}

// endInBody reads an end tag by the same rules; again: the mode has changed, and the tag is to be read by that one.
func (t *tree) endInBody(tok *token) (again bool) {
	tag := tok.tag
	i := -1
	switch tag {
	case tagTemplate:
		t.endTemplate()
		return false
	case tagBody, tagHTML:
		t.problem("", "the slot's end before it")
		if t.in(scopeDefault, tagBody) >= 0 {
			t.mode = modeAfterBody
			return tag == tagHTML
		}
		return false
	case tagForm:
		t.endForm()
		return false
	case tagP:
		if i = t.in(scopeButton, tagP); i < 0 {
			t.stray()
			return false // an empty p is opened and closed
		}
	case tagLi:
		i = t.in(scopeList, tagLi)
	case tagH1, tagH2, tagH3, tagH4, tagH5, tagH6:
		i = t.inAny(scopeDefault, tagH1, tagH2, tagH3, tagH4, tagH5, tagH6)
	case tagApplet, tagMarquee, tagObject:
		if i = t.in(scopeDefault, tag); i >= 0 {
			t.closeTo(i)
			t.forget()
			return false
		}
	case tagBr:
		t.reconstruct()
		t.moved(" directly in <%>, which browsers move out of the table", "a row or a cell around it")
		t.frames = false
		return false
	case tagDd, tagDt, tagButton:
		i = t.in(scopeDefault, tag)
	case tagSelect:
		if t.oldSelect {
			t.endOther(tok)
			return false
		}
		i = t.in(scopeDefault, tag)
	default:
		switch {
		case tag.has(traitFormatting):
			t.adoptEnd(tok)
			return false
		case !tag.has(traitBlock):
			t.endOther(tok)
			return false
		}
		i = t.in(scopeDefault, tag)
	}
	if i < 0 {
		t.stray()
		return false
	}
	t.closeTo(i)
	return false
}

// endOther is at "any other end tag".
func (t *tree) endOther(tok *token) {
	search := false
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		if e.kind == inHTML && e.tag == tok.tag && e.name == tok.name {
			if search {
				t.withinSearch()
				break
			}
			t.closeTo(i)
			return
		}
		if e.is(tagSearch) {
			search = true
		} else if e.special() {
			break
		}
	}
	t.stray()
}

// withinSearch is at an end tag that a <search> keeps from its start tag, or does not in browsers to which that is no
// special element: it refuses it, in a slot or not.
func (t *tree) withinSearch() {
	strict := t.strict
	t.strict = true
	t.problem(" stands within <search>, which some browsers do not know", "</search> before it")
	t.strict = strict
}

func (t *tree) endForm() {
	if t.inTemplate() {
		if i := t.in(scopeDefault, tagForm); i >= 0 {
			t.closeTo(i)
		} else {
			t.stray()
		}
		return
	}
	i := t.indexOf(t.form)
	if t.form == 0 || i < 0 || !t.visible(i) {
		t.stray()
		t.form = 0
		return
	}
	if i < t.floor {
		t.problem(" closes the <form> around it", "a skeleton or error that closes only what it opens")
	}
	t.form = 0
	t.closeImplied(tagOther)
	if i+1 < len(t.open) {
		t.problem(" stands within <"+t.top().name+">", "</"+t.top().name+"> before it")
	}
	t.remove(i)
}

// startSelect opens a <select>, or closes one.
func (t *tree) startSelect(tok *token) {
	t.selects = true
	if !t.oldSelect {
		if i := t.in(scopeDefault, tagSelect); i >= 0 {
			t.problem(" within another, which it closes", "</select> before it")
			t.closeTo(i)
			return
		}
	}
	t.reconstruct()
	t.insert(tok)
	t.frames = false
	if !t.oldSelect {
		return
	}
	switch t.mode {
	case modeInTable, modeInCaption, modeInTableBody, modeInRow, modeInCell:
		t.mode = modeInSelectInTable
	default:
		t.mode = modeInSelect
	}
}

// closeSelect closes the <select> that an <input> stands in.
func (t *tree) closeSelect() {
	if t.oldSelect {
		return
	}
	if i := t.in(scopeDefault, tagSelect); i >= 0 {
		t.closeTo(i)
	}
}

func (t *tree) startOption(tok *token) {
	switch {
	case !t.oldSelect && t.in(scopeDefault, tagSelect) >= 0:
		except := tagOther
		if tok.tag == tagOption {
			except = tagOptgroup
		}
		t.closeImplied(except)
	case t.topIs(tagOption):
		t.closeTo(len(t.open) - 1)
	}
	t.reconstruct()
	t.insert(tok)
}

// isHidden tells whether an <input> is one that may stand between the parts of a table.
func isHidden(tok *token) bool {
	kind, _ := tok.attr("type")
	return ascii.ToLower(kind) == "hidden"
}
