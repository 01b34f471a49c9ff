package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
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

// inFront serves an origin natively and in a Worker, which trusts what stands before it.
func inFront(t *testing.T, origin string, trusted string) map[string]string {
	t.Helper()
	config, err := harness.ParseConfig(map[string]string{"INLAY_ORIGIN": origin, "INLAY_TRUSTED_PROXIES": trusted})
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Config: config})
	require.NoError(t, err)
	native := httptest.NewServer(handler)
	t.Cleanup(func() {
		native.CloseClientConnections()
		native.Close()
	})
	return map[string]string{"native": native.URL, "workerd": harness.StartWorkerd(t, "INLAY_ORIGIN="+origin, "INLAY_TRUSTED_PROXIES="+trusted).URL}
}

// nginx and Caddy in front, as docs/deploy/ has them, say how a visitor came: what he says of it himself reaches no origin.
func TestProxiesInFrontAreBelieved(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://"+r.Host+"/login")
		w.WriteHeader(http.StatusFound)
		fmt.Fprintf(w, "%s %s %s", r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-Proto"), r.Header.Get("Forwarded"))
	})
	for name, url := range inFront(t, origin.URL, "all") {
		for kind, start := range proxies {
			t.Run(kind+" before "+name, func(t *testing.T) {
				t.Parallel()
				proxy := start(t, url)
				proxy.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				resp := proxy.ask(http.MethodGet, "/x", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "X-Forwarded-For", "1.1.1.1", "Forwarded", "for=1.1.1.1;host=evil.example;proto=https")
				assert.Equal(t, "http://shop.example/login", resp.Header.Get("Location"))
				told := read(t, resp)
				assert.True(t, strings.HasPrefix(told, "shop.example http "), told)
				assert.Contains(t, told, "host=shop.example;proto=http")
				assert.NotContains(t, told, "evil.example")
				assert.NotContains(t, told, "1.1.1.1")
			})
		}
	}
}

// nginx behind redirects to itself, under its own port, for a folder without a slash; Caddy passes on what a server behind it says.
func TestRedirectsOfNginxBehindLeadToTheSite(t *testing.T) {
	t.Parallel()
	const config = `server {
    listen 80;
    location = /away { return 302 https://other.example/a; }
    location = /cookie { add_header Set-Cookie "a=b; Domain=$host; Path=/"; return 204; }
    location / { return 301 $scheme://$http_host/in$request_uri; }
}
# 127.0.0.1:8787
`
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	startNginx(t, strings.Replace(config, "    listen 80;", "    listen "+address+";\n    listen 80;", 1), "http://127.0.0.1:1")
	for name, url := range inFront(t, "http://"+address, "none") {
		t.Run(name, func(t *testing.T) {
			s := &harness.Server{URL: url}
			assert.Equal(t, "http://shop.example/in/x?a=b", askOnce(t, s, "shop.example", "/x?a=b").Header.Get("Location"))
			assert.Equal(t, "https://other.example/a", askOnce(t, s, "shop.example", "/away").Header.Get("Location"))
			assert.Equal(t, "a=b; Path=/", askOnce(t, s, "shop.example", "/cookie").Header.Get("Set-Cookie"))
		})
	}
}

// What comes before an answer does not break it: an origin's 103, and a client that waits for 100. And a head that is changed leaves the
// bytes below it alone.
func TestWhatComesBesideAnAnswerDoesNotBreakIt(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := io.WriteString(z, strings.Repeat("text ", 1000))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hints":
			w.Header().Set("Link", "</a.css>; rel=preload; as=style")
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "body")
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Set-Cookie", "a=b; Domain=127.0.0.1")
			w.Header().Set("Etag", `"x"`)
			_, _ = w.Write(zipped.Bytes())
		default:
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %v", body, err)
		}
	})
	for name, url := range inFront(t, origin.URL, "none") {
		t.Run(name, func(t *testing.T) {
			s := &harness.Server{URL: url}
			hints := askOnce(t, s, "shop.example", "/hints")
			assert.Equal(t, http.StatusOK, hints.StatusCode)
			assert.Equal(t, "body", read(t, hints))

			r, err := http.NewRequest(http.MethodGet, url+"/gzip", nil)
			require.NoError(t, err)
			r.Host = "shop.example"
			r.Header.Set("Accept-Encoding", "gzip")
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			assert.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
			assert.Equal(t, "a=b", resp.Header.Get("Set-Cookie"))
			assert.Equal(t, `"x"`, resp.Header.Get("Etag"))
			assert.Equal(t, zipped.String(), read(t, resp))

			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			_, err = fmt.Fprint(conn, "POST /x HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
			require.NoError(t, err)
			reader := bufio.NewReader(conn)
			if name == "native" { // which says so at once; workerd says nothing, and a client sends after a while
				line, err := reader.ReadString('\n')
				require.NoError(t, err)
				assert.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
				_, err = reader.ReadString('\n')
				require.NoError(t, err)
			}
			_, err = fmt.Fprint(conn, "body")
			require.NoError(t, err)
			resp, err = http.ReadResponse(reader, nil)
			require.NoError(t, err)
			if resp.StatusCode == http.StatusContinue {
				resp, err = http.ReadResponse(reader, nil)
				require.NoError(t, err)
			}
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, "body <nil>", read(t, resp))
		})
	}
}

// What the platform knows of a request goes on along a route, as it would without the Worker.
func TestWhatThePlatformKnowsGoesOnAlongARoute(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.Host, r.Header.Get("Cf-Blob"), r.Header.Get("Cf-Connecting-Ip"), r.Header.Get("Cf-Visitor"))
	})
	server := harness.StartChanged(t, func(config string) string {
		config = strings.Replace(config, `"127.0.0.1:8787", http = ()`, `"127.0.0.1:8787", http = (cfBlobHeader = "CF-Blob")`, 1)
		before, rest, _ := strings.Cut(config, `(name = "internet", `)
		_, after, _ := strings.Cut(rest, "\n")
		return before + `(name = "internet", external = (address = "` + strings.TrimPrefix(origin.URL, "http://") + `", http = (cfBlobHeader = "CF-Blob"))),` + "\n" + after
	}, []string{"INLAY_ORIGIN=route"})
	answer := rawRequest(t, server, "PUT /x HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Length: 0\r\n"+
		"CF-Blob: {\"country\":\"DE\"}\r\nCF-Connecting-IP: 203.0.113.7\r\nCF-Visitor: {\"scheme\":\"https\"}\r\n\r\n")
	assert.Contains(t, answer, `PUT shop.example {"country":"DE"} 203.0.113.7 {"scheme":"https"}`)
}
