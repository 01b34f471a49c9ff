package edge

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contentOrigin answers as http.ServeContent does.
type contentOrigin struct {
	mu      sync.Mutex
	body    string
	etag    string
	asked   []string // If-None-Match
	answers []int
}

func (o *contentOrigin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, r.Header.Get("If-None-Match"))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("ETag", o.etag)
	record := &statusWriter{ResponseWriter: w}
	http.ServeContent(record, r, "", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), strings.NewReader(o.body))
	o.answers = append(o.answers, record.status)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func TestHandlerThatUsesServeContentIsRevalidated(t *testing.T) {
	o := &contentOrigin{body: "<p>one</p>", etag: `"one"`}
	var leaks int
	server, handler := serve(t, Options{
		Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1h" swr="1h" tags="t"></edge-slot></body>`)}, Origin: o,
		CheckLeaks: true, OnLeak: func(Leak) { leaks++ },
	})
	ask1 := func() (string, string) {
		resp := ask(t, context.Background(), server.URL+"/p")
		return text(t, resp), resp.Header.Get("ETag")
	}
	settle := func(fills uint64) {
		require.Eventually(t, func() bool { return handler.Stats().Fills == fills && noFills(handler) }, 5*time.Second, time.Millisecond)
	}
	ask1()
	settle(1)
	body, etag := ask1()
	assert.Contains(t, body, "<p>one</p>")
	handler.InvalidateTag("t")
	ask1()
	settle(2)
	again, same := ask1()
	assert.Equal(t, body, again)
	assert.Equal(t, etag, same)

	o.mu.Lock()
	o.body, o.etag = "<p>two</p>", `"two"`
	o.mu.Unlock()
	handler.InvalidateTag("t")
	ask1()
	settle(3)
	body, _ = ask1()
	assert.Contains(t, body, "<p>two</p>")
	o.mu.Lock()
	defer o.mu.Unlock()
	assert.Contains(t, o.answers, 304)
	assert.Contains(t, o.asked, `"one"`)
	assert.Zero(t, leaks, "a comparison sees whole answers")
}

// noFills tells whether no fill is in progress.
func noFills(h *Handler) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.fills) == 0
}
