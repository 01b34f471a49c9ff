package edge

import (
	"context"
	"fmt"
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

// redirecting answers /f/NAME by a chain of redirects, and notes who was asked.
type redirecting struct {
	mu   sync.Mutex
	seen []string // method, path and cookie
}

func (o *redirecting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.seen = append(o.seen, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Cookie"))
	o.mu.Unlock()
	to := func(status int, location string) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
	}
	switch r.URL.Path {
	case "/f/one":
		to(302, "/there")
	case "/f/relative":
		to(303, "../there?x=1")
	case "/f/two":
		to(307, "one")
	case "/f/cookie":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
		w.Header().Set("Cache-Control", "private, no-store")
		to(302, "/there")
	case "/f/private":
		w.Header()["cache-control"] = []string{"private"}
		to(301, "/there")
	case "/f/short":
		w.Header().Set("Cache-Control", "max-age=5")
		to(308, "/there")
	case "/f/loop":
		to(302, "/f/loop")
	case "/f/away":
		to(302, "http://other.example/there")
	case "/f/own":
		to(302, "/%5finlay/stats")
	case "/f/nowhere":
		to(302, "")
	case "/f/twice":
		w.Header()["Location"] = []string{"/there", "/there"}
		to(302, "")
	default:
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", "max-age=60")
		fmt.Fprint(w, "arrived "+r.URL.RequestURI())
	}
}

func TestEachKindOfOriginIsFollowedToItsRedirects(t *testing.T) {
	for kind, serveFrom := range map[string]func(*testing.T, *redirecting, string) (src string, o Options){
		"a handler": func(_ *testing.T, h *redirecting, name string) (string, Options) {
			return "/f/" + name, Options{Origin: h}
		},
		"a binding": func(_ *testing.T, h *redirecting, name string) (string, Options) {
			return "binding:SHOP/f/" + name, Options{Origin: newGate(), Bindings: map[string]http.Handler{"SHOP": h}}
		},
		"a remote origin": func(t *testing.T, h *redirecting, name string) (string, Options) {
			remote := httptest.NewServer(h)
			t.Cleanup(remote.Close)
			return "/f/" + name, Options{Config: Config{Origin: remote.URL}}
		},
		"an absolute source": func(t *testing.T, h *redirecting, name string) (string, Options) {
			remote := httptest.NewServer(h)
			t.Cleanup(remote.Close)
			host := strings.TrimPrefix(remote.URL, "http://")
			return remote.URL + "/f/" + name, Options{Origin: newGate(), Config: Config{AllowHosts: []string{host}}}
		},
	} {
		for name, c := range map[string]struct {
			shows string
			asked int
			kept  time.Duration // how long it is fresh
		}{
			"one":      {"arrived /there", 2, 60 * time.Second},
			"relative": {"arrived /there?x=1", 2, 60 * time.Second},
			"two":      {"arrived /there", 3, 60 * time.Second},
			"short":    {"arrived /there", 2, 5 * time.Second},
			"cookie":   {"failed", 2, 0},
			"private":  {"failed", 2, 0},
			"loop":     {"failed", 6, 0},
			"away":     {"failed", 1, 0},
			"own":      {"failed", 1, 0},
			"nowhere":  {"failed", 1, 0},
			"twice":    {"failed", 1, 0},
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				h := &redirecting{}
				src, o := serveFrom(t, h, name)
				o.Pages = []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="`+src+`" vary="cookie:c"><edge-error>failed</edge-error></edge-slot></body>`)}
				o.Config.NegativeTTL = time.Minute
				o.Config.Debug = true // so that it is told how long the fragment is kept
				server, handler := serve(t, o)
				r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/p", nil)
				require.NoError(t, err)
				r.Header.Set("Cookie", "c=1; session=secret")
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				assert.Contains(t, text(t, resp), c.shows)
				h.mu.Lock()
				defer h.mu.Unlock()
				assert.Len(t, h.seen, c.asked)
				for _, seen := range h.seen {
					assert.True(t, strings.HasPrefix(seen, "GET ") && strings.HasSuffix(seen, " c=1"), "%q", seen)
				}
				if c.kept == 0 {
					assert.Equal(t, uint64(1), handler.Stats().Failed)
				}
				if c.kept > 0 {
					again := r.Clone(context.Background())
					resp, err := http.DefaultClient.Do(again)
					require.NoError(t, err)
					assert.Contains(t, text(t, resp), c.shows)
					ttl, ok := strings.CutPrefix(resp.Header.Get("Cache-Status"), "inlay/a;hit;ttl=")
					assert.True(t, ok, resp.Header)
					left, err := strconv.Atoi(ttl)
					require.NoError(t, err)
					assert.InDelta(t, c.kept.Seconds(), left, 2)
				}
			})
		}
	}
}

// Natively a redirect from https to http on the same host was followed, with the declared cookie.
func TestDeclaredCookiesDoNotFollowARedirectToAnotherScheme(t *testing.T) {
	plain := &redirecting{}
	open := httptest.NewServer(plain)
	defer open.Close()
	var target string
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusFound)
	}))
	defer secure.Close()
	host := strings.TrimPrefix(secure.URL, "https://")
	for _, to := range []string{"http://" + host + "/there", open.URL + "/there", strings.Replace(open.URL, "127.0.0.1", "localhost", 1)} {
		target = to
		p := pageOf(t, "/p", `<body><edge-slot name="a" src="`+secure.URL+`/x" vary="cookie:c"><edge-error>failed</edge-error></edge-slot></body>`)
		handler, err := NewHandler(Options{Pages: []Page{p}, Origin: newGate(), Config: Config{AllowHosts: []string{host}}})
		require.NoError(t, err)
		handler.remote = secure.Client().Transport.(*http.Transport)
		r := httptest.NewRequest(http.MethodGet, "/p", nil)
		r.Header.Set("Cookie", "c=1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		assert.Contains(t, w.Body.String(), "failed", to)
	}
	assert.Empty(t, plain.seen)
}
