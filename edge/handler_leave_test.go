package edge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// live is the heap in use.
func live() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

const fiveByQuery = `<body>` +
	`<edge-slot name="a" src="/f/a" vary="query:q">…</edge-slot><edge-slot name="b" src="/f/b" vary="query:q">…</edge-slot>` +
	`<edge-slot name="c" src="/f/c" vary="query:q">…</edge-slot><edge-slot name="d" src="/f/d" vary="query:q">…</edge-slot>` +
	`<edge-slot name="e" src="/f/e" vary="query:q">…</edge-slot></body>`

// Who leaves keeps nothing: not what he asked for, and of fills that nobody waits for only so many go on.
func TestWhoLeavesIsGoneAtOnceNatively(t *testing.T) {
	var running sync.WaitGroup
	h, err := NewHandler(Options{
		Pages:  []Page{pageOf(t, "/p", fiveByQuery)},
		Config: Config{MaxBytes: 8 << 20},
		Origin: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			running.Add(1)
			defer running.Done()
			<-r.Context().Done()
		}),
	})
	require.NoError(t, err)
	before, goroutines := live(), runtime.NumGoroutine()
	const n = 1000
	for i := range n {
		ctx, leave := context.WithCancel(context.Background())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("/p?q=%08d%s", i, strings.Repeat("x", 8000)), nil)
		left := make(chan struct{})
		go func() {
			defer close(left)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}()
		require.Eventually(t, func() bool { return locked(h, func() int { return len(h.conns) }) == 1 }, 10*time.Second, 10*time.Microsecond)
		leave()
		<-left
	}
	// 8 MiB / 16, and 9 KB each.
	const most = 60
	require.Eventually(t, func() bool { return runtime.NumGoroutine()-goroutines <= 3*most }, 10*time.Second, time.Millisecond)
	assert.LessOrEqual(t, locked(h, func() int { return len(h.fills) }), most)
	assert.Equal(t, 0, h.Stats().Waiting)
	grown := live() - before
	t.Logf("%d bytes for %d who left", grown, n)
	if !raceDetector { // which keeps memory of its own
		assert.Less(t, grown, 4<<20)
	}
}
