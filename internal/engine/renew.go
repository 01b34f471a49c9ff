package engine

import (
	"time"

	"inlay/internal/answer"
)

// A fragment whose answer was kept is renewed by a 304: see internal/answer, kept.go.

// keepStored is how long a fragment that is too old for any use stays, to be renewed by a 304.
const keepStored = time.Hour

// renews has a fill ask whether what is stored has changed, if there is anything to ask with.
func (f *fill[B]) renews(stored *entry[B]) {
	if stored == nil {
		return
	}
	if f.unfit = stored.unfit; stored.kept != "" && stored.renewing() == nil {
		stored.hold()
		f.stored = stored
		stored.renewedBy(f)
	}
}

// renew is the end of a fill whose answer is that what was stored has not changed: it stays the very same, and so do the
// pages that it went into. How long it may be used is as a 200 with these fields would say.
func (e *Engine[B]) renew(f *fill[B], at *attempt, said *answer.Verdict) *answer.FillError {
	v := f.stored
	if !said.Fits {
		v.kept, v.unfit = "", true
	}
	if said.Failure != nil {
		e.fail(f, said.Failure)
		return said.Failure
	}
	v.hold() // for the cache, which lets go of it as of what it replaces
	v.cost -= v.kept.Cost()
	if said.Kept != "" {
		v.kept = said.Kept
	}
	v.cost += v.kept.Cost()
	e.succeed(f, at, v, said.Policy)
	return nil
}

// departs notes that a fragment has left the cache. One that is to be renewed is still held for that, beside the budget,
// but only as many as have a small part of it together: past that a 304 finds nothing.
func (e *Engine[B]) departs(v *entry[B]) {
	f := v.renewing()
	if f == nil {
		return
	}
	cost := int64(v.cost)
	if e.adrift+cost > e.unattended.limit {
		e.letGoOfStored(f)
		return
	}
	e.adrift += cost
	f.adrift = cost
}

// letGoOfStored ends a fill's hold of what it was to renew.
func (e *Engine[B]) letGoOfStored(f *fill[B]) {
	v := f.stored
	if v == nil {
		return
	}
	e.adrift -= f.adrift
	f.stored, f.adrift = nil, 0
	v.renewedBy(nil)
	e.release(v)
}
