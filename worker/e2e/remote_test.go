package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// What a remote origin may do wrong, and what it may do besides answering fills.

// failedTwice asks for a page whose fills fail, and gives the Cache-Status of the answer to the next request: the first
// head leaves before they have.
func failedTwice(t *testing.T, server *harness.Server) (status string) {
	t.Helper()
	begun := time.Now()
	page := read(t, browse(t, server.URL+fivePage))
	assert.Less(t, time.Since(begun), 20*time.Second)
	assert.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
	assert.Contains(t, page, slotErrors["overview"])
	return browse(t, server.URL+fivePage).Header.Get("Cache-Status")
}

func TestOriginThatStallsIsAborted(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter, *http.Request){
		"before its head": func(http.ResponseWriter, *http.Request) {},
		"within its body": func(w http.ResponseWriter, r *http.Request) {
			fragment(w, r)
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aborted := make(chan struct{}, 100)
			origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				begin(w, r)
				<-r.Context().Done()
				aborted <- struct{}{}
			})
			server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_FILL_TIMEOUT=500ms", "INLAY_NEGATIVE_TTL=1m")
			status := failedTwice(t, server)
			assert.Contains(t, status, "inlay/overview;fwd=miss;detail=timeout")
			for range fiveSlots {
				select {
				case <-aborted:
				case <-time.After(10 * time.Second):
					require.FailNow(t, "a connection is still open long after its fill timed out")
				}
			}
			assert.Contains(t, server.Log(), "no whole answer for "+fragmentPath("overview")+" within 500 ms")
		})
	}
}

func TestOriginThatSendsTooMuchIsCutOff(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		fragment(w, r)
		part := []byte(strings.Repeat("x", 32<<10))
		for {
			n, err := w.Write(part)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_MAX_FRAGMENT=64KiB", "INLAY_NEGATIVE_TTL=1m")
	assert.Contains(t, failedTwice(t, server), "inlay/overview;fwd=miss;detail=too-large")
	assert.Contains(t, server.Log(), "more than the 65536 bytes of INLAY_MAX_FRAGMENT")
	// What the sockets between the two hold is beyond anyone's control.
	assert.Less(t, sent.Load()/int64(len(fiveSlots)), int64(8<<20))
}

func TestRedirectsStayOnTheirHost(t *testing.T) {
	t.Parallel()
	elsewhere := newOrigin(t, fragment)
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case fragmentPath("title"):
			http.Redirect(w, r, "/fragments/title/moved", http.StatusFound)
		case fragmentPath("index"):
			http.Redirect(w, r, elsewhere.URL+"/there", http.StatusFound)
		case fragmentPath("examples"):
			http.Redirect(w, r, strings.Replace(elsewhere.URL, "http:", "", 1)+"/there", http.StatusTemporaryRedirect)
		case fragmentPath("imported-by"):
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		default:
			fragment(w, r)
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m")
	page := read(t, browse(t, server.URL+fivePage))
	assert.Contains(t, page, "[/fragments/title/moved]", "to the same host they are followed")
	assert.Contains(t, page, "["+fragmentPath("overview")+"]")
	for _, slot := range []string{"index", "examples", "imported-by"} {
		assert.Contains(t, page, slotErrors[slot], slot)
	}
	assert.Zero(t, elsewhere.total(), "another host is not asked")
	assert.LessOrEqual(t, origin.count(fragmentPath("imported-by")), 6, "a circle has an end")
	status := browse(t, server.URL+fivePage).Header.Get("Cache-Status")
	assert.Contains(t, status, "inlay/index;fwd=miss;fwd-status=302;detail=status")
	assert.Contains(t, status, "inlay/examples;fwd=miss;fwd-status=307;detail=status")
}

func TestOriginThatIsNotThere(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	server := harness.StartWorkerd(t, "INLAY_ORIGIN=http://"+nobody.Addr().String(), "INLAY_NEGATIVE_TTL=1m")
	assert.Contains(t, failedTwice(t, server), "inlay/overview;fwd=miss;detail=connect")
	assert.Contains(t, server.Log(), "inlay: fill failed: http://"+nobody.Addr().String()+fragmentPath("overview"))
	passed := request(t, http.MethodGet, server.URL+"/no/page", nil)
	assert.Equal(t, http.StatusBadGateway, passed.StatusCode)
	assert.Contains(t, read(t, passed), "cannot be reached")
}

// An origin that says so gets the fills of each later request as one batch, and the fragments are the same.
func TestOriginThatTakesBatches(t *testing.T) {
	t.Parallel()
	fills := edge.FillsWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "examples/broken") {
			panic("this one only")
		}
		fragment(w, r)
	}), fillsSecret)
	var refuse atomic.Bool
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() && r.URL.Path == edge.FillsPath {
			http.Error(w, "no longer", http.StatusNotFound)
			return
		}
		fills.ServeHTTP(w, r)
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_FILLS_SECRET="+fillsSecret)
	require.NoError(t, settled(read(t, browse(t, server.URL+"/five/first")), "/first", false))
	assert.Equal(t, 5, origin.total(), "it has not said so yet")
	assert.Zero(t, origin.count(edge.FillsPath))

	require.NoError(t, settled(read(t, browse(t, server.URL+"/five/second")), "/second", false))
	assert.Equal(t, 6, origin.total())
	assert.Equal(t, 1, origin.count(edge.FillsPath), "all fills of a request are one batch")

	broken := read(t, browse(t, server.URL+"/five/broken"))
	assert.Contains(t, broken, slotErrors["examples"], "a handler that panics fails its own fill")
	assert.Contains(t, broken, "[/fragments/index/broken]")

	refuse.Store(true)
	require.NoError(t, settled(read(t, browse(t, server.URL+"/five/third")), "/third", false), "they are asked for one by one")
	assert.Equal(t, 3, origin.count(edge.FillsPath))
	assert.Contains(t, server.Log(), "inlay: a batch of 5 fills: 5 of them are asked for one by one: "+origin.URL+": status 404")

	other := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for _, page := range []string{"/fifth", "/sixth"} {
		require.NoError(t, settled(read(t, browse(t, other.URL+"/five"+page)), page, false))
	}
	assert.Equal(t, 3, origin.count(edge.FillsPath), "without the secret there is no batch")
}

