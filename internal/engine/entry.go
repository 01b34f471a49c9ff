package engine

import (
	"sync/atomic"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/markup"
)

// entry is what the cache holds: a committed fragment, a page composed of fragments, or the failure of a fill. It never
// changes, save for the count of those who hold it and what it can be renewed by; a new one replaces it.
//
// In core.wasm one takes 80 bytes, beside 48 of the cache's and the bytes of its key, and there are tens of thousands. What few have
// is elsewhere.
type entry[B any] struct {
	blob B
	size int // bytes of the blob
	cost int // bytes that count against the budget
	page *composed[B]
	rare *rare[B] // nil: there is nothing of it
	// ref points at where the cache has a fragment, for the pages that it went into, and a composed page; at nothing once it has left.
	ref cache.Ref[*entry[B]]
	// changes counts how often the entry has left the cache or was stored anew: see [Repeat].
	changes uint32
	// refs counts the cache and each request that still has to write the blob. At zero the blob is dropped.
	refs atomic.Int32
	// hits counts how often the fragment was shown since it is there, or the failure met; see tally.
	hits uint32
	// early says when the fragment may be renewed before it is stale.
	early     early
	conflicts markup.Mask // where the fragment may not stand
	depth     uint16      // how deep its elements are nested
	// unfit: a 304 for it, or for what it replaced, was about something else, so its origin is not asked for one.
	unfit bool
	from  origin // where it was found
	// kept is what a fragment can be renewed by; nothing: by nothing. Only events look at it, and a 304 may change it.
	kept answer.Kept
	// asked is when its origin was asked for it; 0: who filled it cannot tell. A 304 may change it.
	asked tick
	sum   [16]byte // of the blob's bytes: what the ETag of a page is made of
}

// origin is where a fragment was found.
type origin uint8

const (
	fromOrigin origin = iota
	fromDataCenter
	fromKV
)

// rare is what few entries have.
type rare[B any] struct {
	// plan is what a fragment with slots, or a page of the origin, has been made ready as: slices of the blob. Nil: it has none.
	plan  *plan[B]
	loose loose[B]
	reads int64 // and what was read for it, as tier.Entry has it
	// marker makes the entry what is known of a URL of the origin, without a blob.
	marker *marker[B]
	// renewing is the fill that asks whether a fragment has changed; nil: none does.
	renewing *fill[B]
	// failure makes the entry a failure, without a blob, unless the origin has a page of its own for it.
	failure *answer.FillError
}

func newEntry[B any](blob B, size int, sum [16]byte) *entry[B] {
	v := &entry[B]{blob: blob, size: size, cost: size + blobOverhead, sum: sum}
	v.refs.Store(1)
	return v
}

// What there is of what few have. Nil: nothing.

func (v *entry[B]) plan() *plan[B] {
	if v.rare == nil {
		return nil
	}
	return v.rare.plan
}

func (v *entry[B]) loose() *loose[B] {
	if v.rare == nil || !v.rare.loose.is {
		return nil
	}
	return &v.rare.loose
}

func (v *entry[B]) marker() *marker[B] {
	if v.rare == nil {
		return nil
	}
	return v.rare.marker
}

func (v *entry[B]) renewing() *fill[B] {
	if v.rare == nil {
		return nil
	}
	return v.rare.renewing
}

func (v *entry[B]) failure() *answer.FillError {
	if v.rare == nil {
		return nil
	}
	return v.rare.failure
}

// renewedBy notes the fill that asks whether the fragment has changed; nil: it does not any more, and leaves nothing behind.
func (v *entry[B]) renewedBy(f *fill[B]) {
	if v.rare == nil {
		v.rare = &rare[B]{}
	}
	if v.rare.renewing = f; f == nil && v.rare.plan == nil && !v.rare.loose.is {
		v.rare = nil
	}
}

func (v *entry[B]) hold() { v.refs.Add(1) }

func (e *Engine[B]) release(v *entry[B]) {
	if v.refs.Add(-1) > 0 || v.marker() != nil {
		return
	}
	if failure := v.failure(); failure != nil && failure.Type == "" {
		return
	}
	e.host.Drop(v.blob)
	if raw := v.loose(); raw != nil && raw.size > 0 {
		e.host.Drop(raw.raw)
	}
	if pl := v.plan(); pl != nil {
		pl.drop(e.host)
	}
	if v.page != nil {
		v.page.drop(e.host)
		return
	}
	// A page may still compare the entry, and must not keep its bytes. (What is rare may just be looked at, from any goroutine.)
	var none B
	v.blob, v.kept = none, ""
}

// failureOf is the failure of a key's last fill, nil if it may be tried.
func (e *Engine[B]) failureOf(key string) *entry[B] {
	if v, state := e.failures.GetAt(key, e.now); state == cache.Fresh {
		return v
	}
	return nil
}

// remember keeps the failure of a shared fill for as long as it should not be tried again: unless the fragment or one of
// its tags is purged or invalidated, or was while the fill was under way, for then the origin may have been mended. Of a fill that was
// begun early no longer than there is something fresh, unless the origin wants it: nobody has waited for it yet.
func (e *Engine[B]) remember(f *fill[B], failure *answer.FillError) {
	ttl := e.config.NegativeTTL
	if f.early != nil {
		if info := e.fragments.LookInfo(&f.early.ref, e.now); info.State == cache.Fresh {
			ttl = min(ttl, info.TTL)
		}
	}
	ttl = max(ttl, failure.RetryAfter)
	if ttl <= 0 || f.flight.Overtaken(f.tags...) {
		return
	}
	v := f.own
	if v == nil {
		v = &entry[B]{rare: &rare[B]{failure: failure}}
	}
	v.asked = e.tick
	v.hold()
	v.cost += failureOverhead + len(failure.Text) + keyFactor*len(f.key)
	// A failure that there is no room for only costs another fill.
	if e.failures.Put(f.key, v, cache.Policy{TTL: ttl, Tags: f.tags}) != nil {
		e.release(v)
	}
}
