package engine

import (
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/route"
)

// composed is a page put together from fragments that were all there. It holds for as long as the cache still has each of
// them.
type composed[B any] struct {
	parts  []*entry[B] // their blobs may be gone
	etag   string
	length int
	// personal: a fragment was made from what names one visitor.
	personal bool
	heads    atomic.Pointer[heads[B]]
}

// heads are a composed page's heads. They tell each fragment's remaining freshness, so they hold for one second.
type heads[B any] struct {
	second          int64
	ok, notModified B
	until           time.Time // ok may be repeated; zero: it may not
}

func (c *composed[B]) drop(host Host[B]) {
	if h := c.heads.Swap(nil); h != nil {
		host.Drop(h.ok)
		host.Drop(h.notModified)
	}
}

// Whole is a complete answer: its head and, unless that says 304 or answers HEAD, its body.
type Whole[B any] struct {
	Head, Body B
	HasBody    bool
	// until is how long ok and Body may answer others who ask for the same target; zero: not at all.
	until time.Time
	ok    B
}

// Warm answers a request whose page is composed and whose fragments are all fresh. Otherwise it reports false, and the
// request is for [Engine.Handle]. It may be called from any goroutine at any time; beyond what r holds it allocates
// nothing, except once a second and page for the head.
func (e *Engine[B]) Warm(r *Request, now time.Time) (whole Whole[B], ok bool) {
	if now, ok = e.clock.between(now); !ok {
		return whole, false
	}
	return e.warmAt(e.route(r, now), r, now)
}

// warmAt is the answer of a composed page, if there is one.
func (e *Engine[B]) warmAt(v *entry[B], r *Request, now time.Time) (whole Whole[B], ok bool) {
	if v == nil {
		return whole, false
	}
	c := v.page
	for _, part := range c.parts {
		if e.fragments.Look(&part.ref, now) != cache.Fresh {
			return whole, false
		}
	}
	e.warm.Add(1)
	h := c.heads.Load()
	if second := now.Unix(); h == nil || h.second != second || h.over(now) {
		h = e.renewHeads(&e.plans[r.page], c, h, now)
	}
	if etagMatches(r.Fields.Field("if-none-match"), c.etag) {
		return Whole[B]{Head: h.notModified, Body: v.blob, until: h.until, ok: h.ok}, true
	}
	return Whole[B]{Head: h.ok, Body: v.blob, HasBody: r.Method == "GET", until: h.until, ok: h.ok}, true
}

// route finds the page that answers r, and its composed form if there is one.
func (e *Engine[B]) route(r *Request, now time.Time) *entry[B] {
	r.page, r.bad, r.drew = -1, nil, false
	r.lot = route.Lot(e.config.Seed, uint64(r.ID)^r.Draw)
	r.path, r.query = route.SplitTarget(r.Target)
	if r.internal = route.IsInternal(r.path); r.internal || r.Method != "GET" && r.Method != "HEAD" {
		return nil
	}
	r.page, r.params, r.bad = e.router.Match(r.path, r.params[:0])
	if r.page < 0 || r.bad != nil {
		return nil
	}
	r.key, r.bad = e.plans[r.page].AppendKey(r.key[:0], r.page, r.params, e.plans[r.page].Varies(), r)
	if r.bad == nil {
		r.key, r.bad = e.appendHost(r.key, r)
	}
	if r.bad != nil {
		return nil
	}
	v, state := e.fragments.GetAt(unsafe.String(unsafe.SliceData(r.key), len(r.key)), now)
	if state != cache.Fresh || v.page == nil {
		return nil
	}
	return v
}

// over tells whether a fragment of the page was to become stale by now. That it is fresh all the same is since it was
// renewed, within this second.
func (h *heads[B]) over(now time.Time) bool { return !h.until.IsZero() && !now.Before(h.until) }

func (e *Engine[B]) renewHeads(pl *plan[B], c *composed[B], old *heads[B], now time.Time) *heads[B] {
	states := make([]field.Status, len(c.parts))
	left := time.Second - time.Duration(now.Nanosecond()) // of this second
	for i, part := range c.parts {
		info := e.fragments.LookInfo(&part.ref, now)
		left = min(left, info.TTL)
		states[i] = field.Status{Slot: pl.slots[i].Name, Hit: true, TTL: int64(info.TTL / time.Second), HasTTL: true}
	}
	shareable := !c.personal && left > answer.InstantlyStale
	h := &heads[B]{
		second:      now.Unix(),
		ok:          e.host.NewHead(200, e.wholeFields(pl, states, c.etag, c.length, shareable)),
		notModified: e.host.NewHead(304, e.wholeFields(pl, states, c.etag, -1, shareable)),
	}
	if pl.vary == "" && !e.config.Debug {
		h.until = now.Add(left)
	}
	if !c.heads.CompareAndSwap(old, h) {
		// Another goroutine was quicker. Its heads are kept, these are used once; only a host with goroutines comes here.
		return h
	}
	if old != nil {
		e.host.Drop(old.ok)
		e.host.Drop(old.notModified)
	}
	return h
}

