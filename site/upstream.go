package site

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The variable that says how long the upstream takes, in milliseconds.
const (
	delayVariable = "SITE_DELAY_MS"
	defaultDelay  = 800 * time.Millisecond
	maxDelay      = time.Minute
)

// upstream stands for a service that a real site would ask over the network: it
// knows which packages import which, and takes its time. It is an
// http.RoundTripper, so that a real one could take its place.
type upstream struct {
	files  fs.FS
	getenv func(string) string
	wait   func(context.Context, time.Duration) error
}

// delay is how long the upstream is to take. It is read for each request: in a
// Worker the variables are known only then.
func (u *upstream) delay() (time.Duration, error) {
	value := u.getenv(delayVariable)
	if value == "" {
		return defaultDelay, nil
	}
	ms, err := strconv.ParseUint(value, 10, 32)
	if err != nil || time.Duration(ms)*time.Millisecond > maxDelay {
		return 0, errors.New(delayVariable + " is " + strconv.Quote(value) + "; it must be a whole number of milliseconds from 0 to " +
			strconv.FormatInt(maxDelay.Milliseconds(), 10))
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// RoundTrip answers GET /NAME with the lines of that document after the delay,
// or with 404. It ends early, with the context's error, when the request's
// context does.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	delay, err := u.delay()
	if err != nil {
		return nil, err
	}
	if err := u.wait(r.Context(), delay); err != nil {
		return nil, err
	}
	answer := &http.Response{
		StatusCode: http.StatusOK,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Request: r,
	}
	text, err := read(u.files, strings.TrimPrefix(r.URL.Path, "/"))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		answer.StatusCode = http.StatusNotFound
	case err != nil:
		return nil, err
	}
	answer.Status = strconv.Itoa(answer.StatusCode) + " " + http.StatusText(answer.StatusCode)
	answer.Body = io.NopCloser(bytes.NewReader(text))
	answer.ContentLength = int64(len(text))
	return answer, nil
}

// ask gives the lines of a document from the upstream, and the small print that
// says how it came by them.
func (u *upstream) ask(ctx context.Context, name string) (lines []string, note string, err error) {
	// The upstream is called itself and not through an http.Client, which would
	// bring its own transport with TLS into app.wasm.
	request := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/" + name}}).WithContext(ctx)
	answer, err := u.RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound {
		return nil, "", fs.ErrNotExist
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, "", err
	}
	delay, err := u.delay()
	if err != nil {
		return nil, "", err
	}
	note = `<p class="note">The upstream behind this list is simulated to take ` +
		strconv.FormatInt(delay.Milliseconds(), 10) + " ms.</p>\n"
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' }), note, nil
}

// wait returns after d, or with the context's error when that ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
