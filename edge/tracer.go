package edge

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/trace"
)

// Tracer is told of what a handler does, in spans: see inlay/edge/otel for OpenTelemetry's. Spans of all requests are begun at once.
type Tracer interface {
	// Request begins the span of a request. Its parent is the one in the request's context; where that has none, the one that its
	// traceparent names. The span is not nil.
	Request(r *http.Request, at time.Time) Span
}

// Span is something that takes time. Its methods may be called from several goroutines, and after its End too: a fragment may be filled
// for a page after that has been sent.
//
// The spans of a page are inlay.route (until the handler knows what answers the request), inlay.compose (from the answer's head to its end),
// inlay.fill for each fragment that is fetched for it, with an inlay.lookup where [Options.Lower] is asked first, and inlay.wait for
// each that another request has fetched already, with a link to that one's inlay.fill.
type Span interface {
	// Recording tells whether anybody will see it. If not, nothing but In, Fields and End are called.
	Recording() bool
	// Child begins a span within it.
	Child(name string, at time.Time, attributes ...slog.Attr) Span
	// Link says that the span has to do with another, of a request of its own.
	Link(to Span)
	// Name gives it another name: that of the page is known once it is routed.
	Name(name string)
	// In is ctx with the span in it, as the parent of what is begun there.
	In(ctx context.Context) context.Context
	// Fields are the traceparent and the tracestate of what is done elsewhere for the span. Empty: the visitor's go on instead.
	Fields() (traceparent, tracestate string)
	// End ends it. failure is empty if it has done what it was for; else it is why not, in a word.
	End(at time.Time, failure string, attributes ...slog.Attr)
}

// traced is what a request has of its span.
type traced struct {
	span   Span
	began  time.Time
	routed time.Time
	head   time.Time  // when the answer's head was begun; zero: not yet
	status int        // 0: not known
	said   string     // Cache-Status
	fills  int        // of fragments that it has begun, or waited for. The handler's lock is held
	waits  []*waiting // the same
}

// waiting is a request that waits for another's fill.
type waiting struct{ span Span }

// tracedFill is a fill that is told of. The handler's lock is held.
type tracedFill struct {
	span  Span
	waits []*waiting
	seen  int // requests that waited for it
	tier  string
}

func (h *Handler) traceBegins(r *http.Request) *traced {
	now := h.now()
	return &traced{span: h.options.Tracer.Request(r, now), began: now}
}

// headed notes that the head of a request's answer is sent now.
func (x *exchange) headed(h *Handler, status int, header http.Header) {
	t := x.traced
	if t == nil {
		return
	}
	if t.head.IsZero() {
		t.head, t.status = h.now(), status
	}
	if said := header["Cache-Status"]; len(said) > 0 && t.said == "" {
		t.said = said[0]
	}
}

func (t *traced) isRouted(h *Handler) {
	if t.routed.IsZero() {
		t.routed = h.now()
	}
}

// traceEnds tells of a request that has been answered.
func (h *Handler) traceEnds(x *exchange) {
	t, now := x.traced, h.now()
	if !t.span.Recording() {
		t.span.End(now, "")
		return
	}
	fills := 0
	h.event(func() {
		fills = t.fills
		for _, w := range t.waits {
			w.end(now)
		}
		t.waits = nil
	})
	if t.routed.IsZero() {
		t.routed = now
	}
	route := t.span.Child("inlay.route", t.began)
	pattern := h.engine.PatternOf(x.request)
	route.End(t.routed, "", slog.String("inlay.page", pattern))
	if !t.head.IsZero() {
		t.span.Child("inlay.compose", t.head).End(now, "")
	}
	attributes := []slog.Attr{slog.String("http.request.method", x.r.Method), slog.String("url.path", x.r.URL.Path)}
	name := x.r.Method
	if pattern != "" {
		name += " " + pattern
		attributes = append(attributes, slog.String("http.route", pattern), slog.Bool("inlay.warm", fills == 0))
	}
	t.span.Name(name)
	failure := ""
	if t.status > 0 {
		attributes = append(attributes, slog.Int("http.response.status_code", t.status))
		if t.status >= 500 {
			failure = http.StatusText(t.status)
		}
	}
	if t.said != "" {
		attributes = append(attributes, slog.String("inlay.cache_status", t.said))
	}
	t.span.End(now, failure, attributes...)
}

// end ends it, once.
func (w *waiting) end(at time.Time) {
	if w.span != nil {
		w.span.End(at, "", slog.Bool("inlay.collapsed", true))
		w.span = nil
	}
}

