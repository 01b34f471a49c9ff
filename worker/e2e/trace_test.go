package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

const (
	oneTrace     = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	anotherTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
)

// traced notes how each fill that an origin got was traced.
type traced struct {
	mu  sync.Mutex
	got map[string]string
}

func (n *traced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.got[r.URL.Path] = strings.TrimSpace(strings.Join(r.Header.Values("Traceparent"), "+") + " " + strings.Join(r.Header.Values("Tracestate"), "+"))
	n.mu.Unlock()
	if r.URL.Path == "/from/7" {
		http.Redirect(w, r, "/to/7", http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<p>%s</p>", r.URL.Path)
}

func (n *traced) take() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.got
	n.got = map[string]string{}
	return got
}

// TestAVisitorsTraceGoesOnToHisFills: to whoever answers them, and into no key.
func TestAVisitorsTraceGoesOnToHisFills(t *testing.T) {
	t.Parallel()
	notes := &traced{got: map[string]string{}}
	batches := edge.FillsWith(notes, fillsSecret)
	var batch traced
	batch.got = map[string]string{}
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == edge.FillsPath {
			batch.ServeHTTP(discarding{http.Header{}}, r)
		}
		batches.ServeHTTP(w, r)
	})
	shop := newOrigin(t, notes.ServeHTTP)
	host := strings.TrimPrefix(shop.URL, "http://")
	server := startPages(t, `<body><edge-slot name="a" src="/a/{id}" ttl="1m"></edge-slot><edge-slot name="f" src="/from/{id}" ttl="1m"></edge-slot>`+
		`<edge-slot name="b" src="binding:SHOP/b/{id}" ttl="1m"></edge-slot><edge-slot name="c" src="`+shop.URL+`/c/{id}" ttl="1m"></edge-slot>`+
		`<edge-slot name="d" src="/d/{id}" ttl="1m" vary="header:x-shop"></edge-slot></body>`,
		host, "INLAY_ORIGIN="+origin.URL, "INLAY_FILLS_SECRET="+fillsSecret, "INLAY_ALLOW_HOSTS="+host, "INLAY_TOKEN=0123456789abcdef")
	visit := func(fields ...string) string {
		return read(t, request(t, http.MethodGet, server.URL+"/p/7", nil, fields...))
	}
	purge := func() {
		resp := request(t, http.MethodPost, server.URL+"/_inlay/purge?all=1", nil, "Authorization", "Bearer 0123456789abcdef")
		require.Equal(t, http.StatusOK, resp.StatusCode, read(t, resp))
	}
	want := func(trace string) map[string]string {
		all := map[string]string{}
		for _, path := range []string{"/a/7", "/from/7", "/to/7", "/b/7", "/c/7", "/d/7"} {
			all[path] = trace
		}
		return all
	}

	first := visit("Traceparent", oneTrace, "Tracestate", "rojo=1, congo=t61rcWkgMzE")
	assert.Equal(t, want(oneTrace+" rojo=1, congo=t61rcWkgMzE"), notes.take(), "one by one")
	assert.Equal(t, first, visit("Traceparent", anotherTrace), "it is no part of what is asked for")
	assert.Empty(t, notes.take())

	purge()
	visit("Traceparent", anotherTrace)
	assert.Equal(t, want(anotherTrace), notes.take(), "in a batch")
	assert.Equal(t, map[string]string{edge.FillsPath: anotherTrace}, batch.take(), "the batch itself, too")

	for _, wrong := range []string{"", "00-x", strings.ToUpper(oneTrace), oneTrace + "-00"} {
		purge()
		visit("Traceparent", wrong, "Tracestate", "rojo=1")
		assert.Equal(t, want(""), notes.take(), "%q", wrong)
	}
	purge()
	visit("Traceparent", oneTrace, "Tracestate", "Rojo")
	assert.Equal(t, want(oneTrace), notes.take(), "a state that is wrong is left out alone")
}

// discarding is a writer of nothing.
type discarding struct{ header http.Header }

func (d discarding) Header() http.Header         { return d.header }
func (d discarding) Write(p []byte) (int, error) { return len(p), nil }
func (d discarding) WriteHeader(int)             {}

func TestHandlersOfAppSeeTheVisitorsTrace(t *testing.T) {
	t.Parallel()
	s := startRuntime(t)
	page := read(t, request(t, http.MethodGet, s.URL+"/one/trace", nil, "Traceparent", oneTrace, "Tracestate", "rojo=1"))
	assert.Contains(t, page, "traced as "+oneTrace+" with rojo=1")
	passed := read(t, request(t, http.MethodGet, s.URL+"/do/trace", nil, "Traceparent", anotherTrace, "Tracestate", "a=b"))
	assert.Contains(t, passed, "traced as "+anotherTrace+" with a=b", "what passes, too")
}

// TestASlotMayDeclareATrace: then it is in the key, as whatever is declared.
func TestASlotMayDeclareATrace(t *testing.T) {
	t.Parallel()
	notes := &traced{got: map[string]string{}}
	origin := newOrigin(t, notes.ServeHTTP)
	server := startPages(t, `<body><edge-slot name="a" src="/a/{id}" ttl="1m" vary="header:traceparent"></edge-slot></body>`, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL)
	for _, trace := range []string{oneTrace, anotherTrace, oneTrace} {
		read(t, request(t, http.MethodGet, server.URL+"/p/7", nil, "Traceparent", trace))
	}
	assert.Equal(t, 2, origin.count("/a/7"))
	assert.Equal(t, map[string]string{"/a/7": anotherTrace}, notes.take())
}
