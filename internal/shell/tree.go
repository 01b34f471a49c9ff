package shell

import "strings"

// tree follows which elements are open while a shell is read: it is the tree construction of the HTML standard (section
// 13.2.6) without the tree. Three things need that: a slot must stand where a patch can reach it; the markers around its
// skeleton must be siblings, or the patch takes away more than the skeleton, or less; and patches must be children of body,
// or browsers leave them alone, so that what the shell leaves open has to be closed before them.
type tree struct {
	mode      insertionMode
	templates []insertionMode // of the templates open, the "stack of template insertion modes"
	open      []openElement   // the stack of open elements, from the outside in, with html
	active    []openElement   // the list of active formatting elements; an id of 0 is a marker
	form      int             // the form element pointer: an id, 0 for none
	count     [tagCount]int16 // HTML elements on the stack
	ids       int             // elements made
	hasHead   bool            // the head element pointer is set
	frames    bool            // a <frameset> would still be taken ("frameset-ok flag")
	foster    bool            // what is inserted into a table goes before it
	skipLF    bool            // a line feed that comes next is dropped
	quirks    bool            // the document is in quirks mode
	tooDeep   bool            // more elements were open than maxDepth
	tooMany   bool            // the list of active formatting elements was longer than maxActive
	framed    int             // offset of the <frameset> that took the place of body, -1 for none

	// What browsers differ in.
	oldSelect bool // <select> is read by its older rules, with insertion modes of its own
	noScript  bool // scripts are off: <noscript> holds markup
	selects   bool // there was a <select> that may tell the rules apart
	noscripts bool // there was a <noscript>

	// In the content of a slot, what may not happen is noted, the first of it.
	strict              bool
	patch               bool   // it is for a patch too: an <edge-error>
	floor               int    // the elements open around the slot
	by, found, expected string // the tag, what it does
	tag                 *token // being read; nil: text
}

func newTree() tree { return tree{frames: true, framed: -1} }

// clone is a copy that shares nothing.
func (t *tree) clone() tree {
	c := *t
	c.templates = append([]insertionMode(nil), t.templates...)
	c.open = append([]openElement(nil), t.open...)
	c.active = append([]openElement(nil), t.active...)
	c.tag = nil
	return c
}

// problem notes what may not happen in a slot.
func (t *tree) problem(found, expected string) {
	if !t.strict || t.by != "" {
		return
	}
	switch {
	case t.tag == nil:
		t.by = "text"
	case t.tag.kind == tokenClose:
		t.by = "</" + t.tag.name + ">"
	default:
		t.by = "<" + t.tag.name + ">"
	}
	t.found, t.expected = found, expected
}

// doctype is at a doctype.
func (t *tree) doctype(d string) {
	t.tag = &token{kind: tokenDoctype, name: "!doctype"}
	t.problem("", "none within a slot")
	if t.mode == modeInitial {
		t.quirks = isQuirky(d)
		t.mode = modeBeforeHTML
	}
}

// comment is at a comment or an instruction.
func (t *tree) comment() { t.skipLF = false }

// inTable tells whether text would be moved out of a table.
func (t *tree) inTable() bool {
	return (t.mode == modeInTable || t.mode == modeInTableBody || t.mode == modeInRow) && t.topIs(tagTable, tagTbody, tagThead, tagTfoot, tagTr)
}

// text is at text, without markup in it.
func (t *tree) text(s string) {
	t.tag = nil
	if t.skipLF {
		t.skipLF = false
		switch {
		case strings.HasPrefix(s, "\r\n"):
			s = s[2:]
		case s != "" && (s[0] == '\n' || s[0] == '\r'):
			s = s[1:]
		}
	}
	if t.foreign() && !t.top().html && !t.top().text {
		t.frames = t.frames && isBlank(s)
		return
	}
	for s != "" {
		// Where white space is no text, the rest of s is read by itself.
		n := len(s) - len(strings.TrimLeft(s, " \t\n\f\r\x00"))
		switch t.mode {
		case modeInitial, modeBeforeHTML, modeBeforeHead:
			// NUL is an error here, and anything else.
			n = len(s) - len(strings.TrimLeft(s, " \t\n\f\r"))
			if n == 0 {
				t.startBare()
			}
			s = s[n:]
		case modeInHead, modeInHeadNoscript, modeAfterHead:
			n = len(s) - len(strings.TrimLeft(s, " \t\n\f\r"))
			if n == 0 {
				t.leaveHead()
			}
			s = s[n:]
		case modeAfterBody, modeAfterAfterBody:
			// White space goes where it would have gone without the body's end.
			if n < len(s) || strings.IndexByte(s, 0) >= 0 {
				t.mode = modeInBody
			}
			t.textInBody(s)
			return
		case modeInColumnGroup:
			n = len(s) - len(strings.TrimLeft(s, " \t\n\f\r"))
			if n == 0 {
				if !t.leaveColumnGroup() {
					return
				}
			}
			s = s[n:]
		case modeInTable, modeInTableBody, modeInRow:
			t.textInTable(s)
			return
		case modeInSelect, modeInSelectInTable:
			return
		case modeInFrameset, modeAfterFrameset, modeAfterAfterFrameset:
			return
		default:
			t.textInBody(s)
			return
		}
	}
}

