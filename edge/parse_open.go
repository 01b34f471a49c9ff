package edge

import "strings"

// openElement is an element whose end has not come.
type openElement struct {
	name string
	at   int       // offset of its start tag, or of the tag that implied it
	kind namespace // of its name
	html bool      // it is HTML, or holds HTML within svg or math
	text bool      // of MathML, where only text and HTML stand in it
}

// maxDepth is how deep browsers nest elements; what is deeper they make siblings.
const maxDepth = 512

func (t *tree) top() *openElement {
	if len(t.open) == 0 {
		return nil
	}
	return &t.open[len(t.open)-1]
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

// has tells whether an HTML element of that name is open anywhere.
func (t *tree) has(name string) bool {
	for i := range t.open {
		if t.open[i].kind == inHTML && t.open[i].name == name {
			return true
		}
	}
	return false
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
