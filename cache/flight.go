package cache

import (
	"slices"
	"strings"
)

// Flight is a fill in progress and everyone waiting on it, for programs without
// goroutines; Load does the same for those with. The one who began it (the leader)
// ends it with Commit or Abandon; whoever waits leaves a callback with Then. Nothing
// here blocks.
type Flight[V any] struct {
	c     *Cache[V]
	key   string
	start int64    // ticks
	since uint64   // the tags' sequence number at the start
	known []string // tags that the value is known to carry before it is there

	// Under the cache's lock:
	started  bool // somebody leads it; false only for a Deferred not yet awaited
	detached bool // its key has been let go of: nothing will be stored
	settled  bool
	value    V
	err      error
	waits    waitList[V]
	deferred *Deferred[V] // its face for goroutines, if it has been asked for
	told     func(int64)  // the face's settle: a program without GetOrDefer does not have it in its code
	overdue  int64        // ticks from which nobody joins it; 0: none, see Options.RefreshTimeout
	overtook overtaking   // what happened to its key

	older, newer *Flight[V] // in the cache's parked
}

// Begin joins the flight of a key, or starts one and makes the caller its
// leader, who must end it with Commit or Abandon: until then all who miss the key
// wait. It does not look at what is stored.
// The flight of an empty key has already settled, with ErrEmptyKey.
//
// The tags are those that the caller knows the value to carry. A flight that
// began before one of them was purged or invalidated may bring what was there
// before that, so it is not joined: it goes on for those who have it, stores
// nothing, and the caller leads a flight of its own. The same after Delete and
// Invalidate of the key, Clear and InvalidateAll.
func (c *Cache[V]) Begin(key string, tags ...string) (f *Flight[V], leader bool) {
	if key == "" {
		return &Flight[V]{c: c, settled: true, err: fail(ErrEmptyKey, "begin", key)}, false
	}
	t := c.now()
	var out departed[V]
	c.mu.Lock()
	c.reclaim(t, &out)
	f = c.joinable(key, tags, t)
	if f == nil {
		f = c.newFlight(key)
	}
	leader = !f.started
	if leader {
		f.know(tags)
		f.takeOff(t)
	} else {
		c.n.collapsed++
	}
	c.mu.Unlock()
	c.tell(out)
	return f, leader
}

// joinable gives the key's flight, unless what it will bring is known to have
// been purged or invalidated since it started, or it is a refresh past its
// bound. The lock is held.
func (c *Cache[V]) joinable(key string, tags []string, t int64) *Flight[V] {
	f := c.flights[key]
	switch {
	case f == nil || !f.started:
		return f
	case f.overtaken(f.known) || f.overtaken(tags):
		f.detach()
		return nil
	case f.overdue != 0 && t >= f.overdue:
		f.detach()
		f.deferred.cancel() // which abandons it
		return nil
	}
	return f
}

// Overtaken tells whether the key was deleted, cleared or invalidated, or one of
// the tags purged or invalidated, since the flight began: what it brings may be
// older than that.
func (f *Flight[V]) Overtaken(tags ...string) bool {
	f.c.mu.Lock()
	yes := f.detached || f.overtaken(f.known) || f.overtaken(tags)
	f.c.mu.Unlock()
	return yes
}

// Detach lets go of the key, as Delete does, but of nothing that is stored: the
// flight goes on for those who have it, stores nothing, and the next Begin starts
// another. For who knows of a reason why it may be outdated that the cache does
// not.
func (f *Flight[V]) Detach() {
	f.c.mu.Lock()
	f.detach()
	f.c.mu.Unlock()
}

func (f *Flight[V]) overtaken(tags []string) bool {
	o := f.c.tags.overtook(tags, f.since, f.overtook)
	return o.purged || o.invalidated
}

// Key is the flight's key, in the flight's own copy.
func (f *Flight[V]) Key() string { return f.key }

// know notes tags that the value will carry. The lock is held.
func (f *Flight[V]) know(tags []string) {
	for _, name := range tags {
		if !slices.Contains(f.known, name) {
			f.known = append(f.known, name)
		}
	}
}

// newFlight makes a key's flight, not yet started. The lock is held.
func (c *Cache[V]) newFlight(key string) *Flight[V] {
	key = strings.Clone(key)
	f := &Flight[V]{c: c, key: key}
	c.flights[key] = f
	return f
}

// takeOff marks the start. The lock is held.
func (f *Flight[V]) takeOff(t int64) {
	c := f.c
	c.parked.remove(f)
	if c.flights[f.key] == nil && !f.detached {
		c.flights[f.key] = f // it had been parked too long and its key is still free
	}
	f.started = true
	f.start = t
	f.since = c.tags.seq
	c.n.fills++
	if e := c.index.find(c.hash.sum(f.key), f.key); e != nil && len(f.known) == 0 && e.terms != nil {
		// What replaces an entry most likely carries the tags of that entry.
		for _, g := range e.terms.tags {
			f.known = append(f.known, g.name)
		}
	}
}

