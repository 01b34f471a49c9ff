package cache

import (
	"iter"
	"time"
)

// Entry is what All tells of a value that is stored, at the moment at which it
// gives it. When the value was stored is not among it: that would be eight bytes
// more an entry, and who needs it can put it into V.
type Entry[V any] struct {
	// Value is the value itself, not a copy.
	Value V
	// Info is what Inspect would say. On a Miss the value is one that only OnError
	// or Stored still give, and TTL is not 0 but negative, as of one that is stale.
	Info
	// Policy is what is left: stored elsewhere under it, the value may be used for
	// as long as here. Of one that is not fresh any more TTL is a nanosecond, which
	// stores it as stale. What is over or never was is negative; no tags are empty
	// and not nil.
	Policy Policy
	// Bytes is what the entry counts against Options.MaxBytes: its key, its value
	// and EntryOverhead, without what it shares with others.
	Bytes int64
}

// All ranges over what is stored, in no order:
//
//	for key, e := range c.All() {
//		fmt.Println(key, e.State, e.TTL, e.Bytes)
//	}
//
// A key that is stored for as long as the range lasts is given exactly once, with
// the value that it has then; one that is stored or leaves meanwhile at most once,
// and never after it has left. What was purged or can no longer be had, and is
// merely not reclaimed yet, is not given; what only OnError and Stored give is.
// It counts as no get and makes nothing stay longer.
//
// The body runs outside all locks and may do whatever it likes to the cache. What
// the range costs others is that writers wait while it notes a thirty-second part
// of the entries, 32 times in all; readers never wait. The key is part of the
// entry's memory: clone it to keep it for long.
func (c *Cache[V]) All() iter.Seq2[string, Entry[V]] {
	return func(yield func(string, Entry[V]) bool) {
		var noted []*entry[V]
		for i := range c.index.tables {
			c.mu.Lock()
			noted = c.index.tables[i].Load().entries(noted[:0])
			c.mu.Unlock()
			for _, e := range noted {
				if e.meta.Load()&gone != 0 {
					// Its key stays in this table, so no other entry noted has it.
					key := e.keyString()
					if e = c.index.find(c.hash.sum(key), key); e == nil {
						continue
					}
				}
				t := c.now()
				if !e.gone(t) && !yield(e.keyString(), e.describe(t)) {
					return
				}
			}
			clear(noted) // what leaves is not to wait for the rest of the range
		}
	}
}

// entries adds a table's entries to a list.
func (t *table[V]) entries(list []*entry[V]) []*entry[V] {
	for i := range t.groups {
		for s := range t.groups[i].slots {
			if e := t.groups[i].slots[s].Load(); e != nil {
				list = append(list, e)
			}
		}
	}
	return list
}

func (e *entry[V]) describe(t int64) Entry[V] {
	d := Entry[V]{
		Value:  e.value,
		Info:   Info{State: e.state(t), TTL: e.left(t)},
		Policy: Policy{TTL: time.Nanosecond, StaleWhileRevalidate: over, StaleIfError: over, Keep: over, Tags: []string{}},
		Bytes:  int64(e.charge),
	}
	if d.State == Fresh {
		d.Policy.TTL = max(d.TTL, time.Nanosecond) // invalidated this very moment
	}
	w := e.terms
	if w == nil {
		return d
	}
	// Windows count from the end of freshness, and Keep from the end of both.
	ends := max(t, t+int64(d.TTL))
	until, _ := e.until()
	d.Policy.StaleWhileRevalidate = rest(ends, later(until, w.swr))
	d.Policy.StaleIfError = rest(ends, later(until, w.sie))
	d.Policy.Keep = rest(max(ends, later(until, max(w.swr, w.sie))), e.death())
	for _, g := range w.tags {
		d.Policy.Tags = append(d.Policy.Tags, g.name)
	}
	return d
}

// over is what a window that has ended is to a Policy.
const over = -time.Nanosecond

func rest(from, until int64) time.Duration {
	if until <= from {
		return over
	}
	return time.Duration(until - from)
}