// sendWhole answers a page whose slots are all settled with one body. A page without failures, of fragments that are
// stored, is kept composed.
func (e *Engine[B]) sendWhole(q *request[B]) {
	e.counts.Whole++
	states := q.statuses()
	good := q.failures() == 0
	if old := e.stillComposed(q); old != nil {
		e.sendComposed(q, states, old)
		return
	}
	parts := make([]B, 0, 2*len(q.slots)+1)
	length := q.plan.bytes
	for i := range q.plan.static {
		parts = append(parts, q.plan.static[i])
		if i < len(q.slots) {
			parts = append(parts, q.content(i))
			length += q.contentSize(i)
		}
	}
	etag := ""
	if good {
		etag = q.etag()
	}
	body := e.host.Join(parts)
	v := newEntry(body, length, [16]byte{})
	v.page = &composed[B]{etag: etag, length: length, personal: q.personal()}
	e.sendComposed(q, states, v)
	if !good || !e.composable(q) {
		e.release(v)
		return
	}
	v.page.parts = make([]*entry[B], len(q.slots))
	for i := range q.slots {
		v.page.parts[i] = q.slots[i].entry
	}
	v.cost += headCost + len(q.slots)*partOverhead + keyFactor*len(q.key)
	for _, f := range e.wholeFields(q.plan, states, etag, length, false) {
		v.cost += 2 * (len(f.Name) + len(f.Value))
	}
	if e.fragments.Put(q.key, v, cache.Policy{TTL: composedTTL}) != nil {
		e.release(v)
	}
}

// headCost is what a composed page's two heads are charged with beside the bytes of their fields.
const headCost = 2 << 10

// sendComposed answers q with a body that was put together, under a head of its own.
func (e *Engine[B]) sendComposed(q *request[B], states []field.Status, v *entry[B]) {
	c := v.page
	shareable := e.shareable(q)
	if etagMatches(q.fields.Field("if-none-match"), c.etag) {
		head := e.host.NewHead(304, e.wholeFields(q.plan, states, c.etag, -1, shareable))
		e.host.SendHead(q.id, head)
		e.host.Drop(head)
		return
	}
	fields := e.wholeFields(q.plan, states, c.etag, c.length, shareable)
	head := e.host.NewHead(200, e.timed(q, fields))
	e.host.Send(q.id, head, v.blob)
	e.host.Drop(head)
}

// stillComposed is the page as it was composed before, if the slots of q have the very same fragments: some may be stale.
func (e *Engine[B]) stillComposed(q *request[B]) *entry[B] {
	v, state := e.fragments.GetAt(q.key, e.now)
	if state != cache.Fresh || v.page == nil {
		return nil
	}
	for i := range q.slots {
		if q.slots[i].entry == nil || q.slots[i].entry != v.page.parts[i] {
			return nil
		}
	}
	return v
}

// composable reports whether each fragment of q is the one that the cache has: only then can the page be warm again.
func (e *Engine[B]) composable(q *request[B]) bool {
	for i := range q.slots {
		if e.fragments.Look(&q.slots[i].entry.ref, e.now) == cache.Miss {
			return false
		}
	}
	return true
}

// shareable reports whether others may keep the page that q is answered with: each fragment is the one that the cache
// has, fresh, and none is one visitor's. A stale fragment, what stands in for a failed one and what is never stored would
// live on in others' caches past what their slots say.
func (e *Engine[B]) shareable(q *request[B]) bool {
	if q.plan.CacheControl == "" || q.personal() {
		return false
	}
	for i := range q.slots {
		v := q.slots[i].entry
		if v == nil {
			return false
		}
		if info := e.fragments.LookInfo(&v.ref, e.now); info.State != cache.Fresh || info.TTL <= answer.InstantlyStale {
			return false
		}
	}
	return true
}

// personal reports whether a fragment was made from a cookie of the visitor. Vary would say so, but not
// all who store pages ask it.
func (q *request[B]) personal() bool {
	for i := range q.slots {
		if q.slots[i].personal {
			return true
		}
	}
	return false
}

// isPersonal reports whether a fragment's key has a cookie: no value has a line feed.
func isPersonal(key string) bool { return strings.Contains(key, "\ncookie: ") }

func (q *request[B]) statuses() []field.Status {
	states := make([]field.Status, len(q.slots))
	for i := range q.slots {
		states[i] = q.slots[i].status
	}
	return states
}

func (q *request[B]) failures() int {
	n := 0
	for i := range q.slots {
		if q.slots[i].state == slotFailed {
			n++
		}
	}
	return n
}

func (q *request[B]) contentSize(i int) int {
	s, sp := &q.slots[i], &q.plan.slots[i]
	switch {
	case s.state == slotReady:
		return s.entry.size
	case sp.HasError:
		return len(sp.Error)
	}
	return len(sp.Skeleton)
}

// etag names the page's bytes by what they are made of: the shell and each fragment.
func (q *request[B]) etag() string {
	h := newSum()
	h.write(q.plan.sum[:])
	for i := range q.slots {
		h.write(q.slots[i].entry.sum[:])
	}
	return `"` + hex(h.bytes()) + `"`
}

func hex(sum [16]byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(sum))
	for _, b := range sum {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(text)
}

// etagMatches reports whether an If-None-Match field names etag (RFC 9110, section 13.1.2: weak comparison).
func etagMatches(field, etag string) bool {
	if field == "" || etag == "" {
		return false
	}
	if field == "*" {
		return true
	}
	for i := 0; i+len(etag) <= len(field); i++ {
		// An entity tag cannot contain a quote, so the quoted text is found whole or not at all.
		if field[i] == '"' && field[i:i+len(etag)] == etag {
			before, after := field[:i], ascii.TrimOWS(field[i+len(etag):])
			if i >= 2 && before[i-2:] == "W/" {
				before = before[:i-2]
			}
			before = ascii.TrimOWS(before)
			return (before == "" || before[len(before)-1] == ',') && (after == "" || after[0] == ',')
		}
	}
	return false
}
