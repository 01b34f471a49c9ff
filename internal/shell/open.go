package shell

// openElement is an element on the stack of open elements (HTML standard, section 13.2.4.2).
type openElement struct {
	id   int    // of the element; a copy of it that the adoption agency makes has another
	name string // in lower case
	at   int    // offset of its start tag, or of the tag that implied it
	tag  tagName
	kind namespace // of its name
	html bool      // it is HTML, or holds HTML within svg or math
	text bool      // of MathML, where only text and HTML stand in it
	bar  bool      // it hides what is around it from most end tags ("in scope")
	same uint64    // a sum of its attributes, for formatting elements
}

// maxDepth is how deep browsers nest elements; what is deeper they make siblings.
const maxDepth = 512

// is tells whether e is that HTML element.
func (e *openElement) is(tag tagName) bool { return e.tag == tag && e.kind == inHTML }

// special tells whether end tags of elements around e do not reach through it.
func (e *openElement) special() bool {
	if e.kind == inHTML {
		return e.tag.has(traitSpecial)
	}
	return e.bar
}

// top is the current node; nil before the html element.
func (t *tree) top() *openElement {
	if len(t.open) == 0 {
		return nil
	}
	return &t.open[len(t.open)-1]
}

// topIs tells whether the current node is one of these HTML elements.
func (t *tree) topIs(tags ...tagName) bool {
	top := t.top()
	if top == nil || top.kind != inHTML {
		return false
	}
	for _, tag := range tags {
		if top.tag == tag {
			return true
		}
	}
	return false
}

// scope is what hides elements further out from a search.
type scope uint8

const (
	scopeDefault scope = iota
	scopeButton
	scopeList
	scopeTable
	scopeSelect // of older browsers: everything but option and optgroup
)

func (t *tree) hides(e *openElement, s scope) bool {
	switch s {
	case scopeTable:
		return e.kind == inHTML && (e.tag == tagTable || e.tag == tagTemplate || e.tag == tagHTML)
	case scopeSelect:
		return !e.is(tagOption) && !e.is(tagOptgroup)
	case scopeButton:
		if e.is(tagButton) {
			return true
		}
	case scopeList:
		if e.is(tagOl) || e.is(tagUl) {
			return true
		}
	}
	return e.bar || !t.oldSelect && e.is(tagSelect)
}

// in is the index of the innermost open element of that name in scope, -1 if there is none.
func (t *tree) in(s scope, tag tagName) int {
	if t.count[tag] == 0 {
		return -1
	}
	for i := len(t.open) - 1; i >= 0; i-- {
		e := &t.open[i]
		if e.is(tag) {
			return i
		}
		if t.hides(e, s) {
			return -1
		}
	}
	return -1
}

// inAny is in for the innermost of several.
func (t *tree) inAny(s scope, tags ...tagName) int {
	best := -1
	for _, tag := range tags {
		best = max(best, t.in(s, tag))
	}
	return best
}

// visible tells whether the element at i is in scope.
func (t *tree) visible(i int) bool {
	for j := len(t.open) - 1; j > i; j-- {
		if t.hides(&t.open[j], scopeDefault) {
			return false
		}
	}
	return true
}

// indexOf is where the element is on the stack, -1 if it is not.
func (t *tree) indexOf(id int) int {
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].id == id {
			return i
		}
	}
	return -1
}

func (t *tree) push(e openElement) {
	if e.id == 0 {
		t.ids++
		e.id = t.ids
	}
	if e.kind == inHTML {
		t.count[e.tag]++
	}
	t.open = append(t.open, e)
	t.tooDeep = t.tooDeep || len(t.open) > maxDepth+outerDepth
}

// outerDepth: html and body do not count towards maxDepth, nor does head.
const outerDepth = 2

// drop takes the elements from i on off the stack.
func (t *tree) drop(i int) {
	for j := i; j < len(t.open); j++ {
		if e := &t.open[j]; e.kind == inHTML {
			t.count[e.tag]--
		}
	}
	t.open = t.open[:i]
}

// remove takes an element out from below others.
func (t *tree) remove(i int) {
	if e := &t.open[i]; e.kind == inHTML {
		t.count[e.tag]--
	}
	t.open = append(t.open[:i], t.open[i+1:]...)
}

// insertBelow puts an element right below the one at i, further in.
func (t *tree) insertBelow(i int, e openElement) {
	t.push(e)
	copy(t.open[i+2:], t.open[i+1:len(t.open)-1])
	t.open[i+1] = e
}

// closeTo takes the element at i off the stack with what is in it, because of the tag that is read.
func (t *tree) closeTo(i int) {
	if t.strict {
		if i < t.floor {
			t.problem(" closes the <"+t.open[i].name+"> around it", "a skeleton or error that closes only what it opens")
		}
		for j := i + 1; j < len(t.open); j++ {
			if e := &t.open[j]; e.kind != inHTML || !e.tag.has(traitOptional) {
				t.problem(" closes the <"+e.name+"> within it too", "</"+e.name+"> before it")
			}
		}
	}
	t.drop(i)
}

// closeImplied generates implied end tags, except for one (section 13.2.6.3).
func (t *tree) closeImplied(except tagName) {
	for top := t.top(); top.kind == inHTML && top.tag.has(traitImplied) && top.tag != except; top = t.top() {
		t.closeTo(len(t.open) - 1)
	}
}

// closeImpliedThoroughly is closeImplied with the parts of tables.
func (t *tree) closeImpliedThoroughly() {
	for top := t.top(); top.kind == inHTML && top.tag.has(traitImplied|traitOptional) && top.tag != tagCol; top = t.top() {
		t.closeTo(len(t.open) - 1)
	}
}

// closeParagraph closes the p in button scope, if there is one.
func (t *tree) closeParagraph() {
	if i := t.in(scopeButton, tagP); i >= 0 {
		t.closeTo(i)
	}
}
