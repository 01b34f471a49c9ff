package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/internal/route/routetest"
	"inlay/worker/e2e/harness"
)

// What a visitor must not be able to do with a Worker in bare workerd, where nothing stands before it. The tables of targets
// are those of the native handler's tests.

// statusOf sends a request as it is and gives the answer's status.
func statusOf(t *testing.T, server *harness.Server, request string) (status int, answer string) {
	t.Helper()
	answer = rawRequest(t, server, request)
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	require.NoError(t, err, "%q: %q", request, answer)
	_ = resp.Body.Close()
	return resp.StatusCode, answer
}

const smuggledBatch = `{"fills":[{"src":"/f/secret","fields":[["host","victim.internal"],["authorization","Bearer x"]]}]}`

func rawBatch(method, target string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nInlay-Fill: 1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, target, len(smuggledBatch), smuggledBatch)
}

func TestInternalPathsStayWithTheWorker(t *testing.T) {
	t.Parallel()
	fills := edge.FillsWith(http.HandlerFunc(fragment), fillsSecret)
	origin := newOrigin(t, fills.ServeHTTP)
	everything, err := edge.ParsePage("/{all...}", `<body><edge-slot name="a" src="/f/{all}"></edge-slot></body>`)
	require.NoError(t, err)
	for name, server := range map[string]*harness.Server{
		"app.wasm":    harness.StartWorkerd(t),
		"remote":      harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_FILLS_SECRET="+fillsSecret),
		"with a page": startPage(t, everything, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL),
		"token":       harness.StartWorkerd(t, "INLAY_TOKEN="+adminToken, "INLAY_ORIGIN="+origin.URL),
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range routetest.Targets(t, "internal") {
				for _, method := range []string{"POST", "GET", "OPTIONS", "PUT", "PROPFIND"} {
					status, answer := statusOf(t, server, rawBatch(method, target))
					// 400: workerd's own, or the path is none at all.
					want := []int{400, 404}
					if name == "token" {
						want = []int{400, 401}
						if method == "GET" && strings.Contains(answer, `id="token"`) { // the operator's page, which asks for it itself
							want = []int{200}
						}
					}
					assert.Contains(t, want, status, "%s %s: %s", method, target, answer)
					assert.NotContains(t, answer, "ILF1")
					assert.Zero(t, origin.total(), "%s %s", method, target)
				}
			}
			assert.NotContains(t, server.Log(), "ncaught")
		})
	}
	own := harness.StartWorkerd(t)
	for _, target := range []string{"*", `/a\b`, "/%zz", "/a%"} {
		status, _ := statusOf(t, own, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		assert.Equal(t, http.StatusBadRequest, status, target)
	}
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for i, target := range routetest.Targets(t, "open") {
		if target == "/" {
			continue // a page of the site
		}
		status, _ := statusOf(t, server, "POST "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		assert.Equal(t, http.StatusOK, status, target)
		assert.Equal(t, i, origin.total(), target)
	}
}

func TestPassedPathsStayBelowTheOriginsPathOnWorkers(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1000)
	origin := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.RequestURI })
	for _, base := range []string{"/base", ""} {
		server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL+base)
		for _, target := range append(routetest.Targets(t, "climbing"), "*", `/a\b`) {
			for _, method := range []string{"GET", "POST"} {
				status, _ := statusOf(t, server, method+" "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				assert.Equal(t, http.StatusBadRequest, status, target)
				assert.Empty(t, asked, target)
			}
		}
		for _, target := range []string{"//", "//a//b", "/a%2fb", "/a%5cb", "/a;b/c?d;e=%zz&f", "/.../x", "/%25", "/~a'(b)", "http://localhost/x?y"} {
			status, _ := statusOf(t, server, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			require.Equal(t, http.StatusOK, status, target)
			assert.Equal(t, base+strings.TrimPrefix(target, "http://localhost"), <-asked, target)
		}
	}
}

