package engine

import (
	"inlay/internal/answer"
	"inlay/internal/wording"
)

// unattended are the fills that nobody waits for: refreshes of stale fragments and early ones of fresh, and those whose requests have all left. They
// go on, since the next to ask may be about to come, but they hold keys, and their hosts hold more; so together they are
// bounded in bytes, beside the budget. Oldest first.
type unattended[B any] struct {
	oldest, newest *fill[B]
	bytes, limit   int64
}

// unattendedCost is what a fill is taken to hold beside its key, here and in the host.
const unattendedCost = 1 << 10

func costUnattended(key string, tags []string) int64 {
	cost := unattendedCost + (1+keyFactor)*len(key)
	for _, tag := range tags {
		cost += keyFactor * (len(tag) + tagCost)
	}
	return int64(cost)
}

// tagCost is what a tag is taken to hold beside its name.
const tagCost = 16

// roomFor tells whether one more fits, tags aside; if there is none there is always room for one.
func (u *unattended[B]) roomFor(key string) bool {
	return u.bytes == 0 || u.bytes+costUnattended(key, nil) <= u.limit
}

func (u *unattended[B]) add(f *fill[B]) {
	f.cost = costUnattended(f.key, f.tags)
	u.bytes += f.cost
	f.older = u.newest
	if u.newest != nil {
		u.newest.newer = f
	} else {
		u.oldest = f
	}
	u.newest = f
}

// remove takes a fill out, if it is in.
func (u *unattended[B]) remove(f *fill[B]) {
	if f.cost == 0 {
		return
	}
	u.bytes -= f.cost
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		u.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		u.newest = f.older
	}
	f.older, f.newer, f.cost = nil, nil, 0
}

// leaveAlone notes that nobody waits for a fill any more, or yet. If there are too many of the kind, the oldest are ended.
func (e *Engine[B]) leaveAlone(f *fill[B]) {
	if f.over {
		return
	}
	if f.flight == nil || f.flight.Overtaken(f.tags...) {
		e.end(f) // what it brings is for nobody
		return
	}
	e.unattended.add(f)
	for e.unattended.bytes > e.unattended.limit && e.unattended.oldest != f {
		e.end(e.unattended.oldest)
	}
}

// end ends a fill that nobody waits for: its key is free, and what it brings is late.
func (e *Engine[B]) end(f *fill[B]) {
	for i := range f.attempts {
		if f.attempts[i].open {
			e.host.Stop(f.attempts[i].id)
		}
	}
	e.finishFill(f)
	e.goOnEarly(f)
	if f.flight != nil {
		f.flight.Abandon(nil)
	}
}

// sweep ends the oldest unattended fills if they were lost, such as the refresh of a stale fragment that nobody asked for
// again. A few at a time; those that are younger are looked at later, but within the longest timeout.
func (e *Engine[B]) sweep() {
	for range 2 {
		f := e.unattended.oldest
		if f == nil || e.now.Before(f.deadline) {
			return
		}
		e.fail(f, &answer.FillError{Reason: answer.LostError, Text: wording.Of(wording.ContextGone)})
	}
}
