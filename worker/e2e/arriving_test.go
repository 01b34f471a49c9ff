package e2e

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Pages of the origin with slots: composed for their visitor as they arrive, and from memory once they are kept.

// arriving is an origin whose pages and fragments a test lets through in parts.
type arriving struct {
	held
	*origin
	pages map[string]http.HandlerFunc
}

func newArriving(t *testing.T, pages map[string]http.HandlerFunc) *arriving {
	t.Helper()
	a := &arriving{pages: pages}
	a.origin = newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if page := a.pages[r.URL.Path]; page != nil {
			page(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/held/") {
			a.held.answer(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=60")
		fragment(w, r)
	})
	return a
}

// says sets fields of a page.
func says(w http.ResponseWriter, fields ...string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Inlay-Slots", "edge-slot, esi")
	for i := 0; i < len(fields); i += 2 {
		w.Header().Add(fields[i], fields[i+1])
	}
}

// text is a page that says so at once.
func text(body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		says(w, fields...)
		_, _ = io.WriteString(w, body)
	}
}

func slotOf(name, src string) string {
	return `<edge-slot name="` + name + `" src="` + src + `"><p>wait for ` + name + `</p></edge-slot>`
}

const (
	before = "<!doctype html><html><head><title>T</title></head><body><h1>before</h1>"
	after  = "<p>after</p></body></html>"
)

// wholePageOf is a page with that in its midst.
func wholePageOf(between ...string) string { return before + strings.Join(between, "") + after }

// eventuallyWarm asks until the answer is from memory.
func eventuallyWarm(t *testing.T, url string, fields ...string) (*http.Response, string) {
	t.Helper()
	var resp *http.Response
	var body string
	require.Eventually(t, func() bool {
		resp = request(t, http.MethodGet, url, nil, append([]string{"Sec-Fetch-Dest", "document", "Accept", "text/html"}, fields...)...)
		body = read(t, resp)
		return resp.Header.Get("ETag") != ""
	}, 20*time.Second, 10*time.Millisecond)
	return resp, body
}

func TestAPageOfTheOriginLeavesAsItArrives(t *testing.T) {
	t.Parallel()
	var origin *arriving
	origin = newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "no-store", "X-Own", "1", "Surrogate-Control", `content="ESI/1.0"`, "ETag", `"own"`, "Content-Language", "de")
		assert.Equal(t, `inlay="ESI/1.0"`, r.Header.Get("Surrogate-Capability"))
		_, _ = io.WriteString(w, before+slotOf("a", "/held/a")+"<p>between</p>")
		w.(http.Flusher).Flush()
		<-origin.gate("more")
		_, _ = io.WriteString(w, slotOf("b", "/f/b")+after)
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	resp := browse(t, server.URL+"/page")
	body := bufio.NewReader(resp.Body)
	first := readUntil(t, body, "<p>between</p>")
	assert.Contains(t, first, `<h1>before</h1><?start name="a"><p>wait for a</p><?end>`, "all that stands before and the cold slot are there, though the origin has not gone on")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "1", resp.Header.Get("X-Own"))
	assert.Equal(t, "de", resp.Header.Get("Content-Language"))
	for _, name := range []string{"Surrogate-Control", "Inlay-Slots", "ETag", "Content-Length", "Content-Encoding"} {
		assert.Empty(t, resp.Header.Get(name), name)
	}
	assert.Zero(t, origin.count("/f/b"))
	origin.open("more")
	readUntil(t, body, "<p>after</p>")
	origin.open("/held/a")
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Contains(t, string(rest), `<template for="a"><p>[/held/a]</p></template>`)
	assert.Equal(t, 1, strings.Count(string(rest), "</html>"))
	assert.Equal(t, 1, origin.count("/page"), "one that is not to be kept is not asked for by itself")
	assert.Empty(t, server.Log())
}