const fillsSecret = "0123456789abcdef0123456789abcdef"

// rawRequest sends a target that net/http would not, and gives the answer's status line and all that follows.
func rawRequest(t *testing.T, server *harness.Server, request string) string {
	t.Helper()
	conn := server.Dial()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err := io.WriteString(conn, request)
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		require.NoError(t, err)
	}
	return string(all)
}

// Whatever the target says, the origin is the configured one, and its path begins with the configured path.
func TestTargetsCannotChooseTheHost(t *testing.T) {
	t.Parallel()
	evil := newOrigin(t, fragment)
	host := strings.TrimPrefix(evil.URL, "http://")
	asked := make(chan string, 1000)
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		w.WriteHeader(http.StatusTeapot)
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL+"/base")
	for _, target := range []string{
		"//" + host + "/x", "///" + host, `/\` + host + "/x", `\\` + host + `\x`, "/@" + host + "/x", "@" + host, "/x@" + host, ":80@" + host,
		"http://" + host + "/x", "http:" + host, "//" + host + "/_inlay/stats", "/./" + host, "/%2f%2f" + host, "/x?//" + host,
		"/../x", "/a/../../x", "/%2e%2e/x", "/.%2E/x", `/..\x`, "/x#@" + host, "?@" + host, "*", "7", "7/x",
		"/five/../../../x", "/five/a/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/x", "/five/..%2f..%2f..%2f..%2fx", "/five/@" + host,
	} {
		for _, field := range []string{"localhost", host} {
			answer := rawRequest(t, server, "GET "+target+" HTTP/1.1\r\nHost: "+field+"\r\nConnection: close\r\n\r\n")
			require.NotEmpty(t, answer, target)
			assert.Zero(t, evil.total(), target)
		}
	}
	close(asked)
	require.NotEmpty(t, asked)
	for path := range asked {
		assert.True(t, strings.HasPrefix(path, "/base/"), path)
		assert.NotContains(t, path, "..", "dot segments are nobody's to resolve later")
	}
	assert.NotContains(t, server.Log(), "ncaught")
}

func TestUpgradesPassThrough(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-WebSocket-Key") == "" {
			http.Error(w, "not an upgrade", http.StatusBadRequest)
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			webSocketAccept(r.Header.Get("Sec-WebSocket-Key")))
		_ = rw.Flush()
		for {
			text, err := readFrame(rw.Reader)
			if err != nil {
				return
			}
			// A server's frames are not masked (RFC 6455, section 5.1).
			_, _ = conn.Write(append([]byte{0x81, byte(len(text))}, text...))
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	conn := server.Dial()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	_, err := fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", key)
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode, server.Log())
	assert.Equal(t, webSocketAccept(key), resp.Header.Get("Sec-WebSocket-Accept"))
	for _, text := range []string{"hello", "and again"} {
		_, err := conn.Write(maskedFrame(text))
		require.NoError(t, err)
		echo, err := readFrame(reader)
		require.NoError(t, err)
		assert.Equal(t, text, string(echo))
	}
}

func TestRequestBodiesStream(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		part := make([]byte, 5)
		for {
			n, err := io.ReadFull(r.Body, part)
			if err != nil {
				return
			}
			_, _ = w.Write(part[:n])
			w.(http.Flusher).Flush()
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	conn := server.Dial()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err := io.WriteString(conn, "POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	part := make([]byte, 5)
	_, err = io.ReadFull(resp.Body, part)
	require.NoError(t, err)
	assert.Equal(t, "first", string(part), "while the rest is not sent yet")
	_, err = io.WriteString(conn, "5\r\nagain\r\n0\r\n\r\n")
	require.NoError(t, err)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "again", string(rest))
}
