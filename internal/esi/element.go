package esi

import "inlay/internal/ascii"

// element is a kind of element that has content.
type element uint8

const (
	none element = iota // the source itself
	remove
	inline
	try
	attempt
	except
	choose
	when
	otherwise
)

// elements are the names, in this order.
var elements = [...]string{"", "remove", "inline", "try", "attempt", "except", "choose", "when", "otherwise"}

// within is what an element must stand in directly.
var within = [len(elements)]element{attempt: try, except: try, when: choose, otherwise: choose}

// frame is an element that is open.
type frame struct {
	kind   element
	place  at
	from   int
	second bool    // its parent has had one
	loud   bool    // text of a try or a choose that is in none of their parts
	events []Event // what stands in it: directly, for a try or a choose
	// of a try, or what is shown of a choose
	attempt, except     []Event
	attempted, excepted bool
	failed              bool // something that an attempt includes was refused
	ended               int  // offset behind the part of it that was closed last
}

// maxDepth is how deep elements may nest.
const maxDepth = 16

// drops tells whether nothing of what stands in an element is kept.
func (f *frame) drops() bool { return f.kind == remove || f.kind == inline }

// swallows tells whether tags in an element mean nothing but its end.
func (f *frame) swallows() bool { return f.drops() }

// only tells whether text is of no use where we are, but has to be looked at.
func (r *Reader) only() bool { k := r.top().kind; return k == try || k == choose }

// solid notes text that stands where none should.
func (r *Reader) solid() {
	if r.only() {
		r.top().loud = true
	}
}

// top is the innermost element.
func (r *Reader) top() *frame {
	if len(r.stack) == 0 {
		return &r.bottom
	}
	return &r.stack[len(r.stack)-1]
}

// failed notes that something in an attempt cannot be included.
func (r *Reader) failed() {
	for i := len(r.stack) - 1; i >= 0; i-- {
		if f := &r.stack[i]; f.kind == attempt {
			f.failed = true
			return
		}
	}
}

// element does what the tag that has just ended says.
func (r *Reader) element() {
	t := &r.tag
	kind := none
	for i, name := range elements {
		if name == t.name && name != "" {
			kind = element(i)
		}
	}
	f := r.top()
	if f.swallows() {
		switch {
		case kind != f.kind:
		case t.empty:
			r.refuse("<esi:" + t.name + "/>, which has no content to leave out; expected </esi:" + t.name + "> where it ends")
		case t.end:
			r.close(kind)
		default:
			r.refuse(t.String() + " within another; expected one. The first </esi:" + t.name + "> ends both")
		}
		return
	}
	switch {
	case kind == none:
		r.single()
	case t.empty:
		r.refuse(t.String() + " that is closed in its own tag; expected </esi:" + t.name + "> where it ends. The tag is left out")
	case t.end:
		r.close(kind)
	case within[kind] != none && f.kind != within[kind] && !r.part(kind):
		r.refuse(t.String() + " that is not directly in <esi:" + elements[within[kind]] + ">; expected it there. The tag is left out")
	case len(r.stack) == maxDepth:
		r.refuse(t.String() + " that is too deep in others; expected 16 at most. The tag is left out")
	default:
		r.enter(kind)
	}
}

// part ends what stands before a part of a try or a choose: another part without its end tag.
func (r *Reader) part(kind element) bool {
	f := r.top()
	if within[f.kind] != within[kind] {
		return false
	}
	r.refuse("<esi:" + elements[kind] + "> in <esi:" + elements[f.kind] + ">; expected </esi:" + elements[f.kind] + "> before it")
	r.leave()
	return true
}

// enter opens an element.
func (r *Reader) enter(kind element) {
	t, f := &r.tag, r.top()
	second := false
	switch kind {
	case attempt:
		second, f.attempted = f.attempted, true
	case except:
		second, f.excepted = f.excepted, true
	case otherwise:
		second, f.attempted = f.attempted, true
	case choose:
		r.refuse("<esi:choose>, which is not supported: <esi:otherwise> is shown; expected a slot that varies on what <esi:when> asks for")
	case inline:
		r.refuse("<esi:inline>, which is not supported; expected an <esi:include> of its name. It is left out")
	}
	if second {
		r.refuse(t.String() + " again; expected one in <esi:" + elements[f.kind] + ">. It is left out")
	}
	r.stack = append(r.stack, frame{kind: kind, place: t.place, from: t.at, second: second})
}

