package markup

// tree is the tree construction of the HTML standard (section 13.2.6) without the tree: it follows which elements are open
// while a document is read, or a fragment as the content of a template.
type tree struct {
	standing

	edits []Edit
	doc   *document // of a document; nil for a fragment

	reader

	stack [maxOpen + 1]element // open elements, from the outside in; the first is the template, or html
	list  activeList           // active formatting elements; the first is a marker
	modes [maxOpen]mode        // the insertion modes of the open templates; the first is what a fragment is in
	names [maxNames]byte       // of the elements in stack whose names are not known, each behind its length; a document has them itself
}

// standing is where a tree stands, but for what the arrays hold.
type standing struct {
	opened, actives, named, templates int // what is used of stack, list, names and modes

	marks    int // elements in stack less markers in list
	selected int // where in stack the innermost <select> is, 0 for none
	inHead   int // where in stack <noscript> is that may stand in the head, 0 for none
	before   int // elements that were open before the tag being read
	depth    int // most elements that were open at once
	lastID   uint32

	conflicts Mask
	watch     Mask
	fault     fault
	mode      mode
	skipLF    line // what becomes of a line feed that comes next
	form      bool // a form's own end tag has not come
	scripting bool // <noscript> holds raw text
	noscript  bool // there was one
	dropped   bool // a tag was dropped that would have decided what the template holds

	unmarked element // the one that was closed without its marker
}

// mode is an insertion mode (section 13.2.4.1).
type mode uint8

const (
	modeTemplate mode = iota
	modeBody
	modeTable
	modeSection
	modeRow
	modeCell
	modeCaption
	modeColgroup

	// Outside of the body of a document.
	modeInitial
	modeBeforeHTML
	modeBeforeHead
	modeHead
	modeHeadNoscript
	modeAfterHead
	modeAfterBody
	modeAfterAfterBody
	modeFrameset
	modeAfterFrameset
	modeAfterAfterFrameset
)

// line is what becomes of a line feed.
type line uint8

const (
	lineKept   line = iota
	lineWanted      // it is dropped
	lineBegun       // a carriage return was; a line feed right after it belongs to it
)

const (
	maxOpen  = MaxDepth + 2
	maxNames = 8 << 10
)

func (t *tree) reset(scripting bool, watch Mask) {
	if t.starts[nameCount] == 0 {
		t.dictionary.make()
	}
	t.list.grow(1)
	// The arrays stay as they are: nothing is read of them that was not written before.
	t.stack[0], t.list[0], t.modes[0] = element{name: nmTemplate}, element{}, modeTemplate
	t.opened, t.actives, t.templates = 1, 1, 1
	t.named, t.marks, t.selected, t.inHead, t.depth = 0, 0, 0, 0, 0
	t.mode, t.form, t.noscript, t.dropped, t.skipLF = modeTemplate, false, false, false, lineKept
	t.fault, t.conflicts = faultNone, 0
	t.edits = t.edits[:0]
	t.scripting, t.watch, t.cdata = scripting, watch, false
}

// token is at a tag. After a start tag, raw says that text follows it up to its end tag.
func (t *tree) token() (raw bool) {
	t.before = t.opened
	t.tag.afterPre = t.skipLF == lineWanted
	t.skipLF = lineKept
	if t.tag.closing {
		t.end()
	} else {
		raw = t.start()
	}
	if t.marks != 0 && !t.inDocument() {
		t.refuse(&t.unmarked, faultUnclosedPart)
	}
	return raw
}

// start is at a start tag.
func (t *tree) start() bool {
	e, n := t.top(), t.tag.name
	if e.kind&foreign != 0 && e.kind&point == 0 && (e.kind&text == 0 || n == nmMglyph || n == nmMalignmark) &&
		(e.kind&inMath == 0 || e.name != nmAnnotationXML || n != nmSVG) {
		return t.startForeign()
	}
	return t.startHTML()
}

