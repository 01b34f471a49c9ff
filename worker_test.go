package inlay_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The Worker as it was built, over HTTP: on bare workerd, and once on wrangler dev. The page is the site's
// /pkg/{path...}, its origin either app.wasm or a server of the test's own that it can hold back.

const packagePage = "/pkg/net/http"

var packageSlots = []string{"title", "overview", "index", "examples", "imported-by"}

// origin is a remote origin whose fragments a test holds back, counts and spoils.
type origin struct {
	*httptest.Server
	mu     sync.Mutex
	asked  map[string]int
	answer func(w http.ResponseWriter, r *http.Request)
}

func newOrigin(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *origin {
	t.Helper()
	o := &origin{asked: map[string]int{}, answer: answer}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked[r.URL.Path]++
		o.mu.Unlock()
		o.answer(w, r)
	}))
	t.Cleanup(func() {
		o.CloseClientConnections()
		o.Close()
	})
	return o
}

// count is how often a path was asked for.
func (o *origin) count(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

// fragment answers with a fragment that tells its path.
func fragment(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, fragmentOf(r.URL.Path))
}

// fragmentOf is what fragment answers: a title for the slot in the head, else a paragraph.
func fragmentOf(path string) string {
	if strings.HasPrefix(path, "/fragments/title/") {
		return "<title>[" + path + "]</title>"
	}
	return "<p>[" + path + "]</p>"
}

// held answers as fragment does, each path after it was let through.
type held struct {
	mu    sync.Mutex
	gates map[string]chan struct{}
}

func (h *held) gate(path string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gates == nil {
		h.gates = map[string]chan struct{}{}
	}
	if h.gates[path] == nil {
		h.gates[path] = make(chan struct{})
	}
	return h.gates[path]
}

func (h *held) open(path string) { close(h.gate(path)) }

func (h *held) answer(w http.ResponseWriter, r *http.Request) {
	select {
	case <-h.gate(r.URL.Path):
		fragment(w, r)
	case <-r.Context().Done():
	}
}

func fragmentPath(slot string) string {
	return "/fragments/" + slot + strings.TrimPrefix(packagePage, "/pkg")
}

// browse asks as a browser does.
func browse(t *testing.T, url string) *http.Response {
	t.Helper()
	return request(t, http.MethodGet, url, nil, "Sec-Fetch-Dest", "document", "Accept-Encoding", "gzip, br")
}

// request asks with header fields given as name, value, name, value. Compressed answers come as they are.
func request(t *testing.T, method, url string, body io.Reader, fields ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// readUntil reads on until the body contains mark.
func readUntil(t *testing.T, body *bufio.Reader, mark string) string {
	t.Helper()
	var seen bytes.Buffer
	for !strings.Contains(seen.String(), mark) {
		b, err := body.ReadByte()
		require.NoError(t, err, "waiting for %q after %q", mark, seen.String())
		seen.WriteByte(b)
	}
	return seen.String()
}

func instances(t *testing.T, resp *http.Response) int {
	t.Helper()
	n, err := strconv.Atoi(resp.Header.Get("Inlay-App-Instances"))
	require.NoError(t, err, "the debug header is there")
	return n
}

func TestColdPageStreamsAndWarmPageIsOneBody(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	for name, start := range map[string]func(t *testing.T, env ...string) *server{"workerd": startWorkerd, "wrangler dev": startWrangler} {
		t.Run(name, func(t *testing.T) {
			*gates = held{}
			server := start(t, "INLAY_ORIGIN="+origin.URL, "INLAY_DEV=1")
			cold := browse(t, server.URL+packagePage)
			require.Equal(t, http.StatusOK, cold.StatusCode, server.Log())
			body := bufio.NewReader(cold.Body)
			shell := readUntil(t, body, `<?start name="imported-by">`)
			assert.Contains(t, shell, `<?start name="overview">`, "skeletons, while the origin holds every fragment")
			assert.Contains(t, cold.Header.Get("Cache-Status"), "inlay/overview;fwd=miss")
			assert.Empty(t, cold.Header.Get("Content-Length"))

			gates.open(fragmentPath("index"))
			patch := readUntil(t, body, "</template>")
			assert.Contains(t, patch, `<template for="index"><p>[`+fragmentPath("index")+`]</p>`, "a patch, while the others are held")
			for _, slot := range packageSlots {
				if slot != "index" {
					gates.open(fragmentPath(slot))
				}
			}
			rest, err := io.ReadAll(body)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(strings.TrimSpace(string(rest)), "</html>"))

			warm := browse(t, server.URL+packagePage)
			if name == "workerd" {
				page := read(t, warm)
				assert.Equal(t, strconv.Itoa(len(page)), warm.Header.Get("Content-Length"))
				assert.NotContains(t, page, "<?start")
				assert.NotContains(t, page, "<template")
				for _, slot := range packageSlots {
					assert.Contains(t, page, "["+fragmentPath(slot)+"]")
				}
			}
			for _, slot := range packageSlots {
				assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/"+slot+";hit")
				assert.Equal(t, 1, origin.count(fragmentPath(slot))%2, "one fill on each server")
			}
			origin.mu.Lock()
			clear(origin.asked)
			origin.mu.Unlock()
		})
	}
}

