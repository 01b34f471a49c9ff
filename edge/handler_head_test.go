package edge

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrapped serves a page of one slot, behind a handler that has set fields.
const shared = "public, max-age=600"

func wrapped(t *testing.T, vary string, set func(http.Header)) (ask func(method string, fields ...string) http.Header) {
	t.Helper()
	p := pageOf(t, "/p", `<html><head><link rel="stylesheet" href="/a.css"></head><body><edge-slot name="a" src="/a" vary="`+vary+`"></edge-slot></body></html>`)
	p.CacheControl, p.Preload = shared, true
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "A")
	})
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: origin})
	require.NoError(t, err)
	return func(method string, fields ...string) http.Header {
		r, answer := httptest.NewRequest(method, "/p", nil), httptest.NewRecorder()
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		set(answer.Header())
		h.ServeHTTP(answer, r)
		return answer.Header()
	}
}

func TestWhatAWrappingHandlerSetIsKept(t *testing.T) {
	var theirs http.Header
	ask := wrapped(t, "cookie:c header:x-b", func(h http.Header) {
		for name, values := range theirs {
			h[name] = values
		}
	})
	ask(http.MethodGet) // makes it warm
	plain := ask(http.MethodGet)
	for _, c := range []struct {
		set        http.Header
		name, want string
	}{
		{http.Header{"Vary": {"Origin"}}, "Vary", "Origin, cookie, x-b"},
		{http.Header{"Vary": {"Accept-Encoding, Cookie", "Origin"}}, "Vary", "Accept-Encoding, Cookie, Origin, x-b"},
		{http.Header{"vary": {"Origin"}}, "Vary", "Origin, cookie, x-b"},
		{http.Header{"Link": {"</x>; rel=preload"}}, "Link", "</x>; rel=preload, </a.css>; rel=preload; as=style"},
		{http.Header{"X-Frame-Options": {"DENY"}}, "X-Frame-Options", "DENY"},
		{http.Header{"Content-Type": {"text/plain"}}, "Content-Type", "text/html; charset=utf-8"},
		{http.Header{"Etag": {`"x"`}, "Content-Length": {"7"}}, "Content-Length", plain.Get("Content-Length")},

		{http.Header{"Cache-Status": {"outer; hit"}}, "Cache-Status", plain.Get("Cache-Status") + ", outer; hit"},
		{http.Header{"Age": {"7"}}, "Age", ""},
		{http.Header{"last-modified": {"Sun, 06 Nov 1994 08:49:37 GMT"}}, "Last-Modified", ""},
		{http.Header{"Content-Range": {"bytes 0-3/8"}}, "Content-Range", ""},
		{http.Header{"X-A": {"1"}}, "Cache-Control", shared},
		{http.Header{"Cache-Control": {"max-age=5"}}, "Cache-Control", shared},
		{http.Header{"Cache-Control": {"no-store"}}, "Cache-Control", "no-store"},
		{http.Header{"cache-control": {"no-store"}}, "Cache-Control", "no-store"},
		{http.Header{"Cache-Control": {"max-age=5", "private"}}, "Cache-Control", "max-age=5, private"},
		{http.Header{"Cache-Control": {"no-cache"}}, "Cache-Control", "no-cache"},
		{http.Header{"Set-Cookie": {"session=x"}}, "Cache-Control", "private, no-cache"},
		{http.Header{"set-cookie": {"session=x"}}, "Cache-Control", "private, no-cache"},
	} {
		for range 2 { // and the next time again: heads are shared
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				theirs = c.set.Clone()
				got := ask(method)
				assert.Equal(t, c.want, strings.Join(got.Values(c.name), ", "), "%v", c.set)
				assert.Equal(t, plain.Get("Cache-Status")[:11], got.Get("Cache-Status")[:11])
				theirs = nil
				again := ask(method)
				assert.Equal(t, "cookie, x-b", strings.Join(again.Values("Vary"), "|"))
				assert.Equal(t, shared, strings.Join(again.Values("Cache-Control"), "|"))
			}
			theirs = c.set.Clone()
			got := ask(http.MethodGet, "If-None-Match", "*")
			if c.name == "Vary" || c.name == "Cache-Control" {
				assert.Equal(t, c.want, strings.Join(got.Values(c.name), ", "), "304: %v", c.set)
			}
		}
	}
}

func TestStreamedPageKeepsWhatAWrappingHandlerSet(t *testing.T) {
	for set, want := range map[string]string{
		"no-store": "no-store, no-transform", "public, max-age=9": "private, no-cache, no-transform",
	} {
		p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="cookie:c"></edge-slot></body>`)
		gate := newGate()
		h, err := NewHandler(Options{Pages: []Page{p}, Origin: gate})
		require.NoError(t, err)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Origin")
			w.Header().Set("Cache-Control", set)
			h.ServeHTTP(w, r)
		}))
		resp := ask(t, t.Context(), server.URL+"/p")
		assert.Equal(t, []string{"Origin", "cookie"}, resp.Header.Values("Vary"))
		assert.Equal(t, want, strings.Join(resp.Header.Values("Cache-Control"), "|"))
		assert.Equal(t, "?1", resp.Header.Get("Incremental"))
		gate.at("/a") <- "A"
		text(t, resp)
		server.Close()
	}
}

func TestWhatAWrappingHandlerAddsLaterStaysItsOwn(t *testing.T) {
	ask := wrapped(t, "cookie:c", func(http.Header) {})
	ask(http.MethodGet)
	for range 3 {
		h := ask(http.MethodGet)
		h.Add("Vary", "Origin")
		h["Cache-Status"] = append(h["Cache-Status"], "cdn;hit")
	}
	h := ask(http.MethodGet)
	assert.Equal(t, []string{"cookie"}, h.Values("Vary"))
	assert.Len(t, h.Values("Cache-Status"), 1)
}

func TestHeadIsAnsweredWithoutABodyNatively(t *testing.T) {
	status := http.StatusNotFound
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprint(w, "A")
	})
	p := pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" required></edge-slot></body>`)
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin})
	for i, c := range []struct{ origin, want int }{{404, 404}, {410, 410}, {500, 502}, {200, 200}} {
		status = c.origin
		resp, err := http.Head(fmt.Sprintf("%s/p/%d", server.URL, i))
		require.NoError(t, err)
		assert.Equal(t, c.want, resp.StatusCode)
		assert.Positive(t, resp.ContentLength)
		assert.Empty(t, text(t, resp))
		get, err := http.Get(fmt.Sprintf("%s/p/%d", server.URL, i))
		require.NoError(t, err)
		assert.Equal(t, resp.ContentLength, int64(len(text(t, get))))
		assert.Equal(t, c.want, get.StatusCode)
	}
}
