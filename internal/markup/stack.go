package markup

// element is an open element, or an active formatting element; without an id, a marker.
type element struct {
	id   uint32       // another for each element
	at   uint32       // offset of its start tag, or of the tag that implied it
	same attributeSum // in a document, of a formatting element
	from uint16       // where its name is in names
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
	if t.inDocument() && t.doc.count[n] == 0 {
		return 0
	}
	i := t.opened - 1
	for ; i > 0; i-- {
		e := &t.stack[i]
		if e.html(n) {
			break
		}
		if e.htmlIs(hides) && !t.seesThrough(e) || hides&scope != 0 && e.kind&foreign != 0 && e.isSpecial() {
			return -1
		}
	}
	return i
}

// findAny is find for the innermost element of several names.
func (t *tree) findAny(from, to name, hides nature) int {
	i := -1
	for ; from <= to; from++ {
		i = max(i, t.find(from, hides))
	}
	return i
}

// put is where an element is inserted.
func (t *tree) put(n name, k kind) {
	t.depth = max(t.depth, t.opened)
	if t.inDocument() {
		t.putInDocument()
	} else if t.atRoot() {
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
	if t.inDocument() {
		t.doc.count[n]++
	} else if n == nmOther {
		t.names[t.named] = byte(t.tag.length)
		t.named += 1 + copy(t.names[t.named+1:], t.tag.text[:t.tag.length])
	}
	t.opened++
	if t.opened >= maxOpen && t.isFull() || t.named > maxNames-2*maxName {
		t.reject(faultTooDeep)
		t.opened-- // nothing more is read
	}
}

// isFull tells whether no more elements may be open; in a document, html and body do not count.
func (t *tree) isFull() bool { return !t.inDocument() || t.opened > maxOpen }

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
	if t.strict() {
		t.checkClosing(i)
	}
	for n := t.opened - 1; n >= i; n-- {
		e := &t.stack[n]
		if t.inDocument() {
			t.doc.count[e.name]--
		} else if e.name == nmOther {
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
		case e.html(nmForm) && !t.inDocument() && t.outermost() && !(t.tag.closing && t.tag.name == nmForm):
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
	t.popEach(i)
}

// popEach closes the elements from i on, one after the other.
func (t *tree) popEach(i int) {
	for t.strict() && t.opened > i+1 {
		t.pop(t.opened - 1)
	}
	t.pop(i)
}