func TestAPageOfTheOriginThatIsKeptIsWarm(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{
		"/page": text(wholePageOf(slotOf("a", "/f/a"), `<esi:include src="/f/b"/>`), "Cache-Control", "max-age=60", "X-Own", "1", "ETag", `"own"`),
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	_, body := eventuallyWarm(t, server.URL+"/page")
	want := wholePageOf(fragmentOf("/f/a"), fragmentOf("/f/b"))
	assert.Equal(t, want, body)
	asked := [3]int{origin.count("/page"), origin.count("/f/a"), origin.count("/f/b")}
	assert.LessOrEqual(t, asked[0], 2+1, "the visitor's own, and one from the key alone")
	for range 5 {
		resp := browse(t, server.URL+"/page")
		assert.Equal(t, want, read(t, resp))
		assert.Equal(t, "1", resp.Header.Get("X-Own"))
		assert.Contains(t, resp.Header.Get("Cache-Status"), "hit")
		assert.NotEqual(t, `"own"`, resp.Header.Get("ETag"))
		again := request(t, http.MethodGet, server.URL+"/page", nil, "Sec-Fetch-Dest", "document", "If-None-Match", resp.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.StatusCode)
	}
	assert.Equal(t, asked, [3]int{origin.count("/page"), origin.count("/f/a"), origin.count("/f/b")}, "the origin is asked nothing")
	assert.Empty(t, server.Log())
}

// Each visitor of a private page gets his own, from the origin each time; the fragments in it are shared.
func TestPrivatePagesAreTheirVisitors(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "private, max-age=60", "Vary", "Cookie")
		w.Header().Add("Set-Cookie", "seen="+r.Header.Get("Cookie"))
		_, _ = io.WriteString(w, wholePageOf("<b>"+r.Header.Get("Cookie")+"</b>", slotOf("a", "/f/a"), "<b>"+r.Header.Get("Cookie")+"</b>"))
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	read(t, browse(t, server.URL+"/page"))
	var visitors sync.WaitGroup
	const rounds, many = 5, 8
	for n := range many {
		visitors.Go(func() {
			for range rounds {
				name := fmt.Sprintf("u=%d", n)
				resp := request(t, http.MethodGet, server.URL+"/page", nil, "User-Agent", "curl/8", "Cookie", name)
				assert.Equal(t, wholePageOf("<b>"+name+"</b>", fragmentOf("/f/a"), "<b>"+name+"</b>"), read(t, resp))
				assert.Equal(t, []string{"seen=" + name}, resp.Header.Values("Set-Cookie"))
				assert.Contains(t, resp.Header.Get("Cache-Control"), "private")
			}
		})
	}
	visitors.Wait()
	assert.Equal(t, 1+rounds*many, origin.count("/page"))
	assert.Equal(t, 1, origin.count("/f/a"))
	assert.Empty(t, server.Log())
}

func TestKeptPagesVaryAsTheySay(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "max-age=60", "Vary", "Accept-Language")
		_, _ = io.WriteString(w, wholePageOf("<b>"+r.Header.Get("Accept-Language")+r.Header.Get("Cookie")+"</b>", slotOf("a", "/f/a")))
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for _, language := range []string{"de", "en", "de"} {
		_, body := eventuallyWarm(t, server.URL+"/page", "Accept-Language", language, "Cookie", "user=secret")
		assert.Equal(t, wholePageOf("<b>"+language+"</b>", fragmentOf("/f/a")), body, "what is kept is made of the key alone")
	}
}

