//go:build !tinygo

package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// fill runs one attempt of a fill and reports its end.
func (h *Handler) fill(id FillID, f Fill, client *http.Request) {
	defer h.work.Done()
	ctx, cancel := context.WithTimeout(context.Background(), f.Timeout)
	defer cancel()
	a, err := h.fetch(ctx, f, f.Fields)
	var failure *FillError
	h.event(func() {
		if err != nil {
			failure = fillFailure(err, f)
			h.engine.FillFail(id, failure, time.Now())
			return
		}
		failure = h.engine.FillEnd(id, a.answer(), &blob{bytes: a.body}, time.Now())
	})
	if failure != nil && failure.Unusual() {
		h.options.Logger.Warn("inlay: fill failed", "src", f.Src, "error", failure)
	}
	if client != nil {
		h.checkLeaks(f, client)
	}
}

// fetch asks the origin for a fragment with exactly the given fields. It ends with ctx, also when the handler does not.
func (h *Handler) fetch(ctx context.Context, f Fill, fields []Field) (*recorder, error) {
	origin, target := h.options.Origin, f.Src
	if f.Binding != "" {
		if origin = h.options.Bindings[f.Binding]; origin == nil {
			return nil, &FillError{Reason: RefusedError, Text: "there is no binding " + f.Binding + " for src " + f.Src + "; add it to Options.Bindings"}
		}
	}
	if f.URL != "" {
		target = f.URL
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, &FillError{Reason: ConnectError, Text: err.Error()}
	}
	for _, field := range fields {
		r.Header.Add(field.Name, field.Value)
	}
	if f.URL != "" && f.Binding == "" {
		return h.fetchRemote(r, f)
	}
	a := &recorder{header: http.Header{}, limit: f.MaxBytes}
	done := make(chan error, 1)
	go func() {
		defer func() {
			// A handler that panics fails its own fragment and nothing else.
			if p := recover(); p != nil {
				h.options.Logger.Error("inlay: the handler of a fragment panicked", "src", f.Src, "panic", p)
				done <- &FillError{Reason: ConnectError, Text: fmt.Sprintf("the handler of %s panicked: %v", f.Src, p)}
			}
		}()
		origin.ServeHTTP(a, r)
		done <- nil
	}()
	select {
	case err := <-done:
		if err == nil && a.over {
			err = errTooLarge
		}
		return a, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fetchRemote asks a remote origin.
func (h *Handler) fetchRemote(r *http.Request, f Fill) (*recorder, error) {
	resp, err := h.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &recorder{header: resp.Header, status: resp.StatusCode, limit: f.MaxBytes}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, int64(f.MaxBytes)+1)); err != nil {
		return nil, err
	}
	if len(a.body) > f.MaxBytes {
		return nil, errTooLarge
	}
	return a, nil
}

var errTooLarge = errors.New("the fragment is too large")

func fillFailure(err error, f Fill) *FillError {
	var failure *FillError
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return &FillError{Reason: TimeoutError, Text: fmt.Sprintf("no whole answer for %s within %v", f.Src, f.Timeout)}
	case errors.Is(err, errTooLarge):
		return &FillError{Reason: TooLargeError, Text: fmt.Sprintf("%s answered with more than the %d bytes of INLAY_MAX_FRAGMENT", f.Src, f.MaxBytes)}
	}
	return &FillError{Reason: ConnectError, Text: err.Error()}
}

// sameHostOnly stops at a redirect that leads to another host: the allow list spoke of the first.
func sameHostOnly(r *http.Request, via []*http.Request) error {
	if r.URL.Host != via[0].URL.Host || len(via) >= 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// recorder is the http.ResponseWriter of a fill.
type recorder struct {
	header http.Header
	status int
	body   []byte
	limit  int
	over   bool
}

func (a *recorder) Header() http.Header { return a.header }

func (a *recorder) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
}

func (a *recorder) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.over || len(a.body)+len(p) > a.limit {
		a.over = true
		return 0, errTooLarge
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// Flush exists because handlers ask for it; a fragment is used whole.
func (a *recorder) Flush() {}

func (a *recorder) answer() *Answer {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.header.Get("Content-Type") == "" && len(a.body) > 0 {
		a.header.Set("Content-Type", http.DetectContentType(a.body))
	}
	get := func(name string) string { return strings.Join(a.header.Values(name), ", ") }
	return &Answer{
		Status: a.status, ContentType: a.header.Get("Content-Type"), CacheControl: get("Cache-Control"),
		Vary: get("Vary"), RetryAfter: a.header.Get("Retry-After"), Age: a.header.Get("Age"),
		ContentEncoding: get("Content-Encoding"), SetCookie: a.header["Set-Cookie"] != nil, Size: len(a.body),
	}
}
