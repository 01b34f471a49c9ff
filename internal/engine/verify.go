package engine

import (
	"time"

	"inlay/cache"
	"inlay/internal/decimal"
	"inlay/internal/page"
)

// Verifier looks whether an engine keeps its own rules between events: those that the code relies on without looking. Each
// who waits is found by the fill that they wait for; nobody waits for what cannot come; what is counted is what is there;
// what is bounded is below its bound; what is over is referred to by nobody; numbers and times only grow.
//
// It looks at everything there is, so it is for tests: the simulation and the transcripts ask after each event, and so does
// the core.wasm that is made for tests. Nothing else names it, so it is no part of what is served.
type Verifier[B any] struct {
	e      *Engine[B]
	broken string              // the first rule that was found not to hold
	slots  int                 // of all requests
	fills  map[*fill[B]]bool   // those that go on
	held   map[*entry[B]]int32 // how often each fragment is held outside the cache
	// continued are the requests that another engine has begun to answer, as far as that makes a difference.
	continued map[*request[B]]bool

	// As it was the last time; woken is nil before the first.
	now      time.Time
	lastFill FillID
	counts   counts
	woken    map[*request[B]]bool
	view     struct {
		log string
		seq uint64
	}
}

// NewVerifier prepares to look at an engine.
func NewVerifier[B any](e *Engine[B]) *Verifier[B] {
	return &Verifier[B]{e: e, fills: map[*fill[B]]bool{}, held: map[*entry[B]]int32{}, continued: map[*request[B]]bool{}}
}

// Verify tells which rule does not hold, in a sentence; empty if all do. It comes after an event, not within one.
func (v *Verifier[B]) Verify() string {
	e := v.e
	v.broken, v.slots = "", 0
	clear(v.fills)
	clear(v.held)
	for id, f := range e.attempts {
		v.attempt(id, f)
	}
	for flight, f := range e.flights {
		v.that(f.flight == flight, "flight of "+f.key, "is listed under another")
		v.fills[f] = true
	}
	for id, q := range e.requests {
		v.request(id, q)
	}
	for f := range v.fills {
		v.fill(f)
	}
	v.nobodyWaits()
	v.caches()
	v.growth()
	v.lease()
	return v.broken
}

// that notes a rule that does not hold.
func (v *Verifier[B]) that(holds bool, what, rule string) {
	if !holds && v.broken == "" {
		v.broken = what + " " + rule
	}
}

// attempt: an attempt that may still report belongs to a fill that is not over, which knows of it.
func (v *Verifier[B]) attempt(id FillID, f *fill[B]) {
	what := "attempt " + decimal.String(int(id)) + " of " + f.key
	v.fills[f] = true
	v.that(id <= v.e.lastFill, what, "is of a number that was not given yet")
	known := false
	for i := range f.attempts {
		known = known || f.attempts[i].id == id
	}
	v.that(known, what, "is none that its fill knows of")
	v.that(f.flight == nil || v.e.flights[f.flight] == f, what, "is of a flight that is not listed")
}

