package engine

import (
	"strings"
	"time"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/wording"
)

// fill is the engine's side of a flight: who leads it, and when it counts as lost.
type fill[B any] struct {
	key      string
	slot     *page.Slot
	name     string // of the slot, in the page that began it
	pattern  string // of that page; empty: of the origin's
	tags     []string
	flight   *cache.Flight[*entry[B]] // nil: not shared (a slot with ttl="0")
	stored   *entry[B]                // held, to be renewed; nil: there is none that can be
	adrift   int64                    // what that counts for, once it has left the cache
	unfit    bool                     // see entry
	early    *entry[B]                // the fresh fragment that it is to renew; nil: it was not begun early, or is over
	purges   uint64                   // of the engine, at its start
	untagged *bool                    // of its slot
	deadline time.Time
	asked    tick // when the origin was first asked; 0: it has not been
	attempts []attempt
	over     bool
	failure  *answer.FillError // if over and failed
	own      *entry[B]         // the same with the origin's own page for it; nil: it has none

	front, back  *slotState[B] // who waits, in the order in which they came
	older, newer *fill[B]      // in the engine's unattended
	cost         int64         // if in it
}

// add notes that a slot waits for the fill.
func (f *fill[B]) add(s *slotState[B]) {
	s.fill, s.prev = f, f.back
	if f.back != nil {
		f.back.next = s
	} else {
		f.front = s
	}
	f.back = s
}

// remove notes that it waits no more.
func (f *fill[B]) remove(s *slotState[B]) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		f.front = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		f.back = s.prev
	}
	s.prev, s.next = nil, nil
}

// attempt is one time that a fill was asked for.
type attempt struct {
	id     FillID
	leader RequestID
	since  time.Time // an answer's age counts from then on
	open   bool      // it may still end
	// looking: it has not asked the origin yet, but what lies below.
	looking bool
	asked   tick // as since
	// What the view was when the origin was asked: the log, empty if there is none, and its number.
	log   string
	stamp uint64
}

// of is the attempt of an id: the last if it is none of them.
func (f *fill[B]) of(id FillID) *attempt {
	for i := range f.attempts {
		if f.attempts[i].id == id {
			return &f.attempts[i]
		}
	}
	return f.last()
}

func (f *fill[B]) last() *attempt { return &f.attempts[len(f.attempts)-1] }

// close notes that an attempt will not end any more, and tells whether that is new.
func (f *fill[B]) close(id FillID) (a *attempt, isNew bool) {
	for i := range f.attempts {
		if a = &f.attempts[i]; a.id == id {
			isNew, a.open = a.open, false
			return a, isNew
		}
	}
	return nil, false
}

// open tells whether an attempt may still end.
func (f *fill[B]) open() bool {
	for i := range f.attempts {
		if f.attempts[i].open {
			return true
		}
	}
	return false
}

// join starts or joins the flight of a slot, which settles by it.
func (e *Engine[B]) join(s *slotState[B], key string) {
	f, leader := e.flight(s, key)
	s.status.Collapsed = !leader
	if f.over { // lost once too often
		s.of.pending--
		e.settleFailed(s, key, f.failure, nil)
		return
	}
	e.unattended.remove(f)
	f.add(s)
}

// refresh starts a fill of a slot's fragment, for which nobody waits, unless there is one; it tells whether it has. early is the
// fragment, if it is still fresh.
func (e *Engine[B]) refresh(s *slotState[B], key string, early *entry[B]) bool {
	e.sweep()
	if !e.unattended.roomFor(key) {
		return false // the next to come may
	}
	f, leader := e.flight(s, key)
	if early != nil && !f.over {
		f.early = early
		early.early.setWindow(0)
	}
	if leader {
		e.leaveAlone(f)
	}
	return leader
}

// flight gives the fill of a slot, and tells whether its request leads it because there was none.
func (e *Engine[B]) flight(s *slotState[B], key string) (f *fill[B], leader bool) {
	q, sp := s.of, s.plan
	tags := sp.ExpandTags(q.params)
	if sp.Document {
		tags = append(tags, shellTag(sp.Src))
	}
	flight, leader := e.fragments.Begin(key, tags...)
	if f = e.flights[flight]; f != nil && (f.purges != e.purges && !sp.untagged || f.asked != 0 && !e.trusts(f.asked)) {
		// A tag that was purged since may be one that only the origin's answer will name. And of what was asked for long ago
		// nobody can tell, while the log cannot be reached.
		flight.Detach()
		flight, leader = e.fragments.Begin(key, tags...)
	}
	if leader {
		f = newFill(s, flight.Key())
		f.tags, f.flight, f.purges, f.untagged = tags, flight, e.purges, &sp.untagged
		e.flights[flight] = f
		stored, _ := e.fragments.Stored(key) // after Begin, which may have reclaimed it
		f.renews(stored)
		e.attempt(f, q.id, true)
		return f, true
	}
	f = e.flights[flight]
	if !e.now.Before(f.deadline) {
		e.takeOver(f, q.id)
	}
	return f, false
}

