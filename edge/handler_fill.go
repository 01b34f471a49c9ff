package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"inlay/internal/admin"
	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/forwarded"
	"inlay/internal/histogram"
	"inlay/internal/page"
	"inlay/internal/recorder"
)

// fill runs one attempt of a fill and reports its end.
func (h *Handler) fill(ctx context.Context, id engine.FillID, f engine.Fill, of led) {
	defer h.work.Done()
	began := h.now()
	a, heard, err := h.fetch(withLed(ctx, &of), f, f.Fields, f.Conditions)
	var failure *answer.FillError
	stopped, took := false, time.Duration(0)
	h.event(func() {
		cancel := h.fills[id]
		if stopped = cancel == nil; stopped {
			h.traceFillEnds(id, nil, true)
			if h.dev != nil {
				h.dev.fillEnds(id, 0, nil)
			}
			return
		}
		delete(h.fills, id)
		cancel()
		now := h.now()
		took = now.Sub(began)
		h.telling = telling{&of, &f}
		defer func() { h.telling = telling{} }()
		if err != nil {
			failure = h.engine.FillFail(id, fillFailure(err, f), now, heard...)
		} else {
			failure = h.engine.FillEnd(id, &a.answer, &blob{bytes: a.body}, now)
		}
		if failure != nil {
			h.noteFailure(&f, "", failure, admin.Known{N: took.Milliseconds(), Is: true})
		}
		if h.traces[id] != nil {
			h.traceFillEnds(id, failure, false, slog.Int("http.response.status_code", statusOf(a, heard)), slog.String("inlay.key_class", keyClass(&f.FillRequest)), slog.String("inlay.key", loggedKey(&f.FillRequest)))
		}
		if h.dev != nil {
			h.dev.fillEnds(id, statusOf(a, heard), failure)
		}
	})
	if !stopped {
		h.filled.Add(histogram.Slot{Page: f.PagePattern, Slot: f.Slot}, took, reasonOf(failure))
	}
	if failure != nil && failure.Unusual() {
		h.options.Logger.Warn("inlay: fill failed", of.attributes(&f, "error", outer(failure), "reason", failure.Reason.String())...)
	}
	if of.client != nil && err == nil && !stopped && !f.Document { // what gave no answer would give none again, and say so each time
		h.checkLeaks(f, &of)
	}
}

// reasonOf is what a fill has failed of, in a word; empty if it has not.
func reasonOf(failure *answer.FillError) string {
	if failure == nil {
		return ""
	}
	return failure.Reason.String()
}

// statusOf is the status that was answered last, 0 if none was.
func statusOf(a *fetched, heard []answer.Answer) int {
	switch {
	case a != nil:
		return a.answer.Status
	case len(heard) > 0:
		return heard[len(heard)-1].Status
	}
	return 0
}

// fetched is an answer to a fill and its body.
type fetched struct {
	answer   answer.Answer
	body     []byte
	location string // of a redirect
}

// handlerBase is what the paths of handlers are resolved against: a host that no redirect can name.
const handlerBase = "http://"

// fetch asks the origin for a fragment with exactly the given fields, and where redirects to the same scheme, host and port
// lead. It ends with ctx, also when the handler does not. The conditions are for the first who is asked. With an error come
// the heads that came before it: of redirects, and perhaps of the answer.
func (h *Handler) fetch(ctx context.Context, f engine.Fill, fields, conditions []field.Field) (a *fetched, heard []answer.Answer, err error) {
	at := f.URL
	if at == "" {
		at = handlerBase + f.Src
	}
	first := slices.Concat(fields, conditions)
	for ask := first; ; ask = fields {
		if a, err = h.ask(ctx, f, at, ask); a != nil {
			heard = append(heard, a.answer)
		}
		if err != nil {
			return nil, heard, err
		}
		next := answer.RedirectTarget(at, a.answer.Status, a.location)
		if f.Page && f.Binding == "" && f.Src[0] == '/' {
			a.answer.Location, next = answer.VisitorsLocation(strings.TrimSuffix(at, f.Src), at, a.answer.Status, a.location), ""
		}
		if f.Document {
			next = "" // what another URL answers is not this one's page
		}
		if next == "" || len(heard) > answer.MaxRedirects {
			a.answer.Redirects = heard[:len(heard)-1]
			return a, nil, nil
		}
		at = next
	}
}

