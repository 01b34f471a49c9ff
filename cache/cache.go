package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"inlay/cache/internal/platform"
)

// Cache keeps values by key, for as long as they may be used and as many as its
// budget allows, and the fills that are under way. It is made by New and must not
// be copied. It is safe for concurrent use: a hit takes no lock, and everything that
// changes something shares one.
//
// A Cache keeps none of the key strings that it is given: they may lie in a
// buffer that is used again, or in a long text: the names of tags are copied too.
type Cache[V any] struct {
	index    index[V]
	epoch    atomic.Uint32 // the policy's; apart from what each write changes, since each hit reads it
	hash     hasher
	gets     getCounts
	opts     Options[V]
	clock    scale
	refused  refusals
	mu       sync.Mutex // guards all below; atomics may be read without it
	policy   policy[V]
	tags     tagTable
	flights  map[string]*Flight[V]
	parked   parked[V]
	sweeper  sweeper[V]
	random   uint64
	meanFill int64 // running mean of the time from Begin to Commit
	bytes    atomic.Int64
	entries  atomic.Int64
	n        writeCounts
}

// New makes a Cache, which needs no closing. The error is ErrOptions, with the name of
// the option that has no meaning: a negative MaxBytes or RefreshTimeout, or a Jitter
// outside [0, 1).
func New[V any](o Options[V]) (*Cache[V], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Cache[V]{opts: o, flights: map[string]*Flight[V]{}}
	c.clock = scale{monotonic: o.Now == nil, base: time.Now()}
	seed := o.Seed
	if seed == 0 {
		seed = platform.RandomSeed(o.Now)
	}
	c.hash = newHasher(seed)
	c.random = seed | 1
	c.index.init(&c.hash)
	c.tags.init(&c.hash)
	c.sweeper = newSweeper[V]()
	return c, nil
}

// now is the time in ticks.
func (c *Cache[V]) now() int64 {
	if c.clock.monotonic {
		return int64(time.Since(c.clock.base))
	}
	return c.clock.steady(c.opts.Now)
}

// Get gives the value of a key and its state at the time of Options.Now: Fresh, or
// Stale if it may still be used while another one is fetched, which Get leaves to
// the caller. On a Miss the value is zero. It allocates nothing and takes no lock. A
// hit does not extend the value's life.
func (c *Cache[V]) Get(key string) (V, State) {
	v, s := c.peek(c.hash.sum(key), key, c.now())
	c.gets.count(s)
	return v, s
}

// GetAt is Get at a given time; it looks at Options.Now only if that time is
// before the latest that the cache has seen. It allocates nothing and takes no
// lock.
func (c *Cache[V]) GetAt(key string, now time.Time) (v V, s State) {
	// All in one piece: each call in between cost 1 to 2 ns of 25.
	e := c.index.find(c.hash.sum(key), key)
	if e == nil {
		c.gets.count(Miss)
		return v, Miss
	}
	t := platform.Since(c.clock.base, now)
	if !c.clock.monotonic {
		t = c.ticks(now)
	}
	if s = e.state(t); s == Miss {
		c.gets.count(Miss)
		return v, Miss
	}
	v = e.value // before the atomic additions, which hold up what comes after
	e.hit(c.epoch.Load())
	c.gets.count(s)
	return v, s
}

// peek looks without counting a get.
func (c *Cache[V]) peek(h uint64, key string, t int64) (v V, s State) {
	e := c.index.find(h, key)
	if e == nil {
		return v, Miss
	}
	if s = e.state(t); s != Miss {
		v = e.value
		e.hit(c.epoch.Load())
	}
	return v, s
}

// StateAt tells what a get would find at a time. It counts as none.
func (c *Cache[V]) StateAt(key string, now time.Time) State {
	if e := c.index.find(c.hash.sum(key), key); e != nil {
		return e.state(c.ticks(now))
	}
	return Miss
}

// Info is what a look found, besides the value. The zero Info is a Miss.
type Info struct {
	State State
	// TTL is the freshness that remains: positive when fresh, 0 or negative
	// when stale, 0 on a miss.
	TTL time.Duration
}

// Inspect is GetAt that says more. It counts as a get.
func (c *Cache[V]) Inspect(key string, now time.Time) (v V, info Info) {
	t := c.ticks(now)
	e := c.index.find(c.hash.sum(key), key)
	if e != nil {
		info.State = e.state(t)
	}
	c.gets.count(info.State)
	if info.State != Miss {
		e.hit(c.epoch.Load())
		v, info.TTL = e.value, e.left(t)
	}
	return v, info
}

// OnError gives the value that may stand in when the fill of key fails at a
// given time: fresh, stale, or past both and within StaleIfError. It counts as
// no get.
func (c *Cache[V]) OnError(key string, now time.Time) (v V, ok bool) {
	return c.onError(key, c.ticks(now))
}

