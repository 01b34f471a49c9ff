package engine

import (
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/route"
	"inlay/internal/sum"
)

// composed is a page put together from fragments that were all there. It holds for as long as the cache still has each of
// them.
type composed[B any] struct {
	plan   *plan[B]
	parts  []part[B]
	etag   string
	length int
	// personal: a fragment was made from what names one visitor.
	personal bool
	heads    atomic.Pointer[heads[B]]
}

// part is a fragment that went into a page, the shell of a page of the origin among them. Its blob may be gone.
type part[B any] struct {
	*entry[B]
	name string // of the slot
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
	if v == nil || r.in.drew { // whose head has a share for this visitor alone
		return whole, false
	}
	c := v.page
	calm, ok := e.isWarm(c, r, now)
	if !ok {
		return whole, false
	}
	e.warm.Add(1)
	h := c.heads.Load()
	if second := now.Unix(); h == nil || h.second != second || h.over(now) {
		h = e.renewHeads(c.plan, c, h, now)
	}
	until := h.until
	if duration.Between(now, until) > calm {
		until = duration.After(now, calm)
	}
	if calm <= 0 { // some may say that a fragment is to be renewed
		until = time.Time{}
	}
	if etagMatches(r.Fields.Field("if-none-match"), c.etag) {
		return Whole[B]{Head: h.notModified, Body: v.blob, until: until, ok: h.ok}, true
	}
	return Whole[B]{Head: h.ok, Body: v.blob, HasBody: r.Method == "GET", until: until, ok: h.ok}, true
}

// route finds the page that answers r, and its composed form if there is one.
func (e *Engine[B]) route(r *Request, now time.Time) *entry[B] {
	r.page, r.bad, r.shell = -1, nil, false
	e.know(r)
	if r.internal = route.IsInternal(r.path); r.internal || r.Method != "GET" && r.Method != "HEAD" {
		return nil
	}
	r.page, r.params, r.bad = e.router.Match(r.path, r.params[:0])
	if r.bad != nil {
		return nil
	}
	if r.page < 0 {
		return e.routeShell(r, now)
	}
	pl := e.plans[r.page].Load()
	if pl == nil {
		return nil // nobody has asked for it yet
	}
	r.key, r.bad = pl.AppendKey(r.key[:0], r.page, r.params, &pl.depends.Load().varies, &r.in)
	if r.bad == nil {
		r.key, r.bad = e.appendHost(r.key, &r.in)
	}
	if r.bad != nil {
		return nil
	}
	return e.composedAt(r.key, now)
}

// composedAt is the composed page of a key, nil if there is none.
func (e *Engine[B]) composedAt(key []byte, now time.Time) *entry[B] {
	v, state := e.fragments.GetAt(unsafe.String(unsafe.SliceData(key), len(key)), now)
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
		states[i] = field.Status{Slot: part.name, Hit: true, TTL: int64(info.TTL / time.Second), HasTTL: true}
	}
	vary := pl.depends.Load().vary
	shareable := !c.personal && vary != "*" && left > answer.InstantlyStale
	h := &heads[B]{
		second:      now.Unix(),
		ok:          e.host.NewHead(200, e.wholeFields(pl, states, c.etag, c.length, shareable)),
		notModified: e.host.NewHead(304, e.wholeFields(pl, states, c.etag, -1, shareable)),
	}
	if vary == "" && !e.config.Debug {
		h.until = duration.After(now, left)
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
	if old := e.stillComposed(q); old != nil {
		e.sendComposed(q, states, old)
		return
	}
	e.bodyOf(q.body, false)
	etag := q.etag()
	length := e.made.size
	body := e.host.Join(e.made.parts)
	e.discards()
	v := newEntry(body, length, [16]byte{})
	v.page = &composed[B]{plan: q.plan, etag: etag, length: length, personal: q.personal()}
	e.sendComposed(q, states, v)
	if etag == "" || q.keyed != q.plan.depends.Load() || !e.composable(q) || !e.worthKeeping(q.key, length) { // the next has a key that tells all of it
		e.release(v)
		return
	}
	v.page.parts = q.parts()
	v.cost += headCost + len(v.page.parts)*partOverhead + keyFactor*len(q.key)
	for _, f := range e.wholeFields(q.plan, states, etag, length, false) {
		v.cost += 2 * (len(f.Name) + len(f.Value))
	}
	if e.fragments.Put(q.key, v, cache.Policy{TTL: composedTTL, Cheap: true}) != nil {
		e.release(v)
	}
}

