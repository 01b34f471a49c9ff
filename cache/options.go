package cache

import (
	"slices"
	"time"
)

const (
	defaultMaxBytes = 32 << 20
	defaultTTL      = 5 * time.Minute
	maxCharge       = 1<<32 - 1

	defaultRefreshTimeout = 30 * time.Second
	defaultRefreshPause   = time.Second
)

// Options configure a Cache. The zero value is usable. Functions must be safe for
// concurrent use.
type Options[V any] struct {
	// MaxBytes is the budget in bytes for keys, values and bookkeeping
	// (EntryOverhead for each entry; TermsOverhead and TagOverhead for policies
	// in use). 0 means 32 MiB; negative is ErrOptions.
	MaxBytes int64
	// Size gives the bytes of a value beyond V itself, so for a pointer what it
	// points at. It is asked once for each value that is to be stored. Negative
	// counts as 0. Nil means len for []byte and string, else 0. To bound the number
	// of entries instead, let it give 1<<20 for each, and MaxBytes 1<<20 + 1<<12
	// for each that is to fit.
	Size func(v V) int
	// Policy says what a zero field of a Policy means. Its own zero TTL means 5
	// minutes, its other zero fields mean none.
	Policy Policy
	// Now is the clock. Nil means the runtime's monotonic clock, which no change
	// of the wall clock moves. One that is set back makes nothing last longer:
	// the cache goes on from the latest time that it has seen.
	Now func() time.Time
	// OnEvict is called exactly once for each stored value that leaves:
	// evicted, expired, purged, replaced, deleted or cleared. It is called
	// outside all locks on the goroutine whose call made the value leave, and
	// may call back into the cache. The key is part of the entry's memory: clone
	// it to keep it for long.
	OnEvict func(key string, v V)
	// OnFillError is called exactly once for each fill of GetOrDefer, Load and
	// LoadWith that failed, with its error, whether or not a stored value stood in
	// for it and whoever waited: of a refresh in the background nobody else learns.
	// The error is a *PanicError if the fill panicked, context.DeadlineExceeded
	// after Options.RefreshTimeout, and whatever the fill makes of the end of its
	// context, as a rule context.Canceled, if all who waited have left. It is
	// called outside all locks, as a rule on the fill's goroutine, and perhaps when
	// those who waited have gone on. Nil means that nobody is told.
	OnFillError func(key string, err error)
	// WeighFillTime makes entries that took long to fill stay longer: the cost
	// in the eviction's frequency × cost / size is the time from Begin to
	// Commit over the mean of that. False weighs all alike.
	WeighFillTime bool
	// RefreshTimeout bounds a refresh that GetOrDefer, Load or LoadWith runs in
	// the background: after it the fill's context ends, the key is free for
	// another flight, and whoever waits gets context.DeadlineExceeded, whether or
	// not the fill returns. 0 means 30 seconds; negative is ErrOptions. A fill that
	// somebody awaits has the bounds of those who do.
	RefreshTimeout time.Duration
	// RefreshPause is how long those ask no more for a key whose fill failed, as
	// long as there is a value that may be used meanwhile: a stale one, or one
	// within StaleIfError. 0 means 1 second; negative means none. A purge or an
	// invalidation ends all pauses.
	RefreshPause time.Duration
	// Jitter shortens each TTL by a random fraction between 0 and Jitter, so
	// that what was stored together does not expire together. It never makes a
	// TTL longer. 0 means none; outside [0, 1) is ErrOptions.
	Jitter float64
	// Seed seeds the hash of the keys and the jitter. 0 means a random seed.
	// Under TinyGo 0 means one made from the clock, which can be guessed: a
	// host that has random bytes should pass some.
	Seed uint64
}

// Policy says how long a value may be used and what it belongs to. A zero field
// means what Options.Policy says; so does the zero Policy as a whole.
type Policy struct {
	// TTL is how long the value is fresh, counted from when it is stored; at
	// exactly that instant it no longer is. Less than a microsecond means that
	// it is stored as stale. Negative means bypass: the value is neither
	// looked up nor stored nor shared.
	TTL time.Duration
	// StaleWhileRevalidate is how long after TTL the value may be used while it
	// is revalidated (RFC 5861, section 3). Negative means none.
	StaleWhileRevalidate time.Duration
	// StaleIfError is how long after TTL the value may be used when a fill
	// fails (RFC 5861, section 4). Negative means none.
	StaleIfError time.Duration
	// Keep is how long after all of these the value still stays for Stored,
	// unless it is evicted: to ask an origin whether it has changed, for one.
	// Negative means none.
	Keep time.Duration
	// Cheap says that the value can be had again for little, as one that is made of
	// others: it makes room before others of its size that are asked for as often,
	// and up to 16 times as often. Only Put looks at it; how long a fill took is for
	// Options.WeighFillTime.
	Cheap bool
	// Tags are names by which the value can be purged or invalidated together
	// with others. Nil means the default's; empty and not nil means none.
	Tags []string
}

// bypasses tells whether nothing is stored under the policy, nor looked up.
func (p *Policy) bypasses(d *Policy) bool { return p.TTL < 0 || p.TTL == 0 && d.TTL < 0 }

// resolve puts the default's fields in place of zero ones.
func (p Policy) resolve(d *Policy) Policy {
	if p.TTL == 0 {
		p.TTL = d.TTL
	}
	p.StaleWhileRevalidate = window(p.StaleWhileRevalidate, d.StaleWhileRevalidate)
	p.StaleIfError = window(p.StaleIfError, d.StaleIfError)
	p.Keep = window(p.Keep, d.Keep)
	if p.Tags == nil {
		p.Tags = d.Tags
	}
	p.Tags = distinct(p.Tags)
	return p
}

// distinct gives the tags without repetitions, the same slice if there are none.
func distinct(tags []string) []string {
	for i, name := range tags {
		if slices.Contains(tags[:i], name) {
			once := slices.Clone(tags[:i])
			for _, name := range tags[i+1:] {
				if !slices.Contains(once, name) {
					once = append(once, name)
				}
			}
			return once
		}
	}
	return tags
}

func window(w, or time.Duration) time.Duration {
	if w == 0 {
		w = or
	}
	return max(w, 0)
}

// check fills in the defaults and refuses what has no meaning.
func (o *Options[V]) check() error {
	switch {
	case o.MaxBytes < 0:
		return &optionError{"MaxBytes is negative; 0 means 32 MiB"}
	case !(o.Jitter >= 0 && o.Jitter < 1):
		return &optionError{"Jitter must be at least 0 and less than 1"}
	case o.RefreshTimeout < 0:
		return &optionError{"RefreshTimeout is negative; 0 means 30 s"}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.RefreshTimeout == 0 {
		o.RefreshTimeout = defaultRefreshTimeout
	}
	if o.RefreshPause == 0 {
		o.RefreshPause = defaultRefreshPause
	}
	if o.Policy.TTL == 0 {
		o.Policy.TTL = defaultTTL
	}
	if o.Size == nil {
		o.Size = lengthOf[V]
	}
	return nil
}

// lengthOf is the size of what has a length in bytes. A pointer to v goes into
// the interface, which costs no allocation.
func lengthOf[V any](v V) int {
	switch p := any(&v).(type) {
	case *[]byte:
		return len(*p)
	case *string:
		return len(*p)
	}
	return 0
}
