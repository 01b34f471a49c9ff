package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// objects are what was logged, as objects.
func objects(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var l map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &l), line)
		all = append(all, l)
	}
	return all
}

// inJSON is a logger of lines, and what it was given.
func inJSON() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var buf strings.Builder
	return slog.New(slog.NewJSONHandler(lockedWriter{&mu, &buf}, nil)), func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
}

func TestALineOfJSONDoesNothingToATerminal(t *testing.T) {
	stderr := os.Stderr
	file, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	hostile := "\u009b31m\x7f\u0085\u202e\u2066\u200f\u061c\u2028 \u00e9\U0001f600\x1b[0m"
	loggerOf(LogJSON).Warn("x", "key", hostile)
	loggerOf(LogJSON).Warn("y", "key", "a")
	said, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.NotRegexp(t, "[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\x1b]", string(said))
	all := objects(t, string(said))
	require.Len(t, all, 2)
	assert.Equal(t, hostile, all[0]["key"])
}

func visiting(target string, fields ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = "10.0.0.1:1234"
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

func TestALogLineSaysWhoseItIs(t *testing.T) {
	p := pageOf(t, "/p/{id}", `<body><edge-slot name="price" src="/price/{id}" vary="cookie:session header:x-shop query:q"></edge-slot></body>`)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Shop") == "panics" {
			panic("oh\nno")
		}
		http.Error(w, "down", http.StatusServiceUnavailable)
	})
	logger, said := inJSON()
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: origin, Logger: logger, Config: Config{Debug: true}})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, visiting("/p/7?q=a%0Ab", "Cookie", "session=hidden-from-logs", "X-Shop", "panics", "X-Request-Id", "abc-1"))
	require.NoError(t, h.Shutdown(context.Background()))
	all := objects(t, said())
	require.Len(t, all, 2, said())
	for i, msg := range []string{"inlay: the handler of a fragment panicked", "inlay: fill failed"} {
		l := all[i]
		assert.Equal(t, msg, l["msg"])
		assert.Equal(t, "abc-1", l["request"])
		assert.Equal(t, "/p/{id}", l["page"])
		assert.Equal(t, "price", l["slot"])
		assert.Equal(t, "/price/7?q=a%0Ab\ncookie: ...\nx-shop: panics", l["key"])
	}
	assert.Equal(t, "connect", all[1]["reason"])
	assert.NotContains(t, said(), "hidden-from-logs")
	assert.Equal(t, "abc-1", w.Header().Get("Inlay-Request"))
}

// TestWithoutALoggerTheFormIsTheConfigurations: of whatever standard error is then.
func TestWithoutALoggerTheFormIsTheConfigurations(t *testing.T) {
	was := os.Stderr
	defer func() { os.Stderr = was }()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	os.Stderr = file
	h, err := NewHandler(Options{Origin: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), Config: Config{LogFormat: LogJSON}})
	require.NoError(t, err)
	h.ServeHTTP(httptest.NewRecorder(), visiting("/x", "X-Request-Id", "one"))
	require.NoError(t, file.Close())
	said, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	all := objects(t, string(said))
	require.Len(t, all, 1)
	assert.Equal(t, "inlay: the handler panicked", all[0]["msg"])
	assert.Equal(t, "one", all[0]["request"])
	assert.Equal(t, "ERROR", all[0]["level"])
}

func TestWhatNoFillIsOfIsLoggedWithItsRequest(t *testing.T) {
	logger, said := inJSON()
	h, err := NewHandler(Options{Origin: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), Logger: logger})
	require.NoError(t, err)
	h.ServeHTTP(httptest.NewRecorder(), visiting("/x", "X-Request-Id", "one"))
	gone := httptest.NewServer(nil)
	gone.Close()
	h, err = NewHandler(Options{Config: Config{Origin: gone.URL}, Logger: logger})
	require.NoError(t, err)
	h.ServeHTTP(httptest.NewRecorder(), visiting("/x", "X-Request-Id", "two"))
	h.ServeHTTP(httptest.NewRecorder(), visiting("/x", "X-Request-Id", "three", "Cdn-Loop", h.front.loop.Add("")))
	var ids []any
	for _, l := range objects(t, said()) {
		ids = append(ids, l["request"])
	}
	assert.Equal(t, []any{"one", "two", "three"}, ids)
}