// newFill is the fill of a slot's fragment. It keeps the key.
func newFill[B any](s *slotState[B], key string) *fill[B] {
	f := &fill[B]{key: key, slot: s.plan.Slot, name: s.name}
	if s.of.plan != nil {
		f.pattern = s.of.plan.Pattern
	}
	return f
}

// fillAlone starts a fill that nobody shares and whose fragment is not stored.
func (e *Engine[B]) fillAlone(s *slotState[B], key string) {
	f := newFill(s, strings.Clone(key))
	f.add(s)
	e.attempt(f, s.of.id, false)
}

// attempt begins one attempt of a fill, led by a request: by looking for it below, if that is wanted and there is anything to
// look for.
func (e *Engine[B]) attempt(f *fill[B], leader RequestID, look bool) {
	f.deadline = duration.After(e.now, FindTimeout+grace)
	e.sweep()
	e.lastFill++
	e.attempts[e.lastFill] = f
	f.attempts = append(f.attempts, attempt{id: e.lastFill, leader: leader, since: e.now, open: true})
	if at := f.last(); !look || !e.looks(f, at) {
		e.askOrigin(f, at)
	}
}

// askOrigin has the origin asked by an attempt.
func (e *Engine[B]) askOrigin(f *fill[B], at *attempt) {
	at.since, at.asked, at.log, at.stamp = e.now, e.tick, e.view.Log(), e.view.Seq()
	share := e.share(f, at)
	if asked := e.tick.before(share.MaxAge); f.asked == 0 || asked < f.asked {
		f.asked = asked // what it joins may have begun then
	}
	timeout := f.slot.Timeout
	if timeout == duration.Unset {
		timeout = e.config.FillTimeout
	}
	timeout = min(timeout, maxFillTimeout)
	request := page.ReadKey(f.key)
	url, binding := e.config.Destination(request.Src, request.Fields)
	var constant, vouching []field.Field
	if url != "" {
		constant, vouching = e.config.ConstantsFor(request.Src, request.Fields)
	}
	f.deadline = duration.After(e.now, timeout+grace)
	e.counts.Fills++
	var conditions []field.Field
	if f.stored != nil {
		conditions = f.stored.kept.Conditions()
	}
	e.host.Fill(at.leader, at.id, Fill{
		FillRequest: request, Conditions: conditions, Constant: constant, Vouching: vouching, URL: url, Binding: binding, Timeout: timeout, MaxBytes: e.config.MaxFragment, Share: share, Document: f.slot.Document, Page: f.slot.Required,
		Vary: f.slot.Vary, Slot: f.name, PagePattern: f.pattern,
	})
}

// takeOver lets a request lead a fill whose leader was lost: its end is overdue, and no host that lives would be silent
// for that long. The lost attempt may still report, and whichever attempt reports first settles the flight.
func (e *Engine[B]) takeOver(f *fill[B], by RequestID) {
	if f.over {
		return
	}
	if len(f.attempts) >= maxAttempts {
		e.fail(f, &answer.FillError{Reason: answer.LostError, Text: wording.Of(wording.NoAttemptEnded)})
		return
	}
	e.counts.TakenOver++
	e.attempt(f, by, f.last().looking)
}

// handOver lets a request that waits for a fill lead it, of which the host has not begun the last attempt. That one was
// none; those who wait learn of their new leader, to watch it.
func (e *Engine[B]) handOver(f *fill[B], to *request[B]) {
	delete(e.attempts, f.last().id)
	f.attempts = f.attempts[:len(f.attempts)-1]
	e.counts.Fills--
	e.attempt(f, to.id, false)
	for s := f.front; s != nil; s = s.next {
		if s.of != to {
			e.wake(s.of)
		}
	}
}

