package cache

import "context"

// Load gives the value of a key if there is a usable one, and else fills it and
// waits: GetOrDefer and Await in one. All who miss a key at once share one fill,
// that of the first of them, whose value is stored under its p.
//
// A fresh value is given at once, without a lock or an allocation. So is a stale
// one, and one fill in the background refreshes it, with the values of ctx and for
// at most Options.RefreshTimeout. Both are given even if ctx has ended.
//
// Who waits leaves with ctx.Err() when ctx ends, which concerns nobody else: the
// fill's context has the values of the ctx that it was started with and none of the
// deadlines, and ends when all who waited have left; then the key is free for
// another fill.
//
// The error is else the fill's, the same for all who wait; none is ever stored. If
// a stored value may stand in for it (Policy.StaleIfError), it is given with a nil
// error, and Options.OnFillError is told. A fill that panics or calls
// runtime.Goexit gives everybody a *PanicError, which is ErrPanicked; one that
// waits for itself, through others or not, with the context it was given or one
// made from it, gets ErrReentrant. The error of an empty key is ErrEmptyKey.
//
// A value that is too large for the cache is given all the same, and filled
// again for the next who asks. With a negative TTL every call fills for itself.
func (c *Cache[V]) Load(ctx context.Context, key string, fill func(context.Context) (V, error), p Policy) (V, error) {
	if p.bypasses(&c.opts.Policy) {
		return c.around(ctx, key, source[V]{fill: fill, policy: p})
	}
	h, t := c.hash.sum(key), c.now()
	if v, s := c.peek(h, key, t); s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	return c.load(ctx, key, h, t, p.resolve(&c.opts.Policy).Tags, source[V]{fill: fill, policy: p})
}

// LoadWith is Load with a fill that says what its value is stored with, for who
// learns that with the value: how long a token lasts, that something does not exist
// and is to be asked for again soon, the tags of what came. With a negative TTL the
// value is given to those who wait and not stored.
//
// The tags are those that the caller knows the value to carry, as with Begin: a
// flight that began before one of them was purged or invalidated is not joined.
func (c *Cache[V]) LoadWith(ctx context.Context, key string, fill func(context.Context) (V, Policy, error), tags ...string) (V, error) {
	h, t := c.hash.sum(key), c.now()
	if v, s := c.peek(h, key, t); s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	if len(tags) == 0 {
		tags = c.opts.Policy.Tags
	}
	return c.load(ctx, key, h, t, tags, source[V]{with: fill})
}

// Loader is a Cache with a fill for all its keys, or for some of them. A fill that
// knows the key only because it captures it is allocated on every call, also on the
// one that hits, which is half of its time (docs/cache.md); this one is made once.
// The zero Loader is not usable.
type Loader[V any] struct {
	c      *Cache[V]
	fill   func(ctx context.Context, key string) (V, error)
	policy Policy
}

// Loader gives what loads keys of the cache with a fill, and stores under a policy.
// A cache may have several.
func (c *Cache[V]) Loader(fill func(ctx context.Context, key string) (V, error), p Policy) *Loader[V] {
	return &Loader[V]{c: c, fill: fill, policy: p}
}

// Load is Cache.Load of a key with the fill and the policy of the Loader. The key
// that the fill is given is the flight's own copy.
func (l *Loader[V]) Load(ctx context.Context, key string) (V, error) {
	c := l.c
	if l.policy.bypasses(&c.opts.Policy) {
		return c.around(ctx, key, source[V]{ofKey: l.fill, policy: l.policy})
	}
	h, t := c.hash.sum(key), c.now()
	if v, s := c.peek(h, key, t); s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	return c.load(ctx, key, h, t, l.policy.resolve(&c.opts.Policy).Tags, source[V]{ofKey: l.fill, policy: l.policy})
}

// load is what a Load does that found nothing fresh at t.
func (c *Cache[V]) load(ctx context.Context, key string, h uint64, t int64, tags []string, from source[V]) (v V, err error) {
	if key == "" {
		return v, fail(ErrEmptyKey, "load", key)
	}
	// Whatever ctx is, it is asked before the lock is taken: what panics under
	// it would leave it locked.
	ended, by := ctx.Err(), c.fillOf(ctx)
	c.mu.Lock()
	v, usable := c.stand(ctx, key, h, t, tags, from)
	if usable || ended != nil {
		c.mu.Unlock()
		if usable {
			return v, nil
		}
		return v, ended
	}
	f := c.joinable(key, tags, t)
	if f == nil {
		f = c.newFlight(key)
	}
	d := f.face()
	if !f.started {
		f.filledBy(from, tags)
	}
	started, err := d.join(ctx, by, t)
	if err == nil && !started {
		c.n.collapsed++
	}
	c.mu.Unlock()
	if err != nil {
		return v, err
	}
	v, err, _ = d.wait(ctx, by)
	return v, err
}

// around is a Load that shares nothing.
func (c *Cache[V]) around(ctx context.Context, key string, from source[V]) (v V, err error) {
	if key == "" {
		return v, fail(ErrEmptyKey, "load", key)
	}
	v, err, _ = c.alone(key, from).await(ctx)
	return v, err
}