// states are what is stored of a fragment while it is filled.
var states = [...]string{cache.Miss: "miss", cache.Fresh: "fresh", cache.Stale: "stale"}

// keyClass tells of a fill's key without telling it: whether all share it, or what it has of its visitors.
func keyClass(r *page.FillRequest) string {
	class := "shared"
	for _, f := range r.Fields {
		if slices.Contains(secrets[:], f.Name) {
			return "visitor"
		}
		class = "varies"
	}
	return class
}

// traceFill is the span of a fill that a request leads; nil if nobody sees it. The lock is held.
func (h *Handler) traceFill(id engine.RequestID, fill engine.FillID) *tracedFill {
	if f := h.traces[fill]; f != nil {
		return f
	}
	c := h.conns[id]
	if c == nil || c.exchange.traced == nil || !c.exchange.traced.span.Recording() {
		return nil
	}
	pattern, slot, stored, _ := h.engine.Filling(fill)
	f := &tracedFill{tier: "origin"}
	f.span = c.exchange.traced.span.Child("inlay.fill", h.now(),
		slog.String("inlay.page", pattern), slog.String("inlay.slot", slot), slog.String("inlay.state", states[stored]))
	c.exchange.traced.fills++
	h.traces[fill] = f
	return f
}

// traceInto has a fill's own requests be within its span: those of handlers by their context, those to other services by their fields.
func (h *Handler) traceInto(ctx context.Context, id engine.RequestID, fill engine.FillID, of *led) context.Context {
	var span Span
	if f := h.traceFill(id, fill); f != nil {
		span = f.span
	} else if c := h.conns[id]; c != nil && c.exchange.traced != nil {
		span = c.exchange.traced.span // which is not recorded: neither is what is done for it
	} else {
		return ctx
	}
	if parent, state := span.Fields(); parent != "" {
		of.trace = []field.Field{{Name: trace.ParentField, Value: parent}}
		if state != "" {
			of.trace = append(of.trace, field.Field{Name: trace.StateField, Value: state})
		}
	}
	return span.In(ctx)
}

// traceFillEnds tells of a fill's end: why it has failed, nil if it has not. The lock is held.
func (h *Handler) traceFillEnds(fill engine.FillID, failure *answer.FillError, stopped bool, attributes ...slog.Attr) {
	f := h.traces[fill]
	if f == nil {
		return
	}
	delete(h.traces, fill)
	now := h.now()
	for _, w := range f.waits {
		w.end(now)
	}
	why := reasonOf(failure)
	if stopped && why == "" {
		why = "stopped"
	}
	f.span.End(now, why, append(attributes, slog.String("inlay.tier", f.tier), slog.Bool("inlay.collapsed", f.seen > 0), slog.Int("inlay.waiting", f.seen))...)
}

// traceWait notes that a request waits for a fill that another leads. The lock is held.
func (h *Handler) traceWait(id engine.RequestID, fill engine.FillID) {
	f, c := h.traces[fill], h.conns[id]
	if f != nil {
		f.seen++
	}
	if c == nil || c.exchange.traced == nil || !c.exchange.traced.span.Recording() {
		return
	}
	pattern, slot, _, _ := h.engine.Filling(fill)
	w := &waiting{c.exchange.traced.span.Child("inlay.wait", h.now(), slog.String("inlay.page", pattern), slog.String("inlay.slot", slot))}
	c.exchange.traced.fills++
	c.exchange.traced.waits = append(c.exchange.traced.waits, w)
	if f != nil { // else the one who leads it is not recorded
		w.span.Link(f.span)
		f.waits = append(f.waits, w)
	}
}

// lowerName is what a fill's tier is called that has found its fragment in Options.Lower: what statistics call it too.
const lowerName = "data-center"

// traceFound tells of what Options.Lower had. The lock is held.
func (h *Handler) traceFound(fill engine.FillID, began time.Time, asked config.Tiers, found, taken bool) {
	f := h.traces[fill]
	if f == nil {
		return
	}
	if asked != 0 {
		f.span.Child("inlay.lookup", began, slog.String("inlay.tier", lowerName)).End(h.now(), "", slog.Bool("inlay.found", found))
	}
	if taken {
		f.tier = lowerName
		h.traceFillEnds(fill, nil, false)
	}
}

// out has what is passed to the origin be within the request's span.
func (t *traced) out(r *http.Request) *http.Request {
	if parent, state := t.span.Fields(); parent != "" {
		r.Header.Set(trace.ParentField, parent)
		r.Header.Del(trace.StateField)
		if state != "" {
			r.Header.Set(trace.StateField, state)
		}
	}
	return r.WithContext(t.span.In(r.Context()))
}
