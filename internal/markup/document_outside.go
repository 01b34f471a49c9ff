package markup

// What comes before the body of a document, and after it (HTML standard, sections 13.2.6.4.1 to 13.2.6.4.6, and 13.2.6.4.18 to
// 13.2.6.4.22).

// openBare opens html and head, where no tags did.
func (t *tree) openBare() {
	switch t.mode {
	case modeInitial:
		t.doc.quirks = true
		t.mode = modeBeforeHTML
	case modeBeforeHTML:
		t.stack[0].at = uint32(t.tag.at) // html is always there
		t.mode = modeBeforeHead
	case modeBeforeHead:
		t.push(nmHead, 0)
		t.doc.hasHead = true
		t.mode = modeHead
	}
}

// leaveHead ends the head for what cannot stand in it, and opens the body.
func (t *tree) leaveHead() {
	switch t.mode {
	case modeHeadNoscript:
		t.pop(t.opened - 1)
		t.mode = modeHead
	case modeHead:
		t.trouble(LeavesHead, nil)
		t.pop(t.opened - 1)
		t.mode = modeAfterHead
	case modeAfterHead:
		t.push(nmBody, 0)
		t.mode = modeBody
	}
}

// outerMode is the mode that the outermost elements ask for (section 13.2.4.1).
func (t *tree) outerMode() mode {
	if t.opened > 1 {
		switch e := &t.stack[1]; {
		case e.html(nmBody):
			return modeBody
		case e.html(nmHead):
			return modeHead
		case e.html(nmFrameset):
			return modeFrameset
		}
	}
	if t.doc.hasHead {
		return modeAfterHead
	}
	return modeBeforeHead
}

// startOutside is at a start tag. done: it is read; else it is to be read by the rules of the body.
func (t *tree) startOutside() (raw, done bool) {
	n := t.tag.name
	inHead := n.rule() == ruleHead || n == nmTemplate
	for t.mode >= modeInitial {
		if n == nmHTML && t.mode > modeBeforeHTML {
			break
		}
		switch t.mode {
		case modeBeforeHTML:
			t.openBare()
			if n == nmHTML {
				return false, true
			}
		case modeInitial:
			t.openBare()
		case modeBeforeHead:
			t.openBare()
			if n == nmHead {
				return false, true
			}
		case modeHead:
			switch {
			case inHead:
				return t.startInBody(), true
			case n == nmNoscript:
				t.noscript = true
				if t.scripting {
					t.put(n, 0)
					return true, true
				}
				t.push(n, 0)
				t.mode = modeHeadNoscript
				return false, true
			case n == nmHead:
				t.trouble(OfThePage, nil)
				return false, true
			}
			t.leaveHead()
		case modeHeadNoscript:
			switch n {
			case nmBasefont, nmBgsound, nmLink, nmMeta, nmNoframes, nmStyle:
				return t.startInBody(), true
			case nmHead, nmNoscript:
				return false, true
			}
			t.leaveHead()
		case modeAfterHead:
			switch {
			case n == nmFrameset:
				t.doc.framed = t.tag.at
				t.push(n, 0)
				t.mode = modeFrameset
				return false, true
			case inHead:
				// It goes into the head that has ended.
				t.push(nmHead, 0)
				head := t.lastID
				raw = t.startInBody()
				t.remove(t.standsAt(head))
				return raw, true
			case n == nmHead:
				return false, true
			}
			t.leaveHead()
			if n == nmBody {
				t.doc.frames = false
				return false, true
			}
		case modeAfterBody, modeAfterAfterBody:
			t.mode = modeBody
		default:
			if n == nmNoframes {
				t.put(n, 0)
				return true, true
			}
			if n == nmFrameset && t.mode == modeFrameset {
				t.push(n, 0)
			}
			return false, true
		}
	}
	if n == nmHTML && t.mode != modeTemplate {
		t.ignoredInBody(n)
		return false, true
	}
	return false, false
}

// endOutside is at an end tag. True: it is read; else it is to be read by the rules of the body.
func (t *tree) endOutside() bool {
	n := t.tag.name
	again := n == nmBody || n == nmHTML || n == nmBr
	for t.mode >= modeInitial {
		switch t.mode {
		case modeInitial:
			t.openBare()
		case modeBeforeHTML, modeBeforeHead:
			if !again && n != nmHead {
				return true
			}
			t.openBare()
		case modeHead:
			switch {
			case n == nmHead:
				t.trouble(EndsHead, nil)
				t.pop(t.opened - 1)
				t.mode = modeAfterHead
				return true
			case n == nmTemplate:
				t.endTemplate()
				return true
			case !again:
				t.stray()
				return true
			}
			t.trouble(EndsBody, nil)
			t.leaveHead()
		case modeHeadNoscript:
			switch n {
			case nmNoscript:
				t.pop(t.opened - 1)
				t.mode = modeHead
				return true
			case nmBr:
				t.leaveHead()
			default:
				t.stray()
				return true
			}
		case modeAfterHead:
			if n == nmTemplate {
				t.endTemplate()
			}
			if !again {
				return true
			}
			t.leaveHead()
		case modeAfterBody:
			if n == nmHTML {
				t.mode = modeAfterAfterBody
				return true
			}
			t.mode = modeBody
		case modeAfterAfterBody:
			t.mode = modeBody
		case modeFrameset:
			if n == nmFrameset && t.opened > 1 {
				t.pop(t.opened - 1)
				if !t.top().html(nmFrameset) {
					t.mode = modeAfterFrameset
				}
			}
			return true
		case modeAfterFrameset:
			if n == nmHTML {
				t.mode = modeAfterAfterFrameset
			}
			return true
		default:
			return true
		}
	}
	return false
}

// text is at a text. It tells whether that makes a difference to what is open in the body.
func (d *Document) text(visible bool) bool {
	if e := d.top(); e.kind&foreign != 0 && e.kind&(point|text) == 0 {
		d.frames = d.frames && !visible
		return false
	}
	for d.mode >= modeInitial {
		switch d.mode {
		case modeInitial, modeBeforeHTML, modeBeforeHead:
			if !visible {
				return false
			}
			d.openBare()
		case modeHead, modeHeadNoscript, modeAfterHead:
			if !visible {
				return false
			}
			d.leaveHead()
		case modeAfterBody, modeAfterAfterBody:
			if !visible {
				return true // white space goes where it would have gone without the body's end
			}
			d.mode = modeBody
		default:
			return false
		}
	}
	return true
}
