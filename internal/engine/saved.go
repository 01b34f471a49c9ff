package engine

import (
	"sync/atomic"
	"time"
)

// What a cache saves is what is not asked for again: each time that a fragment is shown which is there, a fill is not made, and the origin
// does not work for as long as that fill would take, by how long the fragment's own took. Where slots are looked at, it is counted there and
// then (served). A warm page must not cost more for it: its answers are counted in the page, in place of in the engine, and what that means
// for its fragments is reckoned later, in events (tallyUp).

// tally is how often a composed page has answered, since that was reckoned up. It lies in a cache line of its own: what is beside it is
// read by all who answer with the page.
type tally[B any] struct {
	_ [tallyPadding]byte
	n atomic.Uint32
	// next is the page that began to be counted before this one, while n is not 0.
	next *composed[B]
}

// answered notes that a composed page has answered, so often. It may be called at any time, from any goroutine.
func (e *Engine[B]) answered(c *composed[B], times uint32) {
	if c.tally.n.Add(times) != times {
		return // it is noted already
	}
	for {
		first := e.counted.Load()
		c.tally.next = first
		if e.counted.CompareAndSwap(first, c) {
			return
		}
	}
}

// Tally reckons up the answers of some composed pages, for a host that must not take long over all of them: it reports whether there are
// more.
func (e *Engine[B]) Tally() (more bool) {
	const some = 256
	e.tallyUp(some)
	return e.tallying != nil || e.counted.Load() != nil
}

// tallyUp reckons up the answers of so many composed pages.
//
//go:noinline
func (e *Engine[B]) tallyUp(most int) {
	for ; most > 0; most-- {
		if e.tallying == nil {
			if e.tallying = e.counted.Swap(nil); e.tallying == nil {
				return
			}
		}
		c := e.tallying
		e.tallying = c.tally.next // before the page may be counted anew
		c.tally.next = nil
		n := c.tally.n.Swap(0)
		c.hits += n
		e.counts.Warm += uint64(n)
		for i := range c.parts {
			e.shownAgain(c.parts[i].entry, n)
		}
	}
}

// tallyAll reckons up all of them.
func (e *Engine[B]) tallyAll() {
	for e.Tally() {
	}
}

// shownAgain counts that a fragment which was there was shown, so often.
//
//go:noinline
func (e *Engine[B]) shownAgain(v *entry[B], times uint32) {
	v.hits += times
	n := uint64(times)
	c := &e.counts
	c.SavedFills += n
	c.SavedTime += time.Duration(n) * v.early.took()
	c.SavedBytes += n * uint64(v.size)
}

// showed counts a page that has been answered, which was not warm, by what its visitor met: he waited for a fragment or went without
// one, or saw a stale one.
//
//go:noinline
func (e *Engine[B]) showed(q *request[B]) {
	switch {
	case q.cold:
		e.counts.Cold++
	case q.stale:
		e.counts.Stale++
	}
}
