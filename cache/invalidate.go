package cache

// Invalidate ends the freshness of a key's value: it is as if its TTL had run out at
// this instant. So it may be used for StaleWhileRevalidate and StaleIfError from now
// on; if it may not be used at all any more it leaves. Invalidate tells whether it was
// fresh; one that was stale already stays as it was, and a key that is not there is no
// error. A flight of the key that began before is not joined any more; what it commits
// is treated as if it had been there.
func (c *Cache[V]) Invalidate(key string) bool {
	h, t := c.hash.sum(key), c.now()
	var out departed[V]
	c.mu.Lock()
	c.flights[key].invalidate(t)
	e := c.index.find(h, key)
	fresh := e.invalidate(t)
	if e != nil && e.gone(t) {
		c.drop(h, e, c.reason(e), &out)
	}
	c.sweeper.stored(t) // it may die sooner than was noted
	c.invalidated(out)
	return fresh
}

// InvalidateAll is Invalidate of every key, also of those in flight, and says how many
// values were fresh. It takes time that grows with the number of entries, as Clear
// does, during which writers wait and readers do not. What may not be used any more
// leaves, with OnEvict, bit by bit on later writes, as after PurgeTag.
func (c *Cache[V]) InvalidateAll() (n int) {
	t := c.now()
	c.mu.Lock()
	for _, f := range c.flights {
		f.invalidate(t)
	}
	c.index.each(func(e *entry[V]) {
		if e.invalidate(t) {
			n++
		}
	})
	c.sweeper.purged() // much may be of no more use
	c.invalidated(departed[V]{})
	return n
}

// invalidated ends the pauses after fills that failed, and an operation, which holds
// the lock.
func (c *Cache[V]) invalidated(out departed[V]) {
	c.tags.seq++
	c.mu.Unlock()
	c.tell(out)
}

// invalidate ends freshness at t, if it has not ended before, and tells whether the
// value was fresh; an entry that is not there was not. The lock is held.
func (e *entry[V]) invalidate(t int64) bool {
	if e == nil {
		return false
	}
	fresh := e.state(t) == Fresh
	if t < e.freshUntil.Load() {
		e.freshUntil.Store(t)
	}
	return fresh
}

// invalidate notes that what the flight will bring may be older than t. One that has
// not started has read nothing yet. The lock is held.
func (f *Flight[V]) invalidate(t int64) {
	if f != nil && f.started && !f.overtook.invalidated {
		f.overtook = overtaking{invalidated: true, at: t}
	}
}