func (c *Cache[V]) onError(key string, t int64) (v V, ok bool) {
	e := c.index.find(c.hash.sum(key), key)
	if e == nil || !e.usableOnError(t) {
		return v, false
	}
	return e.value, true
}

// Stored gives the value of a key whatever its age, as long as it has not been
// purged and its room was not needed: see Policy.Keep. It may be too old to be
// used. It counts as no get.
func (c *Cache[V]) Stored(key string) (v V, ok bool) {
	e := c.index.find(c.hash.sum(key), key)
	if e == nil || e.terms != nil && e.terms.purged() {
		return v, false
	}
	return e.value, true
}

// Put stores a value under a key, in place of the one there, of which OnEvict is
// told. The error is ErrEmptyKey, or ErrTooLarge if the entry cannot fit: then
// nothing changes and the value stays the caller's. With a negative TTL nothing
// is stored either, and the error is nil.
//
// A flight of the key goes on, and what it brings will replace the value. If that
// may have been read before the value was written, Delete the key first, which lets
// go of the flight.
func (c *Cache[V]) Put(key string, v V, p Policy) error {
	if key == "" {
		return fail(ErrEmptyKey, "put", key)
	}
	p = p.resolve(&c.opts.Policy)
	size := c.opts.Size(v)
	t := c.now()
	c.mu.Lock()
	c.n.puts++
	if p.TTL < 0 {
		c.n.bypassed++
		c.mu.Unlock()
		return nil
	}
	cost := uint8(meanCost)
	if p.Cheap {
		cost = costCode(0) // the least
	}
	out, err := c.store(item[V]{key: key, value: v, size: size, policy: p, cost: cost}, t)
	c.mu.Unlock()
	c.tell(out)
	if err != nil {
		return fail(err, "put", key)
	}
	return nil
}

// Delete removes a key: the value, and the flight, whose waiters still get what it
// brings but which stores nothing. The next who misses the key starts another. A key
// that is not there is no error.
func (c *Cache[V]) Delete(key string) {
	var out departed[V]
	h := c.hash.sum(key)
	c.mu.Lock()
	if f := c.flights[key]; f != nil {
		f.detach()
	}
	if e := c.index.find(h, key); e != nil {
		c.drop(h, e, &c.n.deleted, &out)
	}
	c.mu.Unlock()
	c.tell(out)
}

// Clear removes everything, cached and in flight, as Delete does.
func (c *Cache[V]) Clear() {
	var out departed[V]
	c.mu.Lock()
	for _, f := range c.flights {
		f.detach()
	}
	c.index.each(func(e *entry[V]) { c.forget(e, &c.n.deleted, &out) })
	c.index.init(&c.hash)
	c.sweeper = newSweeper[V]()
	c.mu.Unlock()
	c.tell(out)
}

// PurgeTag makes everything that carries the tag unusable, at once and in time
// that does not grow with the number of entries. It returns how many stored
// entries that were; those that had expired, or had been purged by another tag,
// and have not been reclaimed count. The values leave, with OnEvict, bit by bit
// on later writes; until then they count in Len and Bytes. A flight that began
// before the purge and commits a value that carries the tag stores nothing: its
// Commit returns ErrClosed.
func (c *Cache[V]) PurgeTag(tag string) int {
	c.mu.Lock()
	n := c.tags.purge(tag)
	if n > 0 {
		c.sweeper.purged()
	}
	c.mu.Unlock()
	return n
}

// InvalidateTag ends, as fast as PurgeTag does, the freshness of everything that
// carries the tag: it is as if each TTL had run out at this instant. So the
// value may be used for StaleWhileRevalidate and StaleIfError from now on, and
// without them not at all. What was stale already stays as it was. It returns how many
// entries were fresh by this measure. A flight that began before is not joined
// by those who know the tag; what it commits is treated as if it had been there.
func (c *Cache[V]) InvalidateTag(tag string) int {
	t := c.now()
	c.mu.Lock()
	n := c.tags.invalidate(tag, t)
	if n > 0 {
		c.sweeper.purged() // much may be of no more use
	}
	c.mu.Unlock()
	return n
}

// Len is the number of entries that count against the budget: those that
// expired or were purged too, until they are reclaimed.
func (c *Cache[V]) Len() int { return int(c.entries.Load()) }

// Bytes is what the entries count against Options.MaxBytes, which it never
// exceeds.
func (c *Cache[V]) Bytes() int64 { return c.bytes.Load() }

// departed are the entries that left during one operation, linked by next, for
// OnEvict to be told of outside the lock.
type departed[V any] struct{ first, last *entry[V] }

func (d *departed[V]) add(e *entry[V]) {
	e.prev, e.next = nil, nil
	if d.last == nil {
		d.first = e
	} else {
		d.last.next = e
	}
	d.last = e
}

func (c *Cache[V]) tell(d departed[V]) {
	if c.opts.OnEvict == nil {
		return
	}
	for e := d.first; e != nil; {
		next := e.next
		e.next = nil
		c.opts.OnEvict(e.keyString(), e.value)
		e = next
	}
}
