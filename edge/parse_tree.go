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

// openElement is an element whose end has not come.
type openElement struct {
	name string
	at   int       // offset of its start tag, or of the tag that implied it
	kind namespace // of its name
	html bool      // it is HTML, or holds HTML within svg or math
	text bool      // of MathML, where only text and HTML stand in it
}

type namespace uint8

const (
	inHTML namespace = iota
	inSVG
	inMath
)

// maxDepth is how deep browsers nest elements; what is deeper they make siblings.
const maxDepth = 512

func (t *tree) top() *openElement {
	if len(t.open) == 0 {
		return nil
	}
	return &t.open[len(t.open)-1]
}

// cdata tells whether CDATA sections are known where the tree is.
func (t *tree) cdata() bool {
	top := t.top()
	return top != nil && top.kind != inHTML
}

// foreign tells whether a start tag would now make an element of svg or math.
func (t *tree) foreign() bool {
	top := t.top()
	return top != nil && !top.html
}

func (t *tree) problem(by, found, expected string) {
	if t.strict && t.by == "" {
		t.by, t.found, t.expected = by, found, expected
	}
}

// find is the index of the innermost open HTML element that test accepts, -1 if there is none within the innermost one
// that hides is true for.
func (t *tree) find(test func(name string) bool, hides func(name string) bool) int {
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		switch {
		case e.kind != inHTML:
			if e.html || e.text {
				return -1
			}
		case test(e.name):
			return i
		case hides(e.name):
			return -1
		}
	}
	return -1
}

func (t *tree) findName(name string, hides func(name string) bool) int {
	return t.find(func(n string) bool { return n == name }, hides)
}

func hidesScope(name string) bool { return traitsOf(name)&traitScope != 0 || name == "select" }

func hidesButton(name string) bool { return hidesScope(name) || name == "button" }

func hidesList(name string) bool { return hidesScope(name) || name == "ol" || name == "ul" }

func hidesTable(name string) bool { return name == "table" || name == "template" }

// pop closes the element at i with what is in it, because of the tag by.
func (t *tree) pop(i int, by string) {
	if t.strict && i < t.floor {
		t.problem(by, " closes the <"+t.open[i].name+"> around it", "a skeleton or error that closes only what it opens")
	}
	for j := i + 1; j < len(t.open); j++ {
		e := &t.open[j]
		if e.kind != inHTML || traitsOf(e.name)&traitOptional == 0 {
			t.problem(by, " closes the <"+e.name+"> within it too", "</"+e.name+"> before it")
		}
	}
	t.drop(i, i+1)
}

// drop closes the elements from i on. Formatting elements from keep on are to be opened again.
func (t *tree) drop(i, keep int) {
	for j := i; j < len(t.open); j++ {
		if t.open[j].setsMarker() {
			t.reopened = t.reopened[:t.marker()]
			t.reopened = t.reopened[:max(0, len(t.reopened)-1)]
		}
	}
	forgotten, leaks := false, false
	for j := i; j < len(t.open); j++ {
		e := &t.open[j]
		if e.setsMarker() {
			// Unlike a cell, one of these that another end tag closes leaves its marker behind, and what is before that.
			forgotten, leaks = true, leaks || traitsOf(e.name)&traitTable == 0
		}
		if j < keep || e.kind != inHTML || traitsOf(e.name)&traitFormatting == 0 {
			continue
		}
		if !forgotten {
			t.reopened = append(t.reopened, *e)
		} else if leaks {
			t.doubtful = append(t.doubtful, e.name)
		}
	}
	t.open = t.open[:i]
}

// setsMarker tells whether formatting elements from outside are not opened again within e.
func (e *openElement) setsMarker() bool {
	return e.kind == inHTML && e.name != "table" && traitsOf(e.name)&traitScope != 0
}

// clear closes the elements from i on, whatever they are, to make room for a part of a table.
func (t *tree) clear(i int, by string) {
	if i == len(t.open) {
		return
	}
	e := t.open[i]
	t.pop(i, by)
	if e.kind == inHTML && traitsOf(e.name)&traitFormatting != 0 {
		t.reopened = append(t.reopened, e)
	}
}

func (t *tree) push(name string, at int) {
	t.open = append(t.open, openElement{name: name, at: at, html: true})
	if t.top().setsMarker() {
		t.reopened = append(t.reopened, openElement{})
	}
	t.tooDeep = t.tooDeep || len(t.open) > maxDepth
}

// marker is the index behind the last marker in reopened.
func (t *tree) marker() int {
	n := len(t.reopened)
	for n > 0 && t.reopened[n-1].name != "" {
		n--
	}
	return n
}

