package edge

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"inlay/internal/admin"
	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/histogram"
	"inlay/internal/operator"
)

// administer answers a request for one of inlay's own paths. What it asks for, and what is said, is internal/admin's.
func (h *Handler) administer(x *exchange) {
	h.answerAdmin(x, h.administered(x.r.Context(), x.request))
}

func (h *Handler) administered(ctx context.Context, req *engine.Request) admin.Answer {
	ask, query, refused := admin.Route(admin.Call{
		Method: req.Method, Target: req.Target, Authorization: req.Fields.Field("authorization"),
	}, h.options.Config.Token)
	switch ask {
	case admin.Page:
		return admin.Answer{Status: http.StatusOK, Fields: operator.Fields(), Text: operator.Body()}
	case admin.Stats:
		return admin.JSON(http.StatusOK, admin.Figures(h.figures(), h.options.Config.Problems))
	case admin.Metrics:
		a := admin.Prometheus(h.figures())
		a.Text = string(h.filled.Append([]byte(a.Text)))
		return a
	case admin.ListEntries:
		return h.adminEntries(ctx, query)
	case admin.ListFlights:
		return admin.Flights(reach, h.adminFlights())
	case admin.ListFailures:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.failed.Answer(reach)
	case admin.TellHistory:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.history.Answer(reach)
	case admin.Purge, admin.Invalidate:
		return h.adminPurge(ctx, query, ask == admin.Invalidate)
	}
	return refused
}

// reach is of whom a native server tells.
const reach = "process"

// listStep is how many entries are looked at while the lock is held: that takes some 100 µs.
const listStep = 200

// eachEntry goes through all that is cached, in steps, and lets those by who wait for the lock.
func (h *Handler) eachEntry(ctx context.Context, visit func(*admin.Entry)) {
	for at, more := uint64(0), true; more && ctx.Err() == nil; more = at != 0 {
		h.event(func() {
			at = h.engine.Entries(at, listStep, h.now(), func(l *engine.Listed) { visit(entryOf(l)) })
		})
		runtime.Gosched()
	}
}

func (h *Handler) adminEntries(ctx context.Context, query string) admin.Answer {
	q, problem := admin.ParseList(query)
	if problem != "" {
		return admin.NotListed(problem)
	}
	selection := admin.Select(q)
	h.eachEntry(ctx, selection.Offer)
	return selection.Answer(reach, func(key, kind string) (found *admin.Entry) {
		h.event(func() {
			h.engine.EntriesOf(key, h.now(), func(l *engine.Listed) {
				if e := entryOf(l); e.Kind == kind {
					found = e
				}
			})
		})
		return found
	})
}

func (h *Handler) adminFlights() (all []admin.Flight) {
	h.event(func() {
		h.engine.Flights(h.now(), func(l *engine.Listed) {
			all = append(all, admin.Flight{
				Key: l.Key, Page: l.Of, Slot: l.Slot, Age: l.N[engine.FlyingAge] / 1e6, Waiting: l.N[engine.FlyingWaiting],
				Attempts: l.N[engine.FlyingAttempts], Looking: l.N[engine.FlyingLooking] != 0,
			})
		})
	})
	return all
}

// entryOf is what the engine tells of an entry, as administration does. worker/listed.mjs does the same.
func entryOf(l *engine.Listed) *admin.Entry {
	n := &l.N
	left, swr, sie := n[engine.ListedLeft], n[engine.ListedSWR], n[engine.ListedSIE]
	e := &admin.Entry{
		Key: l.Key, Tags: l.Tags, Kind: [...]string{"fragment", "page", "failure"}[l.Kind], State: "expired",
		Age: admin.Known{N: n[engine.ListedAge] / 1e9, Is: n[engine.ListedAge] >= 0}, Left: left / 1e9,
		SWR: max(swr+min(left, 0), 0) / 1e9, SIE: max(sie+min(left, 0), 0) / 1e9,
		Bytes: n[engine.ListedBytes], Charged: n[engine.ListedCharged], Hits: n[engine.ListedHits],
	}
	if left < 0 && left%1e9 != 0 {
		e.Left-- // as a second that has begun
	}
	switch {
	case left > 0:
		e.State = "fresh"
	case left+swr > 0:
		e.State = "stale"
	}
	switch l.Kind {
	case engine.ListedFragment:
		e.Took = admin.Known{N: (n[engine.ListedTook] + 5e5) / 1e6, Is: true}
		e.From = [...]string{"origin", "data-center", "kv"}[n[engine.ListedFrom]]
	case engine.ListedFailure:
		e.Reason, e.Text = reasonAndText(l.Of)
	}
	return e
}

// reasonAndText takes apart what a failure's Error says.
func reasonAndText(failure string) (reason, text string) {
	_, failure, _ = strings.Cut(failure, "(")
	reason, text, _ = strings.Cut(failure, "): ")
	return reason, text
}

// noteFailure remembers a fill that failed. The lock is held.
func (h *Handler) noteFailure(f *engine.Fill, src string, failure *answer.FillError, took admin.Known) {
	request := f.FillRequest
	if src != "" {
		request.Src = src
	}
	reason, text := reasonAndText(failure.Error())
	h.failed.Add(admin.Failed{
		At: h.now(), Key: loggedKey(&request), Page: f.PagePattern, Slot: f.Slot, Reason: reason, Status: failure.Status, Text: text, Took: took,
	})
}

// turn has the history note how the counters have grown, at the first request after a window's end.
func (h *Handler) turn(now time.Time) {
	figures := h.figures()
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Unix() >= h.due.Load() {
		h.due.Store(h.history.Turn(now, figures).Add(time.Second - 1).Unix())
	}
}

func (h *Handler) figures() []int64 {
	for more := true; more; { // in steps
		h.event(func() { more = h.engine.Tally() })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var all [engine.FiguresCount]int64
	h.engine.Figures(&all)
	return all[:]
}

func (h *Handler) adminPurge(ctx context.Context, query string, soft bool) admin.Answer {
	query, previewed := admin.IsPreview(query)
	subjects, problem := admin.ParsePurge(query, soft)
	if problem != "" {
		return admin.NothingPurged(soft, problem)
	}
	if previewed {
		preview := admin.NewPreview(subjects)
		h.eachEntry(ctx, preview.Offer)
		return preview.Answer()
	}
	purged, err := h.purgeSubjects(h.alive, subjects) // whoever asked, and has left meanwhile
	switch {
	case err != nil:
		return admin.NotPurged(soft, err.Error())
	case h.options.Log == nil:
		return admin.Purged(soft, purged.Entries)
	}
	return admin.PurgedWithin(soft, purged.Entries, purged.Within, purged.Seq)
}

func (h *Handler) answerAdmin(x *exchange, a admin.Answer) {
	head := &blob{status: a.Status, header: http.Header{"Cache-Control": {"no-store"}, "Content-Length": {strconv.Itoa(len(a.Text))}}}
	for _, f := range a.Fields {
		head.header.Add(f.Name, f.Value)
	}
	h.sendWhole(x, head, &blob{bytes: []byte(a.Text)}, false)
}

// slotsOf are what fills are counted by.
func slotsOf(pages []Page) (all []histogram.Slot) {
	for i := range pages {
		for j := range pages[i].Slots {
			all = append(all, histogram.Slot{Page: pages[i].Pattern, Slot: pages[i].Slots[j].Name})
		}
	}
	return all
}