// Bare workerd's URL is whatever Host says with the target after it.
func TestHostCannotMoveThePath(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, fragment)
	for _, server := range []*harness.Server{harness.StartWorkerd(t), harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)} {
		// Warm, so that an answer could be repeated by its URL.
		for range 3 {
			read(t, browse(t, server.URL+fivePage))
		}
		before := origin.total()
		for _, host := range []string{
			"a/static?", "a/static#", "a" + fivePage + "?", "a" + fivePage + "#", "localhost/", "/", "?", "#", "@", "u@localhost", `a\b`, `a\..\b`,
			"a b", "a\tb", "a, b", "a,b", "http://localhost/", "localhost:80:80", "a:b", "[::1", "::1", "[::1]x", "a%2fb", "é", "a\"b", "a<b", "a\r\nHost: b",
		} {
			for _, target := range []string{"/elsewhere", fivePage, "/_inlay/fills"} {
				status, answer := statusOf(t, server, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\nSec-Fetch-Dest: document\r\n\r\n")
				assert.Equal(t, http.StatusBadRequest, status, "%s at %s: %s", target, host, answer)
			}
		}
		for _, host := range []string{"localhost", "LOCALHOST:8787", "127.0.0.1", "[::1]:80", "a_b.c-d.example.", "localhost:"} {
			status, answer := statusOf(t, server, "GET "+fivePage+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\nSec-Fetch-Dest: document\r\n\r\n")
			assert.Equal(t, http.StatusOK, status, host)
			assert.Contains(t, answer, "</html>")
		}
		assert.Equal(t, before, origin.total())
		assert.NotContains(t, server.Log(), "ncaught")
	}
}

func TestParametersCannotLeadElsewhereOnWorkers(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		fragment(w, r)
	})
	page, err := edge.ParsePage("/d/{path...}", `<body><edge-slot name="a" src="/{path}/frag"></edge-slot></body>`)
	require.NoError(t, err)
	inWasm := startPage(t, page, "127.0.0.1:1", "INLAY_TOKEN="+adminToken)
	for _, target := range []string{"/d/%252e%252e/admin", "/d/..;/x", "/d/%25u002e./x", "/d/%ef%bc%8e./x", "/d/%e0%80%ae%e0%80%ae", "/d/a/..%252f"} {
		status, answer := statusOf(t, inWasm, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		assert.Equal(t, http.StatusBadRequest, status, "%s: %s", target, answer)
	}
	assert.Zero(t, stat(t, inWasm, "fills_total"))
	server := startPage(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL+"/base")
	for target, want := range map[string]string{
		"/d/": "/base/frag", "/d/a/b": "/base/a/b/frag", "/d/c/": "/base/c/frag", "/d/e%20f": "/base/e%20f/frag",
		"/d//x": "", "/d/%2fx": "", "/d/%5cx": "", `/d/\x`: "", "/d/..%5cx": "", "/d/..%2fx": "", "/d/a%5c..%5cb": "", "/d/../x": "",
		"/d/%2e%2e": "", "/d/%252e%252e/admin": "", "/d/..;/x": "", "/d/%25u002e./x": "", "/d/%ef%bc%8e./x": "", "/d/a/..%252f": "",
		"/d/%e0%80%ae%e0%80%ae": "", "/d/%f0%80%80%ae./x": "", "/d/..%20./x": "", "/d/v1..2": "/base/v1..2/frag",
		"/d/_inlay": "", "/d/%5finlay/fills": "", "/d/a%00b": "", "/d/a%zz": "", "/d/%ff": "",
	} {
		status, answer := statusOf(t, server, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if want == "" {
			assert.Equal(t, http.StatusBadRequest, status, "%s: %s", target, answer)
			assert.Empty(t, asked, target)
			continue
		}
		assert.Equal(t, http.StatusOK, status, target)
		require.Len(t, asked, 1, target)
		assert.Equal(t, want, <-asked, target)
	}
}

// An undeclared cookie goes neither to the origin nor into a key, however many lines there are.
func TestHeaderLinesAreReadAlikeOnWorkersAndNatively(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%q %q</p>", r.Header["Cookie"], r.Header["X-Declared"])
	}
	origin := newOrigin(t, edge.FillsWith(http.HandlerFunc(echo), fillsSecret).ServeHTTP)
	const html = `<body><edge-slot name="a" src="/a/{id}" ttl="1m" vary="cookie:c header:x-declared"></edge-slot>
<edge-slot name="b" src="/b/{id}" ttl="1m" vary="cookie:c header:x-declared"></edge-slot></body>`
	page, err := edge.ParsePage("/p/{id}", html)
	require.NoError(t, err)
	native, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: http.HandlerFunc(echo)})
	require.NoError(t, err)
	beside := newOrigin(t, native.ServeHTTP)
	worker := startPage(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL, "INLAY_FILLS_SECRET="+fillsSecret)
	one := startPage(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL)
	servers := []*harness.Server{worker, one, harness.At(t, beside.URL)}
	for i, c := range []struct{ lines, cookie, declared string }{
		{"Cookie: c=1\r\nCookie: session=secret", `["c=1"]`, `[]`},
		{"Cookie: session=secret\r\nCookie: c=1", `["c=1"]`, `[]`},
		{"cookie: session=secret\r\nCOOKIE: c=1\r\nCookie: c=2", `["c=1"]`, `[]`},
		{"Cookie: c=1, session=secret", `["c=1"]`, `[]`},
		{"Cookie: session=secret, c=1", `["c=1"]`, `[]`},
		{"Cookie: c=1,2; session=secret", `["c=1,2"]`, `[]`},
		{"Cookie: \r\nCookie: c=1", `["c=1"]`, `[]`},
		{"Cookie: c=1;session=secret", `["c=1"]`, `[]`},
		{"Cookie: c=\"1; session=secret\"", `["c=\"1"]`, `[]`},
		{"Cookie: C=secret; c; =c; cc=secret", `[]`, `[]`},
		{"Cookie: c=a\tb", `[]`, `[]`},
		{"Cookie: c=\xff", `[]`, `[]`},
		{"Cookie: c=é", `["c=é"]`, `[]`},
		{"Cookie: c=€", `["c=€"]`, `[]`},
		{"X-Declared: 1\r\nx-declared: 2", `[]`, `["1, 2"]`},
		{"X-Declared: \r\nx-declared: 2", `[]`, `[", 2"]`},
		{"X-Declared: \t 1 \t ", `[]`, `["1"]`},
		{"X-Declared: 1\r\nX-Undeclared: secret", `[]`, `["1"]`},
		{"X-Declared: a\tb", `[]`, `[]`},
		{"X-Declared: \xff", `[]`, `[]`},
		{"X-Declared: é", `[]`, `["é"]`},
		{"X-Declared: €", `[]`, `["€"]`},
	} {
		for _, server := range servers {
			answer := rawRequest(t, server, fmt.Sprintf("GET /p/%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n\r\n", i, c.lines))
			assert.Equal(t, 2, strings.Count(answer, "<p>"+c.cookie+" "+c.declared+"</p>"), "%q: %s", c.lines, answer)
			assert.NotContains(t, answer, "secret", c.lines)
		}
	}
	assert.Positive(t, origin.count(edge.FillsPath), "in batches too")
}

