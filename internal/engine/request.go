package engine

import (
	"sync/atomic"
	"time"

	"inlay/internal/answer"
	"inlay/internal/duration"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
)

// request is a page that is being answered: what its slots have, and how far it is written.
type request[B any] struct {
	id     RequestID
	plan   *plan[B] // nil: of a page of the origin whose shell is awaited
	mode   page.Mode
	head   bool   // HEAD
	idle   bool   // for which nothing is asked that is not required: HEAD of a page
	alone  bool   // one slot of the page answers it
	slot   string // which
	http10 bool   // whose client cannot be streamed to
	key    string // of the composed page
	since  time.Time
	shell  time.Time // when the shell leaves at the latest, settled or not
	// What slots may depend on, those that are found later too.
	visitor visitor
	params  []string

	filled *plan[B]        // plan with the parameters in its texts; nil: it has none
	body   *body[B]        // the page's own slots; nil as plan is
	slots  []*slotState[B] // all of them, in the order in which they were found

	pending int  // slots whose fragment is still awaited
	running bool // an event of this request's own is in progress: no Wake needed
	woken   bool // a Wake was asked for and Resume has not come yet
	sent    bool // the head has left
	next    int  // the piece that is written next
	nth     int  // and the next slot among body's
	early   int  // fills that were begun early for it
	skip    int  // so many writes have been made by another engine
	visit   bool // the host is told what slots show: see [Host.Shown]
	// more: pieces are still to come. passed: the answer is to the visitor's own request, and so is its head.
	more, passed bool
	tail         bool // the patches' place has been written
	// cold: its visitor waited for a fragment, or goes without one. stale: a slot has one that is stale.
	cold, stale bool
	// makeshift: a slot has something else in its place.
	makeshift bool
	keyed     *depends     // what key was made of: the plan may have learned more since
	loose     *atomic.Bool // of the page, or of what is known of its URL: see plan
}

// visitor is what keys may be made of. (Not the requests themselves, nor embedded in them: of a type that has the methods of an interface,
// core.wasm has a description of all that is in it.)
type visitor struct {
	fields Fields
	query  string
	lot    uint64 // what is drawn by
	hosts  bool   // hosts are kept apart for all slots, so that none has a line of its own for them
	drew   bool   // a share was drawn
}

// Share draws the share of a visitor who has none, for the keys.
func (v *visitor) Share(bucket string, n int) int {
	v.drew = true
	return route.Draw(v.lot, bucket, n)
}

// RawQuery is the target's query, for the keys.
func (v *visitor) RawQuery() string { return v.query }

// Header is a field's value, for the keys. It is asked in events of the request's own alone.
func (v *visitor) Header(name string) string {
	if v.hosts && name == route.AuthorityField {
		return ""
	}
	return v.fields.Field(name)
}

// newRequest makes the request of a page. r is not kept.
func (e *Engine[B]) newRequest(r *Request, pl *plan[B]) *request[B] {
	q := &request[B]{
		id: r.ID, head: r.Method == "HEAD", http10: r.HTTP10, since: e.now, visitor: r.in,
		params: append([]string(nil), r.params...), skip: r.Sent, running: true, plan: pl, alone: r.alone, slot: r.slot,
		visit: r.Visit,
	}
	q.idle = q.head && !q.alone
	if pl != nil {
		q.key, q.keyed, q.loose = string(r.key), pl.depends.Load(), &pl.loose
		q.leaves(e)
	}
	return q
}

// leaves says how, and when at the latest, the page leaves.
func (q *request[B]) leaves(e *Engine[B]) {
	r := Request{query: q.visitor.query, HTTP10: q.http10, Fields: q.visitor.fields}
	if q.mode = modeOf(&r, q.plan.Page, e.config.Debug); q.mode == page.Stream && q.loose.Load() {
		q.mode = page.Ordered
	}
	if q.alone {
		q.mode = page.Complete
	}
	patience := q.plan.Patience
	if patience == 0 {
		patience = e.config.Patience
	}
	q.shell = duration.After(q.since, patience)
}