// reopen opens again what other end tags have closed.
func (t *tree) reopen() {
	n := t.marker()
	t.open = append(t.open, t.reopened[n:]...)
	t.reopened = t.reopened[:n]
	t.tooDeep = t.tooDeep || len(t.open) > maxDepth
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

// inTable tells whether content that is no part of a table would be moved out of one around the slot.
func (t *tree) inTable() bool {
	top := t.top()
	if top == nil || top.kind != inHTML {
		return false
	}
	switch top.name {
	case "table", "tbody", "thead", "tfoot", "tr":
		return t.findName("table", hidesTable) < t.floor
	}
	return false
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

// has tells whether an HTML element of that name is open anywhere.
func (t *tree) has(name string) bool {
	for i := range t.open {
		if t.open[i].kind == inHTML && t.open[i].name == name {
			return true
		}
	}
	return false
}

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

// startTablePart goes to where a part of a table belongs, and opens what the shell left out between it and the table.
func (t *tree) startTablePart(tag *token, by string) bool {
	i := t.findName("table", hidesTable)
	if i < 0 && t.inTemplate() {
		return true
	}
	if i < 0 {
		t.problem(by, " outside of a table, which browsers ignore", "the slot, or the part, in a table")
		return false
	}
	section := func() {
		// The parent must be a section, the table's innermost one if it is open.
		for len(t.open) > i+1 && !isSection(t.open[len(t.open)-1].name) {
			t.clear(len(t.open)-1, by)
		}
		if len(t.open) == i+1 {
			t.imply("tbody", tag, i)
		}
	}
	below := func(name string) int {
		for j := len(t.open) - 1; j > i; j-- {
			if t.open[j].kind == inHTML && t.open[j].name == name {
				return j
			}
		}
		return -1
	}
	switch tag.name {
	case "td", "th":
		row := below("tr")
		if row < 0 {
			section()
			t.imply("tr", tag, i)
		} else {
			t.clear(row+1, by)
		}
	case "tr":
		if row := below("tr"); row >= 0 {
			t.pop(row, by)
		}
		section()
	case "col":
		if group := below("colgroup"); group < 0 {
			t.clear(i+1, by)
			t.imply("colgroup", tag, i)
		}
	default:
		t.clear(i+1, by)
	}
	return true
}

// imply opens a part of the table at index i that tag needs around it. Nothing in a slot would close it, if the table is
// around the slot.
func (t *tree) imply(name string, tag *token, i int) {
	if i < t.floor {
		t.problem("<"+tag.name+">", " directly in <"+t.top().name+"> opens a <"+name+">, which stays open", "<"+name+"> around it, or around the slot")
	}
	t.push(name, tag.at)
}

func isSection(name string) bool { return name == "tbody" || name == "thead" || name == "tfoot" }

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

// closeFormatting ends a formatting element. Blocks in it stay open, and what is in the innermost of them does not (the
// adoption agency algorithm, section 13.2.6.4.7).
func (t *tree) closeFormatting(i int, by string) {
	last := len(t.open) - 1
	for last > i && !t.open[last].isSpecial() {
		last--
	}
	if last == i {
		t.pop(i, by)
		return
	}
	t.problem(by, " stands within <"+t.open[last].name+">", "</"+t.open[last].name+"> before it")
	t.drop(last+1, last+1)
	// With many blocks or many elements alike, and after a template has left a cell open, it stays where it is.
	t.doubtful = append(t.doubtful, t.open[i].name)
	for j := last - 1; j > i; j-- {
		if e := &t.open[j]; !e.isSpecial() && traitsOf(e.name)&traitFormatting == 0 {
			t.remove(j, by)
		}
	}
	t.remove(i, by)
}

// isSpecial tells whether end tags of elements around e do not reach through it.
func (e *openElement) isSpecial() bool {
	if e.kind != inHTML {
		return e.html || e.text
	}
	return traitsOf(e.name)&traitSpecial != 0
}

// remove takes an element out from below others.
func (t *tree) remove(i int, by string) {
	if t.strict && i < t.floor {
		t.problem(by, " closes the <"+t.open[i].name+"> around it", "a skeleton or error that closes only what it opens")
		t.floor--
	}
	t.open = append(t.open[:i], t.open[i+1:]...)
}

// entersHTML tells whether a start tag in svg or math makes an element of HTML, or svg within math.
func (t *tree) entersHTML(tag *token) bool {
	top := t.top()
	return top.text && tag.name != "mglyph" && tag.name != "malignmark" ||
		top.kind == inMath && top.name == "annotation-xml" && tag.name == "svg"
}

// startForeign opens svg or math, or an element in it, which is then of the same kind whatever its name.
func (t *tree) startForeign(tag *token) {
	if tag.slash {
		return
	}
	e := openElement{name: tag.name, at: tag.at, kind: inSVG}
	if t.foreign() && !t.entersHTML(tag) {
		e.kind = t.top().kind
	} else if tag.name == "math" {
		e.kind = inMath
	}
	switch {
	case e.kind == inSVG:
		e.html = tag.name == "foreignobject" || tag.name == "desc" || tag.name == "title"
	case tag.name == "annotation-xml":
		encoding, _ := tag.attr("encoding")
		encoding = lowerASCII(encoding)
		e.html = encoding == "text/html" || encoding == "application/xhtml+xml"
	default:
		switch tag.name {
		case "mi", "mn", "mo", "ms", "mtext":
			e.text = true
		}
	}
	t.open = append(t.open, e)
	t.tooDeep = t.tooDeep || len(t.open) > maxDepth
}

// leaveForeign closes svg or math around a tag that cannot stand in it.
func (t *tree) leaveForeign(by string) {
	for top := t.top(); top != nil && !top.html && !top.text; top = t.top() {
		t.problem(by, " closes the <"+top.name+"> that it stands in", "no HTML in svg and math, except in <foreignObject>")
		t.pop(len(t.open)-1, by)
	}
}

// endForeign ends an element of svg or math; false: the end tag is one of HTML around it.
func (t *tree) endForeign(name, by string) bool {
	for i := len(t.open) - 1; i >= 0 && t.open[i].kind != inHTML; i-- {
		if t.open[i].name == name {
			t.pop(i, by)
			return true
		}
	}
	return false
}

// closers are the end tags, from the inside out, after which body is what is open.
func (t *tree) closers() string {
	var b strings.Builder
	for i := len(t.open) - 1; i >= 0; i-- {
		b.WriteString("</" + t.open[i].name + ">")
	}
	for i := range t.reopened {
		if name := t.reopened[i].name; name != "" {
			b.WriteString("</" + name + ">")
		}
	}
	for _, name := range t.doubtful {
		b.WriteString("</" + name + ">")
	}
	if t.phase < phaseBody {
		b.WriteString("<body>")
	}
	return b.String()
}
