package edge

import "strings"

// tree follows which elements are open while a shell is read, as the tree construction of the HTML standard would have it
// (section 13.2.6), without building anything. Three things need that: a slot must stand where a patch can reach it; the
// markers around its skeleton must be siblings, or the patch takes away more than the skeleton, or less; and patches must
// be children of body, or browsers leave them alone, so that what the shell leaves open has to be closed before them.
//
// It is not exact about the rarest of malformed markup. Where it is wrong there, an end tag too many is written before
// the patches, which browsers ignore.
type tree struct {
	phase phase
	open  []openElement // from the outside in, without html, head and body

	// reopened are the formatting elements that other end tags closed: browsers open them again before what comes next in
	// a line ("reconstruct the active formatting elements", section 13.2.4.3). An entry without a name is a marker: what
	// comes before it is not opened within the cell, caption, object or template that put it there.
	reopened []openElement
	// doubtful are formatting elements that may still be open.
	doubtful []string

	// In the content of a slot, what may not happen is noted, the first of it.
	strict              bool
	floor               int    // the elements open around the slot
	by, found, expected string // the tag, what it does

	quirks  bool // there is no doctype
	tooDeep bool // more elements were open than maxDepth
}

// phase is how far a document has come.
type phase uint8

const (
	phaseBefore    phase = iota // nothing but doctype, comments and the html tag
	phaseOpenHead               // after a head tag
	phaseBareHead               // what belongs into a head came without one
	phaseAfterHead              // after a head's end tag
	phaseBody
	phaseAfterBody // after a body's end tag; anything but white space leads back
)

func (t *tree) problem(by, found, expected string) {
	if t.strict && t.by == "" {
		t.by, t.found, t.expected = by, found, expected
	}
}

// text is at text, which opens the body unless it is white space.
func (t *tree) text(s string) {
	if top := t.top(); top == nil || top.kind == inHTML {
		t.reopen()
	}
	if strings.Trim(s, " \t\n\f\r") == "" {
		return
	}
	t.enterBody("text")
	if t.strict && t.inTable() {
		t.problem("text", " directly in <"+t.top().name+">, which browsers move out of the table", "a row or a cell around it")
	}
}

// start is at a start tag. raw says that text follows it up to its end tag, which is not told.
func (t *tree) start(tag *token) (raw bool) {
	if t.foreign() && !t.entersHTML(tag) {
		if !breaksOut(tag) {
			t.startForeign(tag)
			return false
		}
		t.leaveForeign("<" + tag.name + ">")
	}
	traits := traitsOf(tag.name)
	if !t.advance(tag.name, traits) {
		return false
	}
	if !t.makeRoom(tag, traits) {
		return false
	}
	if traits&(traitHead|traitTable) == 0 && (traits&traitClosesP == 0 || tag.name == "xmp") && reopens(tag.name) {
		t.reopen()
	}
	switch {
	case traits&traitRaw != 0:
		return true
	case traits&traitVoid != 0:
	case tag.name == "svg" || tag.name == "math":
		t.startForeign(tag)
	default:
		t.push(tag.name, tag.at)
	}
	return false
}

// advance goes on to the body, or the head, for what belongs there; false: the tag is no more than that.
func (t *tree) advance(name string, traits trait) bool {
	switch {
	case name == "html" || name == "head" || name == "body":
		t.problem("<"+name+">", "", "the slot within it")
		if name == "head" && t.phase == phaseBefore {
			t.phase = phaseOpenHead
		}
		if name == "body" && !t.inTemplate() {
			t.phase = phaseBody
		}
		return false
	case traits&traitHead != 0:
		switch t.phase {
		case phaseBefore:
			t.phase = phaseBareHead
		case phaseAfterBody:
			t.phase = phaseBody
		}
		return true
	}
	t.enterBody("<" + name + ">")
	return true
}

func (t *tree) inTemplate() bool { return t.has("template") }

// enterBody is at what cannot stand in a head.
func (t *tree) enterBody(by string) {
	if t.phase == phaseBody || t.inTemplate() {
		return
	}
	t.problem(by, " ends the head", "what belongs into a head, or the slot within <body>")
	t.phase = phaseBody
}

// reopens is false for the few elements that stand in no line although they are no blocks either.
func reopens(name string) bool {
	switch name {
	case "iframe", "noembed", "param", "rb", "rp", "rt", "rtc", "source", "textarea", "track":
		return false
	}
	return true
}