// detach lets go of the key: the flight goes on for those who hold it and
// stores nothing. The lock is held.
func (f *Flight[V]) detach() {
	f.detached = true
	f.c.parked.remove(f)
	if f.c.flights[f.key] == f {
		delete(f.c.flights, f.key)
	}
}

// Then has fn called with the flight's outcome, exactly once: on the goroutine
// that settles the flight, before its Commit or Abandon returns, outside all
// locks and in the order of registration; or at once if it has settled.
//
// Calling stop takes fn back, as with context.AfterFunc: it reports true if fn
// will not be called because of it, and then nothing of fn is kept any more;
// false if the flight has settled or fn was taken back before.
func (f *Flight[V]) Then(fn func(V, error)) (stop func() bool) {
	c := f.c
	c.mu.Lock()
	if !f.settled {
		w := &wait[V]{f: f, fn: fn}
		f.waits.add(w)
		c.mu.Unlock()
		return w.stop
	}
	v, err := f.value, f.err
	c.mu.Unlock()
	fn(v, err)
	return func() bool { return false }
}

// Commit ends the flight with a value, which every waiter gets, and stores it.
// The error tells whether it was stored: nil if so, or if the TTL is negative
// (bypass); else ErrTooLarge, or ErrClosed if the flight had settled before or
// its key or one of the value's tags was deleted, cleared or purged since it
// began. A value that was not stored, for whatever reason, stays the caller's:
// OnEvict is not called for it.
//
// If the key or one of the tags was invalidated since the flight began, the value's
// freshness ended then, and its stale windows count from then: it is stored if
// it can still be used.
func (f *Flight[V]) Commit(v V, p Policy) error {
	c := f.c
	if f.key == "" {
		return f.err
	}
	p = p.resolve(&c.opts.Policy)
	size := c.opts.Size(v)
	t := c.now()
	var out departed[V]
	var err error
	c.mu.Lock()
	if f.settled {
		c.mu.Unlock()
		return fail(ErrClosed, "commit", f.key)
	}
	c.n.commits++
	o := c.tags.overtook(p.Tags, f.since, f.overtook)
	windows := max(p.StaleWhileRevalidate, p.StaleIfError)
	switch {
	case p.TTL < 0:
		c.n.bypassed++
	case f.detached || o.purged || o.invalidated && t >= later(o.at, windows):
		c.n.refused++
		err = ErrClosed
	default:
		out, err = c.store(item[V]{key: f.key, value: v, size: size, policy: p,
			cost: c.weigh(t - f.start), overtook: o}, t)
	}
	calls := f.settle(v, nil, t)
	c.mu.Unlock()
	c.tell(out)
	calls.run(v, nil)
	if err != nil {
		return fail(err, "commit", f.key)
	}
	return nil
}

// Remove takes out the value of the flight's key, whose OnEvict is called: the leader has learned that it must not be used
// any more. The flight goes on. Once the flight has settled, or its key was deleted, cleared or purged since it began, it
// does nothing: what there is then is not what the flight would have replaced.
func (f *Flight[V]) Remove() {
	c := f.c
	if f.key == "" {
		return
	}
	h := c.hash.sum(f.key)
	var out departed[V]
	c.mu.Lock()
	if c.flights[f.key] == f && f.started {
		if e := c.index.find(h, f.key); e != nil {
			c.drop(h, e, &c.n.deleted, &out)
		}
	}
	c.mu.Unlock()
	c.tell(out)
}

// Abandon ends the flight with an error, which every waiter gets; nil counts as
// ErrClosed. Errors are never stored. On a settled flight it does nothing.
func (f *Flight[V]) Abandon(err error) {
	c := f.c
	if err == nil {
		err = fail(ErrClosed, "abandon", f.key)
	}
	t := c.now()
	c.mu.Lock()
	if f.settled {
		c.mu.Unlock()
		return
	}
	c.n.abandons++
	var zero V
	calls := f.settle(zero, err, t)
	c.mu.Unlock()
	calls.run(zero, err)
}

// settle records the outcome and gives the callbacks to run once the lock,
// which is held, is released.
func (f *Flight[V]) settle(v V, err error, t int64) waitList[V] {
	f.settled, f.value, f.err = true, v, err
	if f.c.flights[f.key] == f {
		delete(f.c.flights, f.key)
	}
	if f.told != nil {
		f.told(t)
	}
	calls := f.waits
	f.waits = waitList[V]{}
	return calls
}

// weigh gives the cost of a fill that took so long, compared with the mean
// before it. The lock is held.
func (c *Cache[V]) weigh(took int64) uint8 {
	if !c.opts.WeighFillTime {
		return meanCost
	}
	took = max(took, 1)
	if c.meanFill == 0 {
		c.meanFill = took
	}
	cost := costCode(uint64(min(float64(took)/float64(c.meanFill)*256, 1<<20)))
	// One fill that hung does not make all others look cheap.
	c.meanFill += (min(took, 16*c.meanFill) - c.meanFill) / 64
	c.meanFill = max(c.meanFill, 1)
	return cost
}
