package cache

import (
	"context"
	"slices"
	"strings"
)

// Deferred is a flight for goroutines: a shared result that is not there yet.
// Its fill runs at the first Await, not before. All who miss a key while it is
// in flight hold the same Deferred.
type Deferred[V any] struct {
	f      *Flight[V]
	fill   func(context.Context) (V, error)
	policy Policy // as given: Commit resolves it
	bypass bool   // nothing stored may stand in for an error
	done   chan struct{}

	// Under the cache's lock until the flight settles:
	waiters int
	cancel  context.CancelFunc // ends the fill's context; nil: not ours to end
	awaits  []*Flight[V]       // what this fill itself waits for
	value   V                  // the outcome, a stale value for an error included
	err     error
	raise   any // what the fill panicked with
}

// GetOrDefer gives the value and nil if there is a usable one: a stale one at
// once too, while one fill in the background refreshes it, for at most
// Options.RefreshTimeout. On a miss it gives the zero value and a Deferred: that
// of the flight of the key if there is one, with the fill and the policy of the
// one who began it, else a new one. A flight that began before one of p's tags
// was purged or invalidated is not joined.
//
// For Options.RefreshPause after a fill has failed the value that may stand in for
// it is given at once, and nothing is asked.
//
// With a negative TTL the Deferred is the caller's alone and ignores what is
// stored. The fill of an empty key never runs; Await gives ErrEmptyKey.
func (c *Cache[V]) GetOrDefer(key string, fill func(context.Context) (V, error), p Policy) (V, *Deferred[V]) {
	var zero V
	if key == "" {
		f, _ := c.Begin(key)
		return zero, f.face()
	}
	r := p.resolve(&c.opts.Policy)
	if r.TTL < 0 {
		f := &Flight[V]{c: c, key: strings.Clone(key), detached: true}
		d := f.face()
		d.fill, d.policy, d.bypass = fill, p, true
		return zero, d
	}
	t := c.now()
	h := c.hash.sum(key)
	if v, s := c.peek(h, key, t); s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Again, under the lock: a flight may have ended since.
	v, s := c.peek(h, key, t)
	c.gets.count(s)
	if s == Fresh {
		return v, nil
	}
	if c.refused.hold(h, c.tags.seq, t) {
		if v, ok := c.onError(key, t); ok {
			return v, nil
		}
	}
	f := c.joinable(key, r.Tags, t)
	if f == nil {
		f = c.newFlight(key)
		c.parked.add(f)
		f.know(r.Tags)
		d := f.face()
		d.fill, d.policy = fill, p
	} else if s == Miss {
		c.n.collapsed++
	}
	d := f.face()
	if s == Miss {
		return zero, d
	}
	if !f.started {
		// The refresh waits for itself, so nobody's leaving ends it.
		d.waiters++
		f.overdue = later(t, c.opts.RefreshTimeout)
		d.start(context.Background(), t)
	}
	return v, nil
}

// face gives the flight's Deferred. The lock is held, or nobody else has the
// flight yet.
func (f *Flight[V]) face() *Deferred[V] {
	if f.deferred == nil {
		d := &Deferred[V]{f: f, done: make(chan struct{})}
		f.deferred, f.told = d, d.settle
		if f.settled {
			d.value, d.err = f.value, f.err
			close(d.done)
		}
	}
	return f.deferred
}

// settle turns the flight's outcome into the Deferred's: a value that is usable
// on error stands in for an error. The lock is held.
func (d *Deferred[V]) settle(t int64) {
	d.value, d.err = d.f.value, d.f.err
	c := d.f.c
	if d.err != nil && !d.bypass {
		if v, ok := c.onError(d.f.key, t); ok {
			d.value, d.err = v, nil
			if c.opts.RefreshPause > 0 && !d.f.detached && !d.f.overtaken(d.f.known) {
				c.refused.add(c.hash.sum(d.f.key), c.tags.seq, t, int64(c.opts.RefreshPause))
			}
		}
	}
	close(d.done)
}