// request: what is waited for is counted, and can come; what is there is held; and who was woken has a reason.
func (v *Verifier[B]) request(id RequestID, q *request[B]) {
	e, what := v.e, "request "+decimal.String(int(id))
	v.that(q.id == id, what, "is listed under another number")
	v.that(!q.running, what, "is running between events")
	v.that((q.plan == nil) == (q.body == nil), what, "has slots of no page, or a page without any")
	if q.body != nil {
		v.tree(what, q, q.body)
		v.that(q.next <= len(q.body.pieces) && q.nth <= len(q.body.slots), what, "has written more than there is")
	}
	v.slots += len(q.slots)
	pending, awaited, reason := 0, 0, false
	for _, s := range q.slots {
		written := q.sent && s.patched
		v.that(s.of == q && !s.gone, what, "has the slot of another, or one that is gone")
		for o := s.outer; o != nil && !s.patched; o = o.outer {
			v.that(o.entry != nil || o.plan.Src == "", what, "has let go of a fragment in which a slot is not written")
		}
		switch s.state {
		case slotPending:
			v.that(s.entry == nil && s.err == nil, what, "has what it still waits for")
			if s.plan.Src == "" {
				v.that(s.fill == nil && s.body != nil, what, "waits for a group that waits for nothing")
				continue
			}
			pending++
			v.that(!written || q.mode == page.Ordered || s.inPlace(), what, "has patched a slot that it still waits for")
			if written { // by another engine: this one would not need to wait
				v.continued[q] = true
			}
			if s.fill == nil {
				v.that(q.idle && !s.plan.Required, what, "waits for what nobody fills")
				continue
			}
			awaited++
			last := s.fill.last()
			reason = reason || !e.now.Before(s.fill.deadline) || last.leader != q.id && last.id != s.watch
			v.that(!s.fill.over, what, "waits for a fill that is over")
			v.waitsFor(s)
		case slotReady:
			v.that(s.err == nil && s.fill == nil, what, "has a fragment, and a failure or a fill besides")
			v.that(s.entry != nil || written || s.plan.Src == "", what, "has let go of a fragment that is not written")
			if s.entry != nil {
				v.held[s.entry]++
				v.that(s.entry.page == nil && s.entry.failure() == nil && s.entry.marker() == nil, what, "has something else in place of a fragment")
			}
			reason = reason || !written
		case slotFailed:
			v.that(s.err != nil && s.fill == nil, what, "has a failed slot without a failure, or with more")
			if s.entry != nil { // the origin's own page
				v.held[s.entry]++
				v.that(s.entry.failure() == s.err && s.err.Type != "" && s.plan.Required, what, "has something else in place of an origin's own page")
			}
			reason = reason || !written
		default:
			v.that(false, what, "has a slot in no state")
		}
	}
	v.that(q.pending == pending, what, "counts other slots as awaited than are")
	v.that(q.woken || awaited > 0 || q.more, what, "waits for nothing")
	// Only when it is woken: its Deadline may come before its Resume, which then finds nothing to do.
	v.that(!q.woken || reason || v.woken == nil || v.woken[q] || v.continued[q], what, "was woken for nothing")
	v.that(q.sent || q.woken || q.passed || q.requiredFailure() == nil, what, "waits though what it requires has failed")
	v.that(!q.head || !q.sent, what, "has a body under way for HEAD")
}

// tree: what stands in a page is among its slots, once, under a name of its own, and in what it stands in.
func (v *Verifier[B]) tree(what string, q *request[B], b *body[B]) {
	n := 0
	for i := range b.pieces {
		if b.pieces[i].kind == slotPiece {
			n++
		}
	}
	v.that(n == len(b.slots), what, "has other slots than its text")
	for _, s := range b.slots {
		found, named := 0, 0
		for _, have := range q.slots {
			if have == s {
				found++
			}
			if have.name == s.name && have.plan.Src != "" && s.plan.Src != "" {
				named++
			}
		}
		v.that(found == 1, what, "has a slot that is not listed once")
		v.that(named <= 1, what, "has two slots of one name")
		if s.body != nil {
			v.that(s.body != b && (s.state != slotFailed), what, "has slots in what has failed, or in itself")
			v.tree(what, q, s.body)
		}
	}
}

// waitsFor: whoever waits is on the list of the fill that they wait for, once.
func (v *Verifier[B]) waitsFor(s *slotState[B]) {
	f := s.fill
	v.fills[f] = true
	n := 0
	for w := f.front; w != nil; w = w.next {
		if w == s {
			n++
		}
	}
	v.that(n == 1, "fill of "+f.key, "does not have on its list, once, who waits for it")
}

// fill: a fill that goes on has somebody who will end it, and everybody on its list waits for it.
func (v *Verifier[B]) fill(f *fill[B]) {
	e, what := v.e, "fill of "+f.key
	v.that(!f.over, what, "is over and still listed")
	v.that(len(f.attempts) > 0 && len(f.attempts) <= maxAttempts, what, "has no attempt, or too many")
	open := false
	for i := range f.attempts {
		a := &f.attempts[i]
		v.that(i == 0 || f.attempts[i-1].id < a.id, what, "has attempts out of order")
		v.that(!a.open || e.attempts[a.id] == f, what, "has an attempt that may end and would not be heard")
		v.that(!a.since.After(e.now), what, "began in the future")
		open = open || a.open
	}
	v.that(open || !e.now.Before(f.deadline), what, "has no attempt left, and nobody may take it over yet")
	v.that(f.deadline.Sub(e.now) <= maxFillTimeout+grace, what, "may take longer than any fill")
	v.that(f.failure == nil, what, "has a failure and is not over")
	v.that(f.purges <= e.purges, what, "began after a purge that is still to come")
	v.that(f.early == nil || f.flight != nil && f.early.early.window() == 0, what, "was begun early, and may be again")
	v.looking(f)
	v.list(f)
	if f.flight == nil {
		v.that(f.front != nil && f.front == f.back, what, "is not shared and has not one who waits")
		v.that(f.stored == nil && f.cost == 0, what, "is not shared, and renews or is unattended")
		return
	}
	v.that(e.flights[f.flight] == f && f.flight.Key() == f.key, what, "is not the one of its flight")
	v.that((f.cost > 0) == (f.front == nil), what, "is unattended and waited for, or neither")
	if f.stored == nil {
		v.that(f.adrift == 0, what, "counts bytes of what it does not renew")
		return
	}
	v.held[f.stored]++
	v.that(f.stored.renewing() == f, what, "renews what another renews")
	v.that(f.stored.page == nil && f.stored.failure() == nil, what, "renews what is no fragment")
	v.that(f.adrift >= 0, what, "counts less than nothing")
}