func TestARequestIsCalledAsATrustedProxyCallsIt(t *testing.T) {
	h, err := NewHandler(Options{Origin: http.NotFoundHandler()})
	require.NoError(t, err)
	own := regexp.MustCompile(`^[0-9a-f]{16}$`)
	for _, c := range []struct {
		peer  string
		given []string
		want  string // empty: one of its own
	}{
		{"10.0.0.1:1", []string{"0af7651916cd43dd"}, "0af7651916cd43dd"},
		{"127.0.0.1:1", []string{"Root=1-67891233-abcdef012345678912345678"}, "Root=1-67891233-abcdef012345678912345678"},
		{"10.0.0.1:1", nil, ""},
		{"10.0.0.1:1", []string{""}, ""},
		{"10.0.0.1:1", []string{"a", "b"}, ""},
		{"10.0.0.1:1", []string{"a slot=x"}, ""},
		{"10.0.0.1:1", []string{"a\nb"}, ""},
		{"10.0.0.1:1", []string{`a"b`}, ""},
		{"10.0.0.1:1", []string{"ä"}, ""},
		{"10.0.0.1:1", []string{strings.Repeat("a", 128)}, strings.Repeat("a", 128)},
		{"10.0.0.1:1", []string{strings.Repeat("a", 129)}, ""},
		{"203.0.113.7:1", []string{"0af7651916cd43dd"}, ""},
	} {
		r := visiting("/")
		r.RemoteAddr = c.peer
		r.Header["X-Request-Id"] = c.given
		if got := h.requestID(r); c.want != "" {
			assert.Equal(t, c.want, got)
		} else {
			assert.Regexp(t, own, got, "%q", c.given)
			assert.NotEqual(t, got, h.requestID(r), "each has its own")
		}
	}
}

func TestWhoDebugsIsToldTheRequest(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)
	q := pageOf(t, "/required", `<body><edge-slot name="a" src="/missing" required></edge-slot></body>`)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Inlay-Request", "not the origin's to say")
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/flushed":
			_ = http.NewResponseController(w).Flush()
			fallthrough
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<p>a</p>")
		}
	})
	for _, debug := range []bool{true, false} {
		server, _ := serve(t, Options{Pages: []Page{p, q}, Origin: origin, Config: Config{Debug: debug, Token: secret}})
		seen := map[string]bool{}
		for _, target := range []string{"/p", "/p", "/required", "/other", "/flushed", "/_inlay/stats", "/p?inlay=complete"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r, err := http.NewRequest(method, server.URL+target, nil)
				require.NoError(t, err)
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				ids := resp.Header["Inlay-Request"]
				if !debug {
					assert.Empty(t, ids, "%s %s", method, target)
					continue
				}
				if assert.Len(t, ids, 1, "%s %s", method, target) {
					assert.Regexp(t, `^[0-9a-f]{16}$`, ids[0])
					assert.False(t, seen[ids[0]])
					seen[ids[0]] = true
				}
			}
		}
	}
}

// TestAVisitorsTraceGoesOnToHisFills: and into no key.
func TestAVisitorsTraceGoesOnToHisFills(t *testing.T) {
	const (
		one = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		two = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	)
	var mu sync.Mutex
	seen := map[string]http.Header{}
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.URL.Path+" "+fmt.Sprint(len(seen))] = r.Header.Clone()
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>%s</p>", r.URL.Path)
	})
	remote := httptest.NewServer(origin)
	defer remote.Close()
	host := strings.TrimPrefix(remote.URL, "http://")
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot><edge-slot name="b" src="http://`+host+`/b"></edge-slot><edge-slot name="c" src="binding:C/c"></edge-slot></body>`)
	h, err := NewHandler(Options{
		Pages: []Page{p}, Origin: origin, Bindings: map[string]http.Handler{"C": origin}, Config: Config{AllowHosts: []string{host}, Debug: true},
	})
	require.NoError(t, err)
	visit := func(target string, fields ...string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, visiting(target, fields...))
		return w.Body.String()
	}
	body := visit("/p?inlay=complete", "Traceparent", one, "Tracestate", "a=1", "Tracestate", "b=2")
	require.Len(t, seen, 3)
	for path, header := range seen {
		assert.Equal(t, []string{one}, header["Traceparent"], path)
		assert.Equal(t, []string{"a=1, b=2"}, header["Tracestate"], path)
	}
	assert.Equal(t, body, visit("/p?inlay=complete", "Traceparent", two), "it is no part of what is asked for")
	require.Len(t, seen, 3)

	h.PurgeAll()
	clear(seen)
	visit("/p?inlay=complete", "Traceparent", one[:54], "Tracestate", "a=1")
	require.Len(t, seen, 3)
	for path, header := range seen {
		assert.NotContains(t, header, "Traceparent", path)
		assert.NotContains(t, header, "Tracestate", path)
	}
}