func TestWarmPageStartsNoAppInstance(t *testing.T) {
	server := startWorkerd(t, "INLAY_DEBUG=1", "SITE_DELAY_MS=0")
	cold := browse(t, server.URL+packagePage)
	page := read(t, cold)
	require.Equal(t, http.StatusOK, cold.StatusCode, server.Log())
	assert.Contains(t, page, `<template for="overview">`)
	first := instances(t, browse(t, server.URL+packagePage))
	assert.Equal(t, 1, first, "all fills of a request are one instance")
	for range 5 {
		warm := browse(t, server.URL+packagePage)
		assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/overview;hit")
		assert.Contains(t, read(t, warm), "package http", "the fragments are the site's own")
		assert.Equal(t, first, instances(t, warm))
	}
}

func TestRequestsAtOnceShareTheFills(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := startWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	first := browse(t, server.URL+packagePage)
	second := browse(t, server.URL+packagePage)
	assert.Contains(t, second.Header.Get("Cache-Status"), "inlay/overview;fwd=miss;collapsed")
	for _, slot := range packageSlots {
		gates.open(fragmentPath(slot))
	}
	for _, resp := range []*http.Response{first, second} {
		page := read(t, resp)
		for _, slot := range packageSlots {
			assert.Equal(t, 1, strings.Count(page, "["+fragmentPath(slot)+"]"))
		}
	}
	for _, slot := range packageSlots {
		assert.Equal(t, 1, origin.count(fragmentPath(slot)), slot)
	}
}

func TestWhatIsNoPagePassesThrough(t *testing.T) {
	more := make(chan struct{})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization")+" "+string(got))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "first ")
		w.(http.Flusher).Flush()
		<-more
		fmt.Fprint(w, "second")
	})
	server := startWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	resp := request(t, http.MethodPut, server.URL+"/some/path?x=%20y", strings.NewReader("sent"), "Authorization", "secret")
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)
	assert.Equal(t, "PUT /some/path?x=%20y secret sent", resp.Header.Get("X-Seen"))
	body := bufio.NewReader(resp.Body)
	assert.Equal(t, "first ", readUntil(t, body, " "), "the body streams")
	close(more)
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Equal(t, "second", string(rest))
}

func TestWhatIsNoPagePassesToTheAppWithoutARemoteOrigin(t *testing.T) {
	server := startWorkerd(t)
	robots := request(t, http.MethodGet, server.URL+"/robots.txt", nil)
	assert.Equal(t, http.StatusOK, robots.StatusCode)
	assert.Contains(t, read(t, robots), "User-agent")
	assert.Equal(t, http.StatusNotFound, request(t, http.MethodGet, server.URL+"/no/such/path", nil).StatusCode)
}

func TestVariableThatIsNotSetHasItsDefault(t *testing.T) {
	server := startWorkerd(t)
	page := read(t, browse(t, server.URL+packagePage))
	assert.Contains(t, page, "simulated to take 800 ms")
}

