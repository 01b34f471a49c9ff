package shell

// The list of active formatting elements (HTML standard, section 13.2.4.3).

// mark adds a marker: what comes before it is not opened again within the cell, caption, object or template that it is of.
func (t *tree) mark() {
	t.active = append(t.active, openElement{})
	t.tooMany = t.tooMany || len(t.active) > maxActive
}

// forget clears the list up to the last marker.
func (t *tree) forget() {
	n := t.lastMarker()
	t.active = t.active[:max(0, n-1)]
}

// lastMarker is the index behind the last marker.
func (t *tree) lastMarker() int {
	n := len(t.active)
	for n > 0 && t.active[n-1].id != 0 {
		n--
	}
	return n
}

// activeIndex is where the last element of that name is, -1 if it is not behind the last marker.
func (t *tree) activeIndex(tag tagName) int {
	for i := len(t.active) - 1; i >= 0 && t.active[i].id != 0; i-- {
		if t.active[i].tag == tag {
			return i
		}
	}
	return -1
}

// activeOf is where the element is in the list, -1 if it is not.
func (t *tree) activeOf(id int) int {
	for i := len(t.active) - 1; i >= 0; i-- {
		if t.active[i].id == id && id != 0 {
			return i
		}
	}
	return -1
}

func (t *tree) deactivate(i int) { t.active = append(t.active[:i], t.active[i+1:]...) }

// insertFormatting opens a formatting element. Of those alike the list has three at most ("Noah's Ark").
func (t *tree) insertFormatting(tok *token) {
	e := *t.insert(tok)
	e.same = sameAttributes(tok.attrs)
	t.top().same = e.same
	if first, n := t.alike(&e); n >= maxAlike {
		if t.strict && t.activeIsOutside(first) {
			t.problem(" is the fourth of its kind within each other, of which browsers forget the first", "fewer of them around it")
		}
		t.deactivate(first)
	}
	t.active = append(t.active, e)
	t.tooMany = t.tooMany || len(t.active) > maxActive
}

const (
	maxAlike  = 3
	maxActive = 4096
)

// alike counts the elements behind the last marker that are like e, and says which is the first.
func (t *tree) alike(e *openElement) (first, n int) {
	for i := len(t.active) - 1; i >= 0 && t.active[i].id != 0; i-- {
		if a := &t.active[i]; a.tag == e.tag && a.same == e.same {
			first = i
			n++
		}
	}
	return first, n
}

// activeIsOutside tells whether an entry of the list is of an element around the slot.
func (t *tree) activeIsOutside(i int) bool {
	j := t.indexOf(t.active[i].id)
	return j < t.floor
}

// pending is the first entry of the list that is to be opened again before the next text; -1 if none is.
func (t *tree) pending() int {
	i := len(t.active)
	for i > 0 && t.active[i-1].id != 0 && t.indexOf(t.active[i-1].id) < 0 {
		i--
	}
	if i == len(t.active) {
		return -1
	}
	return i
}

// reconstruct opens again what other end tags have closed ("reconstruct the active formatting elements").
func (t *tree) reconstruct() {
	if n := len(t.active); n == 0 || t.active[n-1].id == 0 || t.indexOf(t.active[n-1].id) >= 0 {
		return
	}
	for i := t.pending(); i < len(t.active); i++ {
		if len(t.open) > maxDepth+outerDepth {
			t.tooDeep = true
			return
		}
		t.moved(" directly in <%>, which browsers move out of the table", "a row or a cell around it")
		e := t.active[i]
		e.id = 0
		t.push(e)
		t.active[i].id = t.top().id
	}
}

// adoptEnd is at the end tag of a formatting element.
func (t *tree) adoptEnd(tok *token) {
	if !t.adopt(tok.tag) {
		t.endOther(tok)
	}
}

// adopt is the adoption agency algorithm (section 13.2.6.4.7): it ends a formatting element whose content overlaps with that
// of others. False: there is none, and the tag is like any other.
func (t *tree) adopt(tag tagName) bool {
	if top := t.top(); top.is(tag) && t.activeOf(top.id) < 0 {
		t.closeTo(len(t.open) - 1)
		return true
	}
	for range 8 {
		f := t.activeIndex(tag)
		if f < 0 {
			return false
		}
		at := t.indexOf(t.active[f].id)
		if at < 0 {
			t.stray()
			t.deactivate(f)
			return true
		}
		if !t.visible(at) {
			t.stray()
			return true
		}
		block := at + 1
		for block < len(t.open) && !t.open[block].special() {
			block++
		}
		if block == len(t.open) {
			t.closeTo(at)
			t.deactivate(f)
			return true
		}
		if t.open[block].is(tagSearch) {
			// Where it is no special element, it ends with the formatting.
			t.withinSearch()
		}
		if at < t.floor {
			t.problem(" closes the <"+t.open[at].name+"> around it", "a skeleton or error that closes only what it opens")
		}
		last := &t.open[len(t.open)-1]
		for i := len(t.open) - 1; i >= block; i-- {
			if last = &t.open[i]; last.special() {
				break
			}
		}
		t.problem(" stands within <"+last.name+">", "</"+last.name+"> before it")
		t.adoptOnce(f, at, block)
	}
	return true
}

// adoptOnce moves the formatting element at open[at], which is active[f], into the block at open[block].
func (t *tree) adoptOnce(f, at, block int) {
	bookmark := f
	first := true
	for node, inner := block-1, 1; node > at; node, inner = node-1, inner+1 {
		a := t.activeOf(t.open[node].id)
		if inner > 3 && a >= 0 {
			t.deactivate(a)
			if a < f {
				f--
			}
			if a < bookmark {
				bookmark--
			}
			a = -1
		}
		if a < 0 {
			t.remove(node)
			block--
			continue
		}
		t.ids++
		t.open[node].id, t.active[a].id = t.ids, t.ids
		if first {
			bookmark = a + 1
		}
		first = false
	}
	e := t.active[f]
	t.ids++
	e.id = t.ids
	t.deactivate(f)
	if f < bookmark {
		bookmark--
	}
	t.active = append(t.active, e)
	copy(t.active[bookmark+1:], t.active[bookmark:len(t.active)-1])
	t.active[bookmark] = e
	t.remove(at)
	t.insertBelow(block-1, e)
}

// sameAttributes is equal for tags with the same attributes, in whatever order.
func sameAttributes(attrs []attribute) uint64 {
	var sum uint64
	var seen map[string]bool
	if len(attrs) > 1 {
		seen = make(map[string]bool, len(attrs))
	}
	for i := range attrs {
		a := &attrs[i]
		if seen[a.name] {
			continue // only the first of a name counts
		}
		if seen != nil {
			seen[a.name] = true
		}
		h := uint64(14695981039346656037) // FNV-1a
		for j := range len(a.name) {
			h = (h ^ uint64(a.name[j])) * 1099511628211
		}
		h *= 1099511628211
		for j := range len(a.value) {
			h = (h ^ uint64(a.value[j])) * 1099511628211
		}
		sum += h
	}
	return sum
}