// FillEnd is the event that an attempt of a fill has its answer, whole. The blob is the engine's from here on. It gives
// why the answer is no fragment, for the host's log; nil if it is one, or came too late.
func (e *Engine[B]) FillEnd(id FillID, a *answer.Answer, blob B, now time.Time) *answer.FillError {
	e.event(now)
	f := e.attempts[id]
	if f == nil {
		e.counts.Late++
		e.host.Drop(blob)
		return nil
	}
	at := f.of(id)
	at.since, at.asked = duration.After(at.since, -a.Before), at.asked.before(a.Before)
	took := duration.Between(at.since, e.now)
	v := e.judge(f, a, took)
	if v.Renews {
		e.host.Drop(blob)
		return e.renew(f, at, &v)
	}
	failure := v.Failure
	var found inspection[B]
	size := a.Size
	if failure == nil && !f.slot.Document {
		blob, size, failure = e.unmark(blob, size)
	}
	if failure == nil {
		blob, size, found, failure = e.inspectFor(f, blob, size, &v)
	}
	if failure != nil {
		if failure.Type != "" {
			f.own = newEntry(blob, size, found.sum)
			f.own.rare = &rare[B]{failure: failure}
		} else {
			e.host.Drop(blob)
		}
		if f.slot.Document && (failure.Removes() || failure.Reason == answer.RefusedError) {
			e.noteFilled(f, false)
		}
		e.fail(f, failure)
		return failure
	}
	filled := newEntry(blob, size, found.sum)
	filled.have(&found)
	filled.cost += keyFactor * len(f.key)
	if filled.unfit = f.unfit; f.flight != nil && !filled.unfit {
		filled.kept = v.Kept
		filled.cost += filled.kept.Cost()
	}
	e.succeed(f, at, filled, v.Policy)
	return nil
}

// judge has an answer to a fill judged.
func (e *Engine[B]) judge(f *fill[B], a *answer.Answer, took time.Duration) answer.Verdict {
	q := e.question(answer.ToFill, f.slot)
	if f.slot.Document {
		q.Kind = answer.ToShellFill
	}
	q.Took, q.Tags = took, f.tags
	if f.stored != nil {
		q.Stored, q.StoredSize, q.Kept = true, f.stored.size, f.stored.kept
	}
	return e.host.Judge(q, a)
}

// refuses is why what was heard on the way to an answer is not for others, nil if it may be.
func (e *Engine[B]) refuses(f *fill[B], heard []answer.Answer) *answer.FillError {
	return e.host.Judge(e.question(answer.ToFailed, f.slot), &answer.Answer{Redirects: heard}).Failure
}

// question is one that is yet to be completed.
func (e *Engine[B]) question(kind answer.Kind, s *page.Slot) *answer.Question {
	return &answer.Question{Kind: kind, Slot: s, Now: e.now, Defaults: answer.Defaults{
		TTL: e.config.TTL, StaleWhileRevalidate: e.config.StaleWhileRevalidate,
		StaleIfError: e.config.StaleIfError, MaxFragment: e.config.MaxFragment, Hosts: len(e.config.Hosts) > 0,
	}}
}

// succeed settles a fill with a fragment that an attempt of it has brought, and whose first holder is the fill.
func (e *Engine[B]) succeed(f *fill[B], at *attempt, v *entry[B], policy cache.Policy) {
	v.asked = at.asked
	e.finishFill(f)
	e.filledIn(v, f.slot, duration.Between(at.since, e.now), policy.TTL)
	if f.flight == nil {
		e.settle(f, v, nil)
		e.release(v)
		return
	}
	*f.untagged = len(policy.Tags) == 0
	policy.Tags = append(f.tags[:len(f.tags):len(f.tags)], policy.Tags...)
	if v.kept != "" {
		policy.Keep = keepStored
		if policy.TTL < 0 {
			policy.TTL = answer.InstantlyStale // nobody else gets it; it can be renewed
		}
	}
	overtaken := f.flight.Overtaken(policy.Tags...)
	if !overtaken {
		e.failures.Delete(f.key)
	}
	if policy.TTL < 0 {
		f.flight.Remove() // what it says now takes the place of what it said before, stored or not
	}
	stored := f.flight.Commit(v, policy) == nil && policy.TTL >= 0
	if stored {
		e.fragments.Refer(&v.ref, f.key)
		if !overtaken {
			e.putFilled(f, at, v, &policy)
		}
		if f.slot.Document {
			e.noteFilled(f, true)
		}
	}
	e.settle(f, v, nil)
	if !stored {
		e.counts.Unstored++
		e.release(v) // whoever waited holds it
	}
}

