package docs_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// Blocks of HTML are shells, or they show what is on the wire, as those of HTTP do. A shell has to parse. What is on the
// wire has to be what the handler sends.

var parameter = regexp.MustCompile(`\{([a-z]+)\}`)

func TestShellsParse(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if !isShell(b) {
				continue
			}
			found++
			pattern := "/page"
			for _, name := range parameter.FindAllStringSubmatch(b.text, -1) {
				if !strings.Contains(pattern, name[0]) {
					pattern += "/" + name[0]
				}
			}
			page, err := edge.ParsePage(pattern, b.text)
			if assert.NoError(t, err, "%s:%d", b.path, b.line) {
				assert.NotEmpty(t, page.Slots, "%s:%d", b.path, b.line)
			}
		}
	}
	assert.NotZero(t, found)
}

func isShell(b block) bool { return b.language == "html" && strings.Contains(b.text, "<edge-slot") }

func TestShopsShellsAreThoseOfTheDocumentation(t *testing.T) {
	for document, path := range map[string]string{"README.md": "docs/example/product.html", "docs/writing-a-site.md": "docs/example/search.html"} {
		shell, err := os.ReadFile(path)
		require.NoError(t, err)
		d := documentAt(t, document)
		var shown []string
		for _, b := range d.blocks {
			if isShell(b) {
				shown = append(shown, b.text) // the first page of a new site is worker/e2e's to try
			}
		}
		assert.Contains(t, shown, string(shell), document)
	}
}

// story serves the pages of one document's blocks and goes from block to block.
type story struct {
	shells  map[string]string // by pattern
	answers map[string]string // fragments by src
	pages   map[string]string // of the origin, with ESI in them and kept for ten minutes, by path
	late    string            // the src whose fragment comes after another's patch
	// before is what happens before the first request under a heading.
	before map[string]func(t *testing.T, s *stage)
}

var stories = map[string]story{
	"docs/how-it-works.md": {
		shells:  map[string]string{"/products/{id}": "docs/example/product.html"},
		answers: map[string]string{"/fragments/price/7": "<p>11 EUR</p>", "/fragments/news": "<p>News</p>"},
		pages: map[string]string{"/guide": `<!doctype html>
<title>Guide</title>
<body>
<p>Hello <!--visitor--></p>
<esi:include src="/fragments/news"/>
</body>
`},
		before: map[string]func(t *testing.T, s *stage){
			"Kept": func(t *testing.T, s *stage) {
				require.Eventually(t, func() bool { return s.handler.Stats().Flights == 0 }, 5*time.Second, time.Millisecond)
				s.get(t, httptest.NewRequest(http.MethodGet, "http://localhost/guide", nil)) // what it is made of is there now
			},
			"Stale": func(t *testing.T, s *stage) { assert.Equal(t, 1, s.handler.InvalidateTag("product:7")) },
			"Failed": func(t *testing.T, s *stage) {
				s.handler.PurgeAll()
				s.down.Store(true)
				s.get(t, httptest.NewRequest(http.MethodGet, "/products/7", nil))
			},
		},
	},
	"docs/wire-format.md": {
		shells: map[string]string{"/": `<!doctype html>
<html>
<head></head>
<body>
<p>Price: <edge-slot name="price" src="/price"><b class="skeleton">…</b></edge-slot></p>
<p>Stock: <edge-slot name="stock" src="/stock">…</edge-slot></p>
<p>The end of the shell.</p>
</body>
</html>
`},
		answers: map[string]string{"/price": "€ 12", "/stock": "3 left"},
		late:    "/stock",
	},
}

func TestWireIsAsShown(t *testing.T) {
	for _, d := range documents(t) {
		var blocks []block
		for _, b := range d.blocks {
			if b.language == "http" || b.language == "html" && !isShell(b) {
				blocks = append(blocks, b)
			}
		}
		if len(blocks) == 0 {
			assert.NotContains(t, stories, d.path)
			continue
		}
		require.Contains(t, stories, d.path, "nothing serves what %s shows of the wire", d.path)
		t.Run(d.path, func(t *testing.T) { stories[d.path].tell(t, blocks) })
	}
}