// parts are what the page consists of besides its text, its shell first if that is of the origin.
func (q *request[B]) parts() []part[B] {
	parts := make([]part[B], 0, len(q.slots))
	if s := q.slots[0:]; len(s) > 0 && s[0].plan.Document {
		parts = append(parts, part[B]{s[0].entry, s[0].name})
	}
	return appendEntries(parts, q.body)
}

// worthKeeping tells whether a page that has just been composed is to be kept: if there is room, and where there is none if it was
// composed not long ago. A page that nobody comes back to would take others' place, and with each of them that leaves unused all
// that is there counts for older than it is.
func (e *Engine[B]) worthKeeping(key string, length int) bool {
	if e.fragments.Bytes()+int64(length+2*headCost) <= e.config.MaxBytes-e.config.MaxBytes/smallShare {
		return true
	}
	h := uint32(2166136261) // FNV-1a
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	h |= 1 // 0 is none
	at := &e.composedLately[h>>16%uint32(len(e.composedLately))]
	if *at == h {
		return true
	}
	*at = h
	return false
}

// headCost is what a composed page's two heads are charged with beside the bytes of their fields.
const headCost = 2 << 10

// sendComposed answers q with a body that was put together, under a head of its own.
func (e *Engine[B]) sendComposed(q *request[B], states []field.Status, v *entry[B]) {
	c := v.page
	shareable := e.shareable(q)
	if etagMatches(q.visitor.fields.Field("if-none-match"), c.etag) {
		head := e.host.NewHead(304, e.forVisitor(q, e.wholeFields(q.plan, states, c.etag, -1, shareable)))
		e.host.SendHead(q.id, head)
		e.host.Drop(head)
		return
	}
	fields := e.wholeFields(q.plan, states, c.etag, c.length, shareable)
	head := e.host.NewHead(200, e.timed(q, e.forVisitor(q, fields)))
	e.host.Send(q.id, head, v.blob)
	e.host.Drop(head)
}

// stillComposed is the page as it was composed before, if the slots of q have the very same fragments: some may be stale.
func (e *Engine[B]) stillComposed(q *request[B]) *entry[B] {
	v, state := e.fragments.GetAt(q.key, e.now)
	if state != cache.Fresh || v.page == nil {
		return nil
	}
	parts := q.parts()
	if len(parts) != len(v.page.parts) || q.failures() > 0 || v.page.plan != q.plan {
		return nil
	}
	for i := range parts {
		if parts[i].entry != v.page.parts[i].entry {
			return nil
		}
	}
	return v
}

// composable reports whether each fragment of q is the one that the cache has: only then can the page be warm again.
func (e *Engine[B]) composable(q *request[B]) bool {
	for _, s := range q.slots {
		if s.plan.Src != "" && (s.entry == nil || e.fragments.Look(&s.entry.ref, e.now) == cache.Miss) {
			return false
		}
	}
	return true
}

// shareable reports whether others may keep the page that q is answered with: each fragment is the one that the cache
// has, fresh, and none is one visitor's. A stale fragment, what stands in for a failed one and what is never stored would
// live on in others' caches past what their slots say.
func (e *Engine[B]) shareable(q *request[B]) bool {
	if q.plan.CacheControl == "" || q.personal() || q.makeshift || q.plan.depends.Load().vary == "*" {
		return false
	}
	for _, s := range q.slots {
		v := s.entry
		if v == nil {
			return false
		}
		if info := e.fragments.LookInfo(&v.ref, e.now); info.State != cache.Fresh || info.TTL <= answer.InstantlyStale {
			return false
		}
	}
	return true
}

// personal reports whether a fragment was made from a cookie of the visitor, which a share is too. Vary would say so, but not
// all who store pages ask it.
func (q *request[B]) personal() bool {
	for _, s := range q.slots {
		if s.personal {
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
	for _, s := range q.slots {
		if s.state == slotFailed {
			n++
		}
	}
	return n
}

// etag names the page's bytes by what they are made of: the shell and each fragment. It is empty where that does not tell all: of a
// page with failures, or with something else in their place, and of one whose shell is for one visitor and was never read whole.
func (q *request[B]) etag() string {
	if q.passed || q.makeshift || q.failures() > 0 {
		return ""
	}
	h := sum.New()
	h.Write(q.plan.sum[:])
	if q.filled != nil {
		h.Write(q.filled.sum[:])
	}
	sumEntries(&h, q.body)
	return `"` + hex(h.Bytes()) + `"`
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