func TestInternalFieldsDoNotCrossOnWorkers(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[http.Header]
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Clone()
		seen.Store(&header)
		for _, name := range []string{"Inlay-Fills", "inlay-other", "INLAY_UNDER"} {
			w.Header()[name] = []string{"1", "2"}
		}
		w.Header().Set("X-Inlay", "stays")
		w.Header()["Set-Cookie"] = []string{"a=1; Expires=Sun, 06 Nov 2094 08:49:37 GMT", "b=2"}
		if r.Header.Get("Upgrade") == "" {
			_, _ = fmt.Fprint(w, "body")
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nInlay-Fills: 1\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			webSocketAccept(r.Header.Get("Sec-WebSocket-Key")))
		_ = rw.Flush()
		text, err := readFrame(rw.Reader)
		if err == nil {
			_, _ = conn.Write(append([]byte{0x81, byte(len(text))}, text...))
		}
	})
	native, err := edge.NewHandler(edge.Options{Config: edge.Config{Origin: origin.URL}})
	require.NoError(t, err)
	beside := newOrigin(t, native.ServeHTTP)
	inner := func(header http.Header, from string) {
		for name := range header {
			assert.NotRegexp(t, `(?i)^inlay[-_]`, name, from)
		}
	}
	for name, server := range map[string]*harness.Server{
		"worker": harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL),
		"native": harness.At(t, beside.URL),
	} {
		const fields = "Inlay-Fill: 1\r\ninlay-fill: 2\r\nINLAY-SECRET: x\r\nInlay_Fill: 1\r\nX-Inlay: stays\r\n"
		_, answer := statusOf(t, server, "POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n"+fields+"\r\nsent")
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		require.NoError(t, err)
		inner(resp.Header, name)
		inner(*seen.Load(), name)
		assert.Equal(t, "stays", resp.Header.Get("X-Inlay"))
		assert.Equal(t, "stays", seen.Load().Get("X-Inlay"))
		assert.Len(t, resp.Header.Values("Set-Cookie"), 2, "as they came")
		assert.Contains(t, answer, "body")

		conn, err := net.Dial("tcp", server.Addr())
		require.NoError(t, err)
		defer conn.Close()
		const key = "dGhlIHNhbXBsZSBub25jZQ=="
		_, err = fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n", key, fields)
		require.NoError(t, err)
		reader := bufio.NewReader(conn)
		upgraded, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, upgraded.StatusCode, name)
		inner(upgraded.Header, name)
		inner(*seen.Load(), name)
		_, err = conn.Write(maskedFrame("hello"))
		require.NoError(t, err)
		echo, err := readFrame(reader)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(echo))
	}
}

