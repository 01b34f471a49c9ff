package markup

// tree follows which elements are open while a fragment is read as the content of a template (HTML standard, section
// 13.2.6), without building anything.
type tree struct {
	lastID   uint32
	marks    int // elements in stack less markers in list
	selected int // where in stack the innermost <select> is, 0 for none
	inHead   int // where in stack <noscript> is that may stand in the head, 0 for none
	before   int // elements that were open before the tag being read
	depth    int // most elements that were open at once
	mode     mode

	form      bool // a form's own end tag has not come
	scripting bool // <noscript> holds raw text
	noscript  bool // there was one
	dropped   bool // a tag was dropped that would have decided what the template holds

	tag      tag     // being read; without a name, a text
	unmarked element // the one that was closed without its marker
	fault    fault

	conflicts Mask
	watch     Mask
	edits     []Edit

	opened, actives, named, templates int // what is used of the following

	stack [maxOpen]element // open elements, from the outside in; the first is the template
	list  [maxOpen]element // active formatting elements; the first is the template's marker
	names [maxNames]byte   // of the elements in stack whose names are not known, each behind its length
	modes [maxOpen]mode    // the insertion modes of the open templates
	dictionary
}

// element is an open element, or an active formatting element; without an id, a marker.
type element struct {
	id   uint32 // another for each element
	at   uint32 // offset of its start tag, or of the tag that implied it
	from uint16 // where its name is in names
	name name
	kind kind
}

// kind is the namespace of an element, and what else is known of it.
type kind uint8

const (
	inSVG      kind = 1 << iota
	inMath          // neither: HTML
	point           // in svg or math: HTML begins in it
	text            // in math: HTML begins in it, but for two elements
	attributed      // the formatting element has attributes
	closed          // it is in the list, and no longer in the stack

	foreign = inSVG | inMath
)

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
)

// next is what the tokenizer does after a start tag.
type next uint8

const (
	nextMarkup next = iota
	nextRaw         // read raw text
	nextLine        // drop a line feed
)

const (
	maxOpen  = MaxDepth + 2
	maxNames = 8 << 10
)

func (t *tree) reset(scripting bool, watch Mask) {
	if t.starts[nameCount] == 0 {
		t.dictionary.make()
	}
	// The arrays stay as they are: nothing is read of them that was not written before.
	t.stack[0], t.list[0], t.modes[0] = element{name: nmTemplate}, element{}, modeTemplate
	t.opened, t.actives, t.templates = 1, 1, 1
	t.named, t.marks, t.selected, t.inHead, t.depth = 0, 0, 0, 0, 0
	t.mode, t.form, t.noscript, t.dropped = modeTemplate, false, false, false
	t.fault, t.conflicts = faultNone, 0
	t.edits = t.edits[:0]
	t.scripting, t.watch = scripting, watch
}

func (t *tree) top() *element { return &t.stack[t.opened-1] }

func (t *tree) atRoot() bool { return t.opened == 1 }

// outermost tells whether what is read is in no template but the fragment's own one, so that it meets what is around the
// place.
func (t *tree) outermost() bool { return t.templates == 1 }

func (e *element) html(n name) bool     { return e.name == n && e.kind&foreign == 0 }
func (e *element) htmlIs(q nature) bool { return e.name.is(q) && e.kind&foreign == 0 }

// isSpecial tells whether end tags of elements around e do not reach through it.
func (e *element) isSpecial() bool {
	return e.htmlIs(special) || e.kind&(point|text) != 0 || e.kind&inMath != 0 && e.name == nmAnnotationXML
}

// find is where in the stack the innermost element of a name is: 0 if it could only be around the fragment, -1 if
// an element of a trait hides what is there.
func (t *tree) find(n name, hides nature) int {
	i := t.opened - 1
	for ; i > 0; i-- {
		e := &t.stack[i]
		if e.html(n) {
			break
		}
		if e.htmlIs(hides) || hides&scope != 0 && e.kind&foreign != 0 && e.isSpecial() {
			return -1
		}
	}
	return i
}

// put is where an element is inserted.
func (t *tree) put(n name, k kind) {
	t.depth = max(t.depth, t.opened)
	if t.atRoot() {
		t.insertAtRoot(n, k)
	} else if r := n.rule(); t.outermost() && (k != 0 || r != ruleOption && r != ruleHr && r != ruleTemplate && n != nmScript) {
		t.conflict(InSelect) // an option may be around it
	}
}

// push opens an element. Of the tag only the place counts, and the name where that is not known.
func (t *tree) push(n name, k kind) {
	t.put(n, k)
	t.lastID++
	e := &t.stack[t.opened]
	*e = element{id: t.lastID, at: uint32(t.tag.at), name: n, kind: k, from: uint16(t.named)}
	if e.htmlIs(marks) {
		t.marks++
	}
	if n == nmOther {
		t.names[t.named] = byte(t.tag.length)
		t.named += 1 + copy(t.names[t.named+1:], t.tag.text[:t.tag.length])
	}
	t.opened++
	if t.opened == maxOpen || t.named > maxNames-2*maxName {
		t.reject(faultTooDeep)
		t.opened-- // nothing more is read
	}
}

// mark puts a marker into the list.
func (t *tree) mark() {
	t.activate(element{})
	t.marks--
}

// clearMarker takes the last marker out of the list, and what came after it.
func (t *tree) clearMarker() {
	n := t.actives - 1
	for t.list[n].id != 0 {
		n--
	}
	if n > 0 {
		t.marks++
		t.actives = n
	}
}

// pop closes the elements from i on.
func (t *tree) pop(i int) {
	for n := t.opened - 1; n >= i; n-- {
		e := &t.stack[n]
		if e.name == nmOther {
			t.named = int(e.from)
		}
		switch {
		case e.htmlIs(formatting):
			if l := t.listed(e.id); l > 0 {
				t.list[l].kind |= closed
			}
		case e.htmlIs(marks):
			if t.marks == 0 {
				t.unmarked = *e
			}
			t.marks--
		case e.html(nmForm) && t.outermost() && !(t.tag.closing && t.tag.name == nmForm):
			t.refuse(e, faultUnclosedPart)
		}
	}
	t.opened = i
	if t.selected >= i {
		t.selected = 0
	}
	if t.inHead >= i {
		t.inHead = 0
	}
}

// popIf closes the innermost element if it has that name.
func (t *tree) popIf(n name) bool {
	if !t.top().html(n) {
		return false
	}
	t.pop(t.opened - 1)
	return true
}

// implyEnds closes what needs no end tag (section 13.2.6.3), but not an element of the given name.
func (t *tree) implyEnds(but name) {
	i := t.opened
	for t.stack[i-1].htmlIs(implied) && t.stack[i-1].name != but {
		i--
	}
	t.pop(i)
}

// token is at a tag.
func (t *tree) token() (do next) {
	t.before = t.opened
	if t.tag.closing {
		t.end()
	} else {
		do = t.start()
	}
	if t.marks != 0 {
		t.refuse(&t.unmarked, faultUnclosedPart)
	}
	return do
}

// start is at a start tag.
func (t *tree) start() next {
	e, n := t.top(), t.tag.name
	if e.kind&foreign != 0 && e.kind&point == 0 && (e.kind&text == 0 || n == nmMglyph || n == nmMalignmark) &&
		(e.kind&inMath == 0 || e.name != nmAnnotationXML || n != nmSVG) {
		return t.startForeign()
	}
	return t.startHTML()
}

// startHTML goes by the insertion mode.
func (t *tree) startHTML() next {
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
func (t *tree) startInTemplate() next {
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
	if visible {
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