// isBlank tells whether s is white space and what browsers leave out.
func isBlank(s string) bool { return strings.Trim(s, " \t\n\f\r\x00") == "" }

func (t *tree) textInBody(s string) {
	if strings.Trim(s, "\x00") == "" {
		return
	}
	t.reconstruct()
	if !isBlank(s) {
		t.moved(" directly in <%>, which browsers move out of the table", "a row or a cell around it")
		t.frames = false
	}
}

// moved notes that something would be inserted in front of the table around the slot.
func (t *tree) moved(found, expected string) {
	if !t.strict || !t.foster {
		return
	}
	if t.topIs(tagTable, tagTbody, tagThead, tagTfoot, tagTr) && t.in(scopeTable, tagTable) < t.floor {
		t.problem(strings.Replace(found, "%", t.top().name, 1), expected)
	}
}

// insertBare opens an element that no tag asks for.
func (t *tree) insertBare(tag tagName) {
	at := 0
	if t.tag != nil {
		at = t.tag.at
	}
	t.push(openElement{name: tags[tag].name, at: at, tag: tag, html: true, bar: tag.has(traitScope)})
}

// insert opens the element of a start tag.
func (t *tree) insert(tok *token) *openElement {
	t.moved(" directly in <%>, which browsers move out of the table", "a row or a cell around it")
	t.push(openElement{name: tok.name, at: tok.at, tag: tok.tag, html: true, bar: tok.tag.has(traitScope)})
	return t.top()
}

// insertVoid is insert for an element without content.
func (t *tree) insertVoid(tok *token) {
	t.insert(tok)
	t.drop(len(t.open) - 1)
}

// insertRaw is insert for an element with text in it, which the parser passes over with its end tag.
func (t *tree) insertRaw(tok *token) (raw bool) {
	t.insertVoid(tok)
	return true
}

// start is at a start tag. raw says that text follows it up to its end tag, which is not told.
func (t *tree) start(tok *token) (raw bool) {
	t.skipLF = false
	t.tag = tok
	if t.foreign() && !t.entersHTML(tok) {
		if !breaksOut(tok) {
			t.startForeign(tok)
			return false
		}
		t.leaveForeign()
	}
	return t.startIn(t.mode, tok)
}

// startIn reads a start tag by the rules of a mode. A tag that is to be read again by those of another is read again here.
func (t *tree) startIn(mode insertionMode, tok *token) (raw bool) {
	for {
		again := false
		switch mode {
		case modeInitial:
			t.startBare()
			again = true
		case modeBeforeHTML:
			if tok.tag == tagHTML {
				t.insert(tok)
				t.mode = modeBeforeHead
				return false
			}
			t.startBare()
			again = true
		case modeBeforeHead:
			switch tok.tag {
			case tagHTML:
				return t.startInBody(tok)
			case tagHead:
				t.insert(tok)
				t.hasHead = true
				t.mode = modeInHead
				return false
			}
			t.startBare()
			again = true
		case modeInHead:
			raw, again = t.startInHead(tok)
		case modeInHeadNoscript:
			switch tok.tag {
			case tagHTML:
				return t.startInBody(tok)
			case tagBasefont, tagBgsound, tagLink, tagMeta, tagNoframes, tagStyle:
				raw, _ = t.startInHead(tok)
				return raw
			case tagHead, tagNoscript:
				return false
			}
			t.leaveHead()
			again = true
		case modeAfterHead:
			raw, again = t.startAfterHead(tok)
		case modeInTable:
			raw, again = t.startInTable(tok)
		case modeInCaption:
			raw, again = t.startInCaption(tok)
		case modeInColumnGroup:
			raw, again = t.startInColumnGroup(tok)
		case modeInTableBody:
			raw, again = t.startInTableBody(tok)
		case modeInRow:
			raw, again = t.startInRow(tok)
		case modeInCell:
			raw, again = t.startInCell(tok)
		case modeInSelect:
			raw, again = t.startInSelect(tok)
		case modeInSelectInTable:
			raw, again = t.startInSelectInTable(tok)
		case modeInTemplate:
			raw, again = t.startInTemplate(tok)
		case modeAfterBody, modeAfterAfterBody:
			if tok.tag == tagHTML {
				return t.startInBody(tok)
			}
			t.mode = modeInBody
			again = true
		case modeInFrameset:
			switch tok.tag {
			case tagFrameset:
				t.insert(tok)
			case tagNoframes:
				return t.insertRaw(tok)
			}
			return false
		case modeAfterFrameset, modeAfterAfterFrameset:
			if tok.tag == tagNoframes {
				return t.insertRaw(tok)
			}
			return false
		default:
			return t.startInBody(tok)
		}
		if !again {
			return raw
		}
		mode = t.mode
	}
}

