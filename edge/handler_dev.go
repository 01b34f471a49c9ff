package edge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/inject"
	"inlay/internal/overlay"
)

// dev is what a handler has while the site is being written, and Config.Overlay says so: it looks at the pages that browsers show.
type dev struct {
	h    *Handler
	book overlay.Book
	host overlay.Host
	// fills are those in progress, by the engine's number. The handler's lock is held.
	fills map[engine.FillID]*overlay.Fill
}

func (h *Handler) initDev() {
	c := &h.options.Config
	if !c.Dev || !c.Overlay {
		return
	}
	d := &dev{h: h, fills: map[engine.FillID]*overlay.Fill{}}
	d.host = overlay.Host{Book: &d.book, Names: func() []string { return c.Hosts }, Look: d.look, Change: d.change}
	h.dev = d
}

// ServeHTTP answers as the handler does, with the overlay in pages.
func (d *dev) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if overlay.IsOwn(r.URL.Path) {
		d.host.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodHead || !inject.IsNavigation(r) || !inject.IsOurs(r.Host, d.h.options.Config.Hosts) {
		d.h.serve(w, r, nil)
		return
	}
	visit := d.book.Begin(r.Method, targetOf(r), d.h.now())
	inner := r.WithContext(r.Context())
	inner.Header = r.Header.Clone()
	overlay.Plain(inner.Header)
	out := overlay.NewWriter(w, visit, r.Host, d.h.now)
	d.h.serve(out, inner, visit)
	out.End()
}

// look is what is stored of a visit's slots now.
func (d *dev) look(_ context.Context, v *overlay.Visit) (map[string]json.RawMessage, error) {
	entries := map[string]json.RawMessage{}
	var err error
	for _, key := range v.Keys() {
		d.h.event(func() {
			d.h.engine.EntriesOf(key, d.h.now(), func(l *engine.Listed) {
				if l.Kind == engine.ListedFragment {
					entries[key], err = json.Marshal(stored(l))
				}
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// stored is an entry as the overlay gets it: in whole seconds, as worker/listed.mjs tells it in a Worker.
func stored(l *engine.Listed) overlay.Entry {
	left := l.N[engine.ListedLeft]
	rest := func(window int64) int64 { return wholeSeconds(max(window+min(left, 0), 0)) }
	e := overlay.Entry{
		Left: wholeSeconds(left), SWR: rest(l.N[engine.ListedSWR]), SIE: rest(l.N[engine.ListedSIE]), Tags: append([]string{}, l.Tags...),
		Bytes: l.N[engine.ListedBytes], Hits: l.N[engine.ListedHits], Took: l.N[engine.ListedTook] / int64(time.Millisecond),
		From: [...]string{"origin", "data-center", "kv"}[l.N[engine.ListedFrom]],
	}
	if age := l.N[engine.ListedAge]; age >= 0 {
		age = wholeSeconds(age)
		e.Age = &age
	}
	return e
}

// wholeSeconds are those of nanoseconds, rounded down.
func wholeSeconds(ns int64) int64 {
	s := ns / int64(time.Second)
	if ns%int64(time.Second) < 0 {
		s--
	}
	return s
}

func (d *dev) change(ctx context.Context, keys []string, soft bool) error {
	_, err := d.h.PurgeEverywhere(ctx, Purge{Keys: keys, Soft: soft})
	return err
}

// visitOf is the visit whose page a request is, nil if nobody looks at it.
func (h *Handler) visitOf(id engine.RequestID) *overlay.Visit {
	if c := h.conns[id]; c != nil {
		return c.exchange.visit
	}
	return nil
}

func (n nativeHost) Shown(id engine.RequestID, s *engine.Shown) {
	if v := n.h.visitOf(id); v != nil {
		v.Shown(overlay.Shown{
			Slot: s.Slot, Key: strings.Clone(s.Key), Status: s.Status, Failure: s.Failure, Pending: s.Pending, InPlace: s.InPlace, From: s.From, To: s.To,
		})
	}
}

// fillBegins notes a fill, led by a request.
func (d *dev) fillBegins(id engine.RequestID, fill engine.FillID, f *engine.Fill) {
	fields := make([][2]string, len(f.Fields))
	for i, field := range f.Fields {
		fields[i] = [2]string{field.Name, field.Value}
	}
	noted := overlay.Fill{Slot: f.Slot, Key: overlay.KeyOf(f.Src, fields), Page: f.PagePattern, To: f.URL, Began: d.h.now()}
	if f.Binding != "" {
		noted.To = "binding:" + f.Binding
	}
	if v := d.h.visitOf(id); v != nil {
		noted.Visit = v.ID
	}
	d.fills[fill] = d.book.FillBegins(noted)
}

// fillEnds notes its end: with the answer's status, 0 if there was none, and why it is no fragment, nil if it is one.
func (d *dev) fillEnds(fill engine.FillID, status int, failure *answer.FillError) {
	noted := d.fills[fill]
	if noted == nil {
		return
	}
	delete(d.fills, fill)
	reason, text := "", ""
	if failure != nil {
		reason = failure.Reason.String()
		_, text, _ = strings.Cut(failure.Error(), "): ")
	}
	d.book.FillEnds(noted, d.h.now(), status, reason, text)
}
