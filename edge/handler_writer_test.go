package edge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endingWriter ends its goroutine in one of its methods, from a given call on.
type endingWriter struct {
	*httptest.ResponseRecorder
	method string
	after  int
	end    func()
}

func (w *endingWriter) call(method string) {
	if method == w.method {
		if w.after--; w.after < 0 {
			w.end()
		}
	}
}

func (w *endingWriter) Header() http.Header {
	w.call("Header")
	return w.ResponseRecorder.Header()
}

func (w *endingWriter) WriteHeader(status int) {
	w.call("WriteHeader")
	w.ResponseRecorder.WriteHeader(status)
}

func (w *endingWriter) Write(p []byte) (int, error) {
	w.call("Write")
	return w.ResponseRecorder.Write(p)
}

func (w *endingWriter) Flush() {
	w.call("Flush")
	w.ResponseRecorder.Flush()
}

// A writer that panics is a client that has gone: nothing of its request stays, and the panic is the server's.
func TestWriterThatPanicsLeaves(t *testing.T) {
	ends := map[string]func(){
		"a panic":         func() { panic("the writer is broken") },
		"ErrAbortHandler": func() { panic(http.ErrAbortHandler) },
		"Goexit":          runtime.Goexit,
	}
	for _, at := range []struct {
		method string
		after  int
	}{{"Header", 0}, {"WriteHeader", 0}, {"Write", 0}, {"Write", 1}, {"Flush", 0}, {"Flush", 1}} {
		for name, end := range ends {
			for _, mode := range []string{"document", ""} {
				t.Run(fmt.Sprintf("%s in %s %d, %q", name, at.method, at.after, mode), func(t *testing.T) {
					origin := newGate()
					h, err := NewHandler(Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin})
					require.NoError(t, err)
					ask := func(w http.ResponseWriter, dest string) (ended chan any) {
						r := httptest.NewRequest(http.MethodGet, "/p/7", nil)
						if dest != "" {
							r.Header.Set("Sec-Fetch-Dest", dest)
						}
						ended = make(chan any, 1)
						go func() {
							var v any
							defer func() { ended <- v }()
							defer func() { v = recover() }()
							h.ServeHTTP(w, r)
						}()
						return ended
					}
					broken := ask(&endingWriter{httptest.NewRecorder(), at.method, at.after, end}, mode)
					require.Eventually(t, func() bool { return origin.count("/f/a/7") == 1 && origin.count("/f/b/7") == 1 }, 10*time.Second, time.Millisecond)
					whole := httptest.NewRecorder()
					beside := ask(whole, "document")
					origin.at("/f/a/7") <- "A"
					origin.at("/f/b/7") <- "B"
					for _, ended := range []chan any{broken, beside} {
						select {
						case <-ended:
						case <-time.After(10 * time.Second):
							require.FailNow(t, "the request is still there")
						}
					}
					assert.Contains(t, whole.Body.String(), "A", "who waited beside has the fragments")

					h.mu.Lock()
					conns, requests := len(h.conns), h.engine.Stats().Waiting
					h.mu.Unlock()
					assert.Zero(t, conns)
					assert.Zero(t, requests)
					ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
					defer cancel()
					require.NoError(t, h.Shutdown(ctx))
				})
			}
		}
	}
}