// One visitor's long cookie on 40 slots is more than a batch may have; the slot that varies on nothing is for all.
func TestOneVisitorsInputFailsNobodyElse(t *testing.T) {
	t.Parallel()
	const slots = 40
	var html strings.Builder
	html.WriteString(`<body><edge-slot name="shared" src="/shared" ttl="1m"><edge-error>shared failed</edge-error></edge-slot>`)
	for i := range slots {
		fmt.Fprintf(&html, `<edge-slot name="s%d" src="/f/%d" ttl="1m" vary="cookie:c"><edge-error>failed</edge-error></edge-slot>`, i, i)
	}
	fills := edge.FillsWith(http.HandlerFunc(fragment), fillsSecret)
	for name, answer := range map[string]http.HandlerFunc{
		"batches": fills.ServeHTTP,
		"a firewall that refuses": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == edge.FillsPath {
				http.Error(w, "that looks bad", http.StatusForbidden)
				return
			}
			fills.ServeHTTP(w, r)
		},
		"a proxy that hangs up": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == edge.FillsPath {
				panic(http.ErrAbortHandler)
			}
			fills.ServeHTTP(w, r)
		},
		"an origin that takes no long heads": func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header.Get("Cookie")) > 4000 {
				http.Error(w, "too long", http.StatusRequestHeaderFieldsTooLarge)
				return
			}
			if r.URL.Path == edge.FillsPath && r.ContentLength > 100<<10 {
				http.Error(w, "too long", http.StatusRequestEntityTooLarge)
				return
			}
			fills.ServeHTTP(w, r)
		},
		"app.wasm": nil,
	} {
		t.Run(name, func(t *testing.T) {
			env := []string{"INLAY_NEGATIVE_TTL=1m", "INLAY_TOKEN=" + adminToken}
			page := html.String()
			if answer != nil {
				origin := newOrigin(t, answer)
				env = append(env, "INLAY_ORIGIN="+origin.URL, "INLAY_FILLS_SECRET="+fillsSecret)
			} else {
				page = strings.ReplaceAll(strings.ReplaceAll(page, "/shared", "/fragments/summary"), "/f/", "/fragments/title/io?n=")
			}
			server := startPages(t, page, "127.0.0.1:1", env...)
			if answer != nil {
				// So that the origin has said that it takes batches.
				read(t, request(t, http.MethodGet, server.URL+"/p/0?inlay", nil, "Cookie", "c=first"))
				// Another shared fragment than the one that is there now would be as good: the page is asked anew.
				purge(t, server)
			}
			long := read(t, request(t, http.MethodGet, server.URL+"/p/1", nil, "Cookie", "c="+strings.Repeat("x", 8100)))
			assert.NotContains(t, long, "shared failed", "for the visitor himself")
			if name != "an origin that takes no long heads" {
				assert.NotContains(t, long, "failed")
			}
			next := read(t, request(t, http.MethodGet, server.URL+"/p/2", nil))
			assert.NotContains(t, next, "failed")
		})
	}
}

// purge empties the cache, if the server was started with the token.
func purge(t *testing.T, s *harness.Server) {
	t.Helper()
	resp := request(t, http.MethodPost, s.URL+"/_inlay/purge?all=1", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, resp.StatusCode, read(t, resp))
}

// A visitor sees that something failed; what it was is for the site's people.
func TestFailuresTellVisitorsNothingOnWorkers(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	address := nobody.Addr().String()
	for _, dev := range []string{"0", "1"} {
		server := startPages(t, `<body><edge-slot name="a" src="/internal/{id}" required></edge-slot></body>`, "127.0.0.1:1",
			"INLAY_ORIGIN=http://"+address+"/hidden", "INLAY_DEV="+dev)
		for _, path := range []string{"/p/7", "/p/7", "/elsewhere"} {
			_, answer := statusOf(t, server, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			assert.Contains(t, answer, "502 ")
			for _, detail := range []string{address, "hidden"} {
				assert.Equal(t, dev == "1", strings.Contains(answer, detail), "%s: %s", path, answer)
			}
		}
		for _, line := range []string{
			"inlay: fill failed: http://" + address + "/hidden/internal/7",
			"inlay: the origin http://" + address + "/hidden cannot be reached",
		} {
			assert.Eventually(t, func() bool { return strings.Contains(server.Log(), line) }, 10*time.Second, 10*time.Millisecond, line)
		}
	}
}
