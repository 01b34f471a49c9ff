package cache

// Walk goes through what is stored in steps, for who must not take long over each: it calls visit with some of the entries, at most n
// and those that share a place in the index with the last of them, and gives where to go on. It begins at 0, and is at its end when
// it gives 0.
//
//	for at, more := uint64(0), true; more; more = at != 0 {
//		at = c.Walk(at, 64, visit)
//	}
//
// A key that is stored for as long as the walk lasts is given exactly once, with the value that it has then; one that is stored or
// leaves meanwhile at most once. What was purged or can no longer be had, and is merely not reclaimed yet, is not given; what only
// OnError and Stored give is. It counts as no get and makes nothing stay longer.
//
// A step costs readers nothing, and writers the time in which it looks at that many entries. visit runs outside all locks and may do
// whatever it likes to the cache; a value may have left by then. The key is part of the entry's memory: clone it to keep it for
// long.
func (c *Cache[V]) Walk(at uint64, n int, visit func(key string, e Entry[V])) (next uint64) {
	noted := make([]*entry[V], 0, max(n, 1)+groupSlots)
	c.mu.Lock()
	noted, next = c.step(at, max(n, 1), noted)
	c.mu.Unlock()
	t := c.now()
	for _, e := range noted {
		if !e.gone(t) {
			visit(e.keyString(), e.describe(t))
		}
	}
	return next
}

// Describe is what Walk would tell of one key. It counts as no get.
func (c *Cache[V]) Describe(key string) (d Entry[V], ok bool) {
	e := c.index.find(c.hash.sum(key), key)
	t := c.now()
	if e == nil || e.gone(t) {
		return d, false
	}
	return e.describe(t), true
}

// emptyGroups is how many groups a step looks at for each entry that it was asked for, if it finds none.
const emptyGroups = 2

// step notes the entries of one table whose homes come next. Where the walk is, is said in terms of their hashes: a table may be
// rebuilt meanwhile, with as many groups as it likes. The lock is held.
func (c *Cache[V]) step(at uint64, n int, noted []*entry[V]) (_ []*entry[V], next uint64) {
	table, from := int(at>>32)%numTables, uint32(at)
	groups := c.index.tables[table].Load().groups
	for i, looked := home(uint64(from), len(groups)), 0; ; i++ {
		if i == len(groups) {
			next = uint64(table+1) << 32
			if table+1 == numTables {
				next = 0
			}
			return noted, next
		}
		if len(noted) >= n || looked >= emptyGroups*n {
			return noted, uint64(table)<<32 | firstOf(i, len(groups))
		}
		looked++
		noted = c.homed(groups, i, from, noted)
	}
}

// firstOf is the least of the lower halves of hashes whose home is a group.
func firstOf(group, groups int) uint64 {
	return (uint64(group)<<32 + uint64(groups) - 1) / uint64(groups)
}

// homed notes the entries whose home is a group, in it and where they were put as it was full; of the lower half of their hash from on.
func (c *Cache[V]) homed(groups []group[V], i int, from uint32, noted []*entry[V]) []*entry[V] {
	for j := i; ; {
		g := &groups[j]
		for s := range g.slots {
			if e := g.slots[s].Load(); e != nil {
				if h := c.hash.sum(e.keyString()); home(h, len(groups)) == i && uint32(h) >= from {
					noted = append(noted, e)
				}
			}
		}
		if g.ctrl.Load()>>56 == 0 {
			return noted
		}
		if j++; j == len(groups) {
			j = 0
		}
		if j == i {
			return noted
		}
	}
}
