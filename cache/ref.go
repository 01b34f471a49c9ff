package cache

import (
	"sync/atomic"
	"time"
)

// Ref points at one stored value, for who has the value and wants to know again
// and again whether it is still the one that is stored, without its key. Looking
// takes no lock. A Ref keeps the entry's bookkeeping and key from being freed,
// so it is to be cleared when the value has left (Options.OnEvict tells). The
// zero Ref points at nothing. It must not be copied.
type Ref[V any] struct{ e atomic.Pointer[entry[V]] }

// Refer points r at what is stored under key, at nothing if there is none.
func (c *Cache[V]) Refer(r *Ref[V], key string) {
	r.e.Store(c.index.find(c.hash.sum(key), key))
}

// Clear makes r point at nothing.
func (r *Ref[V]) Clear() { r.e.Store(nil) }

// Look gives the state of the value at a given time: Miss if it has left, though
// another may be stored under its key. It counts as a get and a hit.
func (c *Cache[V]) Look(r *Ref[V], now time.Time) State {
	s, _ := c.look(r, c.ticks(now))
	return s
}

// LookInfo is Look that says more.
func (c *Cache[V]) LookInfo(r *Ref[V], now time.Time) (info Info) {
	t := c.ticks(now)
	s, e := c.look(r, t)
	if s != Miss {
		info = Info{State: s, TTL: e.left(t)}
	}
	return info
}

// Left is for how long a value can be used, from some moment on: fresh, fresh or
// stale, and when its fill fails. What is over is not positive.
type Left struct{ Fresh, Stale, OnError time.Duration }

// Left tells what is left of the value at a given time. It is false if the value
// has left itself. It counts as no get.
func (c *Cache[V]) Left(r *Ref[V], now time.Time) (left Left, ok bool) {
	t := c.ticks(now)
	e := r.e.Load()
	if e == nil || e.meta.Load()&gone != 0 || e.terms != nil && e.terms.purged() {
		return left, false
	}
	left.Fresh = e.left(t)
	left.Stale, left.OnError = left.Fresh, left.Fresh
	if w := e.terms; w != nil {
		until, _ := e.until()
		left.Stale, left.OnError = time.Duration(later(until, w.swr)-t), time.Duration(later(until, w.sie)-t)
	}
	return left, true
}

// Touch says that the value was used without a look: it counts as a hit to what is
// evicted, and in no counter.
func (c *Cache[V]) Touch(r *Ref[V]) {
	if e := r.e.Load(); e != nil {
		e.hit(c.epoch.Load())
	}
}

func (c *Cache[V]) look(r *Ref[V], t int64) (s State, e *entry[V]) {
	if e = r.e.Load(); e != nil && e.meta.Load()&gone == 0 {
		if s = e.state(t); s != Miss {
			e.hit(c.epoch.Load())
		}
	}
	c.gets.count(s)
	return s, e
}
