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
	// Its heads, each made when it is first asked for.
	ok, notModified atomic.Pointer[head[B]]
	hits            uint32 // that were reckoned up
	tally           tally[B]
}

// part is a fragment that went into a page, the shell of a page of the origin among them. Its blob may be gone.
type part[B any] struct {
	*entry[B]
	name string // of the slot
}

// head is one of a composed page's heads. It says nothing that changes with time, unless one debugs.
type head[B any] struct {
	blob    B
	depends *depends // what its Vary says
	second  int64    // that it was made in, where it tells how long each fragment will be fresh; 0: it does not
}

func (c *composed[B]) drop(host Host[B]) {
	if h := c.ok.Swap(nil); h != nil {
		host.Drop(h.blob)
	}
	if h := c.notModified.Swap(nil); h != nil {
		host.Drop(h.blob)
	}
}

// Whole is a complete answer: its head and, unless that says 304 or answers HEAD, its body.
type Whole[B any] struct {
	Head, Body B
	HasBody    bool
	// page is what may answer others who ask for the same target, and left for how long; nil: it may not.
	page *entry[B]
	left time.Duration
}

// Warm answers a request whose page is composed and whose fragments are all fresh. Otherwise it reports false, and the
// request is for [Engine.Handle]. It may be called from any goroutine at any time; beyond what r holds it allocates
// nothing, except for the head of a page that it is the first to ask for.
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
	e.answered(c, 1)
	if etagMatches(r.Fields.Field("if-none-match"), c.etag) {
		return Whole[B]{Head: e.headOf(c, &c.notModified, 304, now).blob, Body: v.blob}, true
	}
	h := e.headOf(c, &c.ok, 200, now)
	whole = Whole[B]{Head: h.blob, Body: v.blob, HasBody: r.Method == "GET"}
	if whole.HasBody && calm > 0 && !e.config.Debug { // else some may say that a fragment is to be renewed
		whole.page, whole.left = v, calm
	}
	return whole, true
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
	if pl == nil || r.alone {
		return nil // nobody has asked for it yet, or it is for one slot
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

// headOf is a composed page's head of a status, which is kept at a place of its own.
func (e *Engine[B]) headOf(c *composed[B], at *atomic.Pointer[head[B]], status int, now time.Time) *head[B] {
	old, depends, second := at.Load(), c.plan.depends.Load(), int64(0)
	if e.config.Debug {
		second = now.Unix()
	}
	if old != nil && old.depends == depends && old.second == second {
		return old
	}
	states := make([]field.Status, len(c.parts))
	for i := range c.parts {
		part := &c.parts[i]
		states[i] = field.Status{Slot: part.name, Hit: true}
		if e.config.Debug {
			states[i].TTL, states[i].HasTTL = int64(e.fragments.LookInfo(&part.ref, now).TTL/time.Second), true
		}
	}
	length := c.length
	if status == 304 {
		length = -1
	}
	fields := e.wholeFields(c.plan, states, c.etag, length, !c.personal && depends.vary != "*")
	made := &head[B]{e.host.NewHead(status, fields), depends, second}
	// If another goroutine was quicker its head is kept, and this one used once: only a host with goroutines comes here.
	if at.CompareAndSwap(old, made) && old != nil {
		e.host.Drop(old.blob)
	}
	return made
}

// repeat lets the host give the answer that was just sent to others too.
func (e *Engine[B]) repeat(id RequestID, whole *Whole[B]) {
	left := whole.left
	if e.config.Log {
		left = min(left, time.Duration(e.lease.check-e.tick))
	}
	c := whole.page.page
	e.repeated = e.repeated[:0]
	for i := range c.parts {
		e.repeated = append(e.repeated, &c.parts[i].changes)
	}
	repeat := Repeat[B]{whole.Head, whole.Body, e.clock.outside(duration.After(e.now, left)), Repeatable[B]{whole.page}, e.repeated, nil}
	if depends := c.plan.depends.Load(); depends.vary != "" {
		repeat.Varies = &depends.varies
	}
	e.host.Repeat(id, &repeat)
}

// Repeated says when the last of the answers was that the host gave by itself since the last event: a clock that is set back after it
// must not have what is stored be fresh for as much longer. A Touch comes for each page that was among them.
func (e *Engine[B]) Repeated(last time.Time) { e.event(last) }

// Touch counts so many answers with a page that the host gave by itself, before an event: what is only repeated must not look cold to
// the cache.
func (e *Engine[B]) Touch(p Repeatable[B], times int) {
	if times > 0 {
		e.answered(p.v.page, uint32(times))
	}
	e.fragments.Touch(&p.v.ref)
	for i := range p.v.page.parts {
		e.fragments.Touch(&p.v.page.parts[i].ref)
	}
}

// sendWhole answers a page whose slots are all settled with one body. A page without failures, of fragments that are
// stored, is kept composed.
func (e *Engine[B]) sendWhole(q *request[B]) {
	e.counts.Whole++
	e.showed(q)
	states := q.statuses()
	if old := e.stillComposed(q); old != nil && !q.visit {
		e.sendComposed(q, states, old)
		return
	}
	e.bodyOf(q.body, false)
	etag := q.etag()
	length := e.made.size
	body := e.host.Join(e.made.parts)
	e.discards()
	v := newEntry(body, length, [16]byte{})
	v.asked = e.tick
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
		return
	}
	e.fragments.Refer(&v.ref, q.key)
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
	c, status, length := v.page, 200, v.page.length
	if etagMatches(q.visitor.fields.Field("if-none-match"), c.etag) {
		status, length = 304, -1
	}
	head := e.host.NewHead(status, e.timed(q, e.forVisitor(q, e.wholeFields(q.plan, states, c.etag, length, e.shareable(q)))))
	if status == 304 {
		e.host.SendHead(q.id, head)
	} else {
		e.host.Send(q.id, head, v.blob)
	}
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
	if !q.alone || q.body.hasGroup() {
		h.Write(q.plan.sum[:])
		if q.filled != nil {
			h.Write(q.filled.sum[:])
		}
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
