package cache

import (
	"sync/atomic"

	"inlay/cache/internal/platform"
)

// Stats counts what happened since New. Each counter is tied to others by a
// formula that holds whenever no operation is under way:
//
//	Gets    = Hits + StaleHits + Misses
//	Begins  = Fills + Collapsed
//	Fills   = Commits + Abandons + Flying
//	Puts + Commits = Stored + Bypassed + Refused
//	Stored  = Entries + Evicted + Expired + Purged + Replaced + Deleted
type Stats struct {
	Gets      uint64 // Get, GetAt, Inspect, Look, and the looks of GetOrDefer and Load
	Hits      uint64 // found fresh
	StaleHits uint64 // found stale
	Misses    uint64 // found nothing usable

	Begins    uint64 // flights begun or joined
	Fills     uint64 // flights begun
	Collapsed uint64 // flights joined
	Commits   uint64 // flights that ended with a value
	Abandons  uint64 // flights that ended with an error
	Flying    uint64 // flights that have not ended yet

	Puts     uint64 // calls of Put with a key
	Stored   uint64 // values stored
	Bypassed uint64 // values not stored because their TTL is negative
	Refused  uint64 // values not stored: ErrTooLarge or ErrClosed

	Evicted  uint64 // left to make room
	Expired  uint64 // left because nobody could use them any more
	Purged   uint64 // left because of PurgeTag
	Replaced uint64 // left for another value of the same key
	Deleted  uint64 // left by Delete, Clear or Flight.Remove

	Entries uint64 // stored now: Len
	Bytes   uint64 // counted against the budget now
}

// Stats gives the counters, at one moment but for those of the gets, which go on
// meanwhile.
func (c *Cache[V]) Stats() Stats {
	c.mu.Lock()
	s := c.stats()
	c.mu.Unlock()
	return s
}

// Brief is the few of them that tell how a cache does: of the lookups those that found something fresh, something stale, and nothing
// usable; and how many entries left to make room.
func (c *Cache[V]) Brief() (hits, staleHits, misses, evicted uint64) {
	var s Stats
	c.gets.sum(&s)
	c.mu.Lock()
	evicted = c.n.evicted
	c.mu.Unlock()
	return s.Hits, s.StaleHits, s.Misses, evicted
}

func (c *Cache[V]) stats() Stats {
	s := Stats{
		Begins: c.n.fills + c.n.collapsed, Fills: c.n.fills, Collapsed: c.n.collapsed,
		Commits: c.n.commits, Abandons: c.n.abandons,
		Flying: c.n.fills - c.n.commits - c.n.abandons,
		Puts:   c.n.puts, Stored: c.n.stored, Bypassed: c.n.bypassed, Refused: c.n.refused,
		Evicted: c.n.evicted, Expired: c.n.expired, Purged: c.n.purged,
		Replaced: c.n.replaced, Deleted: c.n.deleted,
		Entries: uint64(c.Len()), Bytes: uint64(c.Bytes()),
	}
	c.gets.sum(&s)
	return s
}

// writeCounts are the counters under the lock.
type writeCounts struct {
	fills, collapsed, commits, abandons         uint64
	puts, stored, bypassed, refused             uint64
	evicted, expired, purged, replaced, deleted uint64
}

// getCounts counts gets without a lock. A counter that all cores share would
// cost a hit more than everything else it does, so there are several, and each
// goroutine picks one.
type getCounts [platform.Stripes]getStripe

type getStripe struct {
	by [4]atomic.Uint64 // by State
	_  [32]byte         // a cache line each
}

func (g *getCounts) count(s State) { g[platform.Stripe()].by[s&3].Add(1) }

func (g *getCounts) sum(s *Stats) {
	for i := range g {
		s.Hits += g[i].by[Fresh].Load()
		s.StaleHits += g[i].by[Stale].Load()
		s.Misses += g[i].by[Miss].Load()
	}
	s.Gets = s.Hits + s.StaleHits + s.Misses
}