// makeRoom closes and opens what a start tag closes and opens besides its element; false: the tag is ignored.
func (t *tree) makeRoom(tag *token, traits trait) bool {
	by := "<" + tag.name + ">"
	if traits&traitTable != 0 {
		return t.startTablePart(tag, by)
	}
	if t.strict && traits&traitHead == 0 && t.inTable() && tag.name != "form" && tag.name != "input" {
		t.problem(by, " directly in <"+t.top().name+">, which browsers move out of the table", "a row or a cell around it")
	}
	switch tag.name {
	case "li":
		t.closeItem(by, "li", "li")
	case "dd", "dt":
		t.closeItem(by, "dd", "dt")
	case "option", "optgroup":
		if top := t.top(); top != nil && top.name == "option" {
			t.pop(len(t.open)-1, by)
		}
		if top := t.top(); top != nil && top.name == "optgroup" && tag.name == "optgroup" {
			t.pop(len(t.open)-1, by)
		}
	case "rb", "rp", "rt", "rtc":
		for t.findName("ruby", hidesScope) >= 0 && t.top().kind == inHTML && impliesEnd(t.top().name) &&
			!(t.top().name == "rtc" && (tag.name == "rp" || tag.name == "rt")) {
			t.pop(len(t.open)-1, by)
		}
	case "button":
		if i := t.findName("button", hidesScope); i >= 0 {
			t.pop(i, by)
		}
	case "a", "nobr":
		if i := t.findName(tag.name, hidesScope); i >= 0 {
			t.closeFormatting(i, by)
		}
	case "form":
		if t.has("form") && !t.inTemplate() {
			t.problem("<form>", " within another, which browsers ignore", "one form only")
			return false
		}
	case "input", "keygen", "textarea":
		if i := t.findName("select", func(n string) bool { return n == "template" || n == "table" }); i >= 0 {
			t.pop(i, by)
		}
	case "frame", "frameset":
		return false
	case "table":
		// Between the cells of a table, another one ends it.
		inner := t.find(func(n string) bool {
			return n == "table" || traitsOf(n)&traitTable != 0
		}, func(n string) bool { return n == "template" })
		if outer := t.findName("table", hidesTable); outer >= 0 && (inner == outer || traitsOf(t.open[inner].name)&traitScope == 0) {
			t.pop(outer, by)
		}
	}
	if traits&traitClosesP != 0 && !(tag.name == "table" && t.quirks) {
		if i := t.findName("p", hidesButton); i >= 0 {
			t.pop(i, by)
		}
	}
	if traits&traitHeading != 0 {
		if top := t.top(); top != nil && top.kind == inHTML && traitsOf(top.name)&traitHeading != 0 {
			t.pop(len(t.open)-1, by)
		}
	}
	return true
}

// impliesEnd tells whether an element ends where its parent goes on (section 13.2.6.3).
func impliesEnd(name string) bool {
	switch name {
	case "dd", "dt", "li", "optgroup", "option", "p", "rb", "rp", "rt", "rtc":
		return true
	}
	return false
}

// closeItem closes the list item, of either name, that another one follows.
func (t *tree) closeItem(by, a, b string) {
	i := t.find(func(n string) bool { return n == a || n == b }, func(n string) bool {
		return traitsOf(n)&traitSpecial != 0 && n != "address" && n != "div" && n != "p"
	})
	if i >= 0 {
		t.pop(i, by)
	}
}

// end is at an end tag.
func (t *tree) end(tag *token) {
	by := "</" + tag.name + ">"
	if t.cdata() {
		if tag.name == "p" || tag.name == "br" {
			t.leaveForeign(by)
		} else if t.endForeign(tag.name, by) {
			return
		}
	}
	traits := traitsOf(tag.name)
	if t.phase == phaseAfterBody {
		t.phase = phaseBody
	}
	i := -1
	switch {
	case tag.name == "head":
		if t.phase <= phaseBareHead {
			t.phase = phaseAfterHead
			t.problem(by, "", "a slot that lies within the head or within the body")
		}
		return
	case tag.name == "html" || tag.name == "body":
		t.problem(by, "", "the slot's end before it")
		if !t.inTemplate() {
			t.phase = phaseAfterBody
		}
		return
	case tag.name == "br":
		t.enterBody(by)
		return
	case tag.name == "template":
		i = t.findName("template", func(string) bool { return false })
	case tag.name == "p":
		if t.phase < phaseBody && !t.inTemplate() {
			break // ignored before the body
		}
		i = t.findName("p", hidesButton)
	case tag.name == "li":
		i = t.findName("li", hidesList)
	case traits&traitHeading != 0:
		i = t.find(func(n string) bool { return traitsOf(n)&traitHeading != 0 }, hidesScope)
	case traits&traitTable != 0 || tag.name == "table":
		i = t.findName(tag.name, hidesTable)
	case traits&traitFormatting != 0:
		for j := len(t.reopened) - 1; j >= t.marker(); j-- {
			if t.reopened[j].name == tag.name {
				t.reopened = append(t.reopened[:j], t.reopened[j+1:]...)
				return
			}
		}
		if i = t.findName(tag.name, hidesScope); i >= 0 {
			t.closeFormatting(i, by)
			return
		}
	case tag.name == "form":
		if i = t.findName("form", hidesScope); i >= 0 && i+1 < len(t.open) {
			t.problem(by, " stands within <"+t.top().name+">", "</"+t.top().name+"> before it")
			t.remove(i, by)
			return
		}
	case tag.name == "select":
		i = t.findName("select", hidesTable)
	case traits&(traitSpecial|traitScope) != 0 || tag.name == "dialog":
		i = t.findName(tag.name, hidesScope)
	default:
		i = t.findName(tag.name, func(n string) bool { return traitsOf(n)&traitSpecial != 0 })
	}
	if i < 0 {
		t.problem(by, " closes nothing", "a start tag for it in the slot")
		return
	}
	t.pop(i, by)
}