// What is not to be composed is not touched, by a byte.
func TestOtherAnswersAreNotTouched(t *testing.T) {
	t.Parallel()
	page := wholePageOf(slotOf("a", "/f/a"), `<esi:include src="/f/b"/>`)
	zipped := func(w http.ResponseWriter, r *http.Request) {
		says(w, "Content-Encoding", "zstd", "Cache-Control", "no-store")
		_, _ = io.WriteString(w, page)
	}
	origin := newArriving(t, map[string]http.HandlerFunc{
		"/page":   text(page, "Cache-Control", "no-store", "Content-Length", fmt.Sprint(len(page)), "ETag", `"own"`),
		"/zipped": zipped,
		"/quiet": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("ETag", `"own"`)
			_, _ = io.WriteString(w, page)
		},
		"/text": func(w http.ResponseWriter, r *http.Request) {
			says(w)
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, page)
		},
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for _, path := range []string{"/quiet", "/text", "/zipped"} {
		assert.Equal(t, page, read(t, browse(t, server.URL+path)), path)
	}
	assert.Equal(t, `"own"`, browse(t, server.URL+"/quiet").Header.Get("ETag"))
	posted := request(t, http.MethodPost, server.URL+"/page", strings.NewReader("x"))
	assert.Equal(t, page, read(t, posted))
	head := request(t, http.MethodHead, server.URL+"/page", nil, "Sec-Fetch-Dest", "document")
	assert.Equal(t, http.StatusOK, head.StatusCode)
	assert.Empty(t, read(t, head))
	assert.Equal(t, 0, origin.count("/f/a")+origin.count("/f/b"))
	for _, resp := range []*http.Response{posted, head} {
		assert.Empty(t, resp.Header.Get("Inlay-Slots"))
	}
}

func TestACompressedPageIsReadAndComposed(t *testing.T) {
	t.Parallel()
	page := wholePageOf(slotOf("a", "/f/a"))
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Content-Encoding", "gzip", "Cache-Control", "private", "Vary", "Accept-Encoding")
		assert.Contains(t, r.Header.Get("Accept-Encoding"), "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, page)
		_ = z.Close()
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for range 3 {
		resp := request(t, http.MethodGet, server.URL+"/page", nil, "Accept-Encoding", "gzip, br", "User-Agent", "curl/8", "Accept", "text/html")
		assert.Equal(t, wholePageOf(fragmentOf("/f/a")), read(t, resp))
		assert.Empty(t, resp.Header.Get("Content-Encoding"))
	}
}

// An origin that breaks off is never taken for one that has ended.
func TestAPageThatBreaksOffEndsBroken(t *testing.T) {
	t.Parallel()
	var origin *arriving
	broken := func(part string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			says(w, "Cache-Control", "no-store")
			_, _ = io.WriteString(w, part)
			w.(http.Flusher).Flush()
			<-origin.gate("more")
			panic(http.ErrAbortHandler)
		}
	}
	origin = newArriving(t, map[string]http.HandlerFunc{
		"/text": broken(before + "<p>and</p>"), "/slot": broken(before + slotOf("a", "/f/a") + "<p>and</p>"),
		"/awaited": broken(before + `<edge-slot name="a" src="/held/a" required></edge-slot>`),
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	var bodies []*bufio.Reader
	for _, path := range []string{"/text", "/slot"} {
		resp := browse(t, server.URL+path)
		body := bufio.NewReader(resp.Body)
		readUntil(t, body, "<h1>before</h1>")
		bodies = append(bodies, body)
	}
	origin.open("more")
	for _, body := range bodies {
		_, err := io.ReadAll(body)
		require.Error(t, err)
		assert.True(t, errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "reset"), "%v", err)
	}
	assert.Equal(t, http.StatusBadGateway, browse(t, server.URL+"/awaited").StatusCode, "its head has not left")
	assert.Contains(t, server.Log(), "inlay: the origin's answer for /slot broke off")
}

// What cannot be read goes on as it is, with a line in the log.
func TestAPageThatCannotBeReadGoesOnAsItIs(t *testing.T) {
	t.Parallel()
	latin := before + "<p>\xe9</p>" + slotOf("a", "/f/a") + after
	origin := newArriving(t, map[string]http.HandlerFunc{"/latin": text(latin, "Cache-Control", "no-store")})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for range 2 {
		resp := request(t, http.MethodGet, server.URL+"/latin", nil, "User-Agent", "curl/8")
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, latin, read(t, resp))
	}
	assert.Contains(t, read(t, browse(t, server.URL+"/latin")), latin[strings.Index(latin, "<h1>"):], "of one that is streamed the head has left before")
	assert.Equal(t, 1, strings.Count(server.Log(), "inlay: left as it is: /latin"), "%s", server.Log())
	assert.Zero(t, origin.count("/f/a"))
}

