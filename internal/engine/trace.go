package engine

import "inlay/cache"

// What a host tells of its work in spans.

// PatternOf is the pattern of the page that a request is for, once Warm or Handle has seen it; empty if it is for none.
func (e *Engine[B]) PatternOf(r *Request) string {
	if r.page < 0 {
		return ""
	}
	plan := e.plans[r.page].Load()
	if plan == nil {
		return ""
	}
	return plan.Pattern
}

// Filling is what an attempt of a fill is for: as Fill's Slot and PagePattern say, and what is stored of its fragment. It changes
// nothing, so a host may ask within Find, Fill or Watch.
func (e *Engine[B]) Filling(id FillID) (pattern, slot string, stored cache.State, ok bool) {
	f := e.attempts[id]
	if f == nil {
		return "", "", cache.Miss, false
	}
	return f.pattern, f.name, e.fragments.StateAt(f.key, e.now), true
}
