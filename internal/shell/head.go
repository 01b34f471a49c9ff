package shell

// What comes before the body (HTML standard, sections 13.2.6.4.1 to 13.2.6.4.6).

// startBare opens html and head, where no tags did.
func (t *tree) startBare() {
	switch t.mode {
	case modeInitial:
		t.quirks = true
		t.mode = modeBeforeHTML
	case modeBeforeHTML:
		t.insertBare(tagHTML)
		t.mode = modeBeforeHead
	case modeBeforeHead:
		t.insertBare(tagHead)
		t.hasHead = true
		t.mode = modeInHead
	}
}

// leaveHead ends the head for what cannot stand in it, and opens the body.
func (t *tree) leaveHead() {
	switch t.mode {
	case modeInHeadNoscript:
		t.closeTo(len(t.open) - 1)
		t.mode = modeInHead
	case modeInHead:
		t.problem(" ends the head", "what belongs into a head, or the slot within <body>")
		t.drop(len(t.open) - 1)
		t.mode = modeAfterHead
	case modeAfterHead:
		t.insertBare(tagBody)
		t.mode = modeInBody
	}
}

func (t *tree) startInHead(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagHTML:
		return t.startInBody(tok), false
	case tagBase, tagBasefont, tagBgsound, tagLink, tagMeta:
		t.insertVoid(tok)
	case tagTitle, tagNoframes, tagStyle, tagScript:
		return t.insertRaw(tok), false
	case tagNoscript:
		t.noscripts = true
		if !t.noScript {
			return t.insertRaw(tok), false
		}
		t.insert(tok)
		t.mode = modeInHeadNoscript
	case tagTemplate:
		t.insert(tok)
		t.mark()
		t.frames = false
		t.mode = modeInTemplate
		t.templates = append(t.templates, modeInTemplate)
	case tagHead:
		t.problem("", "the slot within it")
	default:
		t.leaveHead()
		return false, true
	}
	return false, false
}

func (t *tree) startAfterHead(tok *token) (raw, again bool) {
	switch tok.tag {
	case tagHTML:
		return t.startInBody(tok), false
	case tagBody:
		t.insert(tok)
		t.frames = false
		t.mode = modeInBody
	case tagFrameset:
		t.insert(tok)
		t.framed = tok.at
		t.mode = modeInFrameset
	case tagBase, tagBasefont, tagBgsound, tagLink, tagMeta, tagNoframes, tagScript, tagStyle, tagTemplate, tagTitle:
		// They go into the head that has ended.
		t.insertBare(tagHead)
		head := t.top().id
		raw, _ = t.startInHead(tok)
		t.remove(t.indexOf(head))
		return raw, false
	case tagHead:
	default:
		t.leaveHead()
		return false, true
	}
	return false, false
}
