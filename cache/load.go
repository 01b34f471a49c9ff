package cache

import "context"

// Load gives the value of a key if there is a usable one, and else fills it and
// waits: GetOrDefer and Await in one. All who miss a key at once share one fill,
// which stores its value under p.
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
		return c.alone(key, fill, p).wait(ctx)
	}
	h, t := c.hash.sum(key), c.now()
	v, s := c.peek(h, key, t)
	if s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	v, d := c.stand(ctx, key, h, t, p.resolve(&c.opts.Policy).Tags, fill, p, nil)
	if d == nil {
		return v, nil
	}
	return d.wait(ctx)
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
	v, s := c.peek(h, key, t)
	if s == Fresh {
		c.gets.count(Fresh)
		return v, nil
	}
	if len(tags) == 0 {
		tags = c.opts.Policy.Tags
	}
	v, d := c.stand(ctx, key, h, t, tags, nil, Policy{}, fill)
	if d == nil {
		return v, nil
	}
	return d.wait(ctx)
}

// wait is Await that does not panic with the fill.
func (d *Deferred[V]) wait(ctx context.Context) (V, error) {
	v, err, _ := d.await(ctx)
	return v, err
}