// FillFail is the event that an attempt of a fill ended without a whole answer. Heard are the heads that came before it
// failed, of redirects and then perhaps of the answer itself: where one of them says that the fragment is not for others,
// that counts and not the failure. It gives which of the two it was, nil if it came too late.
func (e *Engine[B]) FillFail(id FillID, failure *answer.FillError, now time.Time, heard ...answer.Answer) *answer.FillError {
	e.event(now)
	f := e.attempts[id]
	if f == nil {
		e.counts.Late++
		return nil
	}
	delete(e.attempts, id)
	f.close(id)
	if refusal := e.refuses(f, heard); refusal != nil {
		failure = refusal
	} else if f.open() {
		return failure // another attempt may still bring it
	}
	e.fail(f, failure)
	return failure
}

// FillHeldUp is the event that the time of an attempt is over, of which it spent a part in its leader's queue behind others. That
// says nothing of the origin: another request that waits for the fill takes it over, with all of the time, and if there is
// none the failure is told to who waits and not remembered.
func (e *Engine[B]) FillHeldUp(id FillID, failure *answer.FillError, now time.Time, heard ...answer.Answer) {
	if f := e.attempts[id]; f != nil && len(f.attempts) < maxAttempts && e.refuses(f, heard) == nil {
		leader := f.last().leader
		for s := f.front; s != nil; s = s.next {
			if s.of.id == leader {
				continue
			}
			e.event(now)
			delete(e.attempts, id)
			f.close(id)
			f.deadline = e.now
			e.wake(s.of)
			return
		}
	}
	failure.HeldUp = true
	e.FillFail(id, failure, now, heard...)
}

// FillLost is the event that the host knows an attempt's context to be gone, and with it the request that led it: that one
// is forgotten. The first request that still waits for the fill is woken and takes it over; without one, the next to join
// does. It may come once from each who watched.
func (e *Engine[B]) FillLost(id FillID, now time.Time) {
	e.event(now)
	f := e.attempts[id]
	if f == nil {
		return
	}
	a, isNew := f.close(id)
	if !isNew {
		return
	}
	if q := e.requests[a.leader]; q != nil {
		e.counts.Left++
		e.forget(q)
	}
	if f.last().open {
		return // taken over before
	}
	f.deadline = e.now
	if f.front != nil {
		e.wake(f.front.of)
	}
}

// fail settles a fill with a failure and remembers it for a short time.
func (e *Engine[B]) fail(f *fill[B], failure *answer.FillError) {
	e.finishFill(f)
	f.failure = failure
	e.counts.Failed++
	if f.flight != nil {
		if failure.Removes() {
			f.flight.Remove()
		}
		if !failure.HeldUp {
			e.remember(f, failure)
		}
		f.flight.Abandon(failure)
	}
	e.goOnEarly(f)
	e.settle(f, nil, failure)
	if f.own != nil {
		e.release(f.own)
	}
}

func (e *Engine[B]) finishFill(f *fill[B]) {
	f.over = true
	e.unattended.remove(f)
	for i := range f.attempts {
		delete(e.attempts, f.attempts[i].id)
	}
	if f.flight != nil {
		delete(e.flights, f.flight)
	}
	e.letGoOfStored(f)
}

// unmark takes the byte order mark off a fragment, which its first bytes are where an editor or a template put it there.
// Within a page it is a character like others, and before what is for the head it would begin the body. Marks may be
// several, one for each file that went into the fragment. Those of UTF-16 say that it is no UTF-8.
func (e *Engine[B]) unmark(blob B, size int) (B, int, *answer.FillError) {
	n := e.host.Read(blob, 0, e.chunk[:min(size, len(e.chunk))])
	start := e.chunk[:max(n, 0)]
	if len(start) >= 2 && (start[0] == 0xFE && start[1] == 0xFF || start[0] == 0xFF && start[1] == 0xFE) {
		return blob, size, &answer.FillError{Reason: answer.RefusedError, Status: 200, Text: wording.Of(wording.UTF16)}
	}
	off := 0
	for off+3 <= len(start) && start[off] == 0xEF && start[off+1] == 0xBB && start[off+2] == 0xBF {
		off += 3
	}
	if off == 0 {
		return blob, size, nil
	}
	rest := e.host.Slice(blob, off, size)
	e.host.Drop(blob)
	return rest, size - off, nil
}