// Await gives the flight's outcome, and starts the fill if nobody has yet. The
// fill's context has the values of the context it was started with, and ends
// only when nobody waits any more; then the key is free for another flight.
//
// The error is the fill's, the same for all who wait, unless a stored value may
// stand in for it (Policy.StaleIfError): then it is nil. If ctx ends first it is
// ctx.Err(), which concerns nobody else. A fill that panics or calls
// runtime.Goexit gives ErrPanicked; the Await that started it panics again with
// the same value. A fill that waits for itself, through others or not, with the
// context it was given or one made from it, gets ErrReentrant.
func (d *Deferred[V]) Await(ctx context.Context) (V, error) {
	var zero V
	f := d.f
	c := f.c
	t := c.now()
	c.mu.Lock()
	if f.settled {
		c.mu.Unlock()
		return d.value, d.err
	}
	if err := ctx.Err(); err != nil {
		c.mu.Unlock()
		return zero, err
	}
	by, _ := ctx.Value(fillOf[V]{c}).(*Flight[V])
	if by != nil {
		if f.waitsFor(by) {
			c.mu.Unlock()
			return zero, fail(ErrReentrant, "await", f.key)
		}
		by.deferred.awaits = append(by.deferred.awaits, f)
	}
	first := !f.started
	if first {
		d.start(ctx, t)
	}
	d.waiters++
	c.mu.Unlock()

	select {
	case <-d.done:
	case <-ctx.Done():
	}

	c.mu.Lock()
	d.waiters--
	if by != nil {
		aw := by.deferred.awaits
		i := slices.Index(aw, f)
		by.deferred.awaits = slices.Delete(aw, i, i+1)
	}
	if !f.settled {
		defer c.mu.Unlock()
		if d.waiters == 0 && d.cancel != nil {
			f.detach()
			d.cancel()
		}
		return zero, ctx.Err()
	}
	c.mu.Unlock()
	if first && d.raise != nil {
		panic(d.raise)
	}
	return d.value, d.err
}

// Close takes a Deferred whose fill has not started out of the cache. Others who
// hold it can still await it; its value will not be stored. On one that has
// started it does nothing.
func (d *Deferred[V]) Close() {
	c := d.f.c
	c.mu.Lock()
	if !d.f.started && !d.f.settled {
		d.f.detach()
	}
	c.mu.Unlock()
}

// fillOf is the context key under which a fill finds its own flight.
type fillOf[V any] struct{ c *Cache[V] }

// waitsFor tells whether f's fill waits for the flight by, itself or through
// others. The lock is held.
func (f *Flight[V]) waitsFor(by *Flight[V]) bool {
	if f == by {
		return true
	}
	return f.deferred != nil && slices.ContainsFunc(f.deferred.awaits,
		func(g *Flight[V]) bool { return g.waitsFor(by) })
}

// start begins the fill. The lock is held.
func (d *Deferred[V]) start(ctx context.Context, t int64) {
	ctx = context.WithoutCancel(ctx)
	stop := func() bool { return true }
	if d.f.overdue != 0 {
		// The clock may be the test's, so joinable compares times too, and cancels.
		ctx, d.cancel = context.WithTimeout(ctx, d.f.c.opts.RefreshTimeout)
		stop = context.AfterFunc(ctx, d.expire)
	} else {
		ctx, d.cancel = context.WithCancel(ctx)
	}
	ctx = context.WithValue(ctx, fillOf[V]{d.f.c}, d.f)
	d.f.takeOff(t)
	go d.run(ctx, stop)
}

// expire ends a refresh that has taken too long.
func (d *Deferred[V]) expire() {
	d.f.Abandon(fail(context.DeadlineExceeded, "refresh", d.f.key))
}

// run runs the fill; stop says that its end is not one by expire.
func (d *Deferred[V]) run(ctx context.Context, stop func() bool) {
	returned := false
	defer func() {
		stop()
		d.cancel()
		if !returned {
			// A nil value is runtime.Goexit: there is nothing to raise again.
			d.raise = recover()
			d.f.Abandon(fail(ErrPanicked, "fill", d.f.key))
		}
	}()
	v, err := d.fill(ctx)
	returned = true
	if err != nil {
		d.f.Abandon(err)
		return
	}
	// Whether it was stored is in the statistics; those who wait get the value
	// in any case.
	_ = d.f.Commit(v, d.policy)
}
