package cache

import (
	"math/bits"
	"sync/atomic"
)

// The index finds entries by key. It is a hash table of our own because a hit
// must take no lock, and because TinyGo's built-in map is slow.
//
// Seven slots and a control word make a group, one cache line natively. Seven
// bytes of the control word hold eight bits of each slot's hash, the eighth
// counts the entries that found this group full and were put further on: a
// look ends at the first group that nothing passed by.
//
// Readers take no lock. An entry never moves inside a table, a replaced entry's
// slot is swapped in one store, and a table that grows is built aside and then
// put in place. A reader that still looks at the old table overlaps with
// whatever it does not see.

const (
	groupSlots = 7
	tableBits  = 5 // of the hash, to choose one of the tables
	numTables  = 1 << tableBits
	minGroups  = 1

	lowBytes  = 0x00_01_01_01_01_01_01_01
	highBits  = 0x00_80_80_80_80_80_80_80
	passedOne = 1 << 56
	passedMax = 0xff
)

type group[V any] struct {
	ctrl  atomic.Uint64
	slots [groupSlots]atomic.Pointer[entry[V]]
}

// match has the high bit set of each of the seven bytes that equals b. A byte
// above a match can be set wrongly, the lowest never is; keys are compared
// anyway.
func match(ctrl uint64, b uint8) uint64 {
	x := ctrl ^ uint64(b)*lowBytes
	return (x - lowBytes) & ^x & highBits
}

type table[V any] struct {
	groups []group[V]
	used   int // writer's
}

// index is the tables together. Several, so that growing one of them is a short
// step, and a small one (by a quarter), so that few slots stay empty.
type index[V any] struct {
	tables [numTables]atomic.Pointer[table[V]]
	hash   *hasher
}

func (ix *index[V]) init(h *hasher) {
	ix.hash = h
	for i := range ix.tables {
		ix.tables[i].Store(&table[V]{groups: make([]group[V], minGroups)})
	}
}

// fingerprint is the byte of the hash that the control word holds; 0 is empty.
func fingerprint(h uint64) uint8 {
	b := uint8(h >> 32)
	if b == 0 {
		return 1
	}
	return b
}

// home is the group at which a hash's probing starts, without a division.
func home(h uint64, groups int) int {
	return int(uint64(uint32(h)) * uint64(groups) >> 32)
}

func (ix *index[V]) table(h uint64) *atomic.Pointer[table[V]] {
	return &ix.tables[h>>(64-tableBits)]
}

// find is the read path of a key. Nearly all that is there is the first match
// in its home group; search does the rest, so that here little is kept in hand
// while keys are compared.
func (ix *index[V]) find(h uint64, key string) *entry[V] {
	groups := ix.table(h).Load().groups
	g := &groups[home(h, len(groups))]
	ctrl := g.ctrl.Load()
	if m := match(ctrl, fingerprint(h)); m != 0 {
		e := g.slots[firstSlot(m)].Load()
		if e != nil && e.keyIs(key) {
			return e
		}
	} else if ctrl>>56 == 0 {
		return nil
	}
	return ix.search(h, key)
}

// search is find without the short cut.
func (ix *index[V]) search(h uint64, key string) *entry[V] {
	groups := ix.table(h).Load().groups
	fp := fingerprint(h)
	i := home(h, len(groups))
	for range groups {
		g := &groups[i]
		ctrl := g.ctrl.Load()
		for m := match(ctrl, fp); m != 0; m &= m - 1 {
			e := g.slots[firstSlot(m)].Load()
			if e != nil && e.keyIs(key) {
				return e
			}
		}
		if ctrl>>56 == 0 {
			return nil
		}
		if i++; i == len(groups) {
			i = 0
		}
	}
	return nil
}

// firstSlot is the slot of the lowest match.
func firstSlot(m uint64) int { return bits.TrailingZeros64(m) / 8 % 8 }

// insert adds an entry whose key is not in the index.
func (ix *index[V]) insert(h uint64, e *entry[V]) {
	at := ix.table(h)
	t := at.Load()
	if t.used >= capacity(len(t.groups)) {
		t = ix.rebuild(t, len(t.groups)+len(t.groups)/4+1)
		at.Store(t)
	}
	t.insert(h, e)
}

func (t *table[V]) insert(h uint64, e *entry[V]) {
	t.used++
	fp := fingerprint(h)
	i := home(h, len(t.groups))
	for {
		g := &t.groups[i]
		ctrl := g.ctrl.Load()
		if free := match(ctrl, 0); free != 0 {
			s := firstSlot(free)
			g.slots[s].Store(e)
			g.ctrl.Store(ctrl | uint64(fp)<<(8*s))
			return
		}
		if ctrl>>56 < passedMax {
			g.ctrl.Store(ctrl + passedOne)
		}
		if i++; i == len(t.groups) {
			i = 0
		}
	}
}

// capacity leaves a sixth of the slots free: fuller, and looks get longer
// (docs/cache.md has the figures).
func capacity(groups int) int { return groups * groupSlots * 5 / 6 }

// replace puts e where old was; both have the same key.
func (ix *index[V]) replace(h uint64, old, e *entry[V]) {
	g, s, _ := ix.locate(h, old)
	g.slots[s].Store(e)
}

// remove takes e out.
func (ix *index[V]) remove(h uint64, e *entry[V]) {
	at := ix.table(h)
	t := at.Load()
	g, s, passed := ix.locate(h, e)
	g.ctrl.Store(g.ctrl.Load() &^ (0xff << (8 * s)))
	g.slots[s].Store(nil)
	for i := home(h, len(t.groups)); passed > 0; passed-- {
		p := &t.groups[i].ctrl
		// A count that reached its maximum has lost track and stays.
		if ctrl := p.Load(); ctrl>>56 < passedMax {
			p.Store(ctrl - passedOne)
		}
		if i++; i == len(t.groups) {
			i = 0
		}
	}
	t.used--
	if len(t.groups) > 8 && t.used < capacity(len(t.groups))/4 {
		at.Store(ix.rebuild(t, len(t.groups)/2))
	}
}

// locate finds the slot of an entry that is in the index, and how many groups
// it passed by.
func (ix *index[V]) locate(h uint64, e *entry[V]) (g *group[V], slot, passed int) {
	groups := ix.table(h).Load().groups
	i := home(h, len(groups))
	for {
		g = &groups[i]
		for m := match(g.ctrl.Load(), fingerprint(h)); m != 0; m &= m - 1 {
			slot = firstSlot(m)
			if g.slots[slot].Load() == e {
				return g, slot, passed
			}
		}
		passed++
		if i++; i == len(groups) {
			i = 0
		}
	}
}

// rebuild copies a table into one of another size.
func (ix *index[V]) rebuild(t *table[V], groups int) *table[V] {
	n := &table[V]{groups: make([]group[V], groups)}
	for i := range t.groups {
		for s := range t.groups[i].slots {
			if e := t.groups[i].slots[s].Load(); e != nil {
				n.insert(ix.hash.sum(e.keyString()), e)
			}
		}
	}
	return n
}

// size is the number of groups.
func (ix *index[V]) size() (n int) {
	for i := range ix.tables {
		n += len(ix.tables[i].Load().groups)
	}
	return n
}

// each calls visit with every entry.
func (ix *index[V]) each(visit func(*entry[V])) {
	for i := range ix.tables {
		t := ix.tables[i].Load()
		for j := range t.groups {
			for s := range t.groups[j].slots {
				if e := t.groups[j].slots[s].Load(); e != nil {
					visit(e)
				}
			}
		}
	}
}
