package engine

import (
	"time"
	"unsafe"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/field"
	"inlay/internal/page"
)

// request is a page that is being answered: what its slots have, and how far it is written.
type request[B any] struct {
	id     RequestID
	plan   *plan[B]
	mode   page.Mode
	head   bool   // HEAD
	key    string // of the composed page
	since  time.Time
	shell  time.Time // when the shell leaves at the latest, settled or not
	slots  []slotState[B]
	fields Fields

	pending int  // slots whose fragment is still awaited
	running bool // an event of this request's own is in progress: no Wake needed
	woken   bool // a Wake was asked for and Resume has not come yet
	sent    bool // the head has left
	next    int  // ordered: the part that is written next
}

type slotState[B any] struct {
	of         *request[B]
	plan       *slotPlan[B]
	prev, next *slotState[B] // of those who wait for fill
	state      settled
	personal   bool      // the key has a cookie of the visitor
	entry      *entry[B] // held, if slotReady
	fill       *fill[B]  // awaited, if slotPending
	watch      FillID    // the attempt that the host was last asked to watch
	err        *answer.FillError
	status     field.Status
	// patched says that a streamed page has the slot's fragment, in its place or as a patch.
	patched bool
}

type settled uint8

const (
	slotPending settled = iota
	slotReady
	slotFailed
)

// begin makes the request of a page and looks at each slot: there, or a fill to wait for.
func (e *Engine[B]) begin(r *Request) (*request[B], error) {
	pl, params := &e.plans[r.page], r.params
	q := &request[B]{
		id: r.ID, plan: pl, head: r.Method == "HEAD", key: string(r.key), since: e.now, fields: r.Fields,
		mode: modeOf(r, pl.Page, e.config.Debug), slots: make([]slotState[B], len(pl.slots)), running: true,
	}
	patience := pl.Patience
	if patience == 0 {
		patience = e.config.Patience
	}
	q.shell = e.now.Add(patience)
	for i := range q.slots {
		// All keys first: a request that is refused has started nothing. They are made anew below, since together they can
		// take megabytes, and only those that a fill is for are kept, by the fill.
		if err := e.makeKey(&pl.slots[i], r); err != nil {
			return nil, err
		}
		q.slots[i].of, q.slots[i].plan = q, &pl.slots[i]
	}
	if r.Sent > 0 {
		q.continueAfter(r.Sent)
	}
	e.counts.Pages++
	e.requests[q.id] = q
	// First what is the same for everybody: a host may have to queue fills, and others wait for these.
	for _, shared := range [...]bool{true, false} {
		for i := range q.slots {
			sp := &pl.slots[i]
			if (len(sp.Vary) == 0 && len(sp.Source.Holes) == 0) == shared {
				_ = e.makeKey(sp, r) // which has succeeded above
				e.look(q, i, unsafe.String(unsafe.SliceData(r.key), len(r.key)), params)
			}
		}
	}
	return q, nil
}

// makeKey makes the key of a slot's fragment in r.key.
func (e *Engine[B]) makeKey(sp *slotPlan[B], r *Request) error {
	key, err := sp.AppendKey(r.key[:0], r.params, r)
	if err == nil {
		key, err = e.appendHost(key, r)
	}
	if err == nil {
		r.key = key
	}
	return err
}

// look finds what the cache has for slot i of q; on a miss, or for a stale fragment, it joins or starts the fill. The key is
// not to be kept.
func (e *Engine[B]) look(q *request[B], i int, key string, params []string) {
	s, sp := &q.slots[i], &q.plan.slots[i]
	s.status.Slot = sp.Name
	s.personal = isPersonal(key)
	if sp.TTL == 0 {
		s.status.Fwd = "bypass"
		q.pending++
		if !q.head || sp.Required {
			e.fillAlone(q, i, key)
		}
		return
	}
	v, info := e.fragments.Inspect(key, e.now)
	if info.State != cache.Miss && !e.trusts(v.asked) {
		info.State = cache.Miss
	}
	switch info.State {
	case cache.Fresh:
		s.status.Hit = true
		if failure := e.misfit(sp, v); failure != nil {
			s.failed(failure)
			return
		}
		s.ready(v, info.TTL)
		return
	case cache.Stale:
		if e.misfit(sp, v) != nil {
			break // the next one may fit
		}
		s.status.Hit = true
		s.ready(v, info.TTL)
		if !q.head && e.failureOf(key) == nil {
			e.refresh(q, i, key, params)
		}
		return
	}
	s.status.Fwd = "miss"
	if failure := e.failureOf(key); failure != nil {
		e.settleFailed(s, key, failure)
		return
	}
	q.pending++
	if !q.head || sp.Required {
		e.join(q, i, key, params)
	}
}

