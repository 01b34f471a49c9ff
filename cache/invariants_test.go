package cache

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// checkInvariants holds the cache's structures against each other. No operation
// may be under way.
func checkInvariants[V any](t testing.TB, c *Cache[V]) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()

	// The index and the queues hold the same entries.
	indexed := map[*entry[V]]bool{}
	used := 0
	for i := range c.index.tables {
		tab := c.index.tables[i].Load()
		used += tab.used
		require.LessOrEqual(t, tab.used, capacity(len(tab.groups)), "a table is over-full")
		checkPassed(t, c, tab)
	}
	c.index.each(func(e *entry[V]) {
		require.False(t, indexed[e], "%q is in the index twice", e.keyString())
		indexed[e] = true
		require.Same(t, e, c.index.find(c.hash.sum(e.keyString()), e.keyString()))
	})
	require.Len(t, indexed, used)
	require.Equal(t, len(indexed), c.Len())

	queued := 0
	for q := range c.policy.queues {
		queued += checkQueue(t, c, uint32(q), indexed)
	}
	require.Equal(t, len(indexed), queued)

	checkBytes(t, c, indexed)
	checkStats(t, c)
	checkParked(t, c)
}

// checkPassed recounts how many entries passed each full group.
func checkPassed[V any](t testing.TB, c *Cache[V], tab *table[V]) {
	passed := make([]int, len(tab.groups))
	for i := range tab.groups {
		g := &tab.groups[i]
		for s := range g.slots {
			fp := uint8(g.ctrl.Load() >> (8 * s))
			e := g.slots[s].Load()
			require.Equal(t, e == nil, fp == 0, "control byte and slot disagree")
			if e == nil {
				continue
			}
			h := c.hash.sum(e.keyString())
			require.Equal(t, fingerprint(h), fp)
			for j := home(h, len(tab.groups)); j != i; j = (j + 1) % len(tab.groups) {
				passed[j]++
			}
		}
	}
	for i, n := range passed {
		if kept := tab.groups[i].ctrl.Load() >> 56; kept < passedMax {
			require.EqualValues(t, n, kept, "group %d", i)
		}
	}
}

// checkQueue walks one class from the tail and counts it.
func checkQueue[V any](t testing.TB, c *Cache[V], class uint32, indexed map[*entry[V]]bool) (n int) {
	p := &c.policy
	q := &p.queues[class]
	require.Equal(t, q.tail != nil, p.filled>>class&1 == 1)
	if q.tail == nil {
		require.Nil(t, q.head)
		return 0
	}
	require.Equal(t, q.tail.level, p.tailLevel[class])
	var before *entry[V]
	for e := q.tail; e != nil; before, e = e, e.prev {
		n++
		require.True(t, indexed[e], "%q is queued and not in the index", e.keyString())
		require.Same(t, before, e.next)
		require.Equal(t, class, e.class())
		if before != nil {
			require.GreaterOrEqual(t, int32(e.level-before.level), int32(0), "levels rise from tail to head")
		}
		above := e.level + classWorth(class) - p.level
		require.Less(t, above, uint32(1<<31), "a priority is below the level")
	}
	return n
}

// checkBytes recounts what counts against the budget.
func checkBytes[V any](t testing.TB, c *Cache[V], indexed map[*entry[V]]bool) {
	want := int64(0)
	combos := map[*terms]int{}
	for e := range indexed {
		want += int64(e.charge)
		if e.terms != nil {
			combos[e.terms]++
		}
	}
	names := map[string]*tag{}
	refs := map[*tag]int{}
	entries, fresh := map[*tag]int{}, map[*tag]int{}
	for w, n := range combos {
		want += int64(TermsOverhead + TagRefOverhead*len(w.tags))
		require.Equal(t, n, w.refs)
		for _, g := range w.tags {
			names[g.name] = g
			refs[g]++
			if g.purgedAt.Load() <= w.since {
				entries[g] += n
				if !w.stale && g.invalidatedAt.Load() <= w.since {
					fresh[g] += n
				}
			}
		}
	}
	for name, g := range names {
		want += int64(TagOverhead + len(name))
		require.Same(t, g, c.tags.find(name, c.hash.sum(name)))
		require.Equal(t, refs[g], g.refs, "references to tag %q", name)
		require.Equal(t, entries[g], g.entries, "entries of tag %q", name)
		require.Equal(t, fresh[g], g.fresh, "fresh entries of tag %q", name)
	}
	require.Len(t, names, checkLinks(t, &c.tags.tags))
	require.Len(t, combos, checkLinks(t, &c.tags.combos))
	require.Equal(t, want, c.Bytes())
	require.LessOrEqual(t, c.Bytes(), c.opts.MaxBytes)
}

// checkLinks looks whether each is in its bucket, and counts them.
func checkLinks(t testing.TB, links *links) (n int) {
	for i := range links.buckets {
		for l := links.buckets[i]; l != nil; l = l.next {
			require.Equal(t, links.bucket(l.hash), links.buckets[i])
			n++
		}
	}
	require.Equal(t, links.n, n)
	require.GreaterOrEqual(t, len(links.buckets), n)
	require.LessOrEqual(t, len(links.buckets), max(8, 16*n))
	return n
}

func checkStats[V any](t testing.TB, c *Cache[V]) {
	s := c.stats()
	require.Equal(t, s.Gets, s.Hits+s.StaleHits+s.Misses)
	require.Equal(t, s.Begins, s.Fills+s.Collapsed)
	require.Equal(t, s.Fills, s.Commits+s.Abandons+s.Flying)
	require.Equal(t, s.Puts+s.Commits, s.Stored+s.Bypassed+s.Refused)
	require.Equal(t, s.Stored, s.Entries+s.Evicted+s.Expired+s.Purged+s.Replaced+s.Deleted)
	require.EqualValues(t, c.Len(), s.Entries)
	require.EqualValues(t, c.Bytes(), s.Bytes)
}

func checkParked[V any](t testing.TB, c *Cache[V]) {
	n := 0
	for f := c.parked.oldest; f != nil; f = f.newer {
		n++
		require.False(t, f.started)
		require.Same(t, f, c.flights[f.key])
	}
	require.Equal(t, n, c.parked.n)
	require.LessOrEqual(t, n, maxParked)
	for _, f := range c.flights {
		require.False(t, f.settled)
		require.False(t, f.detached)
		require.Equal(t, !f.started, c.parked.holds(f))
	}
}
