package cache

import "time"

// Walk goes through what is stored in steps, for who must not take long over each: it calls visit with some of the entries, about n,
// and gives where to go on. It begins at 0, and is at its end when it gives 0.
//
//	for at, more := uint64(0), true; more; more = at != 0 {
//		at = c.Walk(at, 64, visit)
//	}
//
// A key that is stored for as long as the walk lasts is given exactly once, with the value that it has then; one that is stored or
// leaves meanwhile at most once, and twice only if it leaves and comes back during a step. What was purged or can no longer be had, and
// is merely not reclaimed yet, is not given; what only OnError and Stored give is. It counts as no get and makes nothing stay longer.
//
// It takes no lock, so a step costs others nothing. visit may do whatever it likes to the cache.
func (c *Cache[V]) Walk(at uint64, n int, visit func(Seen[V])) (next uint64) {
	t := c.now()
	table, from := int(at>>32)%numTables, uint32(at)
	groups := c.index.tables[table].Load().groups
	i := home(uint64(from), len(groups))
	for looked := 0; i < len(groups); i++ {
		if looked >= n && looked > 0 {
			return uint64(table)<<32 | firstOf(i, len(groups))
		}
		// A place that is empty counts less than one that is not, and not nothing.
		looked += 1 + c.homed(groups, i, from, t, visit)
	}
	if table++; table == numTables {
		return 0
	}
	return uint64(table) << 32
}

// firstOf is the least of the lower halves of hashes whose home is a group. So where a walk is, is said in terms of hashes: a table may be
// rebuilt meanwhile, with as many groups as it likes.
func firstOf(group, groups int) uint64 {
	return (uint64(group)<<32 + uint64(groups) - 1) / uint64(groups)
}

// homed visits the entries whose home is a group, in it and where they were put as it was full; of the lower half of their hash from on. It
// says how many.
func (c *Cache[V]) homed(groups []group[V], i int, from uint32, t int64, visit func(Seen[V])) (n int) {
	for j := i; ; {
		g := &groups[j]
		for s := range g.slots {
			if e := g.slots[s].Load(); e != nil && !e.gone(t) {
				if h := c.hash.sum(e.keyString()); home(h, len(groups)) == i && uint32(h) >= from {
					visit(Seen[V]{e, t})
					n++
				}
			}
		}
		if j++; j == len(groups) {
			j = 0
		}
		if g.ctrl.Load()>>56 == 0 || j == i {
			return n
		}
	}
}

// Seen is what Walk tells of an entry, as of when it looked.
type Seen[V any] struct {
	e *entry[V]
	t int64
}

// See is what Walk would tell of one key; ok is false if there is nothing. It counts as no get.
func (c *Cache[V]) See(key string) (s Seen[V], ok bool) {
	s = Seen[V]{c.index.find(c.hash.sum(key), key), c.now()}
	return s, s.e != nil && !s.e.gone(s.t)
}

// Key is a part of the entry's memory: clone it to keep it for long.
func (s Seen[V]) Key() string { return s.e.keyString() }

// Value is the value itself, not a copy.
func (s Seen[V]) Value() V { return s.e.value }

// Left is the freshness that remains: not positive once stale, and then how long ago it ended.
func (s Seen[V]) Left() time.Duration { return s.e.left(s.t) }

// Windows are the policy's StaleWhileRevalidate and StaleIfError, which count from the end of freshness.
func (s Seen[V]) Windows() (whileRevalidate, ifError time.Duration) {
	if s.e.terms == nil {
		return 0, 0
	}
	return s.e.terms.swr, s.e.terms.sie
}

// AppendTags appends the names of the policy's tags.
func (s Seen[V]) AppendTags(tags []string) []string {
	if s.e.terms != nil {
		for _, g := range s.e.terms.tags {
			tags = append(tags, g.name)
		}
	}
	return tags
}

// Bytes is what the entry counts against Options.MaxBytes: its key, its value and EntryOverhead, without what it shares with others.
func (s Seen[V]) Bytes() int64 { return int64(s.e.charge) }
