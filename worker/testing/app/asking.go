//go:build js

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/fetch"
)

// asking are handlers that ask another server.
var asking = map[string]http.HandlerFunc{
	"http":             httpGet,
	"http-post":        httpPost,
	"http-many":        httpMany,
	"http-context":     httpContext,
	"http-timeout":     httpTimeout,
	"http-cancel-body": httpCancelBody,
	"syumai":           syumaiGet,
	"syumai-client":    syumaiClient,
	"syumai-post":      syumaiPost,
	"syumai-many":      syumaiMany,
	"binding":          binding,
}

// say answers with a fragment.
func say(w http.ResponseWriter, format string, args ...any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>%s</p>", html.EscapeString(fmt.Sprintf(format, args...)))
}

// summary tells of an answer: status, size and the beginning of its body's hash.
func summary(resp *http.Response, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Sprintf("status %d, then error: %v", resp.StatusCode, err)
	}
	if len(body) < 100 {
		return fmt.Sprintf("status %d: %s", resp.StatusCode, body)
	}
	return fmt.Sprintf("status %d: %d bytes %x", resp.StatusCode, len(body), sha256.Sum256(body))
}

// megabyte is a body of 1 MB.
func megabyte() []byte { return bytes.Repeat([]byte("0123456789abcde\n"), 1<<16) }

func httpGet(w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get(r.FormValue("url"))
	say(w, "%s", summary(resp, err))
}

func httpPost(w http.ResponseWriter, r *http.Request) {
	resp, err := http.Post(r.FormValue("url"), "application/octet-stream", bytes.NewReader(megabyte()))
	say(w, "%s", summary(resp, err))
}

// many asks 20 times at once, each its own path.
func many(w http.ResponseWriter, get func(i int) (*http.Response, error)) {
	var wg sync.WaitGroup
	answers := make([]string, 20)
	for i := range answers {
		wg.Go(func() { answers[i] = summary(get(i)) })
	}
	wg.Wait()
	say(w, "%q", answers)
}

func httpMany(w http.ResponseWriter, r *http.Request) {
	many(w, func(i int) (*http.Response, error) { return http.Get(fmt.Sprintf("%s?%d", r.FormValue("url"), i)) })
}

func httpContext(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 100*time.Millisecond)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, r.FormValue("url"), nil)
	if err != nil {
		say(w, "error: %v", err)
		return
	}
	begun := time.Now()
	_, err = http.DefaultClient.Do(ask)
	say(w, "deadline %v, in time %v", errors.Is(err, context.DeadlineExceeded), time.Since(begun) < time.Second)
}

func httpTimeout(w http.ResponseWriter, r *http.Request) {
	client := http.Client{Timeout: 100 * time.Millisecond}
	begun := time.Now()
	_, err := client.Get(r.FormValue("url"))
	say(w, "deadline %v, in time %v", os.IsTimeout(err), time.Since(begun) < time.Second)
}

// httpCancelBody leaves an answer that goes on for ever.
func httpCancelBody(w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get(r.FormValue("url"))
	if err != nil {
		say(w, "error: %v", err)
		return
	}
	first := make([]byte, 1)
	_, err = io.ReadFull(resp.Body, first)
	say(w, "first byte %s, %v, %v", first, err, resp.Body.Close())
}

func syumaiDo(ctx context.Context, method, url string, body io.Reader) (*http.Response, error) {
	ask, err := fetch.NewRequest(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	return fetch.NewClient().Do(ask, nil)
}

func syumaiGet(w http.ResponseWriter, r *http.Request) {
	resp, err := syumaiDo(r.Context(), http.MethodGet, r.FormValue("url"), nil)
	say(w, "%s", summary(resp, err))
}

// syumaiClient follows redirects itself, as an http.Client does.
func syumaiClient(w http.ResponseWriter, r *http.Request) {
	resp, err := fetch.NewClient().HTTPClient(fetch.RedirectModeManual).Get(r.FormValue("url"))
	say(w, "%s", summary(resp, err))
}

func syumaiPost(w http.ResponseWriter, r *http.Request) {
	resp, err := syumaiDo(r.Context(), http.MethodPost, r.FormValue("url"), bytes.NewReader(megabyte()))
	say(w, "%s", summary(resp, err))
}

func syumaiMany(w http.ResponseWriter, r *http.Request) {
	many(w, func(i int) (*http.Response, error) {
		return syumaiDo(r.Context(), http.MethodGet, fmt.Sprintf("%s?%d", r.FormValue("url"), i), nil)
	})
}

// binding asks the Worker that is bound as BESIDE.
func binding(w http.ResponseWriter, r *http.Request) {
	client := fetch.NewClient(fetch.WithBinding(cloudflare.GetBinding("BESIDE"))).HTTPClient(fetch.RedirectModeFollow)
	resp, err := client.Get("http://beside/hello")
	say(w, "%s", summary(resp, err))
}