func (s *slotState[B]) ready(v *entry[B], ttl time.Duration) {
	v.hold()
	s.state, s.entry, s.fill = slotReady, v, nil
	s.status.TTL, s.status.HasTTL = int64(ttl/time.Second), true
}

// settleFailed gives a slot the stale fragment that may stand in for its failed fill, if it failed by an outage, else the
// failure.
func (e *Engine[B]) settleFailed(s *slotState[B], key string, failure *answer.FillError) {
	s.failed(failure)
	if v, ok := e.fragments.OnError(key, e.now); ok && failure.Outage() && e.trusts(v.asked) && e.misfit(s.plan, v) == nil {
		s.status.Fwd = "stale"
		v.hold()
		s.state, s.entry, s.err, s.fill = slotReady, v, nil, nil
	}
}

func (s *slotState[B]) failed(failure *answer.FillError) {
	s.status.FwdStatus = failure.Status
	s.status.Detail = failure.Reason.String()
	s.state, s.err, s.fill = slotFailed, failure, nil
}

// continueAfter lets q go on where another engine's answer stopped, after so many writes. A streamed shell leaves whole,
// so all of its slots are patched; those that were there already have no placeholder left, and a patch without one is
// inert. An ordered page is written in pairs, after its first part.
func (q *request[B]) continueAfter(writes int) {
	q.sent = true
	if q.mode == page.Ordered {
		q.next = min((writes+1)/2, len(q.plan.static))
	} else {
		q.mode = page.Stream
		q.next = len(q.plan.stream)
	}
}

// settle tells a fill's end to each slot that waits for it: in the course of another request's event, or of its own. Either
// there is a fragment or a failure.
func (e *Engine[B]) settle(f *fill[B], v *entry[B], failure *answer.FillError) {
	for s := f.front; s != nil; s = f.front {
		f.remove(s)
		if failure != nil {
			e.settleFailed(s, f.key, failure)
		} else if failure := e.misfit(s.plan, v); failure != nil {
			s.failed(failure)
		} else {
			v.hold()
			s.state, s.entry, s.fill = slotReady, v, nil
		}
		s.of.pending--
		e.wake(s.of)
	}
}

// wake asks for q's own event, unless one is in progress or on its way.
func (e *Engine[B]) wake(q *request[B]) {
	if !q.running && !q.woken {
		q.woken = true
		e.host.Wake(q.id)
	}
}

// advance writes whatever q can write now, and finishes it or says until when it waits. It runs in events of q's own.
func (e *Engine[B]) advance(q *request[B]) {
	q.running = true
	if e.write(q) {
		e.forget(q)
		return
	}
	q.running = false
	e.watch(q)
	e.host.Wait(q.id, e.clock.outside(e.deadline(q)))
}

// watch asks the host to look after the attempts that q awaits and does not lead itself.
func (e *Engine[B]) watch(q *request[B]) {
	for i := range q.slots {
		s := &q.slots[i]
		if s.state != slotPending || s.fill == nil {
			continue
		}
		if a := s.fill.last(); a.leader != q.id && a.id != s.watch {
			if s.watch = a.id; e.host.Watch(q.id, a.id) {
				e.handOver(s.fill, q)
			}
		}
	}
}

