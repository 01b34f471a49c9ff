package engine

import (
	"time"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/purgelog"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// purge answers a request of administration that purges or, soft, invalidates what each parameter of its query names. One that
// is not understood leaves everything as it is.
func (e *Engine[B]) purge(r *Request, soft bool) {
	h := &held{request: *r, since: e.tick, soft: soft}
	problem := wording.Of(wording.QueryEmpty)
	for query := r.query; query != ""; {
		var pair string
		pair, query, _ = ascii.Cut(query, "&")
		if pair == "" {
			continue
		}
		encodedName, encodedValue, _ := ascii.Cut(pair, "=")
		name, _ := route.DecodeQuery(encodedName)
		value, ok := route.DecodeQuery(encodedValue)
		subject := ""
		switch {
		case !ok || value == "" || len(value) > maxSubject || ascii.InSet(0, value):
		case name == "tag":
			subject = purgelog.Tag(value)
		case name == "key":
			subject = purgelog.Key(value)
		case name == "all" && value == "1":
			subject = purgelog.All
		}
		if subject == "" {
			problem = wording.Of(wording.NotUnderstood, ascii.Trim(ascii.Quote(pair), `"`))
			h.subjects, query = nil, ""
			continue
		}
		if soft {
			subject = purgelog.Soft(subject)
		}
		h.subjects = append(h.subjects, subject)
	}
	switch {
	case h.subjects == nil:
		e.sendPurged(h, 400, wording.Of(wording.NothingPurged, problem))
	case e.config.Log:
		e.tell(h)
	default:
		e.sendPurged(h, 200, ":"+decimal.String(e.changeAll(h.subjects)))
	}
}

// maxSubject is how long a tag or key may be that is purged, in bytes: no tag and no key is longer. What would be a part of
// another subject on its way, or be refused by the log for ever, is not understood.
const maxSubject = 8<<10 - 8

// tell has the purge log told of what is purged.
func (e *Engine[B]) tell(h *held) {
	e.hold(h, PurgeTimeout)
	e.host.Purge(h.request.ID, Purge{Log: e.view.Log(), Seq: e.view.Seq(), Subjects: h.subjects})
}

func (e *Engine[B]) changeAll(subjects []string) (n int) {
	e.purged = e.tick
	for _, s := range subjects {
		n += e.change(s)
	}
	return n
}

// sendPurged answers with JSON: the rest of an object behind the name of its first member.
func (e *Engine[B]) sendPurged(h *held, status int, rest string) {
	what := `{"purged"`
	if h.soft {
		what = `{"invalidated"`
	}
	e.sendAs(h.request.ID, status, what+rest+"}\n", field.Field{Name: "content-type", Value: "application/json"})
}

// Purged is the event that the purge log has what it was told, and what else it says; nil: it could not be told, for a reason.
func (e *Engine[B]) Purged(id RequestID, a *purgelog.Answer, reason string, now time.Time) {
	e.event(now)
	h := e.held[id]
	if h == nil || h.subjects == nil {
		return
	}
	if a == nil {
		e.purgeFailed(h, reason)
		return
	}
	delete(e.held, id)
	n := e.told(h.subjects, a, h.since)
	if !h.passed {
		lease := max(e.config.Lease, e.config.Outage).Milliseconds()
		within := decimal.String(int(lease)) + "ms"
		if lease%1000 == 0 {
			within = decimal.String(int(lease/1000)) + "s"
		}
		e.sendPurged(h, 200, wording.Of(wording.PurgedWithin, decimal.String(n), within, string(decimal.Append(nil, int64(a.Seq)))))
	}
}

func (e *Engine[B]) told(subjects []string, a *purgelog.Answer, asked tick) int {
	n := e.changeAll(subjects)
	e.learn(a, asked, subjects)
	e.lease.adrift = false
	e.polled()
	return n
}

// View is for a host that tells the purge log of something itself: what the log is to be told, and the time for Told.
func (e *Engine[B]) View(now time.Time) (log string, seq uint64, asked int64) {
	e.event(now)
	return e.view.Log(), e.view.Seq(), int64(e.tick)
}

// Told is the event that the host has told the purge log of subjects, as of a View, and what that said; nil: there is no log. It
// says how many entries went, or lost their freshness.
func (e *Engine[B]) Told(subjects []string, a *purgelog.Answer, asked int64, now time.Time) int {
	e.event(now)
	if a == nil {
		return e.changeAll(subjects)
	}
	return e.told(subjects, a, tick(asked))
}

// purgeFailed answers that the log is not known to have it: it may have been lost on the way there, or its answer was on the way back.
func (e *Engine[B]) purgeFailed(h *held, reason string) {
	delete(e.held, h.request.ID)
	if !h.passed {
		e.sendPurged(h, 503, wording.Of(wording.LogNotReached, ascii.Trim(ascii.Quote(reason), `"`)))
	}
}

// PassEnd is the event that a request that was passed on, of a method that may change something, was answered with a success
// or a redirect: groups is the answer's Cache-Group-Invalidation field (RFC 9875, section 3), tags that of the
// configuration's PurgeField, each empty if there is none. What they name is purged here at once; a host that was asked for a
// Purge lets the answer wait for it.
//
// It says whether anything was named: a field that is no list of strings says nothing, as RFC 9651 has it.
func (e *Engine[B]) PassEnd(id RequestID, groups, tags string, now time.Time) bool {
	e.event(now)
	h := &held{request: Request{ID: id}, since: e.tick, passed: true}
	for _, tag := range answer.Purged(groups, e.config.PurgeField, tags) {
		h.subjects = append(h.subjects, purgelog.Tag(tag))
	}
	if h.subjects == nil {
		return false
	}
	e.changeAll(h.subjects)
	e.restartAll()
	if e.config.Log {
		// The log may be slow, or away: nor may what lies below bring back what is gone here.
		for _, s := range h.subjects {
			e.view.Mark(s)
		}
		e.tell(h)
	}
	return true
}
