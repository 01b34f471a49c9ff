package edge

import (
	"bufio"
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
)

// switching is an origin that switches protocols whenever it is asked to, and when it is not.
func switching(t *testing.T, always bool) (address string, seen chan http.Header) {
	t.Helper()
	seen = make(chan http.Header, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		up := r.Header.Get("Upgrade")
		if up == "" && !always {
			_, _ = io.WriteString(w, "no upgrade")
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		upgrade := ""
		if up != "" {
			upgrade = "Connection: Upgrade\r\nUpgrade: " + up + "\r\n"
		}
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\n%s\r\nraw bytes", upgrade)
		_ = rw.Flush()
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.Copy(io.Discard, rw)
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

func TestOnlyWebSocketsAreTunnels(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		tunnel bool
	}{
		"websocket":         {"Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
		"any case":          {"Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n", true},
		"h2c":               {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n", false},
		"h2c, not named":    {"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n", false},
		"TLS":               {"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n", false},
		"several":           {"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", false},
		"several, reversed": {"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n", false},
		"two lines":         {"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", false},
		"a version":         {"Connection: Upgrade\r\nUpgrade: websocket/13\r\n", false},
		"something else":    {"Connection: Upgrade\r\nUpgrade: x\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, inProcess := range []bool{false, true} {
				address, seen := switching(t, false)
				o := Options{Config: Config{Origin: address}}
				if inProcess {
					inner, err := NewHandler(o)
					require.NoError(t, err)
					o = Options{Origin: inner.options.Origin}
				}
				server, _ := serve(t, o)
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				require.NoError(t, err)
				defer func() { _ = conn.Close() }()
				require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
				_, err = fmt.Fprintf(conn, "GET /x HTTP/1.1\r\nHost: localhost\r\n%s\r\n", c.fields)
				require.NoError(t, err)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				require.NoError(t, err)
				header := <-seen
				assert.Empty(t, header.Get("Http2-Settings"))
				if c.tunnel {
					assert.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
					continue
				}
				assert.Equal(t, "no upgrade", text(t, resp))
				assert.Empty(t, header.Get("Upgrade"))
			}
		})
	}
}

func TestOriginSwitchesNoProtocolByItself(t *testing.T) {
	address, _ := switching(t, true)
	server, _ := serve(t, Options{Config: Config{Origin: address}})
	status, answer := exchangeRaw(t, server.Listener.Addr().String(), "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.NotContains(t, answer, "raw bytes")
}

// An answer that ends with its connection has no length here either, also if nothing is in it: never sometimes.
func TestAnswerWithoutLengthHasNone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = io.WriteString(conn, "HTTP/1.1 416 Range Not Satisfiable\r\nConnection: close\r\n\r\n")
			}()
		}
	}()
	server, _ := serve(t, Options{Config: Config{Origin: "http://" + listener.Addr().String()}})
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		for range 20 {
			r, err := http.NewRequest(method, server.URL+"/x", nil)
			require.NoError(t, err)
			resp, err := server.Client().Do(r)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			require.EqualValues(t, -1, resp.ContentLength, method)
			require.Equal(t, http.StatusRequestedRangeNotSatisfiable, resp.StatusCode)
		}
	}
}

// ReverseProxy has the head flushed by a goroutine of its own, which may come too late: that nothing was written would have
// the server say a length of 0.
func TestAnswerWithoutLengthIsFlushed(t *testing.T) {
	for _, open := range []bool{false, true} {
		recorder := httptest.NewRecorder()
		w := &passWriter{ResponseWriter: recorder, outward: func(http.Header) {}, open: open}
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		w.whole = true
		w.end()
		assert.Equal(t, open, recorder.Flushed)
	}
}

// A trailer is a header that comes late.
func TestTrailersCarryNothingInternal(t *testing.T) {
	type got struct{ header, trailer http.Header }
	seen := make(chan got, 10)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := r.Trailer.Clone()
		_, _ = io.Copy(io.Discard, r.Body)
		after := r.Trailer.Clone()
		for name := range before {
			if after == nil {
				after = http.Header{}
			}
			after[name] = append(after[name], "announced")
		}
		seen <- got{r.Header.Clone(), after}
		w.Header().Add("Trailer", "Inlay-A, X-B")
		w.Header().Add("Trailer", "inlay_c")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Inlay-A", "1")
		w.Header().Set("X-B", "1")
		w.Header().Set("Inlay_c", "1")
		w.Header().Set(http.TrailerPrefix+"Inlay-D", "1")
	})
	remote := httptest.NewServer(handler)
	defer remote.Close()
	for name, o := range map[string]Options{"in process": {Origin: handler}, "remote": {Config: Config{Origin: remote.URL}}} {
		server, _ := serve(t, o)
		for _, announcement := range []string{"Trailer: Inlay-Fill, Inlay_U, X-Forwarded-Host, X-T\r\n", ""} {
			_, answer := exchangeRaw(t, server.Listener.Addr().String(), "POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"+
				announcement+"\r\n3\r\nabc\r\n0\r\nInlay-Fill: 1\r\nInlay_U: 2\r\nX-Forwarded-Host: evil.example\r\nX-T: 1\r\n\r\n")
			at := <-seen
			for _, header := range []http.Header{at.header, at.trailer} {
				for field := range header {
					assert.False(t, isInternalField(field), "%s %q: %s", name, announcement, field)
				}
				assert.NotContains(t, header["X-Forwarded-Host"], "evil.example", "%s %q", name, announcement)
			}
			if name == "in process" {
				assert.Contains(t, at.trailer["X-T"], "1", "%q: others come as they are", announcement)
			}
			assert.NotContains(t, strings.ToLower(answer), "inlay", name)
			assert.Contains(t, answer, "X-B: 1", name)
		}
	}
}