// close ends an element, and those in it that have no end tag.
func (r *Reader) close(kind element) {
	open := len(r.stack) - 1
	for open >= 0 && r.stack[open].kind != kind {
		open--
	}
	if open < 0 {
		r.refuse(r.tag.String() + " without its start tag; expected <esi:" + elements[kind] + "> before it. The tag is left out")
		return
	}
	for len(r.stack) > open+1 {
		f := r.top()
		r.refuseAt(f.place, "<esi:"+elements[f.kind]+"> that is not closed; expected </esi:"+elements[f.kind]+"> before </esi:"+elements[kind]+">")
		r.leave()
	}
	r.leave()
}

// leave ends the innermost element.
func (r *Reader) leave() {
	f := *r.top()
	r.stack = r.stack[:len(r.stack)-1]
	parent := r.top()
	parent.ended = r.pos + 1
	switch f.kind {
	case attempt:
		if !f.second {
			parent.attempt, parent.failed = f.events, f.failed
		}
	case except:
		if !f.second {
			parent.except = f.events
		}
	case otherwise:
		if !f.second {
			parent.attempt = f.events
		}
	case try, choose:
		if f.loud {
			r.refuseAt(f.place, "<esi:"+elements[f.kind]+"> with text or includes that are in none of its parts; expected them in <esi:"+
				elements[f.kind+1]+"> or <esi:"+elements[f.kind+2]+">. They are left out")
		}
		f.ended = r.pos + 1
		r.give(&f)
	}
}

// give hands on what a try or a choose has become.
func (r *Reader) give(f *frame) {
	switch {
	case f.kind == choose:
		r.addAll(f.attempt)
	case !f.attempted:
		r.refuseAt(f.place, "<esi:try> without <esi:attempt>; expected one")
	case f.failed:
		r.addAll(f.except)
	default:
		r.add(Event{Kind: Tried, From: f.from, To: f.ended, Attempt: f.attempt, Except: f.except})
	}
}

func (r *Reader) addAll(events []Event) {
	for _, e := range events {
		r.add(e)
	}
}

// letGo ends the innermost element at the end of the source: what stands in it is shown, but for <esi:remove>.
func (r *Reader) letGo() {
	f := *r.top()
	r.stack = r.stack[:len(r.stack)-1]
	end := "</esi:" + elements[f.kind] + ">"
	if f.drops() {
		r.refuseAt(f.place, "<esi:"+elements[f.kind]+"> that is not closed; expected "+end+". All that follows it is left out")
		return
	}
	r.refuseAt(f.place, "<esi:"+elements[f.kind]+"> that is not closed; expected "+end+". What follows it is shown")
	if f.kind == try && f.attempt != nil || f.kind == choose {
		r.give(&f)
	}
	r.addAll(f.events)
}

// single does what an element without content says.
func (r *Reader) single() {
	t := &r.tag
	switch t.name {
	case "include":
		r.include()
	case "comment":
		if t.end {
			r.refuse("</esi:comment>; expected <esi:comment text=\"…\"/>. The tag is left out")
		} else if !t.empty {
			r.refuse("<esi:comment> that is not closed in its own tag; expected <esi:comment text=\"…\"/>. What follows it is shown")
		}
	case "vars":
		if !t.end {
			r.refuse("<esi:vars>, which is not supported; expected variables in a src only. What stands in it is shown as it is")
		}
	default:
		if t.end {
			return // its start tag was told of
		}
		message := t.String() + ", which is not supported; "
		if near := ascii.Nearest(t.name, known[:]); near != "" {
			message += "did you mean <esi:" + near + ">? "
		}
		r.refuse(message + "expected include, remove, comment, try, attempt or except. The tag is left out")
	}
}

var known = [...]string{"include", "remove", "comment", "try", "attempt", "except"}
