package edge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What would mislead: these run without a network or over the loopback interface, and the origin is a function. Requests a
// second here are a bound for what the code costs, not a promise for a server.

// fivePage is a shell of 10 KB with five slots whose fragments have 2 KB.
func fivePage(b *testing.B) Page {
	b.Helper()
	html := "<!doctype html><html><head><title>t</title></head><body>"
	for i := range 5 {
		html += strings.Repeat("<p>html</p>", 170) + fmt.Sprintf(`<edge-slot name="s%d" src="/f/%d/{id}" ttl="1h"><i>…</i></edge-slot>`, i, i)
	}
	p, err := ParsePage("/p/{id}", html+"</body></html>")
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func fragments(delay time.Duration) http.Handler {
	text := strings.Repeat("<p>fragment</p>", 136)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, text)
	})
}

// discard is a client that takes everything.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkWarmPage shows, with -cpu 1,2, that warm requests do not wait for each other.
func BenchmarkWarmPage(b *testing.B) { warmPage(b, Options{}) }

// BenchmarkWarmPageWithLog is the same with a lease, which is polled for once a second.
func BenchmarkWarmPageWithLog(b *testing.B) { warmPage(b, Options{Log: &benchLog{}}) }

// BenchmarkWarmPageGzip is the same in gzip, which it is kept in.
func BenchmarkWarmPageGzip(b *testing.B) {
	warmPage(b, Options{Config: Config{Compress: CompressPages}}, "gzip, deflate, br, zstd")
}

func warmPage(b *testing.B, options Options, accept ...string) {
	options.Pages, options.Origin = []Page{fivePage(b)}, fragments(0)
	h, err := NewHandler(options)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/p/7", nil)
	if len(accept) > 0 {
		r.Header["Accept-Encoding"] = accept
	}
	for range 3 { // fills, composes, and is warm
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	before := h.Stats().Warm
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		w := &discard{header: http.Header{}}
		for pb.Next() {
			clear(w.header) // what is there would be merged
			h.ServeHTTP(w, r)
		}
	})
	b.StopTimer()
	if got := h.Stats().Warm - before; got != uint64(b.N) {
		b.Fatalf("%d of %d requests were warm", got, b.N)
	}
}

// BenchmarkThousandPagesInTurns is the same of a thousand pages: their bytes and what is kept of them do not lie in the CPU's caches.
func BenchmarkThousandPagesInTurns(b *testing.B) {
	const pages = 1000
	h, err := NewHandler(Options{Pages: []Page{fivePage(b)}, Origin: fragments(0)})
	if err != nil {
		b.Fatal(err)
	}
	requests := make([]*http.Request, pages)
	for id := range requests {
		requests[id] = httptest.NewRequest(http.MethodGet, "/p/"+strconv.Itoa(id), nil)
		for range 3 {
			h.ServeHTTP(httptest.NewRecorder(), requests[id])
		}
	}
	before := h.Stats().Warm
	var next atomic.Uint64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		w := &discard{header: http.Header{}}
		for pb.Next() {
			clear(w.header)
			h.ServeHTTP(w, requests[next.Add(1)%pages])
		}
	})
	b.StopTimer()
	if got := h.Stats().Warm - before; got != uint64(b.N) {
		b.Fatalf("%d of %d requests were warm", got, b.N)
	}
}

// benchLog is a purge log that keeps the last subject only, so that it costs next to nothing itself.
type benchLog struct {
	mu   sync.Mutex
	seq  uint64
	last string
}

func (l *benchLog) Since(_ context.Context, id string, since uint64) (LogAnswer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	answer := LogAnswer{ID: "bench", Seq: l.seq, Floor: max(l.seq, 1) - 1}
	if l.seq > 0 && (id != answer.ID || since < l.seq) {
		answer.Changes = []LogChange{{Seq: l.seq, Subject: l.last}}
	}
	return answer, nil
}

func (l *benchLog) Purge(ctx context.Context, id string, since uint64, subjects []string) (LogAnswer, error) {
	l.mu.Lock()
	l.seq++
	l.last = subjects[len(subjects)-1]
	l.mu.Unlock()
	return l.Since(ctx, id, since)
}

// BenchmarkPurgeThroughLog purges a tag each time, which nothing has.
func BenchmarkPurgeThroughLog(b *testing.B) {
	h, err := NewHandler(Options{Pages: []Page{fivePage(b)}, Origin: fragments(0), Log: &benchLog{}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		if _, err := h.PurgeEverywhere(b.Context(), Purge{Tags: []string{"product:" + strconv.Itoa(i%1000)}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstByteOfAColdPage asks a page whose five fragments take 200 ms, each time another one.
func BenchmarkFirstByteOfAColdPage(b *testing.B) {
	h, err := NewHandler(Options{Pages: []Page{fivePage(b)}, Origin: fragments(200 * time.Millisecond)})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	var took []time.Duration
	for i := range b.N {
		r, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/p/%d", server.URL, i), nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Dest", "document")
		begun := time.Now()
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		var first [1]byte
		if _, err := io.ReadFull(resp.Body, first[:]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	slices.Sort(took)
	at := func(part float64) float64 { return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "ms-median")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(0, "ns/op")
}
