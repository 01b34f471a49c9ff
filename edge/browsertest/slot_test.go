package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// The pages that docs/writing-a-site.md shows under "A slot at a URL of its own", as they stand there, with the libraries as npm brings
// them. Only what they wait is less.

// documented is the page of a heading in the documentation.
func documented(t *testing.T, heading string) edge.Page {
	t.Helper()
	text, err := os.ReadFile("../../docs/writing-a-site.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n### "+heading+"\n")
	require.True(t, found, heading)
	html := regexp.MustCompile("(?s)```html\n(.*?)```").FindStringSubmatch(section)
	require.NotNil(t, html)
	faster := strings.NewReplacer("every 5s", "every 200ms", "}, 5000)", "}, 200)").Replace(html[1])
	page, err := edge.ParsePage("/products/{id}", faster)
	require.NoError(t, err)
	return page
}

// slotSite serves a page, and the library that it wants.
type slotSite struct {
	url     string
	handler *edge.Handler
	value   atomic.Value // what the price is
	filled  atomic.Int32 // times that the origin was asked
	alone   atomic.Int32 // requests for a slot that reached inlay
	same    atomic.Int32 // those of them answered with 304
	failing atomic.Bool
}

func newSlotSite(t *testing.T, page edge.Page) *slotSite {
	t.Helper()
	s := &slotSite{}
	s.value.Store("11 EUR")
	origin := http.NewServeMux()
	origin.HandleFunc("GET /fragments/price/{id}", func(w http.ResponseWriter, _ *http.Request) {
		s.filled.Add(1)
		if s.failing.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%s</p>", s.value.Load())
	})
	origin.HandleFunc("GET /fragments/reviews/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.filled.Add(1)
		n := 1
		_, _ = fmt.Sscan(r.FormValue("page"), &n)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<turbo-frame id="reviews"><p>Review %d</p><a href="?inlay-slot=reviews&amp;page=%d">Next</a></turbo-frame>`, n, n+1)
	})
	config, err := edge.ParseConfig(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	s.handler, err = edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: origin, Config: config})
	require.NoError(t, err)
	libraries := map[string]string{"/htmx.min.js": "htmx.org/dist/htmx.min.js", "/turbo.js": "@hotwired/turbo/dist/turbo.es2017-umd.js"}
	for _, file := range libraries {
		require.FileExists(t, filepath.Join("../../node_modules", file), "./build.sh test has npm bring it")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file := libraries[r.URL.Path]; file != "" {
			http.ServeFile(w, r, filepath.Join("../../node_modules", file))
			return
		}
		to := &statusWriter{ResponseWriter: w}
		s.handler.ServeHTTP(to, r)
		if r.URL.Query().Has("inlay-slot") {
			if to.status == http.StatusNotModified {
				s.same.Add(1)
			}
			s.alone.Add(1)
		}
	}))
	s.url = server.URL
	t.Cleanup(server.Close)
	return s
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestHtmxPollsASlot(t *testing.T) {
	s := newSlotSite(t, documented(t, "With htmx"))
	b := openTab(t, native, false)
	b.open(s.url + "/products/7")
	b.sees("<p>11 EUR</p>")
	require.EqualValues(t, 1, s.filled.Load(), "with the page")

	s.value.Store("12 EUR")
	s.handler.PurgeTag("product:7")
	b.sees("<p>12 EUR</p>")
	assert.NotContains(t, b.html(), "11 EUR", "in its place")
	assert.Contains(t, b.html(), "<h1>Product 7</h1>", "and nothing else has changed")
	assert.EqualValues(t, 2, s.filled.Load(), "a purge is one more")

	// What fails leaves the page as it is.
	s.failing.Store(true)
	since, failed := time.Now(), s.alone.Load()
	s.handler.PurgeTag("product:7")
	b.waits("polled on", func(string) bool { return s.filled.Load() > 2 && s.alone.Load() > failed+3 })
	assert.Contains(t, b.html(), "<p>12 EUR</p>")
	assert.LessOrEqual(t, float64(s.filled.Load()), 2+1+time.Since(since).Seconds(), "once a second")
}

func TestFetchPollsASlotByItsETag(t *testing.T) {
	s := newSlotSite(t, documented(t, "With fetch"))
	b := openTab(t, native, false)
	b.open(s.url + "/products/7")
	b.sees("<p>11 EUR</p>")
	b.waits("answers of 304", func(string) bool { return s.same.Load() >= 3 })
	assert.LessOrEqual(t, s.filled.Load(), 1+s.alone.Load()/10, "the origin is asked once in four seconds, and the browser five times in one")
	s.value.Store("12 EUR")
	s.handler.PurgeAll()
	b.sees("<p>12 EUR</p>")
}

func TestTurboFramesAreSlots(t *testing.T) {
	s := newSlotSite(t, documented(t, "With Turbo"))
	b := openTab(t, native, false)
	b.open(s.url + "/products/7")
	b.sees("Review 1")
	b.waits("Turbo", func(string) bool { return b.evaluate("String(!!window.Turbo && document.readyState)") == "complete" })
	_ = b.evaluate(`String(window.kept = document.querySelector("h1").textContent)`)
	for n := 2; n <= 4; n++ {
		_ = b.evaluate(`String(document.querySelector("turbo-frame a").click())`)
		b.sees(fmt.Sprintf("Review %d", n))
		assert.EqualValues(t, n, s.filled.Load(), "one for each page of the reviews")
		assert.EqualValues(t, n-1, s.alone.Load())
	}
	assert.Equal(t, "Product 7", b.evaluate("String(window.kept)"), "it is still the same document")
	assert.Equal(t, 1, strings.Count(b.html(), "<turbo-frame"))

	// Who opens the page there has the same fragment.
	b.open(s.url + "/products/7?page=4")
	b.sees("Review 4")
	assert.EqualValues(t, 4, s.filled.Load())
}
