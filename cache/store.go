package cache

import (
	"time"
	"unsafe"

	"inlay/cache/internal/platform"
)

// leastTTL is the least TTL that is one. A value with less is stale at once,
// also by a clock that stands still.
const leastTTL = time.Microsecond

// item is a value on its way into the cache.
type item[V any] struct {
	key      string
	value    V
	size     int
	policy   Policy // resolved
	cost     uint8  // costCode of the fill
	overtook overtaking
}

// store puts an item into the cache, which makes room first. The lock is held.
func (c *Cache[V]) store(it item[V], t int64) (out departed[V], err error) {
	c.reclaim(t, &out)

	charge := min(max(int64(it.size), 0), maxCharge) + int64(len(it.key)) + EntryOverhead + wide[V]()
	if charge > c.opts.MaxBytes || charge > maxCharge {
		c.n.refused++
		return out, ErrTooLarge
	}
	w, added := c.tags.acquire(&it.policy, it.overtook.invalidated)
	if charge+w.price() > c.opts.MaxBytes {
		c.tags.release(w)
		c.n.refused++
		return out, ErrTooLarge
	}

	h := c.hash.sum(it.key)
	e := newEntry(it.key, it.value)
	e.terms = w
	e.charge = uint32(charge)
	until := t
	if it.policy.TTL >= leastTTL {
		until = later(t, c.jittered(it.policy.TTL))
	}
	if it.overtook.invalidated {
		until = min(until, it.overtook.at) // as if it had been there
	}
	e.freshUntil.Store(until)
	c.sweeper.stored(e.death())
	freq := uint32(newcomer)
	old := c.index.find(h, it.key)
	if old != nil {
		// What is asked for again stays as popular as it was.
		old.takeHits()
		freq = old.frequency()
		c.forget(old, &c.n.replaced, &out)
	} else if had, remembered := c.policy.ghosts.take(h); remembered {
		freq = min(had+perReturn, freqMax)
		c.policy.balance.back(had)
	}
	if c.policy.clock.store(c.policy.level, c.Len()) {
		c.epoch.Store(c.policy.clock.now)
	}
	e.meta.Store(freq<<freqShift | uint32(it.cost)<<costShift | c.policy.clock.now<<epochShift)

	for c.bytes.Load()+charge+added > c.opts.MaxBytes {
		c.evict(t, &out)
	}
	c.bytes.Add(charge + added)
	c.entries.Add(1)
	c.n.stored++
	c.policy.add(e, c.policy.worth(e))
	if old != nil {
		c.index.replace(h, old, e)
	} else {
		c.index.insert(h, e)
	}
	return out, nil
}

// wide is what a value that lies in its entry takes there beyond the slice header
// that EntryOverhead has room for.
func wide[V any]() int64 {
	var v V
	return max(int64(unsafe.Sizeof(v))-24, 0)
}

// price is what terms would cost if nothing else used them.
func (w *terms) price() int64 {
	if w == nil {
		return 0
	}
	n := int64(platform.TermsFactor * (TermsOverhead + TagRefOverhead*len(w.tags)))
	for _, g := range w.tags {
		n += int64(platform.TermsFactor * (TagOverhead + len(g.name)))
	}
	return n
}

// jittered shortens a TTL by a random part of it.
func (c *Cache[V]) jittered(ttl time.Duration) time.Duration {
	if c.opts.Jitter == 0 {
		return ttl
	}
	r := float64(splitmix(&c.random)>>11) / (1 << 53)
	return ttl - time.Duration(float64(ttl)*c.opts.Jitter*r)
}

// reason gives the counter under which a dead entry leaves.
func (c *Cache[V]) reason(e *entry[V]) *uint64 {
	if e.terms != nil && e.terms.purged() {
		return &c.n.purged
	}
	return &c.n.expired
}

// evict takes out the entry of lowest priority.
func (c *Cache[V]) evict(t int64, out *departed[V]) {
	e, dead := c.policy.victim(t)
	h := c.hash.sum(e.keyString())
	c.index.remove(h, e)
	if dead {
		c.settle(e, c.reason(e), out)
		return
	}
	c.policy.ghosts.resize(c.Len())
	c.policy.ghosts.put(h, e.frequency())
	c.policy.balance.evicted(e.frequency(), c.Len())
	c.settle(e, &c.n.evicted, out)
}

// drop takes an entry out of everything.
func (c *Cache[V]) drop(h uint64, e *entry[V], why *uint64, out *departed[V]) {
	c.index.remove(h, e)
	c.forget(e, why, out)
}

// forget takes an entry out of everything but the index.
func (c *Cache[V]) forget(e *entry[V], why *uint64, out *departed[V]) {
	c.policy.remove(e)
	c.settle(e, why, out)
}

// settle books an entry that left its queue.
func (c *Cache[V]) settle(e *entry[V], why *uint64, out *departed[V]) {
	*why++
	e.leave()
	c.entries.Add(-1)
	c.bytes.Add(-int64(e.charge) - c.tags.release(e.terms))
	out.add(e)
}
