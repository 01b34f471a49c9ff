package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// targets reads a table of targets, which the tests of the Worker read too.
func targets(t testing.TB, name string) (all []string) {
	t.Helper()
	file, err := os.ReadFile("testdata/targets/" + name + ".txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(file)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		target, err := strconv.Unquote(line)
		require.NoError(t, err, line)
		all = append(all, target)
	}
	require.NotEmpty(t, all)
	return all
}

// pathIn is the path of a target, in origin form or absolute form.
func pathIn(target string) string {
	if _, rest, ok := strings.Cut(target, "http://"); ok {
		_, target, _ = strings.Cut(rest, "/")
		target = "/" + target
	}
	path, _ := route.SplitTarget(target)
	return path
}

func TestInternalPathsAreKnownInEverySpelling(t *testing.T) {
	for _, target := range targets(t, "internal") {
		assert.True(t, route.IsInternal(pathIn(target)), target)
	}
	for _, target := range targets(t, "open") {
		assert.False(t, route.IsInternal(pathIn(target)), target)
		assert.False(t, route.HasDotSegments(pathIn(target)), target)
	}
	for _, target := range targets(t, "climbing") {
		assert.True(t, route.HasDotSegments(pathIn(target)), target)
	}
	for _, fine := range []string{"/", "", "/a", "/a/", "/a//b", "/...", "/.well-known/x", "/a..b", "/..a", "/a..", "/.a./x", "/a%2fb", "/v1.2/x", "/a;b/c", "/%e2%80%a6/x"} {
		assert.False(t, route.HasDotSegments(fine), fine)
	}
}

// asked is an origin that notes what reaches it.
type asked struct {
	mu    sync.Mutex
	paths []string
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.paths = append(a.paths, r.Method+" "+r.RequestURI)
	a.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<p>reached</p>")
}

func (a *asked) take() (paths []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	paths, a.paths = a.paths, nil
	return paths
}

// exchangeRaw sends bytes that net/http's client would not, and gives the answer's status, 0 if the server sent none.
func exchangeRaw(t *testing.T, address, request string) (status int, answer string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		require.NoError(t, err)
	}
	if resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(all))), nil); err == nil {
		status = resp.StatusCode
		_ = resp.Body.Close()
	}
	return status, string(all)
}

const smuggledBatch = `{"fills":[{"src":"/f/secret","fields":[["host","victim.internal"],["authorization","Bearer x"]]}]}`

// rawBatch is a request with a batch in it, whoever may take it.
func rawBatch(method, target string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nInlay-Fill: 1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, target, len(smuggledBatch), smuggledBatch)
}

// Whatever the spelling and the method, an internal path reaches neither a page that answers everything nor an origin, in
// this process or remote.
func TestInternalPathsStayWithInlay(t *testing.T) {
	origin := &asked{}
	remote := httptest.NewServer(FillsWith(origin, fillsSecret))
	defer remote.Close()
	everything := pageOf(t, "/{all...}", `<body><edge-slot name="a" src="/f/{all}"></edge-slot></body>`)
	for name, o := range map[string]Options{
		"in process":           {Origin: FillsWith(origin, fillsSecret)},
		"remote":               {Config: Config{Origin: remote.URL}},
		"remote, below a path": {Config: Config{Origin: remote.URL + "/base"}},
		"with a page":          {Origin: origin, Pages: []page.Page{everything}},
		"with a token":         {Origin: origin, Config: Config{Token: "0123456789abcdef"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, o)
			for _, target := range targets(t, "internal") {
				for _, method := range []string{"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
					status, answer := exchangeRaw(t, server.Listener.Addr().String(), rawBatch(method, target))
					// 400: net/http's own, or the path is none at all.
					assert.Contains(t, []int{400, 401, 404}, status, "%s %s: %s", method, target, answer)
					assert.Empty(t, origin.take(), "%s %s", method, target)
				}
			}
			if len(o.Pages) > 0 {
				return
			}
			for _, target := range targets(t, "open") {
				status, _ := exchangeRaw(t, server.Listener.Addr().String(), "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
				assert.Equal(t, 200, status, target)
				assert.Len(t, origin.take(), 1, target)
			}
		})
	}
}