func TestUnknownPackageIsAClearAnswer(t *testing.T) {
	server := startWorkerd(t, "SITE_DELAY_MS=0")
	for _, path := range []string{"/pkg/no/such", "/pkg/" + strings.Repeat("x", 500)} {
		resp := browse(t, server.URL+path)
		page := read(t, resp)
		assert.Equal(t, http.StatusOK, resp.StatusCode, "its shell had left")
		assert.Contains(t, page, "No such package")
		assert.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
	}
	assert.Equal(t, http.StatusBadRequest, request(t, http.MethodGet, server.URL+"/pkg/a%00b", nil).StatusCode)
}

func TestReadersOfTextGetThePageInOrder(t *testing.T) {
	server := startWorkerd(t, "SITE_DELAY_MS=0")
	page := read(t, request(t, http.MethodGet, server.URL+packagePage, nil, "User-Agent", "curl/8"))
	assert.NotContains(t, page, "<template for=")
	assert.NotContains(t, page, "<?start")
	assert.Contains(t, page, "package http")
}

func TestBadVariableIsNamedInDevelopment(t *testing.T) {
	dev := startWorkerd(t, "INLAY_DEV=1", "INLAY_FILL_TIMEOUT=soon")
	resp := request(t, http.MethodGet, dev.URL+"/", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Contains(t, read(t, resp), "INLAY_FILL_TIMEOUT")

	live := startWorkerd(t, "INLAY_FILL_TIMEOUT=soon")
	resp = request(t, http.MethodGet, live.URL+"/", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.NotContains(t, read(t, resp), "INLAY_FILL_TIMEOUT")
	assert.Contains(t, live.Log(), "INLAY_FILL_TIMEOUT")
}

func TestAdministrationNeedsItsSecret(t *testing.T) {
	const token = adminToken
	closed := startWorkerd(t)
	assert.Equal(t, http.StatusNotFound, request(t, http.MethodPost, closed.URL+"/_inlay/purge?all=1", nil, "Authorization", "Bearer "+token).StatusCode)

	origin := newOrigin(t, fragment)
	server := startWorkerd(t, "INLAY_TOKEN="+token, "INLAY_ORIGIN="+origin.URL)
	auth := []string{"Authorization", "Bearer " + token}
	read(t, browse(t, server.URL+packagePage))
	for _, path := range []string{"/_inlay/stats", "/_inlay/metrics", "/x/../_inlay/stats", "//_inlay/stats", "/_inlay//stats", "/_inlay/fills"} {
		resp := request(t, http.MethodGet, server.URL+path, nil)
		assert.NotContains(t, read(t, resp), "warm_pages", path)
	}
	assert.Equal(t, http.StatusUnauthorized, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, "Authorization", "Bearer wrong").StatusCode)
	stats := read(t, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, auth...))
	assert.Contains(t, stats, `"fills_total":5`)
	assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/_inlay/metrics", nil, auth...)), "inlay_fills_total 5\n")

	assert.Contains(t, browse(t, server.URL+packagePage).Header.Get("Cache-Status"), "inlay/overview;hit")
	purge := request(t, http.MethodPost, server.URL+"/_inlay/purge?key="+fragmentPath("overview"), nil, auth...)
	assert.Equal(t, "{\"purged\":1}\n", read(t, purge))
	status := browse(t, server.URL+packagePage).Header.Get("Cache-Status")
	assert.Contains(t, status, "inlay/overview;fwd=miss")
	assert.Contains(t, status, "inlay/index;hit")
	assert.Equal(t, http.StatusMethodNotAllowed, request(t, http.MethodGet, server.URL+"/_inlay/purge?all=1", nil, auth...).StatusCode)
	assert.Equal(t, http.StatusBadRequest, request(t, http.MethodPost, server.URL+"/_inlay/purge", nil, auth...).StatusCode)
	assert.Equal(t, http.StatusOK, request(t, http.MethodPost, server.URL+"/_inlay/purge?all=1", nil, auth...).StatusCode)
	assert.Contains(t, browse(t, server.URL+packagePage).Header.Get("Cache-Status"), "inlay/index;fwd=miss")
}