// begin makes the request of a page of the build and looks at each slot: there, or a fill to wait for.
func (e *Engine[B]) begin(r *Request) (*request[B], error) {
	pl := e.plans[r.page].Load()
	pieces := pl.pieces
	if r.alone {
		pieces = onlySlot(pl, r.slot)
	}
	for i := range pieces {
		// All keys first: a request that is refused has started nothing. They are made anew below, since together they can
		// take megabytes, and only those that a fill is for are kept, by the fill.
		if pieces[i].kind != slotPiece {
			continue
		}
		if _, err := e.makeKey(pl.slots[pieces[i].slot], r.params, &r.in); err != nil {
			return nil, err
		}
	}
	q := e.newRequest(r, pl)
	if q.skip > 0 {
		q.sent = true
		if q.mode != page.Ordered {
			q.mode = page.Stream
		}
	}
	e.requests[q.id] = q
	if len(pl.Inserts) > 0 {
		q.filled = e.fillIn(pl, q.params)
		pl = q.filled
	}
	if e.count(q); !q.alone {
		pieces = pl.pieces
	}
	q.body = e.newBody(q, pl, pieces, nil)
	e.lookAt(q.body.slots)
	return q, nil
}

// settle tells a fill's end to each slot that waits for it: in the course of another request's event, or of its own. Either
// there is a fragment or a failure.
func (e *Engine[B]) settle(f *fill[B], v *entry[B], failure *answer.FillError) {
	for s := f.front; s != nil; s = f.front {
		f.remove(s)
		s.took = e.microseconds(f.attempts[0].since)
		if failure != nil {
			e.settleFailed(s, f.key, failure, f.own)
		} else if failure := e.misfit(s, v); failure != nil {
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
	e.unfold(q)
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
	for _, s := range q.slots {
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
	if q.plan == nil {
		return e.withoutShell(q)
	}
	if !q.sent {
		if s := q.requiredFailure(); s != nil && !q.passed {
			e.sendFailure(q, s)
			return true
		}
		if q.alone {
			return e.writeSlot(q)
		}
		if q.head {
			if q.requiredPending() {
				return false
			}
			e.sendHead(q)
			return true
		}
		if q.pending == 0 && !q.more {
			e.sendWhole(q)
			return true
		}
		if q.mode == page.Complete || q.requiredPending() || e.now.Before(q.shell) || len(q.plan.pieces) == 0 {
			return false
		}
		q.sent = true
		e.counts.Streamed++
		head := e.streamHead(q)
		e.host.Respond(q.id, head)
		e.host.Drop(head)
	}
	if !e.writePieces(q) {
		return false
	}
	e.showed(q)
	e.host.Finish(q.id)
	return true
}

// writePieces writes the page as far as it can be. In order that is up to the first slot that is still awaited. Streamed, such a slot
// leaves a placeholder, and gets a patch as it settles, in the patches' place.
func (e *Engine[B]) writePieces(q *request[B]) bool {
	streamed := q.mode != page.Ordered
	for ; q.next < len(q.body.pieces); q.next++ {
		p := &q.body.pieces[q.next]
		switch {
		case p.kind == slotPiece:
			s := q.body.slots[q.nth]
			if q.skip == 0 && (!streamed || s.inPlace()) && !s.showable(streamed) {
				return false
			}
			if q.skip > 0 && streamed && !s.inPlace() {
				// What the other engine wrote is not known: a patch without a placeholder is inert.
				s.placed = true
				q.skip--
			} else if q.skip > 0 {
				s.patched = true
				q.skip--
			} else {
				e.content(s, streamed)
				e.writeMade(q)
				if s.patched {
					e.written(s)
				}
			}
			q.nth++
		case p.kind == tailPiece:
			q.tail, q.skip = true, 0
			if streamed && !e.writePatches(q) {
				return false
			}
		case streamed && p.inStream:
			e.emit(q, p.streamed)
		case !streamed && p.inWhole:
			e.emit(q, p.whole)
		}
		q.plan.pass(e.host, p)
	}
	if q.more {
		return false
	}
	q.skip = 0
	return !streamed || e.writePatches(q)
}

// pass drops what was written of a page that comes as it is written: it is for nobody else.
func (pl *plan[B]) pass(host Host[B], p *piece[B]) {
	if !pl.arriving || p.kind != textPiece {
		return
	}
	if p.inWhole {
		host.Drop(p.whole)
	} else {
		host.Drop(p.streamed)
	}
	p.inWhole, p.inStream = false, false
}

// emit writes a blob that is of what another engine may have written before.
func (e *Engine[B]) emit(q *request[B], b B) {
	if q.skip > 0 {
		q.skip--
		return
	}
	e.host.Write(q.id, b)
}

// writePatches writes a patch for each slot that has left a placeholder and has settled since. It reports whether that was all.
func (e *Engine[B]) writePatches(q *request[B]) bool {
	for again := true; again; {
		again = false
		for i := 0; i < len(q.slots); i++ {
			s := q.slots[i]
			if !s.placed || s.patched || !s.showable(true) {
				continue
			}
			again = true // a patch may have brought placeholders
			if s.state == slotFailed && !s.plan.HasError {
				s.patched = true
				e.shown(s, -1)
				e.written(s)
				continue
			}
			start := s.plan.patch
			own := s.name != s.plan.Name
			if own {
				start = e.host.NewBlob(patch.AppendStart(nil, s.name))
			}
			e.host.Write(q.id, start)
			if own {
				e.host.Drop(start)
			}
			e.content(s, true)
			e.writeMade(q)
			e.host.Write(q.id, e.patchEnd)
			e.written(s)
		}
	}
	return q.pending == 0 && !q.more
}

// requiredFailure is a slot that has failed and without which there is no page, nil if there is none.
func (q *request[B]) requiredFailure() *slotState[B] {
	for _, s := range q.slots {
		if s.plan.Required && s.state == slotFailed {
			return s
		}
	}
	return nil
}

func (q *request[B]) requiredPending() bool {
	for _, s := range q.slots {
		if s.plan.Required && s.state == slotPending {
			return true
		}
	}
	return false
}

// deadline is when q must look again though nothing woke it: at the end of its patience, or when a fill that it awaits
// is overdue.
func (e *Engine[B]) deadline(q *request[B]) time.Time {
	var first time.Time
	if q.plan != nil && !q.sent && q.mode != page.Complete && !q.requiredPending() && e.now.Before(q.shell) {
		first = q.shell
	}
	for _, s := range q.slots {
		if f := s.fill; s.state == slotPending && f != nil && (first.IsZero() || f.deadline.Before(first)) {
			first = f.deadline
		}
	}
	if first.IsZero() && q.more {
		first = duration.After(e.now, maxFillTimeout) // the host has it in hand
	}
	return first
}

// forget ends q: nothing is written to it any more, and nothing of it is kept.
func (e *Engine[B]) forget(q *request[B]) {
	delete(e.requests, q.id)
	for _, s := range q.slots {
		e.quit(s)
	}
	if q.plan != nil && q.plan.arriving {
		q.plan.drop(e.host)
	}
	if q.filled != nil {
		e.dropFilled(q.filled, q.plan)
	}
}

// shown tells what has been put together of a slot, from an offset on, if the host looks at the answer. It runs in events of the
// request's own.
func (e *Engine[B]) shown(s *slotState[B], from int) {
	if !s.of.visit || s.plan.Src == "" {
		return
	}
	told := Shown{Slot: s.name, Status: string(s.status.Append(nil)), Pending: s.state == slotPending, InPlace: s.inPlace(), From: from, To: e.made.size}
	told.Key, _ = e.keyFor(s)
	if s.err != nil {
		told.Failure = s.err.Error()
	}
	e.host.Shown(s.of.id, &told)
}
