package notfound

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

	"inlay/internal/field"
)

const page = "<!doctype html><title>Nothing here</title>"

func TestNotFoundIsShownAsThePage(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /there", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "there") })
	mux.HandleFunc("GET /said", http.NotFound)
	mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "nobody of that name", http.StatusNotFound)
	})
	mux.HandleFunc("GET /json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, text)
	})
	mux.HandleFunc("GET /silent", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusNotFound)
	})
	mux.HandleFunc("GET /flushed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusNotFound)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, text)
	})
	mux.HandleFunc("GET /early", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</x.css>")
		w.WriteHeader(http.StatusEarlyHints)
		http.NotFound(w, r)
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("a file")) })
	around := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Around", "1")
		mux.ServeHTTP(w, r)
	})
	server := httptest.NewServer(Show(around, page, []field.Field{{Name: "x-frame-options", Value: "DENY"}}))
	defer server.Close()

	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/":        {404, page},
		"/nowhere": {404, page},
		"/said":    {404, page},
		"/early":   {404, page},
		"/there":   {200, "there"},
		"/file":    {200, "a file"},
		"/own":     {404, "nobody of that name\n"},
		"/json":    {404, text},
		"/silent":  {404, ""},
		"/flushed": {404, text},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r, err := http.NewRequest(method, server.URL+path, nil)
			require.NoError(t, err)
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			if method == http.MethodHead {
				want.body, body = "", nil
			}
			assert.Equal(t, want.status, answer.StatusCode, path)
			assert.Equal(t, want.body, string(body), path)
			assert.Equal(t, "1", answer.Header.Get("X-Around"))
			if want.body == page {
				assert.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"))
				assert.Equal(t, int64(len(page)), answer.ContentLength)
				assert.Equal(t, "DENY", answer.Header.Get("X-Frame-Options"))
				assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
			}
		}
	}
	r, err := http.Post(server.URL+"/there", "text/plain", strings.NewReader("x"))
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
}

func TestNotFoundIsTold(t *testing.T) {
	for path, want := range map[string]string{"/nowhere": "1", "/own": ""} {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "none", http.StatusNotFound) })
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			answer := httptest.NewRecorder()
			Tell(mux).ServeHTTP(answer, httptest.NewRequest(method, path, nil))
			assert.Equal(t, http.StatusNotFound, answer.Code)
			assert.Equal(t, want, answer.Header().Get(Field), path)
			assert.NotEmpty(t, answer.Body.String(), "as it was")
		}
	}
}

func TestWebSocketsGoThrough(t *testing.T) {
	server := httptest.NewServer(Show(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello")
		_ = rw.Flush()
	}), page, nil))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
}

func TestPanicEndsTheAnswerWhereItIs(t *testing.T) {
	server := httptest.NewServer(Show(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusNotFound)
		panic(http.ErrAbortHandler)
	}), page, nil))
	defer server.Close()
	_, err := http.Get(server.URL)
	assert.Error(t, err)
}