func TestAPageOfTheOriginSurvivesACrash(t *testing.T) {
	t.Parallel()
	var origin *arriving
	origin = newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "no-store")
		_, _ = io.WriteString(w, before+slotOf("a", "/held/a")+"<p>between</p>")
		w.(http.Flusher).Flush()
		select {
		case <-origin.gate("more"):
			_, _ = io.WriteString(w, slotOf("b", "/f/b")+after)
		case <-r.Context().Done():
		}
	}})
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	streamed := browse(t, server.URL+"/page")
	ordered := request(t, http.MethodGet, server.URL+"/page", nil, "User-Agent", "curl/8")
	body := bufio.NewReader(streamed.Body)
	readUntil(t, body, "<p>between</p>")
	trap(t, server)
	origin.open("more")
	readUntil(t, body, "<p>after</p>")
	origin.open("/held/a")
	rest, err := io.ReadAll(body)
	require.NoError(t, err, server.Log())
	assert.Contains(t, string(rest), `<template for="a"><p>[/held/a]</p></template>`)
	assert.Equal(t, wholePageOf(fragmentOf("/held/a"), "<p>between</p>", fragmentOf("/f/b")), read(t, ordered), "in order: everything once")
	assert.Equal(t, 2, origin.count("/page"), "the origin is not asked again")
	assert.Equal(t, 1, crashesLogged(server), server.Log())
}

// A client that reads slowly holds the origin back, and one that leaves ends what it asked for.
func TestAClientThatReadsNothingHoldsTheOriginBack(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	gone := make(chan struct{})
	const total = 256 << 20
	origin := newArriving(t, map[string]http.HandlerFunc{"/large": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "no-store")
		_, _ = io.WriteString(w, before+slotOf("a", "/f/a"))
		line := []byte(strings.Repeat("<p>line</p>\n", 5000))
		for sent.Load() < total {
			n, err := w.Write(line)
			if err != nil {
				close(gone)
				return
			}
			sent.Add(int64(n))
		}
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	read(t, browse(t, server.URL+"/f/a")) // so that it has begun
	resting := server.RSS()
	client := dial(t, server, "/large")
	last, since := int64(-1), time.Now()
	for time.Since(since) < time.Second {
		if now := sent.Load(); now != last {
			last, since = now, time.Now()
		}
		require.Less(t, sent.Load(), int64(total)/4, "the origin is not held back")
		time.Sleep(10 * time.Millisecond)
	}
	assert.Positive(t, last)
	assert.Less(t, server.RSS()-resting, int64(64<<20))
	client.reset()
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Fatal("the origin still answers a client that has left")
	}
}

// Handlers in app.wasm may have pages with slots too: their fields come to what is kept as those of a server's answer do.
func TestPagesOfHandlersInAppWasmAreComposedAndKept(t *testing.T) {
	t.Parallel()
	server := startRuntime(t)
	want := "<!doctype html><html><head><title>x</title></head><body><p>part of x</p></body></html>"
	assert.Equal(t, want, read(t, request(t, http.MethodGet, server.URL+"/pages/x", nil, "User-Agent", "curl/8")))
	resp, body := eventuallyWarm(t, server.URL+"/pages/x")
	assert.Equal(t, want, body)
	assert.Equal(t, `inlay="ESI/1.0"`, resp.Header.Get("X-Capability"))
	assert.Empty(t, resp.Header.Get("Inlay-Slots"))
}