// An origin that takes batches is reachable by others than inlay: none of the spellings is a way in.
func TestOriginTakesBatchesOnlyFromWhoMaySendThem(t *testing.T) {
	origin := &asked{}
	mux := http.NewServeMux() // which cleans paths
	mux.Handle("/", origin)
	server := httptest.NewServer(FillsWith(mux, fillsSecret))
	defer server.Close()
	unset := httptest.NewServer(Fills(mux))
	defer unset.Close()
	for _, target := range targets(t, "internal") {
		for _, s := range []*httptest.Server{server, unset} {
			status, answer := exchangeRaw(t, s.Listener.Addr().String(), rawBatch("POST", target))
			assert.Contains(t, []int{400, 401, 404}, status, "%s: %s", target, answer)
			assert.NotContains(t, answer, frameMagic)
			assert.Empty(t, origin.take(), target)
		}
	}
	for _, field := range []string{"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Basic " + fillsSecret, fillsSecret, "Bearer " + fillsSecret + "x"} {
		r := batchRequest(FillsPath, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
		r.Header.Set("Authorization", field)
		w := httptest.NewRecorder()
		FillsWith(mux, fillsSecret).ServeHTTP(w, r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, field)
		assert.Equal(t, `Bearer realm="inlay"`, w.Header().Get("WWW-Authenticate"))
		w = httptest.NewRecorder()
		FillsWith(mux, "").ServeHTTP(w, r)
		assert.Equal(t, http.StatusNotFound, w.Code, "no secret is nobody's")
	}
	for _, lines := range [][]string{{"Bearer " + fillsSecret, "Bearer x"}, {"Bearer x", "Bearer " + fillsSecret}, {"Bearer " + fillsSecret, "Bearer " + fillsSecret}, {"Bearer ", fillsSecret}, {"Bearer " + fillsSecret, ""}} {
		r := batchRequest(FillsPath, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
		r.Header["Authorization"] = lines
		w := httptest.NewRecorder()
		FillsWith(mux, fillsSecret).ServeHTTP(w, r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, lines)
	}
	r := httptest.NewRequest(http.MethodGet, "/a", nil)
	r.Header.Set("Inlay-Fill", "1")
	w := httptest.NewRecorder()
	FillsWith(mux, "").ServeHTTP(w, r)
	assert.Empty(t, w.Header().Get("Inlay-Fills"), "who takes no batches does not announce that")
}

// What a batch may set of a fill is what a slot can declare.
func TestBatchSetsWhatASlotCanDeclare(t *testing.T) {
	var seen http.Header
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	never := []string{
		"host", "Host", "authorization", "AUTHORIZATION", "x-forwarded-for", "X-Forwarded-Host", "x-forwarded-proto", "forwarded",
		"x-real-ip", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length",
		"content-type", "content-encoding", "inlay-fill", "Inlay-Anything", "proxy-authorization", "proxy-connection", "sec-fetch-dest",
		"sec-websocket-key", "http2-settings", "range", "if-match", "if-range", "if-unmodified-since", "accept-encoding", "via",
		":authority", ":path", "a b", "a:b", "", "ä", "a\n", "max-forwards",
	}
	for _, name := range never {
		f := batchFill{Src: "/a", Fields: [][]string{{name, "x"}}}
		assert.NotEmpty(t, f.problem(), "%q", name)
		if lower := strings.ToLower(name); lower != "" && ascii.Only(lower, field.IsTokenChar) {
			_, err := shell.Parse("/p", `<body><edge-slot name="a" src="/a" vary="header:`+name+`"></edge-slot></body>`)
			assert.Error(t, err, "nor a slot: %s", name)
		}
	}
	for _, src := range []string{
		"", "a", "http://victim.internal/a", "//victim.internal/a", `/\victim.internal`, "/a b", "/a#b", "/é", "/../a", "/a/%2e%2e/b",
		"/_inlay/stats", "/%5finlay/fills", "/a/..%2f_inlay", "/a/..;/b", "binding:X/a", "*",
	} {
		f := batchFill{Src: src}
		assert.NotEmpty(t, f.problem(), "%q", src)
	}
	allowed := map[string]string{
		"cookie": "c=1", "accept-language": "de", "x-country": "CH", "sec-ch-ua-mobile": "?1", "sec-gpc": "1", "user-agent": "x",
		"if-none-match": `"a"`, "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT",
	}
	f := batchFill{Src: "/a?b=%2F..&c=//"}
	want := http.Header{}
	for name, value := range allowed {
		f.Fields = append(f.Fields, []string{name, value})
		want.Set(name, value)
	}
	r, problem := f.request(context.Background(), httptest.NewRequest(http.MethodPost, FillsPath, nil))
	require.Empty(t, problem)
	h.ServeHTTP(nil, r)
	assert.Equal(t, want, seen)
}

// What leads out of the path of INLAY_ORIGIN, by whoever's reading, is refused; the rest goes below it, as it came.
func TestPassedPathsStayBelowTheOriginsPath(t *testing.T) {
	origin := &asked{}
	remote := httptest.NewServer(origin)
	defer remote.Close()
	for _, base := range []string{"/base", ""} {
		server, _ := serve(t, Options{Config: Config{Origin: remote.URL + base}})
		for _, target := range targets(t, "climbing") {
			for _, method := range []string{"GET", "POST"} {
				status, _ := exchangeRaw(t, server.Listener.Addr().String(), method+" "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				assert.Equal(t, 400, status, target)
				assert.Empty(t, origin.take(), target)
			}
		}
		for _, target := range []string{"*", "/a\\b", "/a#/../secret", "/#"} {
			status, _ := exchangeRaw(t, server.Listener.Addr().String(), "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			assert.Equal(t, 400, status, target)
			assert.Empty(t, origin.take(), target)
		}
		for _, target := range []string{"/", "//", "//a//b", "/a%2fb", "/a%5cb", "/a;b/c?d;e=%zz&f", "/.../x", "/a/?", "/%25", "/~a'(b)", "http://localhost/x?y"} {
			status, _ := exchangeRaw(t, server.Listener.Addr().String(), "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			assert.Equal(t, 200, status, target)
			want := "GET " + base + strings.TrimPrefix(target, "http://localhost")
			assert.Equal(t, []string{want}, origin.take(), target)
		}
	}
}

// readers are ways to read a path: what each does to it, one after another, in any order, any number of times.
var readers = []func(string) string{
	func(p string) string { // percent-decoding, once
		if decoded, err := url.PathUnescape(p); err == nil {
			return decoded
		}
		return p
	},
	func(p string) string { return strings.ReplaceAll(p, `\`, "/") },
	path.Clean, // net/http's ServeMux
	func(p string) string { // URLs of browsers and Workers
		if u, err := url.Parse("http://h" + p); err == nil {
			return u.JoinPath().EscapedPath()
		}
		return p
	},
	func(p string) string { // path parameters
		segments := strings.Split(p, "/")
		for i := range segments {
			segments[i], _, _ = strings.Cut(segments[i], ";")
		}
		return strings.Join(segments, "/")
	},
	strings.ToLower,
	func(p string) string { // control characters that are dropped
		return strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' || r == 0 {
				return -1
			}
			return r
		}, p)
	},
	func(p string) string { return strings.ReplaceAll(p, "//", "/") },
}

// FuzzReadings lets readers have their way with a path, in an order that the input says: none may come to an internal path,
// or below a ".." that leads out, without the predicates' knowing.
func FuzzReadings(f *testing.F) {
	for _, name := range []string{"internal", "open", "climbing"} {
		for _, target := range targets(f, name) {
			f.Add(pathIn(target), []byte{0, 1, 2})
			f.Add(pathIn(target), []byte{0, 6, 5, 4, 7, 2})
		}
	}
	f.Fuzz(func(t *testing.T, p string, order []byte) {
		internal, dots := route.IsInternal(p), route.HasDotSegments(p)
		assert.Equal(t, internal, route.IsInternal(p))
		if len(order) > 8 || len(p) > 1<<10 || p == "" || p[0] != '/' {
			return
		}
		read := p
		for _, i := range order {
			read = readers[int(i)%len(readers)](read)
		}
		if read == "/_inlay" || strings.HasPrefix(read, "/_inlay/") {
			assert.True(t, internal, "%q is read as %q", p, read)
		}
		for _, segment := range strings.Split(read, "/") {
			if segment == ".." {
				assert.True(t, dots, "%q is read as %q", p, read)
			}
		}
	})
}
