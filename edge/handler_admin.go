package edge

import (
	"net/http"
	"strconv"

	"inlay/internal/admin"
	"inlay/internal/engine"
	"inlay/internal/histogram"
	"inlay/internal/operator"
)

// administer answers a request for one of inlay's own paths. What it asks for, and what is said, is internal/admin's.
func (h *Handler) administer(x *exchange) {
	h.answerAdmin(x, h.administered(x.request))
}

func (h *Handler) administered(req *engine.Request) admin.Answer {
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
	case admin.Purge, admin.Invalidate:
		return h.adminPurge(query, ask == admin.Invalidate)
	}
	return refused
}

func (h *Handler) figures() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all [engine.FiguresCount]int64
	h.engine.Figures(&all)
	return all[:]
}

func (h *Handler) adminPurge(query string, soft bool) admin.Answer {
	subjects, problem := admin.ParsePurge(query, soft)
	if problem != "" {
		return admin.NothingPurged(soft, problem)
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