// write reports whether q is finished.
func (e *Engine[B]) write(q *request[B]) bool {
	if !q.sent {
		if failure := q.requiredFailure(); failure != nil {
			e.sendFailure(q, failure)
			return true
		}
		if q.head {
			if q.requiredPending() {
				return false
			}
			e.sendHead(q)
			return true
		}
		if q.pending == 0 {
			e.sendWhole(q)
			return true
		}
		if q.mode == page.Complete || q.requiredPending() || e.now.Before(q.shell) {
			return false
		}
		q.sent = true
		e.counts.Streamed++
		head := e.streamHead(q)
		e.host.Respond(q.id, head)
		e.host.Drop(head)
	}
	if q.mode == page.Ordered {
		return e.writeOrdered(q)
	}
	return e.writeStream(q)
}

// writeStream writes the shell at once, then a patch for each slot as it settles.
func (e *Engine[B]) writeStream(q *request[B]) bool {
	for ; q.next < len(q.plan.stream); q.next++ {
		e.host.Write(q.id, q.plan.stream[q.next])
		if q.next == len(q.slots) {
			continue
		}
		s, sp := &q.slots[q.next], &q.plan.slots[q.next]
		if s.state == slotPending {
			e.host.Write(q.id, sp.placeholder)
			continue
		}
		e.writeContent(q, q.next)
		s.patched = true
	}
	for i := range q.slots {
		s, sp := &q.slots[i], &q.plan.slots[i]
		if s.patched || s.state == slotPending {
			continue
		}
		s.patched = true
		switch {
		case s.state == slotReady:
			e.host.Write(q.id, sp.patch)
			e.host.Write(q.id, s.entry.blob)
			e.host.Write(q.id, sp.patchEnd)
			e.letGo(s)
		case sp.HasError:
			e.host.Write(q.id, sp.failedPatch)
		}
	}
	if q.pending > 0 {
		return false
	}
	e.host.Write(q.id, q.plan.rest)
	e.host.Finish(q.id)
	return true
}

// writeOrdered writes the page as it stands, up to the first slot that is still awaited.
func (e *Engine[B]) writeOrdered(q *request[B]) bool {
	for ; q.next < len(q.plan.static); q.next++ {
		if q.next > 0 && q.slots[q.next-1].state == slotPending {
			return false
		}
		if q.next > 0 {
			e.writeContent(q, q.next-1)
		}
		e.host.Write(q.id, q.plan.static[q.next])
	}
	e.host.Finish(q.id)
	return true
}

// writeContent writes what a settled slot shows, in its place.
func (e *Engine[B]) writeContent(q *request[B], i int) {
	e.host.Write(q.id, q.content(i))
	e.letGo(&q.slots[i])
}

func (q *request[B]) content(i int) B {
	s, sp := &q.slots[i], &q.plan.slots[i]
	switch {
	case s.state == slotReady:
		return s.entry.blob
	case sp.HasError:
		return sp.failed
	}
	return sp.skeleton
}

func (e *Engine[B]) letGo(s *slotState[B]) {
	if s.entry != nil {
		v := s.entry
		s.entry = nil
		e.release(v)
	}
}

func (q *request[B]) requiredFailure() *answer.FillError {
	for i := range q.slots {
		if q.plan.slots[i].Required && q.slots[i].state == slotFailed {
			return q.slots[i].err
		}
	}
	return nil
}

func (q *request[B]) requiredPending() bool {
	for i := range q.slots {
		if q.plan.slots[i].Required && q.slots[i].state == slotPending {
			return true
		}
	}
	return false
}

// deadline is when q must look again though nothing woke it: at the end of its patience, or when a fill that it awaits
// is overdue.
func (e *Engine[B]) deadline(q *request[B]) time.Time {
	var first time.Time
	if !q.sent && q.mode != page.Complete && !q.requiredPending() && e.now.Before(q.shell) {
		first = q.shell
	}
	for i := range q.slots {
		if f := q.slots[i].fill; q.slots[i].state == slotPending && f != nil && (first.IsZero() || f.deadline.Before(first)) {
			first = f.deadline
		}
	}
	return first
}

// forget ends q: nothing is written to it any more, and nothing of it is kept.
func (e *Engine[B]) forget(q *request[B]) {
	delete(e.requests, q.id)
	for i := range q.slots {
		s := &q.slots[i]
		e.letGo(s)
		if f := s.fill; f != nil {
			s.fill = nil
			f.remove(s)
			if f.front == nil {
				e.leaveAlone(f)
			}
		}
	}
}
