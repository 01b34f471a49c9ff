package edge

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/forwarded/forwardedtest"
)

// What worker/e2e holds both hosts to, natively.
func TestRequestsArePassedOnAsProxiesDo(t *testing.T) {
	forwardedtest.Run(t, "../internal/forwarded/testdata/passes.json", func(t *testing.T, origin string, c *forwardedtest.Case) forwardedtest.Host {
		return forwardedtest.Host{Address: nativeFront(t, origin, c)}
	})
}

// nativeFront serves with the variables of a case, and lets its peer have connected.
func nativeFront(t *testing.T, origin string, c *forwardedtest.Case) string {
	t.Helper()
	variables := map[string]string{"INLAY_ORIGIN": origin}
	for name, value := range c.Env {
		variables[name] = value
	}
	config, err := ParseConfig(vars(variables))
	require.NoError(t, err)
	h, err := NewHandler(Options{Config: config})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = net.JoinHostPort(c.Peer, "4711")
		if c.TLS {
			r.TLS = new(tls.ConnectionState)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// The same is told to handlers of the same program, in header and trailers.
func TestHandlersOfTheProgramAreToldHowAVisitorCame(t *testing.T) {
	var seen http.Header
	h, err := NewHandler(Options{Origin: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() })})
	require.NoError(t, err)
	for peer, want := range map[string]string{"203.0.113.7:80": "203.0.113.7", "10.0.0.1:80": "1.1.1.1, 10.0.0.1", "@": "1.1.1.1"} {
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", "1.1.1.1")
		r.Header["x_forwarded_for"] = []string{"2.2.2.2"}
		h.ServeHTTP(httptest.NewRecorder(), r)
		assert.Equal(t, want, seen.Get("X-Forwarded-For"), peer)
		assert.Equal(t, "example.com", seen.Get("X-Forwarded-Host"), peer)
		assert.NotContains(t, seen, "x_forwarded_for", peer)
	}
}

// A server behind a Unix socket has a proxy of the same machine in front.
func TestPeersOfAUnixSocketAreTrusted(t *testing.T) {
	seen := make(chan string, 1)
	h, err := NewHandler(Options{Origin: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Get("X-Forwarded-Host") })})
	require.NoError(t, err)
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h}}
	server.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("unix", socket)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("GET /x HTTP/1.1\r\nHost: inlay\r\nX-Forwarded-Host: shop.example\r\nConnection: close\r\n\r\n"))
	require.NoError(t, err)
	assert.Equal(t, "shop.example", <-seen)
}

func TestRouteIsForWorkers(t *testing.T) {
	config, err := ParseConfig(vars(map[string]string{"INLAY_ORIGIN": "route"}))
	require.NoError(t, err)
	for _, origin := range []http.Handler{nil, http.NotFoundHandler()} {
		_, err = NewHandler(Options{Origin: origin, Config: config})
		assert.EqualError(t, err, "edge: INLAY_ORIGIN is route, which leads to the server behind a Worker's route; a native server needs a URL, or Options.Origin")
	}
}

// A site whose origin is itself says so at once, in a pass and in a fill, and one before another does not take that for itself.
func TestLoopIsTold(t *testing.T) {
	var h http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	log := new(strings.Builder)
	pages := []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/f"><edge-error>failed</edge-error></edge-slot></body>`)}
	for _, dev := range []bool{false, true} {
		var err error
		h, err = NewHandler(Options{Pages: pages, Config: Config{Origin: server.URL, Dev: dev}, Logger: slog.New(slog.NewTextHandler(log, nil))})
		require.NoError(t, err)
		resp, err := http.Get(server.URL + "/x")
		require.NoError(t, err)
		assert.Equal(t, http.StatusLoopDetected, resp.StatusCode)
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		answer := text(t, resp)
		assert.Equal(t, dev, strings.Contains(answer, server.URL), answer)
		assert.Contains(t, log.String(), "has come back to the site that passed it on")
		resp, err = http.Get(server.URL + "/p")
		require.NoError(t, err)
		assert.Contains(t, text(t, resp), "failed")
	}
	origin := httptest.NewServer(http.HandlerFunc(told))
	t.Cleanup(origin.Close)
	behind, err := NewHandler(Options{Pages: pages, Config: Config{Origin: origin.URL}})
	require.NoError(t, err)
	middle := httptest.NewServer(behind)
	t.Cleanup(middle.Close)
	front, err := NewHandler(Options{Pages: pages, Config: Config{Origin: middle.URL}})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	front.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/x", nil))
	assert.Equal(t, http.StatusOK, answer.Code)
}
