package edge

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/route/routetest"
)

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
	remote := httptest.NewServer(FillsWith(origin, secret))
	defer remote.Close()
	everything := pageOf(t, "/{all...}", `<body><edge-slot name="a" src="/f/{all}"></edge-slot></body>`)
	for name, o := range map[string]Options{
		"in process":           {Origin: FillsWith(origin, secret)},
		"remote":               {Config: Config{Origin: remote.URL}},
		"remote, below a path": {Config: Config{Origin: remote.URL + "/base"}},
		"with a page":          {Origin: origin, Pages: []Page{everything}},
		"with a token":         {Origin: origin, Config: Config{Token: "0123456789abcdef"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, o)
			for _, target := range routetest.Targets(t, "internal") {
				for _, method := range []string{"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
					status, answer := exchangeRaw(t, server.Listener.Addr().String(), rawBatch(method, target))
					assert.Empty(t, origin.take(), "%s %s", method, target)
					if name == "with a token" && method == "GET" && target == "/_inlay/" {
						assert.Equal(t, 200, status)
						assert.Contains(t, answer, `id="token"`, "the operator's page asks for the token itself")
						continue
					}
					// 400: net/http's own, or the path is none at all.
					assert.Contains(t, []int{400, 401, 404}, status, "%s %s: %s", method, target, answer)
				}
			}
			if len(o.Pages) > 0 {
				return
			}
			for _, target := range routetest.Targets(t, "open") {
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
	server := httptest.NewServer(FillsWith(mux, secret))
	defer server.Close()
	unset := httptest.NewServer(Fills(mux))
	defer unset.Close()
	for _, target := range routetest.Targets(t, "internal") {
		for _, s := range []*httptest.Server{server, unset} {
			status, answer := exchangeRaw(t, s.Listener.Addr().String(), rawBatch("POST", target))
			assert.Contains(t, []int{400, 401, 404}, status, "%s: %s", target, answer)
			assert.NotContains(t, answer, "ILF1")
			assert.Empty(t, origin.take(), target)
		}
	}
	for _, field := range []string{"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Basic " + secret, secret, "Bearer " + secret + "x"} {
		r := batchRequest(FillsPath, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
		r.Header.Set("Authorization", field)
		w := httptest.NewRecorder()
		FillsWith(mux, secret).ServeHTTP(w, r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, field)
		assert.Equal(t, `Bearer realm="inlay"`, w.Header().Get("WWW-Authenticate"))
		w = httptest.NewRecorder()
		FillsWith(mux, "").ServeHTTP(w, r)
		assert.Equal(t, http.StatusNotFound, w.Code, "no secret is nobody's")
	}
	for _, lines := range [][]string{{"Bearer " + secret, "Bearer x"}, {"Bearer x", "Bearer " + secret}, {"Bearer " + secret, "Bearer " + secret}, {"Bearer ", secret}, {"Bearer " + secret, ""}} {
		r := batchRequest(FillsPath, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
		r.Header["Authorization"] = lines
		w := httptest.NewRecorder()
		FillsWith(mux, secret).ServeHTTP(w, r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, lines)
	}
	r := httptest.NewRequest(http.MethodGet, "/a", nil)
	r.Header.Set("Inlay-Fill", "1")
	w := httptest.NewRecorder()
	FillsWith(mux, "").ServeHTTP(w, r)
	assert.Empty(t, w.Header().Get("Inlay-Fills"), "who takes no batches does not announce that")
}

// What leads out of the path of INLAY_ORIGIN, by whoever's reading, is refused; the rest goes below it, as it came.
func TestPassedPathsStayBelowTheOriginsPath(t *testing.T) {
	origin := &asked{}
	remote := httptest.NewServer(origin)
	defer remote.Close()
	for _, base := range []string{"/base", ""} {
		server, _ := serve(t, Options{Config: Config{Origin: remote.URL + base}})
		for _, target := range routetest.Targets(t, "climbing") {
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