// end is at an end tag.
func (t *tree) end(tok *token) {
	t.skipLF = false
	t.tag = tok
	if t.cdata() {
		if tok.tag == tagP || tok.tag == tagBr {
			t.leaveForeign()
		} else if t.endForeign(tok) {
			return
		}
	}
	t.endIn(t.mode, tok)
}

// endIn reads an end tag by the rules of a mode.
func (t *tree) endIn(mode insertionMode, tok *token) {
	for {
		again := false
		switch mode {
		case modeInitial:
			t.startBare()
			again = true
		case modeBeforeHTML, modeBeforeHead:
			switch tok.tag {
			case tagHead, tagBody, tagHTML, tagBr:
				t.startBare()
				again = true
			}
		case modeInHead:
			switch tok.tag {
			case tagHead:
				t.problem("", "a slot that lies within the head or within the body")
				t.drop(len(t.open) - 1)
				t.mode = modeAfterHead
			case tagBody, tagHTML, tagBr:
				t.problem("", "the slot's end before it")
				t.leaveHead()
				again = true
			case tagTemplate:
				t.endTemplate()
			default:
				t.stray()
			}
		case modeInHeadNoscript:
			switch tok.tag {
			case tagNoscript:
				t.closeTo(len(t.open) - 1)
				t.mode = modeInHead
			case tagBr:
				t.leaveHead()
				again = true
			default:
				t.stray()
			}
		case modeAfterHead:
			switch tok.tag {
			case tagTemplate:
				t.endTemplate()
			case tagBody, tagHTML, tagBr:
				t.leaveHead()
				again = true
			}
		case modeInTable:
			again = t.endInTable(tok)
		case modeInCaption:
			again = t.endInCaption(tok)
		case modeInColumnGroup:
			again = t.endInColumnGroup(tok)
		case modeInTableBody:
			again = t.endInTableBody(tok)
		case modeInRow:
			again = t.endInRow(tok)
		case modeInCell:
			again = t.endInCell(tok)
		case modeInSelect:
			t.endInSelect(tok)
		case modeInSelectInTable:
			again = t.endInSelectInTable(tok)
		case modeInTemplate:
			if tok.tag == tagTemplate {
				t.endTemplate()
			} else {
				t.stray()
			}
		case modeAfterBody:
			if tok.tag == tagHTML {
				t.mode = modeAfterAfterBody
				return
			}
			t.mode = modeInBody
			again = true
		case modeAfterAfterBody:
			t.mode = modeInBody
			again = true
		case modeInFrameset:
			if tok.tag == tagFrameset && len(t.open) > 1 {
				t.drop(len(t.open) - 1)
				if !t.topIs(tagFrameset) {
					t.mode = modeAfterFrameset
				}
			}
		case modeAfterFrameset:
			if tok.tag == tagHTML {
				t.mode = modeAfterAfterFrameset
			}
		case modeAfterAfterFrameset:
		default:
			again = t.endInBody(tok)
		}
		if !again {
			return
		}
		mode = t.mode
	}
}

// stray notes an end tag without its start tag.
func (t *tree) stray() { t.problem(" closes nothing", "a start tag for it in the slot") }
