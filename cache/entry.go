package cache

import (
	"math"
	"sync/atomic"
	"time"
)

// State is what a key has to offer at a moment.
type State uint8

const (
	// Miss: nothing usable. There may still be a value for OnError.
	Miss State = iota
	// Fresh: within TTL.
	Fresh
	// Stale: past TTL or invalidated, and usable while it is revalidated.
	Stale
)

func (s State) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Stale:
		return "stale"
	}
	return "miss"
}

// EntryOverhead is what an entry counts against Options.MaxBytes beyond the
// bytes of its key and of its value: the entry itself, its place in the index
// and its share of the ghost table. Measured natively with V = []byte, whose
// slice header is included (docs/cache.md); what a V of more than 24 bytes takes
// beyond them is counted besides.
const EntryOverhead = 96

// entry is one stored value. What readers look at (key, value, terms) never
// changes once the entry is in the index, so that a hit needs no lock; a new value
// is a new entry. Only the end of freshness may be moved, to an earlier instant. The
// rest belongs to the writer's lock, except the hits in meta, which readers count.
//
// Its size is the cache's overhead: 72 bytes with V = []byte. Hence four small
// numbers in one word. The bytes of the key lie right behind it (key.go).
type entry[V any] struct {
	next, prev *entry[V] // in its queue
	charge     uint32    // bytes counted against the budget
	level      uint32    // the policy's level when the entry was queued

	// What a hit touches lies together, up to the key.
	value      V
	terms      *terms        // nil: no stale windows, no tags
	freshUntil atomic.Int64  // ticks; at this instant it is no longer fresh
	meta       atomic.Uint32 // hits, class, frequency, cost: see evict.go
	keyLen     uint32
}

// state is the whole freshness model: TTL, then stale-while-revalidate, both
// ending just before their instant; a purge ends everything, an invalidation
// ends the TTL, and the stale windows count from it.
func (e *entry[V]) state(t int64) State {
	if e.terms == nil && t < e.freshUntil.Load() {
		return Fresh
	}
	return e.stateByTerms(t)
}

func (e *entry[V]) stateByTerms(t int64) State {
	w := e.terms
	if w == nil || w.purged() {
		return Miss
	}
	until, invalidated := e.until()
	if t < until && !invalidated {
		return Fresh
	}
	if t < later(until, w.swr) {
		return Stale
	}
	return Miss
}

// until is when freshness ends or ended: by time, or by an invalidation before
// that. There must be terms.
func (e *entry[V]) until() (until int64, invalidated bool) {
	until = e.freshUntil.Load()
	at, yes := e.terms.invalidatedAt()
	if yes && at < until {
		return at, true
	}
	return until, yes
}

// usableOnError tells whether the value may stand in for a failed fill.
func (e *entry[V]) usableOnError(t int64) bool {
	if e.state(t) != Miss {
		return true
	}
	if e.terms == nil || e.terms.purged() {
		return false
	}
	until, _ := e.until()
	return t < later(until, e.terms.sie)
}

// dead tells whether nobody may use the entry any more: where room is needed it
// is not spared for its hits.
func (e *entry[V]) dead(t int64) bool { return !e.usableOnError(t) }

// gone tells whether nothing can be had from the entry any more.
func (e *entry[V]) gone(t int64) bool {
	return t >= e.death() || e.terms != nil && e.terms.purged()
}

// death is the instant from which nothing can be had any more, purges aside.
func (e *entry[V]) death() int64 {
	w := e.terms
	if w == nil {
		return e.freshUntil.Load()
	}
	until, _ := e.until()
	return later(later(until, max(w.swr, w.sie)), w.keep)
}

// left is the freshness that remains, not positive once stale.
func (e *entry[V]) left(t int64) time.Duration {
	left := time.Duration(e.freshUntil.Load() - t)
	if e.terms != nil {
		if until, invalidated := e.until(); invalidated {
			return min(time.Duration(until-t), 0)
		}
	}
	return left
}

// later adds without running over: a TTL of centuries is for ever.
func later(t int64, d time.Duration) int64 {
	if s := t + int64(d); s >= t || d < 0 {
		return s
	}
	return math.MaxInt64
}
