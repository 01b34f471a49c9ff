package engine

import (
	"slices"
	"time"

	"inlay/internal/duration"
	"inlay/internal/purgelog"
)

// With a purge log, what is stored may be used for as long as it is sure that no purge has been missed: for the lease, counted
// from when the log was last asked. Past its soft end the log is asked again, while everything goes on; past its end a request
// whose page has something in memory is held until the log has answered. A log that does not answer is no reason to wait
// again: from then on, until it does, only what is young is used. See docs/architecture.md.

// lease is for how long the view is relied on.
type lease struct {
	// asOf: of each purge that was acknowledged before it, the view knows. Before the first answer it is never.
	asOf tick
	// asked is when the last poll was asked for, heard when the one was whose answer was last taken in. An answer counts from
	// when it was asked for: what is purged on its way is not in it.
	asked, heard tick
	poll         PollID // the last
	polling      bool   // it goes on
	adrift       bool   // it failed
	check        tick
}

// held is a request that waits for a poll before anything is done about it.
type held struct {
	request Request
	since   tick
	woken   bool // a Wake was asked for, and Resume has not come yet
}

// never is before all times.
const never = tick(-1 << 62)

// pollOverdue is when a poll that has not ended is taken to have lost its context.
const pollOverdue = PollTimeout + grace

// verified tells whether the view is within its lease, so that of all that is stored no purge has been missed.
func (e *Engine[B]) verified() bool {
	return !e.config.Log || e.within(e.lease.asOf, e.config.Lease)
}

// trusts tells whether what an origin was asked for at a time may be used now.
func (e *Engine[B]) trusts(asked tick) bool {
	return e.verified() || asked != 0 && e.within(asked, e.config.Outage)
}

// within tells whether a time is less than d ago, for sure: how long ago it was is not known if the clock was set back since.
func (e *Engine[B]) within(t tick, d time.Duration) bool {
	return e.tick < t.add(d) && t > e.clock.back
}

// share is what an attempt of a fill may join: nothing if its slot does not ask for that, or nobody else is to have it.
//
// A request that joins the flight here gets what began up to MaxAge before the flight was asked for. With the log out of reach
// both together may be as old as what is in memory may be: half each.
func (e *Engine[B]) share(f *fill[B], at *attempt) (s Share) {
	if !f.slot.Region || f.flight == nil {
		return s
	}
	most := maxFillTimeout // no fill goes on for longer
	if !e.verified() {
		most = min(most, e.config.Outage/2)
	}
	// A purge that this engine was told of holds at once, and the log may not have it yet.
	return Share{Region: true, Log: at.log, Stamp: at.stamp, MaxAge: min(most, time.Duration(e.tick-e.purged))}
}

// holds looks at the lease in the event of a request that a page answers: it has the log polled if it is time to, and tells whether
// the request must wait for that.
func (e *Engine[B]) holds(r *Request) bool {
	if !e.asksLog(r.ID) || e.verified() || e.lease.adrift || !e.remembers(r) {
		return false
	}
	e.counts.Held++
	e.hold(r)
	return true
}

// asksLog has the log polled, in the event of a request, if it is time to. It reports false if nothing about the lease has to be
// looked at.
func (e *Engine[B]) asksLog(id RequestID) bool {
	l := &e.lease
	if !e.config.Log || int64(e.tick) < e.clock.limit.Load() {
		return false
	}
	if l.polling && e.tick >= l.asked.add(pollOverdue) {
		l.polling, l.adrift = false, true
	}
	verified := e.verified()
	if !l.polling && (e.tick >= l.asked.add(e.config.LeaseSoft) || !verified && !l.adrift) {
		l.poll++
		l.polling, l.asked = true, max(e.tick, e.clock.back+1) // in the event that sees the clock set back, or later
		e.counts.Polls++
		e.host.Poll(id, l.poll, e.view.Log(), e.view.Seq())
	}
	e.setCheck()
	return true
}

// setCheck says from when on an event has to look at the lease: before that Warm and repeats go on without.
func (e *Engine[B]) setCheck() {
	l := &e.lease
	next := e.config.LeaseSoft
	if l.polling {
		next = pollOverdue
	}
	l.check = min(l.asked.add(next), l.asOf.add(e.config.Lease))
	if l.asOf <= e.clock.back {
		l.check = e.clock.back
	}
	e.clock.limit.Store(max(int64(l.check), 1))
}

// remembers tells whether there is something in memory of r's page, which a purge could be of.
func (e *Engine[B]) remembers(r *Request) bool {
	if r.page < 0 {
		key, err := "", error(nil)
		m := e.markerOf(r, e.now)
		if m != nil && m.kept {
			key, err = e.makeKey(m.slot, nil, &r.in)
		}
		_, found := e.fragments.Stored(key)
		return found && err == nil
	}
	for _, sp := range e.plans[r.page].Load().slots {
		if key, err := e.makeKey(sp, r.params, &r.in); err == nil {
			if _, found := e.fragments.Stored(key); found {
				return true
			}
		}
	}
	return false
}