// startHTML goes by the insertion mode.
func (t *tree) startHTML() bool {
	if t.inDocument() {
		if raw, done := t.startOutside(); done {
			return raw
		}
	}
	switch {
	case t.selected > 0:
		return t.startInSelect()
	case t.mode == modeTemplate:
		return t.startInTemplate()
	case t.mode != modeBody:
		return t.startInTable()
	}
	return t.startInBody()
}

// startInTemplate decides by the first tag what a template holds (section 13.2.6.4.22).
func (t *tree) startInTemplate() bool {
	n := t.tag.name
	if r := n.rule(); r == ruleHead || r == ruleTemplate {
		return t.startInBody()
	}
	m := modeBody
	switch n {
	case nmHTML, nmBody, nmHead, nmFrame:
		if t.outermost() {
			// Without it, the next one decides.
			t.dropped = true
			return t.ignore()
		}
	case nmCol:
		m = modeColgroup
	case nmTr:
		m = modeSection
	case nmTd, nmTh:
		m = modeRow
	default:
		if n.is(tablePart) {
			m = modeTable
		}
	}
	if m != modeBody {
		t.checkDropped()
	}
	t.modes[t.templates-1] = m
	t.mode = m
	return t.startHTML()
}

// checkDropped is at a tag that would not be read as it is, had a tag before it not been dropped.
func (t *tree) checkDropped() {
	if t.dropped && t.outermost() {
		t.reject(faultDropped)
	}
}

// end is at an end tag.
func (t *tree) end() {
	if t.top().kind&foreign == 0 || !t.endForeign() {
		t.endHTML()
	}
}

// endHTML goes by the insertion mode.
func (t *tree) endHTML() {
	if t.inDocument() && t.endOutside() {
		return
	}
	n := t.tag.name
	switch {
	case t.selected > 0 && n != nmTemplate:
		t.endInSelect()
	case t.mode == modeTemplate && n != nmTemplate:
		if n == nmP || n == nmBr {
			t.checkDropped()
		}
		t.superfluous(0)
	case t.selected > 0 || t.mode <= modeBody || !t.endInTable():
		t.endInBody()
	}
}

// characters is at a text, or at a part of one: white space alone, or with something else in it.
func (t *tree) characters(visible bool, at int) {
	e := t.top()
	if e.kind&foreign != 0 && e.kind&(point|text) == 0 {
		return
	}
	t.tag.at, t.tag.length, t.tag.closing, t.tag.name = at, 0, false, nmOther
	if t.mode == modeColgroup {
		if !visible || !t.leaveColgroup() {
			return
		}
		e = t.top()
	}
	if t.mode >= modeTable && t.mode <= modeRow && (e.htmlIs(section|tableScope) || e.html(nmTr)) {
		if !visible {
			return
		}
		t.checkFoster()
	}
	if t.selected > 0 {
		return
	}
	if visible && t.inDocument() {
		t.textInDocument()
	} else if visible {
		if t.atRoot() {
			t.conflict(anywhere &^ (InBody | InSelect))
		}
		if t.inHead > 0 {
			t.conflict(InHead)
		}
	}
	t.reopen()
}

// resetMode finds the insertion mode that the open elements ask for (section 13.2.4.1).
func (t *tree) resetMode() {
	t.mode = t.modes[t.templates-1]
	if t.inDocument() && t.outermost() && !t.doc.content {
		t.mode = t.outerMode()
	}
	for i := t.opened - 1; i > 0; i-- {
		e := &t.stack[i]
		if !e.htmlIs(tablePart | tableScope) {
			continue
		}
		switch e.name {
		case nmTd, nmTh:
			t.mode = modeCell
		case nmTr:
			t.mode = modeRow
		case nmCaption:
			t.mode = modeCaption
		case nmColgroup:
			t.mode = modeColgroup
		case nmTable:
			t.mode = modeTable
		case nmTemplate:
		default:
			t.mode = modeSection
		}
		return
	}
}
