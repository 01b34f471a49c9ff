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
	fill   filler[V]
	bypass bool // nothing stored may stand in for an error
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
// one who began it (or of a Load that started it before anybody awaited it), else a
// new one. A flight that began before one of p's tags was purged or invalidated is
// not joined.
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
	from := source[V]{fill: fill, policy: p}
	if p.bypasses(&c.opts.Policy) {
		return zero, c.alone(key, from)
	}
	h, t := c.hash.sum(key), c.now()
	if v, s := c.peek(h, key, t); s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	tags := p.resolve(&c.opts.Policy).Tags
	c.mu.Lock()
	defer c.mu.Unlock()
	v, usable := c.stand(context.Background(), key, h, t, tags, from)
	if usable {
		return v, nil
	}
	f := c.joinable(key, tags, t)
	if f != nil {
		c.n.collapsed++
		return zero, f.face()
	}
	f = c.newFlight(key)
	c.parked.add(f)
	return zero, f.filledBy(from, tags)
}

// alone gives a Deferred that nobody shares and of which nothing is kept.
func (c *Cache[V]) alone(key string, from source[V]) *Deferred[V] {
	f := &Flight[V]{c: c, key: strings.Clone(key), detached: true}
	d := f.filledBy(from, nil)
	d.bypass = true
	return d
}

// stand gives what may stand in for the value that a look at t did not find fresh.
// If that is stale it has it refreshed, with the values of ctx, unless it is being
// filled. The lock is held.
func (c *Cache[V]) stand(ctx context.Context, key string, h uint64, t int64, tags []string, from source[V]) (v V, usable bool) {
	// Again, under the lock: a flight may have ended since.
	v, s := c.peek(h, key, t)
	c.gets.count(s)
	if s == Fresh {
		return v, true
	}
	if c.refused.hold(h, c.tags.seq, t) {
		if v, ok := c.onError(key, t); ok {
			return v, true
		}
	}
	if s == Miss {
		return v, false
	}
	f := c.joinable(key, tags, t)
	if f == nil {
		f = c.newFlight(key)
	}
	if f.started {
		f.face() // a value stands in if it fails
		return v, true
	}
	d := f.filledBy(from, tags)
	d.waiters++ // it waits for itself, so nobody's leaving ends it
	f.overdue = later(t, c.opts.RefreshTimeout)
	d.start(ctx, t)
	return v, true
}