// hold has a request wait.
func (e *Engine[B]) hold(r *Request) {
	h := &held{request: *r, since: e.tick}
	// What it was found out to be is found out again, in buffers that are not another's by then.
	h.request.params, h.request.key = nil, nil
	e.held[r.ID] = h
	e.heldOrder = append(e.heldOrder, r.ID)
	e.host.Wait(r.ID, e.clock.outside(duration.After(e.now, PollTimeout)))
}

// goOn is the event of a request that was held: the log has answered, or its time is over.
func (e *Engine[B]) goOn(h *held) {
	id := h.request.ID
	woken := h.woken
	h.woken = false
	if !e.verified() && !e.lease.adrift {
		if e.lease.polling && e.stillHeld(h) {
			// The answer that it was woken for was too old by now, and another is on its way; or it was woken for nothing.
			if woken {
				e.heldOrder = append(e.heldOrder, id)
			}
			return
		}
		e.lease.adrift = true // nobody waits twice
	}
	delete(e.held, id)
	e.handle(&h.request)
}

// stillHeld has a held request wait on, if its time is not over.
func (e *Engine[B]) stillHeld(h *held) bool {
	left := time.Duration(h.since.add(PollTimeout) - e.tick)
	if left > 0 {
		e.host.Wait(h.request.ID, e.clock.outside(duration.After(e.now, left)))
	}
	return left > 0
}

// Polled is the event that a poll has ended: with an answer, or, if that is nil, without. One that is late, or comes twice, is
// passed over.
func (e *Engine[B]) Polled(id PollID, a *purgelog.Answer, now time.Time) {
	e.event(now)
	l := &e.lease
	if !l.polling || id != l.poll {
		return
	}
	l.polling, l.adrift = false, a == nil
	if a != nil {
		e.learn(a, l.asked, nil)
	} else {
		e.counts.PollsFailed++
	}
	e.polled()
}

// polled has those go on who waited for a poll.
func (e *Engine[B]) polled() {
	e.setCheck()
	e.host.EndRepeats() // which go on until this poll would have been overdue: the next is due before
	e.restartAll()
	for _, id := range e.heldOrder {
		if h := e.held[id]; h != nil {
			h.woken = true
			e.host.Wake(id)
		}
	}
	e.heldOrder = e.heldOrder[:0]
}

// learn takes in what the log answered to who asked it at a time, with purges of its own.
func (e *Engine[B]) learn(a *purgelog.Answer, asked tick, own []string) {
	l := &e.lease
	if asked < l.heard && a.Log != e.view.Log() {
		return // of a log that was lost since
	}
	// How long ago a purge was, the log does not say. What is invalidated may be shown for as long as its stale windows say,
	// counted from when it is heard of, only where that cannot have been long: who has slept takes it for gone.
	slept := !e.verified()
	news, reset := e.view.Apply(a)
	asOf := asked.add(-max(a.Age, 0)) // a clock that was set back gives any age
	if reset {
		l.asOf = asOf
		e.change(purgelog.All)
	}
	for i := range news {
		if subject := news[i].Subject; !reset {
			if slept && !slices.Contains(own, subject) {
				subject = purgelog.Hard(subject)
			}
			e.change(subject)
		}
	}
	l.asOf, l.heard = max(l.asOf, asOf), max(l.heard, asked)
}

// change purges or invalidates what a subject names, and says how many entries that were. What it does not know it takes
// for everything.
func (e *Engine[B]) change(subject string) (n int) {
	e.host.EndRepeats()
	kind, name, soft := purgelog.Read(subject)
	if kind == purgelog.KindTag {
		e.purges++
	}
	switch {
	case kind == purgelog.KindTag && soft:
		e.failures.PurgeTag(name)
		return e.fragments.InvalidateTag(name)
	case kind == purgelog.KindTag:
		return e.failures.PurgeTag(name) + e.fragments.PurgeTag(name)
	case kind == purgelog.KindKey && soft:
		e.failures.Delete(name)
		if e.fragments.Invalidate(name) {
			n = 1
		}
		e.failures.PurgeTag(shellTag(name))
		n += e.fragments.InvalidateTag(shellTag(name))
	case kind == purgelog.KindKey:
		if v, _ := e.fragments.Inspect(name, e.now); v != nil || e.failureOf(name) != nil {
			n = 1
		}
		e.failures.Delete(name)
		e.fragments.Delete(name)
		n += e.failures.PurgeTag(shellTag(name)) + e.fragments.PurgeTag(shellTag(name))
	case kind == purgelog.KindAll && soft:
		e.failures.Clear()
		return e.fragments.InvalidateAll()
	default:
		n = e.fragments.Len() + e.failures.Len()
		e.failures.Clear()
		e.fragments.Clear()
	}
	return n
}
