package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/forwarded/forwardedtest"
	"inlay/worker/e2e/harness"
)

// A Worker as a proxy: what edge's own tests hold the native host to, and what only a Worker is.

func TestRequestsArePassedOnAsProxiesDo(t *testing.T) {
	t.Parallel()
	forwardedtest.Run(t, "internal/forwarded/testdata/passes.json", func(t *testing.T, origin string, c *forwardedtest.Case) forwardedtest.Host {
		env := []string{"INLAY_ORIGIN=" + origin}
		for name, value := range c.Env {
			env = append(env, name+"="+value)
		}
		host := forwardedtest.Host{Address: strings.TrimPrefix(harness.StartWorkerd(t, env...).URL, "http://"), Lines: []string{"CF-Connecting-IP: " + c.Peer}}
		if c.TLS {
			host.Lines = append(host.Lines, `CF-Visitor: {"scheme":"https"}`)
		}
		return host
	})
}

// askFor asks a server for a path as if it were another.
func askFor(t *testing.T, server *harness.Server, host, path string) *http.Response {
	t.Helper()
	return askAs(t, server, strings.TrimPrefix(host, "http://"), path, "Sec-Fetch-Dest", "empty")
}

// On a route what is asked for goes on to where its own URL leads, host and all; and so do the fills of its pages, each host's own.
func TestWorkerOnARouteIsInFrontOfItsOwnOrigin(t *testing.T) {
	t.Parallel()
	answer := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/login" {
			http.Redirect(w, r, "http://"+r.Host+"/in", http.StatusFound)
			return
		}
		fmt.Fprintf(w, "%s %s at %s for %s", r.Method, r.RequestURI, r.Host, r.Header.Get("X-Forwarded-Host"))
	}
	a, b := newOrigin(t, answer), newOrigin(t, answer)
	hostA, hostB := strings.TrimPrefix(a.URL, "http://"), strings.TrimPrefix(b.URL, "http://")
	for _, env := range [][]string{nil, {"INLAY_HOSTS=" + hostA + " " + hostB}} {
		server := startPages(t, `<body><edge-slot name="a" src="/a/{id}"><i>…</i></edge-slot></body>`, hostA, append(env, "INLAY_ORIGIN=route", "INLAY_TOKEN="+adminToken)...)
		for range 3 { // in order, composed, warm
			for _, host := range []string{hostA, hostB} {
				assert.Equal(t, "<body>GET /a/7 at "+host+" for "+host+"</body>", read(t, askFor(t, server, host, "/p/7")))
				assert.Equal(t, "GET //x//y%2Fz?b=%2F&c at "+host+" for "+host, read(t, askFor(t, server, host, "//x//y%2Fz?b=%2F&c")))
				assert.Equal(t, "http://"+host+"/in", askOnce(t, server, host, "/login").Header.Get("Location"), "it is the visitor's own already")
			}
		}
		assert.Equal(t, 2, stat(t, server, "fills_total"))
	}
}

// askOnce follows no redirect.
func askOnce(t *testing.T, server *harness.Server, host, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
	require.NoError(t, err)
	r.Host = host
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// What comes back to the site that sent it is told so: in a pass, in a fill, and on a route that leads to itself.
func TestLoopsOfAWorkerAreTold(t *testing.T) {
	t.Parallel()
	const page = `<body><edge-slot name="a" src="/f/{id}"><edge-error>failed</edge-error></edge-slot></body>`
	for name, start := range map[string]func(t *testing.T) (server *harness.Server, host string){
		"a route": func(t *testing.T) (*harness.Server, string) {
			server := startPages(t, page, "127.0.0.1:1", "INLAY_ORIGIN=route")
			return server, strings.TrimPrefix(server.URL, "http://")
		},
		"another in between": func(t *testing.T) (*harness.Server, string) {
			var server *harness.Server
			middle := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				inner, err := http.NewRequest(r.Method, server.URL+r.URL.Path, nil)
				if err != nil {
					return
				}
				inner.Header = r.Header.Clone()
				resp, err := http.DefaultTransport.RoundTrip(inner)
				if err != nil {
					return
				}
				defer func() { _ = resp.Body.Close() }()
				w.WriteHeader(resp.StatusCode)
			})
			server = startPages(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+middle.URL)
			return server, "shop.example"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, host := start(t)
			assert.Equal(t, http.StatusLoopDetected, askFor(t, server, host, "/x").StatusCode)
			require.Eventually(t, func() bool { return strings.Contains(server.Log(), "has come back to the site that passed it on") }, harness.ReadyWithin, 5*time.Millisecond)
			assert.Contains(t, read(t, askFor(t, server, host, "/p/7")), "failed")
		})
	}
	t.Run("two in a chain", func(t *testing.T) {
		t.Parallel()
		origin := newOrigin(t, fragment)
		behind := startPages(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL)
		front := startPages(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+behind.URL)
		assert.Equal(t, http.StatusOK, askFor(t, front, "shop.example", "/x").StatusCode)
		assert.Contains(t, read(t, askFor(t, front, "shop.example", "/p/7")), "[/f/7]")
	})
}