// list: who waits is linked both ways, is pending, and is of a request that goes on.
func (v *Verifier[B]) list(f *fill[B]) {
	what, n := "fill of "+f.key, 0
	var before *slotState[B]
	for s := f.front; s != nil; before, s = s, s.next {
		v.that(s.prev == before, what, "has a list with a broken link")
		v.that(s.fill == f && s.state == slotPending, what, "has somebody on its list who does not wait for it")
		v.that(v.e.requests[s.of.id] == s.of, what, "has a request on its list that is over")
		if n++; n > v.slots {
			v.that(false, what, "has a list without an end")
			return
		}
	}
	v.that(f.back == before, what, "has a list whose end is not its last")
}

// nobodyWaits: the fills that nobody waits for are listed, oldest first, and are few; so is what they would renew.
func (v *Verifier[B]) nobodyWaits() {
	u, adrift := &v.e.unattended, int64(0)
	var bytes int64
	n := 0
	var before *fill[B]
	for f := u.oldest; f != nil; before, f = f, f.newer {
		v.that(f.older == before, "unattended fill of "+f.key, "has a broken link")
		v.that(v.fills[f] && f.flight != nil && f.front == nil, "unattended fill of "+f.key, "is over, not shared, or waited for")
		v.that(f.cost == costUnattended(f.key, f.tags), "unattended fill of "+f.key, "counts other bytes than it holds")
		bytes += f.cost
		if n++; n > len(v.fills) {
			v.that(false, "unattended fills", "have no end")
			return
		}
	}
	v.that(u.newest == before, "unattended fills", "have another end than their last")
	v.that(u.bytes == bytes, "unattended fills", "are counted otherwise than they are")
	v.that(bytes <= u.limit || n == 1, "unattended fills", "are too many")
	for f := range v.fills {
		v.that((f.cost > 0) == (f == u.oldest || f.older != nil), "fill of "+f.key, "is counted as unattended and not listed, or listed and not counted")
		adrift += f.adrift
	}
	v.that(v.e.adrift == adrift, "what is held to be renewed", "is counted otherwise than it is")
	v.that(adrift <= u.limit, "what is held to be renewed", "is too much")
}

// caches: they are within their budgets, and each fragment is held as often as somebody can still write it.
func (v *Verifier[B]) caches() {
	e := v.e
	v.that(e.fragments.Bytes() <= e.config.MaxBytes-e.config.MaxBytes/smallShare, "the cache", "is over its budget")
	v.that(e.failures.Bytes() <= e.config.MaxBytes/smallShare, "the cache of failures", "is over its budget")
	for key, c := range e.fragments.All() {
		f := c.Value
		v.that(f.failure() == nil, "cached "+key, "is a failure, among fragments")
		v.that(f.refs.Load() == v.held[f]+1, "cached "+key, "is held by others than its count says")
		// A 304 may change what is kept of a fragment without being stored anew, if a purge overtook it.
		off := int(c.Bytes) - f.cost - len(key) - cache.EntryOverhead
		v.that(max(off, -off) <= keptAtMost, "cached "+key, "is counted otherwise than it costs")
		delete(v.held, f)
		if f.page != nil {
			v.composed(key, f.page, c.State)
			continue
		}
		if f.marker() != nil {
			continue
		}
		v.that(f.asked <= e.tick, "cached "+key, "was asked for in the future")
		v.that(f.cost >= f.size+blobOverhead+keyFactor*len(key)+f.kept.Cost(), "cached "+key, "counts fewer bytes than it has")
	}
	for key, c := range e.failures.All() {
		v.that(c.Value.failure() != nil && c.Value.page == nil && c.Value.renewing() == nil, "remembered "+key, "is no failure")
		v.that(c.Value.refs.Load() == v.held[c.Value]+1, "remembered "+key, "is held by others than its count says")
		delete(v.held, c.Value)
	}
	for f, n := range v.held {
		// It has left the cache, or was purged, and the cache holds it until it comes by.
		v.that(f.refs.Load() == n || f.refs.Load() == n+1, "a fragment that is not cached", "is held by others than its count says")
	}
}