// stage is a story being told.
type stage struct {
	handler *edge.Handler
	down    atomic.Bool // the origin answers 503
	last    atomic.Pointer[shown]
}

// shown is an answer whose first bytes the origin waits for, so that every page that can be streamed is.
type shown struct {
	*httptest.ResponseRecorder
	begun, patched chan struct{}
	first, patch   sync.Once
}

func (w *shown) Write(p []byte) (int, error) {
	w.first.Do(func() { close(w.begun) })
	if strings.Contains(string(p), "<template") {
		w.patch.Do(func() { close(w.patched) })
	}
	return w.ResponseRecorder.Write(p)
}

func (s story) tell(t *testing.T, blocks []block) {
	on := &stage{}
	var pages []edge.Page
	for pattern, shell := range s.shells {
		if file, err := os.ReadFile(shell); err == nil {
			shell = string(file)
		}
		page, err := edge.ParsePage(pattern, shell)
		require.NoError(t, err)
		pages = append(pages, page)
	}
	var err error
	on.handler, err = edge.NewHandler(edge.Options{
		Pages: pages, Config: edge.Config{NegativeTTL: time.Minute},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if on.down.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if page, ok := s.pages[r.URL.Path]; ok {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Surrogate-Control", `max-age=600, content="ESI/1.0"`)
				w.Header().Set("Content-Language", "en")
				_, _ = io.WriteString(w, strings.ReplaceAll(page, "<!--visitor-->", r.Header.Get("Cookie")))
				return
			}
			last := on.last.Load()
			<-last.begun
			if r.URL.Path == s.late {
				<-last.patched
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, s.answers[r.URL.Path])
		}),
	})
	require.NoError(t, err)
	heading := ""
	for _, b := range blocks {
		if before := s.before[b.heading]; before != nil && b.heading != heading {
			before(t, on)
		}
		heading = b.heading
		if b.language == "http" {
			on.compare(t, b)
			continue
		}
		if on.last.Load() == nil {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			on.get(t, r)
		}
		requireInOrder(t, on.last.Load().Body.String(), b)
	}
}

func (s *stage) get(t *testing.T, r *http.Request) {
	t.Helper()
	answer := &shown{ResponseRecorder: httptest.NewRecorder(), begun: make(chan struct{}), patched: make(chan struct{})}
	s.last.Store(answer)
	s.handler.ServeHTTP(answer, r)
}

var freshness = regexp.MustCompile(`ttl=\d+`)

// compare sends a block's request and compares the answer's head with what it shows.
func (s *stage) compare(t *testing.T, b block) {
	t.Helper()
	asked, answered, ok := strings.Cut(b.text, "\n\n")
	require.True(t, ok, "%s:%d: a request, an empty line and an answer", b.path, b.line)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(asked + "\nHost: localhost\n\n")))
	require.NoError(t, err)
	s.get(t, r)

	want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answered+"\n")), r)
	require.NoError(t, err, "%s:%d", b.path, b.line)
	got := s.last.Load()
	assert.Equal(t, want.StatusCode, got.Code, "%s:%d", b.path, b.line)
	for _, header := range []http.Header{want.Header, got.Header()} {
		if status := header.Get("Cache-Status"); status != "" {
			header.Set("Cache-Status", freshness.ReplaceAllString(status, "ttl=N"))
		}
	}
	assert.Equal(t, want.Header, got.Header(), "%s:%d", b.path, b.line)
}

var (
	// left is what a block leaves out: an ellipsis, or a remark between two.
	left    = regexp.MustCompile(`…[^…<>\n]*…|…`)
	between = regexp.MustCompile(`>\s+<`)
)

// requireInOrder holds that all parts of a block are in text, one after the other.
func requireInOrder(t *testing.T, text string, b block) {
	t.Helper()
	text = between.ReplaceAllString(text, "><")
	rest := text
	for _, part := range left.Split(b.text, -1) {
		part = between.ReplaceAllString(strings.TrimSpace(part), "><")
		at := strings.Index(rest, part)
		require.GreaterOrEqual(t, at, 0, "%s:%d: %q is not in what follows in\n%s", b.path, b.line, part, text)
		rest = rest[at+len(part):]
	}
}
