package engine

import (
	"time"

	"inlay/internal/purgelog"
)

// View is for a host that tells the purge log of something: what the log is to be told besides, and the time for Told.
func (e *Engine[B]) View(now time.Time) (log string, seq uint64, asked int64) {
	e.event(now)
	return e.view.Log(), e.view.Seq(), int64(e.tick)
}

// Told is the event that the host has told the purge log of subjects, as of a View or of a [Host.Purge], and what that said; nil: there
// is no log. It says how many entries went, or lost their freshness. A host that could not tell the log says nothing: it is not known
// whether the log has it.
func (e *Engine[B]) Told(subjects []string, a *purgelog.Answer, asked int64, now time.Time) int {
	e.event(now)
	n := e.changeAll(subjects)
	if a != nil {
		e.learn(a, tick(asked), subjects)
		e.lease.adrift = false
		e.polled()
	}
	return n
}

func (e *Engine[B]) changeAll(subjects []string) (n int) {
	e.purged = e.tick
	for _, s := range subjects {
		n += e.change(s)
	}
	return n
}

// PassEnd is the event that a request that was passed on, of a method that may change something, was answered with a success
// or a redirect, and named these tags to be over: see [answer.Purged]. They are purged here at once; a host that was asked for a
// Purge lets the answer wait for it.
func (e *Engine[B]) PassEnd(id RequestID, tags []string, now time.Time) {
	e.event(now)
	var subjects []string
	for _, tag := range tags {
		subjects = append(subjects, purgelog.Tag(tag))
	}
	if subjects == nil {
		return
	}
	e.changeAll(subjects)
	e.restartAll()
	if e.config.Log {
		// The log may be slow, or away: nor may what lies below bring back what is gone here.
		for _, s := range subjects {
			e.view.Mark(s)
		}
		e.host.Purge(id, Purge{Log: e.view.Log(), Seq: e.view.Seq(), Asked: int64(e.tick), Subjects: subjects})
	}
}