// composed: a page is of fragments.
func (v *Verifier[B]) composed(key string, c *composed[B], state cache.State) {
	what := "composed " + key
	v.that(state == cache.Fresh, what, "is stale by itself, and not by its fragments")
	for i := range c.parts {
		part := &c.parts[i]
		v.that(part.page == nil && part.failure() == nil, what, "has something else for a fragment")
	}
}

// keptAtMost is more than the fields that are kept of an answer may cost.
const keptAtMost = 3 << 10

// growth: time, numbers and counts only grow, and nothing is counted that was not begun.
func (v *Verifier[B]) growth() {
	e, c, was := v.e, &v.e.counts, &v.counts
	v.that(!e.now.Before(v.now), "the time", "goes back")
	v.that(e.lastFill >= v.lastFill, "the number of fills", "goes back")
	v.that(c.Pages >= was.Pages && c.Whole >= was.Whole && c.Streamed >= was.Streamed && c.Failures >= was.Failures &&
		c.Left >= was.Left && c.Passed >= was.Passed && c.BadRequests >= was.BadRequests && c.Fills >= was.Fills &&
		c.TakenOver >= was.TakenOver && c.Failed >= was.Failed && c.Unstored >= was.Unstored && c.Late >= was.Late && c.Slots >= was.Slots && c.Early >= was.Early,
		"a counter", "goes back")
	pages := uint64(0)
	for _, q := range e.requests {
		if q.plan != nil && !q.alone {
			pages++
		}
	}
	v.that(c.Whole+c.Streamed+c.Failures+pages <= c.Pages+c.Streamed, "the counters", "have more answers than pages")
	// An attempt may end before it has asked the origin.
	v.that(c.TakenOver <= uint64(e.lastFill) && c.Failed <= uint64(e.lastFill) && c.Unstored <= c.Fills && c.Fills <= uint64(e.lastFill) && c.Early <= uint64(e.lastFill),
		"the counters", "have more ends than fills")
	v.now, v.lastFill, v.counts = e.now, e.lastFill, *c
	if v.woken == nil {
		v.woken = map[*request[B]]bool{}
	}
	clear(v.woken)
	for _, q := range e.requests {
		if q.woken {
			v.woken[q] = true
		}
	}
}

// lease: what is relied on was asked for, in time, and each request that is held hears of what it waits for.
func (v *Verifier[B]) lease() {
	e, l := v.e, &v.e.lease
	if !e.config.Log {
		v.that(len(e.held) == 0 && l.poll == 0 && e.clock.limit.Load() == 0, "the lease", "is used without a log")
		return
	}
	v.that(max(l.asOf, l.heard, l.asked) <= e.tick+1, "the lease", "is of the future")
	v.that(!l.polling || l.poll > 0, "the lease", "has a poll that was not asked for")
	v.that((e.view.Log() == "") == (l.asOf == never), "the lease", "is of a log that is not known, or of none though one is")
	limit := e.clock.limit.Load()
	v.that(limit > 0 && (limit == 1 || limit == int64(l.check)), "the lease", "is not what others than events go by")
	v.that(l.asOf > e.clock.back || limit <= max(int64(e.tick), 1), "the lease", "goes on though the clock was set back")
	v.that(e.clock.back <= e.tick, "the clock", "will be set back")

	listed := map[RequestID]int{}
	for _, id := range e.heldOrder {
		listed[id]++
	}
	for id, h := range e.held {
		what := "held request"
		v.that(h.request.ID == id, what, "is listed under another number")
		v.that(e.requests[id] == nil, what, "goes on besides")
		v.that(h.since <= e.tick, what, "waits since the future")
		v.that(h.woken || listed[id] == 1, what, "does not hear of the poll that it waits for, or twice")
		v.that(h.woken || l.polling, what, "waits for a poll, and there is none")
	}
	if was := v.view; was.log != "" && was.log == e.view.Log() {
		v.that(e.view.Seq() >= was.seq, "the view", "forgets what it knew")
	}
	v.view.log, v.view.seq = e.view.Log(), e.view.Seq()
}

// looking: an attempt that looks below is one that has asked for nothing, of a fill that others may join.
func (v *Verifier[B]) looking(f *fill[B]) {
	what, asked := "fill of "+f.key, false
	for i := range f.attempts {
		a := &f.attempts[i]
		v.that(!a.looking || f.flight != nil && v.e.config.Log, what, "looks below though it is not shared, or there is no log")
		asked = asked || a.asked != 0
		v.that(!a.looking || a.asked == 0, what, "looks below after it has asked the origin")
	}
	v.that((f.asked != 0) == asked || f.asked == 0, what, "has asked, and no attempt of it")
}
