package engine

import (
	"time"

	"inlay/cache"
)

// For hosts that send pages in a content coding, which those of a Worker do not: core.wasm has none of this.

// ETagMatches reports whether an If-None-Match field names etag (RFC 9110, section 13.1.2: weak comparison).
func ETagMatches(field, etag string) bool { return etagMatches(field, etag) }

// Page is the index of the page of the build that answers a request, as it was found when the request was routed; -1: none does.
func (r *Request) Page() int { return r.page }

// Alone tells whether a request was found to be for one slot of its page.
func (r *Request) Alone() bool { return r.alone }

// TakesQuery reports whether what a request has in its query may come to stand in its page: a slot takes a parameter, or the page is the
// origin's. It may be called from any goroutine, once the request has been routed.
func (e *Engine[B]) TakesQuery(r *Request) bool {
	if r.query == "" || r.page < 0 {
		return r.query != ""
	}
	pl := e.plans[r.page].Load()
	return pl == nil || pl.depends.Load().varies.TakesQuery() // nil: nobody had asked for the page when the request was routed
}

// Recharge is the event that the host holds more bytes, or fewer, for the body of the composed page that answers r: is tells whether a
// body is the one. It reports false if the page is not kept any more.
func (e *Engine[B]) Recharge(r *Request, is func(body B) bool, more int, now time.Time) bool {
	e.event(now)
	key := string(r.key)
	v, state := e.fragments.GetAt(key, e.now)
	if state != cache.Fresh || v.page == nil || !is(v.blob) {
		return false
	}
	n := newEntry(v.blob, v.size, v.sum)
	n.page, n.cost, n.asked = v.page, v.cost+more, v.asked
	v.hold() // so that its end ends nothing: the other has its blob, and its heads
	if e.fragments.Put(key, n, cache.Policy{TTL: composedTTL, Cheap: true}) != nil {
		v.refs.Add(-1)
		return false
	}
	return true
}
