package markup

// The list of active formatting elements (HTML standard, section 13.2.4.3) and the adoption agency (13.2.6.4.7).

// reopen opens again the formatting elements that were closed by other end tags ("reconstruct the active formatting
// elements").
func (t *tree) reopen() {
	i := t.actives
	for t.list[i-1].kind&closed != 0 {
		i--
	}
	if i == 1 {
		t.conflict(Reopened)
	}
	for ; i < t.actives; i++ {
		e := &t.list[i]
		t.push(e.name, 0)
		e.kind &^= closed
		e.id = t.lastID
		if t.inDocument() && t.fault == faultNone {
			*t.top() = *e
		}
	}
}

// activate puts an element into the list, or a marker.
func (t *tree) activate(e element) {
	t.list.grow(t.actives + 1)
	t.list[t.actives] = e
	t.actives++
	if t.actives == maxOpen {
		t.reject(faultTooDeep)
	}
	if t.actives == maxActive {
		t.actives-- // nothing more is read
		if t.inDocument() {
			t.doc.tooMany = true
		}
	}
}

// remember puts the innermost element into the list, of which only three alike may be there ("Noah's Ark clause").
func (t *tree) remember() {
	e := t.top()
	if t.tag.flags&hasAny != 0 {
		e.kind |= attributed
		if t.inDocument() {
			e.same = t.sumOfAttributes()
		}
	}
	named, first, kinds := 0, 0, e.kind
	i := t.actives - 1
	for ; t.list[i].id != 0; i-- {
		if l := &t.list[i]; l.name == e.name && l.same == e.same {
			named, first = named+1, i
			kinds |= l.kind
		}
	}
	if i == 0 {
		t.conflict(Alike3 >> min(named, 2))
	}
	if named >= 3 {
		if kinds&attributed != 0 {
			t.reject(faultFourDeep)
		}
		if t.strict() {
			t.checkForgetting(&t.list[first])
		}
		t.deactivate(first)
	}
	t.activate(*e)
}

// deactivate takes an element out of the list.
func (t *tree) deactivate(i int) {
	copy(t.list[i:], t.list[i+1:t.actives])
	t.actives--
}

// remove takes an element out of the stack.
func (t *tree) remove(i int) {
	if t.inDocument() {
		t.doc.count[t.stack[i].name]--
	}
	copy(t.stack[i:], t.stack[i+1:t.opened])
	t.opened--
}

// active is where in the list the last element of a name is, after the last marker; 0 if only around the fragment one could
// be, -1 if there is none.
func (t *tree) active(n name) int {
	i := t.actives - 1
	for ; t.list[i].id != 0; i-- {
		if t.list[i].name == n {
			return i
		}
	}
	if i > 0 {
		return -1
	}
	return 0
}

// listed is where in the list an element is, 0 if it is not.
func (t *tree) listed(id uint32) int { return indexOf(t.list[:t.actives], id) }

// standsAt is where in the stack an element is, 0 if it is not.
func (t *tree) standsAt(id uint32) int { return indexOf(t.stack[:t.opened], id) }

func indexOf(list []element, id uint32) int {
	i := len(list) - 1
	for ; i > 0 && list[i].id != id; i-- {
	}
	return i
}

// endLink closes the link that another one follows.
func (t *tree) endLink() {
	i := t.active(nmA)
	if i == 0 {
		t.conflict(Link)
	}
	if i <= 0 {
		return
	}
	id := t.list[i].id
	t.adopt()
	if i = t.listed(id); i > 0 {
		t.deactivate(i)
	}
	if i = t.standsAt(id); i > 0 {
		t.remove(i)
	}
}

// adopt is the adoption agency algorithm, for the tag being read.
func (t *tree) adopt() {
	n := t.tag.name
	if e := t.top(); e.html(n) && t.listed(e.id) == 0 {
		t.pop(t.opened - 1)
		return
	}
	for range 8 {
		l := t.active(n)
		if l <= 0 {
			if t.tag.closing || t.inDocument() {
				t.endOther(l == 0)
			}
			return
		}
		at := t.standsAt(t.list[l].id)
		block := 0
		for i := t.opened - 1; i > at && at > 0; i-- {
			e := &t.stack[i]
			if t.bars(e) {
				if e.kind&foreign != 0 || e.name.is(scope) && !t.seesThrough(e) {
					t.stray()
					return // it is not in scope
				}
				block = i
			}
		}
		if block == 0 {
			if at > 0 {
				t.pop(at)
			} else {
				t.stray()
			}
			t.deactivate(l)
			return
		}
		if t.inDocument() {
			t.checkAdopting(at, block)
		}
		t.adoptBlock(l, at, block)
	}
}

// adoptBlock takes the formatting element at list[l] and stack[at] out from around the block at stack[block], and puts one
// like it into that.
func (t *tree) adoptBlock(l, at, block int) {
	formatting := t.list[l]
	t.deactivate(l)
	bookmark, first := l, true // in the list without the element
	for i, inner := block-1, 1; i > at; i, inner = i-1, inner+1 {
		k := t.listed(t.stack[i].id)
		if k > 0 && inner > 3 {
			t.deactivate(k)
			if k < bookmark {
				bookmark--
			}
			k = 0
		}
		if k == 0 {
			t.remove(i)
			block--
			continue
		}
		t.lastID++
		t.list[k].id, t.stack[i].id = t.lastID, t.lastID
		if first {
			bookmark, first = k+1, false
		}
	}
	t.lastID++
	formatting.id = t.lastID
	copy(t.list[bookmark+1:], t.list[bookmark:t.actives])
	t.list[bookmark] = formatting
	t.actives++
	// It leaves its place, and what is up to the block moves down by one.
	copy(t.stack[at:], t.stack[at+1:block+1])
	t.stack[block] = formatting
}
