package engine

import (
	"sync/atomic"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/markup"
)

// entry is what the cache holds: a committed fragment, a page composed of fragments, or the failure of a fill. It never
// changes, save for the count of those who hold it and what it can be renewed by; a new one replaces it.
type entry[B any] struct {
	blob B
	size int      // bytes of the blob
	cost int      // bytes that count against the budget
	sum  [16]byte // of the blob's bytes: what the ETag of a page is made of
	page *composed[B]
	// plan is what a fragment with slots, or a page of the origin, has been made ready as: slices of the blob. Nil: it has none.
	plan  *plan[B]
	loose loose[B]
	reads int64 // and what was read for it, as tier.Entry has it
	// marker makes the entry what is known of a URL of the origin, without a blob.
	marker *marker[B]
	// kept is what a fragment can be renewed by; nil: by nothing. Only events look at it, and a 304 may change it.
	kept *answer.Answer
	// unfit: a 304 for it, or for what it replaced, was about something else, so its origin is not asked for one.
	unfit bool
	// renewing is the fill that asks whether a fragment has changed; nil: none does.
	renewing  *fill[B]
	conflicts markup.Mask // where the fragment may not stand
	depth     int         // how deep its elements are nested
	// asked is when its origin was asked for it; 0: who filled it cannot tell. A 304 may change it.
	asked tick
	// failure makes the entry a failure, without a blob, unless the origin has a page of its own for it.
	failure *answer.FillError

	// ref points at where the cache has a fragment, for the pages that it went into; at nothing once it has left.
	ref cache.Ref[*entry[B]]

	// early says when the fragment may be renewed before it is stale.
	early early

	// refs counts the cache and each request that still has to write the blob. At zero the blob is dropped.
	refs atomic.Int32
}

func newEntry[B any](blob B, size int, sum [16]byte) *entry[B] {
	v := &entry[B]{blob: blob, size: size, cost: size + blobOverhead, sum: sum}
	v.refs.Store(1)
	return v
}

func (v *entry[B]) hold() { v.refs.Add(1) }

func (e *Engine[B]) release(v *entry[B]) {
	if v.refs.Add(-1) > 0 || v.failure != nil && v.failure.Type == "" || v.marker != nil {
		return
	}
	e.host.Drop(v.blob)
	if v.loose.size > 0 {
		e.host.Drop(v.loose.raw)
	}
	if v.plan != nil {
		v.plan.drop(e.host)
	}
	if v.page != nil {
		v.page.drop(e.host)
		return
	}
	// A page may still compare the entry, and must not keep its bytes.
	var none B
	v.blob = none
}

// failureOf is the failure of a key's last fill, nil if it may be tried.
func (e *Engine[B]) failureOf(key string) *entry[B] {
	if v, state := e.failures.GetAt(key, e.now); state == cache.Fresh {
		return v
	}
	return nil
}

// remember keeps the failure of a shared fill for as long as it should not be tried again: unless the fragment or one of
// its tags is purged or invalidated, or was while the fill was under way, for then the origin may have been mended.
func (e *Engine[B]) remember(f *fill[B], failure *answer.FillError) {
	ttl := max(e.config.NegativeTTL, failure.RetryAfter)
	if ttl <= 0 || f.flight.Overtaken(f.tags...) {
		return
	}
	v := f.own
	if v == nil {
		v = &entry[B]{failure: failure}
	}
	v.hold()
	v.cost += failureOverhead + len(failure.Text) + keyFactor*len(f.key)
	// A failure that there is no room for only costs another fill.
	if e.failures.Put(f.key, v, cache.Policy{TTL: ttl, Tags: f.tags}) != nil {
		e.release(v)
	}
}