// filledBy sets what fills a flight that nobody has started, and gives its Deferred.
// The fill that somebody parked there may hold what ended long ago, so the one that
// runs is of who starts it. The lock is held, or nobody else has the flight yet.
func (f *Flight[V]) filledBy(from source[V], tags []string) *Deferred[V] {
	d := f.face()
	d.fill = from.filler(f.key)
	f.known = nil
	f.know(tags)
	return d
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

// Await waits for the flight's outcome, and starts the fill if nobody has yet. The
// fill's context has the values of the context it was started with, and ends
// only when nobody waits any more; then the key is free for another flight.
//
// The error is the fill's, the same for all who wait, unless a stored value may
// stand in for it (Policy.StaleIfError): then it is nil. If ctx ends first it is
// ctx.Err(), which concerns nobody else. A fill that panics or calls
// runtime.Goexit gives a *PanicError, which is ErrPanicked; the Await that started
// it panics again with the same value, which Load does not. A fill that waits for itself, through others or not, with the
// context it was given or one made from it, gets ErrReentrant.
func (d *Deferred[V]) Await(ctx context.Context) (V, error) {
	v, err, started := d.await(ctx)
	if started && d.raise != nil {
		panic(d.raise)
	}
	return v, err
}

// await also tells whether it started the fill and saw its end.
func (d *Deferred[V]) await(ctx context.Context) (v V, err error, started bool) {
	f := d.f
	c := f.c
	t := c.now()
	// Whatever ctx is, it is asked before the lock is taken: what panics under
	// it would leave it locked.
	ended, by := ctx.Err(), c.fillOf(ctx)
	c.mu.Lock()
	if f.settled {
		c.mu.Unlock()
		return d.value, d.err, false
	}
	if err = ended; err == nil {
		started, err = d.join(ctx, by, t)
	}
	c.mu.Unlock()
	if err != nil {
		return v, err, false
	}
	v, err, settled := d.wait(ctx, by)
	return v, err, started && settled
}

// join has one more wait, and starts the fill if nobody has yet; by is the flight
// whose fill the caller is, if it is one. The lock is held.
func (d *Deferred[V]) join(ctx context.Context, by *Flight[V], t int64) (started bool, err error) {
	f := d.f
	if by != nil {
		if f.waitsFor(by) {
			return false, fail(ErrReentrant, "await", f.key)
		}
		by.deferred.awaits = append(by.deferred.awaits, f)
	}
	if started = !f.started; started {
		d.start(ctx, t)
	}
	d.waiters++
	return started, nil
}

// wait waits, after join, until the flight has settled or ctx has ended.
func (d *Deferred[V]) wait(ctx context.Context, by *Flight[V]) (v V, err error, settled bool) {
	f := d.f
	select {
	case <-d.done:
	case <-ctx.Done():
	}

	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	d.waiters--
	if by != nil {
		aw := by.deferred.awaits
		i := slices.Index(aw, f)
		by.deferred.awaits = slices.Delete(aw, i, i+1)
	}
	if f.settled {
		return d.value, d.err, true
	}
	if d.waiters == 0 && d.cancel != nil {
		f.detach()
		d.cancel()
	}
	return v, ctx.Err(), false
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

// waitsFor tells whether f's fill waits for the flight by, itself or through
// others. The lock is held.
func (f *Flight[V]) waitsFor(by *Flight[V]) bool {
	if f == by || f.deferred == nil || len(f.deferred.awaits) == 0 {
		return f == by
	}
	// Each is looked at once: there may be very many ways to it.
	met := map[*Flight[V]]bool{f: true}
	for left := []*Flight[V]{f}; len(left) > 0; {
		at := left[len(left)-1]
		left = left[:len(left)-1]
		if at == by {
			return true
		}
		if at.deferred == nil {
			continue
		}
		for _, next := range at.deferred.awaits {
			if !met[next] {
				met[next] = true
				left = append(left, next)
			}
		}
	}
	return false
}

// start begins the fill. The lock is held.
func (d *Deferred[V]) start(ctx context.Context, t int64) {
	ctx = &fillContext[V]{of: ctx, f: d.f, refresh: d.f.overdue != 0}
	stop := func() bool { return true }
	if d.f.overdue != 0 {
		// The clock may be the test's, so joinable compares times too, and cancels.
		ctx, d.cancel = context.WithTimeout(ctx, d.f.c.opts.RefreshTimeout)
		stop = context.AfterFunc(ctx, d.expire)
	} else {
		ctx, d.cancel = context.WithCancel(ctx)
	}
	d.f.takeOff(t)
	if told := d.f.c.opts.OnFillError; told != nil {
		key := d.f.key
		d.f.waits.add(&wait[V]{f: d.f, fn: func(_ V, err error) {
			if err != nil {
				told(key, err)
			}
		}})
	}
	go d.run(ctx, stop)
}

// expire ends a refresh that has taken too long.
func (d *Deferred[V]) expire() {
	d.f.Abandon(fail(context.DeadlineExceeded, "refresh", d.f.key))
}

// run runs the fill; stop says that its end is not one by expire.
func (d *Deferred[V]) run(ctx context.Context, stop func() bool) {
	f := d.f
	var err error
	returned, done := false, false
	defer func() {
		stop()
		d.cancel()
		if done {
			return
		}
		r := recover() // nil: runtime.Goexit
		if returned && (err != nil || f.isCommitted()) {
			if r != nil {
				panic(r) // of OnEvict or whoever else was told: no fault of the fill
			}
			return
		}
		d.raise = r
		f.Abandon(newPanicError(f.key, r))
	}()
	var v V
	var p Policy
	v, p, err = d.fill(ctx)
	returned = true
	if err != nil {
		f.Abandon(err)
	} else {
		// Whether it was stored is in the statistics; those who wait get the value
		// in any case. Options.Size may not expect what the fill gave, and panic.
		_ = f.Commit(v, p)
	}
	done = true
}

func (f *Flight[V]) isCommitted() bool {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	return f.settled && f.err == nil
}
