package markup

// part is a part of a document that is to leave all around it as it is, and have all its end tags: the content of a slot. What may not
// happen in it is noted, the first of it.
type part struct {
	strict         bool // in a part
	ignoresNothing bool // nothing in it may be ignored by some browsers
	floor          int  // the elements that are open around the part
	trouble        Trouble
}

// Trouble is what a tag in a part does that it may not do.
type Trouble struct {
	Is    Cause
	By    string // the tag; "text" for a text
	Of    string // the name of the element that it does it to, or in
	Opens string // the name of the element that it implies
}

// Cause is a kind of trouble.
type Cause uint8

// The kinds of trouble.
const (
	NoTrouble      Cause = iota
	ClosesAround         // closes Of, which is around the part
	ClosesWithin         // closes Of, which has no end tag
	ClosesNothing        //
	MovedOut             // stands directly in Of, out of which browsers move it
	Implies              // opens Opens directly in Of, and no end tag closes it
	LeavesForeign        // is HTML in Of, which is of svg or math
	Forgets              // is the fourth formatting element alike, so that the first is forgotten
	StandsWithin         // closes what has Of in it
	WithinSearch         // ends what a <search> is in, which some browsers know and others not
	ItemInSearch         // begins an item within a <search>
	NestedForm           //
	NestedSelect         //
	FormInTable          // is a form between parts of a table, in Of
	OutsideOfTable       // is a part of a table
	OfThePage            // is a tag of the page
	OfFrames             // is a frameset
	OfDoctype            //
	InOldSelect          // is no option, in <select>
	EndsHead             //
	EndsBody             //
	LeavesHead           // cannot stand in the head, where the part is
)

// EnterPart is at the beginning of a part of the document that is to leave all around it as it is; until [Document.LeavePart], what may not happen in one is noted.
func (d *Document) EnterPart() {
	d.Comment()
	d.part = part{strict: true, floor: d.opened}
}

// LeavePart is at the end of a part, before which the document was as given.
func (d *Document) LeavePart(before *Document) { d.part.strict, d.frames = false, before.frames }

// Undecide takes back what the part in a fragment has decided that the fragment holds: its place does, and what follows.
func (d *Document) Undecide(before *Document) {
	if d.atContent() && before.mode == modeTemplate {
		d.mode, d.modes[0] = modeTemplate, modeTemplate
	}
}

// IgnoresNothing says whether what follows in the part may have what some browsers ignore, and others not.
func (d *Document) IgnoresNothing(is bool) { d.ignoresNothing = is }

// Trouble is what happened first in the part that may not.
func (d *Document) Trouble() Trouble { return d.part.trouble }

// Forgive forgets the trouble.
func (d *Document) Forgive() { d.part.trouble = Trouble{} }

// Unclosed is the outermost element that was opened in the part and is open; ok: there is one.
func (d *Document) Unclosed() (e Open, ok bool) {
	if d.opened == d.floor {
		return Open{}, false
	}
	return d.openAt(d.floor), true
}

// strict tells whether a part is being read.
func (t *tree) strict() bool { return t.inDocument() && t.doc.part.strict }

// trouble notes what may not happen in a part. e is what it happens to, or in.
func (t *tree) trouble(is Cause, e *element) {
	if !t.strict() || t.doc.part.trouble.Is != NoTrouble {
		return
	}
	found := Trouble{Is: is, By: "text"}
	switch name := t.doc.name; {
	case name == "":
	case t.tag.closing:
		found.By = "</" + name + ">"
	default:
		found.By = "<" + name + ">"
	}
	if e != nil {
		found.Of = t.nameOf(e)
	}
	t.doc.part.trouble = found
}

// stray is at an end tag without its start tag.
func (t *tree) stray() {
	if t.strict() {
		t.trouble(ClosesNothing, nil)
	}
}

// checkClosing is at a tag that closes the elements from i on.
func (t *tree) checkClosing(i int) {
	if i < t.doc.floor {
		t.trouble(ClosesAround, &t.stack[i])
	}
	for j := i + 1; j < t.opened; j++ {
		if e := &t.stack[j]; !e.htmlIs(implied | tablePart) {
			t.trouble(ClosesWithin, e)
		}
	}
}

// putInDocument is where an element is inserted.
func (t *tree) putInDocument() {
	t.checkMoved()
	if t.opened > MaxDepth+1 {
		t.fault = faultTooDeep
	}
}

// checkMoved notes what would be inserted in front of the table around the part.
func (t *tree) checkMoved() {
	if e := t.top(); t.strict() && t.doc.foster && (e.isBetweenParts() || t.atContent()) && t.find(nmTable, tableScope) < t.doc.floor {
		t.trouble(MovedOut, e)
	}
}

// textInDocument is at a text that shows, in the body.
func (t *tree) textInDocument() {
	t.checkMoved()
	t.doc.frames = false
}

// checkImplying is at a tag that opens a part of a table around it. Nothing in a part would close that, if the table is around
// the part.
func (t *tree) checkImplying(n name) {
	if t.find(nmTable, tableScope) < t.doc.floor {
		t.trouble(Implies, t.top())
		if found := &t.doc.part.trouble; found.Opens == "" {
			found.Opens = t.spell(n)
		}
	}
}

// checkForgetting is at a formatting element for which the list forgets another one.
func (t *tree) checkForgetting(e *element) {
	if t.standsAt(e.id) < t.doc.floor {
		t.trouble(Forgets, nil)
	}
}

// checkAdopting is at the end tag of the formatting element at at, which has the block at block in it.
func (t *tree) checkAdopting(at, block int) {
	if t.stack[block].html(nmSearch) {
		t.withinSearch() // where it is no special element, it ends with the formatting
	}
	if !t.strict() {
		return
	}
	if at < t.doc.floor {
		t.trouble(ClosesAround, &t.stack[at])
	}
	i := t.opened - 1
	for ; i > block && !t.stack[i].isSpecial(); i-- {
	}
	t.trouble(StandsWithin, &t.stack[i])
}

// withinSearch is at an end tag that a <search> keeps from its start tag, or does not in browsers to which that is no special
// element: it is noted in a part or not.
func (t *tree) withinSearch() {
	s := &t.doc.part
	strict := s.strict
	s.strict = true
	t.trouble(WithinSearch, nil)
	s.strict = strict
}

// checkItem is at an item that would close the one at i, if <search> were no special element.
func (t *tree) checkItem(i int) {
	if t.strict() && i < t.doc.floor {
		t.trouble(ItemInSearch, &t.stack[i])
	}
}