// ask asks the origin once. With an error comes the head that came before it, or nil.
func (h *Handler) ask(ctx context.Context, f engine.Fill, at string, fields []field.Field) (*fetched, error) {
	origin, target := h.options.Origin, at
	if f.URL == "" {
		target = at[len(handlerBase):]
	}
	if f.Binding != "" {
		if origin = h.options.Bindings[f.Binding]; origin == nil {
			return nil, &answer.FillError{Reason: answer.RefusedError, Text: "there is no binding " + f.Binding + " for src " + f.Src + "; add it to Options.Bindings"}
		}
	}
	r, err := fillRequestTo(ctx, target)
	if err != nil {
		return nil, &answer.FillError{Reason: answer.ConnectError, Text: err.Error()}
	}
	r.Header.Set("Surrogate-Capability", field.SurrogateCapability)
	if f.Document {
		r.Header.Set("Accept", "text/html") // unless its Vary names it
	}
	for _, field := range fields {
		if f.Document && field.Name == "accept" {
			r.Header.Del("Accept")
		}
		r.Header.Add(field.Name, field.Value)
		if field.Name == page.HostField && (f.URL == "" || f.Binding != "") {
			r.Host = field.Value
		}
	}
	for _, field := range slices.Concat(f.Constant, f.Vouching) {
		r.Header.Set(field.Name, field.Value)
	}
	of := ledIn(ctx)
	for _, field := range of.trace {
		if r.Header.Get(field.Name) == "" { // else the slot declares it, or the site says it always
			r.Header.Set(field.Name, field.Value)
		}
	}
	if f.URL != "" && f.Binding == "" {
		return h.fetchRemote(r, f)
	}
	r.RequestURI, r.Body = r.URL.RequestURI(), http.NoBody // as the request of a server has them
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	a := recorder.New(f.MaxBytes, cancel)
	done := make(chan error, 1)
	go func() {
		var err error = &answer.FillError{Reason: answer.ConnectError, Text: "the handler of " + f.Src + " ended its goroutine"}
		defer func() { done <- err }()
		defer func() {
			// A handler that panics fails its own fragment and nothing else.
			switch p := recover(); {
			case p == nil:
			case p == http.ErrAbortHandler:
				err = &answer.FillError{Reason: answer.ConnectError, Text: "the handler of " + f.Src + " aborted its answer"}
			default:
				h.options.Logger.Error("inlay: the handler of a fragment panicked", of.attributes(&f, "panic", p)...)
				err = &answer.FillError{Reason: answer.ConnectError, Text: fmt.Sprintf("the handler of %s panicked: %v", f.Src, p)}
			}
		}()
		origin.ServeHTTP(a, r.WithContext(own))
		if err = a.End(); err != nil && err != recorder.ErrTooLarge {
			err = &answer.FillError{Reason: answer.ConnectError, Text: f.Src + ": " + err.Error()}
		}
	}()
	select {
	case err := <-done:
		if !a.Settled() {
			return nil, err
		}
		found := &fetched{a.Answer(), a.Kept(), a.Location()}
		if f.Document {
			found.answer.Header = keptFields(a.Sent())
		}
		return found, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fillRequestTo is a GET of a URL, or of a path: one that begins with two slashes is no URL without a scheme.
func fillRequestTo(ctx context.Context, target string) (*http.Request, error) {
	if target[0] != '/' {
		return http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err == nil {
		r.URL = u
	}
	return r, err
}

// fetchRemote asks a remote origin. Of an answer that can be no fragment by its status the body is left alone, as is that of what was
// asked for as a page and is none: events have no end, and a download may be long, for which the visitor who wants it would wait.
func (h *Handler) fetchRemote(r *http.Request, f engine.Fill) (*fetched, error) {
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set(forwarded.LoopField, h.front.loop.Add(""))
	// Not a client, for which a redirect to what is no URL is no answer.
	resp, err := h.remote.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.URL, err)
	}
	defer resp.Body.Close()
	a := &fetched{answer: recorder.Read(resp.StatusCode, resp.Header, nil, 0), location: recorder.Location(resp.Header)}
	if f.Page && recorder.HasOwnPage(resp.StatusCode) {
		// Without the whole of it the site has another.
		if body, err := io.ReadAll(io.LimitReader(resp.Body, int64(f.MaxBytes)+1)); err == nil && len(body) <= f.MaxBytes {
			a.body = recorder.OwnPage(resp.StatusCode, resp.Header, body)
			a.answer.Size = len(a.body)
		}
	}
	if resp.StatusCode != http.StatusOK {
		return a, nil
	}
	if f.Document {
		a.answer.Header = keptFields(resp.Header)
		if !isHTML(resp.Header.Get("Content-Type")) {
			return a, nil
		}
	}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, int64(f.MaxBytes)+1)); err != nil {
		return a, fmt.Errorf("%s: %w", r.URL, err)
	}
	if a.answer.Size = len(a.body); a.answer.Size > f.MaxBytes {
		return a, recorder.ErrTooLarge
	}
	return a, nil
}

// newTransport is what remote origins are asked with: as net/http does it, but that nobody here asks for gzip who was not
// asked for it, and undoes it, which would leave the ETag of other bytes.
func newTransport() *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		t = shared.Clone()
	}
	t.DisableCompression = true
	return t
}

func fillFailure(err error, f engine.Fill) *answer.FillError {
	var failure *answer.FillError
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return &answer.FillError{Reason: answer.TimeoutError, Text: fmt.Sprintf("no whole answer for %s within %v", f.Src, f.Timeout)}
	case errors.Is(err, recorder.ErrTooLarge):
		return &answer.FillError{Reason: answer.TooLargeError, Text: fmt.Sprintf("%s answered with more than the %d bytes of INLAY_MAX_FRAGMENT", f.Src, f.MaxBytes)}
	}
	return &answer.FillError{Reason: answer.ConnectError, Text: err.Error()}
}
