package cache

import "math"

// Entries that nobody can use any more, and nobody asks for, are reclaimed
// without a timer: each write looks at a few slots of the index, round and round.
// After a round in which nothing dies before some instant, nothing is looked at
// until that instant, unless a shorter-lived entry is stored or a tag is purged.

const (
	sweepSteps = 2 // groups that a write looks at
	quickSteps = 8 // the same after a purge
)

// sweeper is where the round is. The writer's lock guards it.
type sweeper[V any] struct {
	in        *table[V] // the table it is in, to notice that it was rebuilt
	table     int
	group     int
	soonest   int64 // earliest death of what was seen or stored in this round
	idleUntil int64
	quick     int // rounds to be ended quickly: a tag was purged
}

func newSweeper[V any]() sweeper[V] {
	return sweeper[V]{soonest: math.MaxInt64, idleUntil: math.MaxInt64}
}

// stored takes note of an entry that is useless from an instant on.
func (s *sweeper[V]) stored(death int64) {
	s.soonest = min(s.soonest, death)
	s.idleUntil = min(s.idleUntil, death)
}

// purged asks for quick rounds: what is left of this one and a whole one.
func (s *sweeper[V]) purged() { s.quick = 2 }

// reclaim looks at a bounded number of entries and drops the dead ones.
func (c *Cache[V]) reclaim(t int64, out *departed[V]) {
	s := &c.sweeper
	steps := sweepSteps
	if s.quick > 0 {
		steps = quickSteps
	} else if t < s.idleUntil {
		return
	}
	for range steps {
		g := s.next(&c.index)
		for i := range g.slots {
			e := g.slots[i].Load()
			if e == nil {
				continue
			}
			if e.gone(t) {
				c.drop(c.hash.sum(e.keyString()), e, c.reason(e), out)
			} else {
				s.soonest = min(s.soonest, e.death())
			}
		}
	}
}

// next gives the next group of the round. A table that was rebuilt meanwhile is
// begun again, so that a round misses nothing.
func (s *sweeper[V]) next(ix *index[V]) *group[V] {
	t := ix.tables[s.table].Load()
	if t != s.in {
		s.in, s.group = t, 0
	}
	if s.group == len(t.groups) {
		s.table++
		if s.table == numTables {
			s.table = 0
			s.idleUntil, s.soonest = s.soonest, math.MaxInt64
			s.quick = max(s.quick-1, 0)
		}
		t = ix.tables[s.table].Load()
		s.in, s.group = t, 0
	}
	g := &t.groups[s.group]
	s.group++
	return g
}
