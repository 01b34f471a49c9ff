package e2e

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Slots that say share="region", with the region's objects in the isolates' workerd or in a process of their own.

// regionPage is beyondPage with two slots that share their fills, and one that does not.
var regionPage = strings.ReplaceAll(beyondPage, `ttl="5m"`, `ttl="5m" timeout="8s" share="region"`)

// regional is a world whose pages are regionPage, with nothing below: what an isolate does not have it has filled.
func regional(t *testing.T, b harness.Beyond, env ...string) *world {
	t.Helper()
	b.Pages = []edge.Page{parsePage(t, "/p/{id}", regionPage), parsePage(t, "/q/{id}", beyondPage)}
	if b.Log == nil {
		b.Log = harness.NewLog(t)
	}
	w := newWorld(t, b, append([]string{"INLAY_DATA_CENTER_CACHE=0"}, env...)...)
	for isolate := range w.isolates {
		w.visit(isolate, "/p/first", fragments("first")...) // which makes the core, and knows the log then
	}
	return w
}

// hitsOf is how often the origin was asked for a path.
func (o *recorder) hitsOf(path string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range o.hits {
		if h.path == path {
			n++
		}
	}
	return n
}

// holding lets the origin answer for some paths only once what is returned is called.
func (o *recorder) holding(paths ...string) (release func()) {
	open := make(chan struct{})
	o.answering(func(_ http.ResponseWriter, r *http.Request) bool {
		if slices.Contains(paths, r.URL.Path) {
			select {
			case <-open:
			case <-r.Context().Done():
			}
		}
		return false
	})
	return sync.OnceFunc(func() { close(open) })
}

// visitAll asks all isolates for a page at once, each several times, and gives what became of it when it is called.
func (w *world) visitAll(times int, path string) (all func() []visit) {
	visits := make([]visit, times*len(w.isolates))
	var wait sync.WaitGroup
	for i := range visits {
		wait.Go(func() { visits[i] = visitPage(w.isolates[i%len(w.isolates)], path) })
	}
	return func() []visit {
		wait.Wait()
		return visits
	}
}

func (w *world) asked(path string, times int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.origin.hitsOf(path) >= times }, 10*time.Second, time.Millisecond, "%s: %d", path, w.origin.hitsOf(path))
}

// A hundred requests of each of two isolates ask the origin once, and where no region is asked, twice.
func TestARegionAsksTheOriginOnce(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]func(t *testing.T) harness.Beyond{
		"the objects are in the same workerd": func(*testing.T) harness.Beyond { return harness.Beyond{RegionHome: true} },
		"in another":                          func(t *testing.T) harness.Beyond { return harness.Beyond{Region: harness.NewRegion(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := regional(t, b(t), "INLAY_LEASE=20s", "INLAY_LEASE_SOFT=10s") // so that no busy machine makes it an outage
			release := w.origin.holding(fragments(1)...)
			all := w.visitAll(100, "/p/1")
			w.asked("/f/a/1", 1)
			w.asked("/f/b/1", 1)
			w.asked("/f/c/1", 2)
			time.Sleep(200 * time.Millisecond) // that nobody asks again is to be seen
			release()
			for _, v := range all() {
				require.NoError(t, v.err)
				assert.Len(t, v.shows, 3)
			}
			assert.Equal(t, []int{1, 1, 2}, []int{w.origin.hitsOf("/f/a/1"), w.origin.hitsOf("/f/b/1"), w.origin.hitsOf("/f/c/1")})
			for isolate := range w.isolates {
				w.visit(isolate, "/p/1", fragments(1)...)
			}
			assert.Equal(t, 1, w.origin.hitsOf("/f/a/1"), "each isolate has it now")
			assert.NotContains(t, w.isolates[0].Log(), "inlay:")
		})
	}
}

// Who comes after a purge gets nothing that was begun before it, though it goes on in the region.
func TestAPurgeParsFillsOfARegion(t *testing.T) {
	t.Parallel()
	w := regional(t, harness.Beyond{RegionHome: true})
	release := w.origin.holding("/f/a/1")
	before := w.visitAll(5, "/p/1")
	w.asked("/f/a/1", 1)
	purge := w.purge(0, "tag=a:1")
	// The one that has purged knows at once, the other within its lease.
	after := make(chan visit)
	go func() { after <- visitPage(w.isolates[0], "/p/1") }()
	w.asked("/f/a/1", 2)
	time.Sleep(hardLease + hardLease/10)
	later := w.visitAll(5, "/p/1")
	time.Sleep(200 * time.Millisecond)
	assert.Equal(t, 2, w.origin.hitsOf("/f/a/1"), "those join the one that was begun after the purge")
	release()
	for _, v := range append(later(), <-after) {
		require.NoError(t, v.err)
		assert.True(t, w.origin.of(v.shows["/f/a/1"]).at.After(purge.sent))
		assert.NoError(t, w.origin.judge(v, purge))
	}
	for _, v := range before() {
		require.NoError(t, v.err)
	}
	for isolate := range w.isolates {
		assert.NoError(t, w.origin.judge(w.visit(isolate, "/p/1", fragments(1)...), purge))
	}
}

// Objects that are stopped, killed in the midst of a fill, or not there: the isolates ask the origin themselves, in time.
func TestIsolatesDoWhatARegionDoesNot(t *testing.T) {
	t.Parallel()
	region := harness.NewRegion(t)
	w := regional(t, harness.Beyond{Region: region})
	release := w.origin.holding("/f/a/1")
	all := w.visitAll(10, "/p/1")
	w.asked("/f/a/1", 1)
	region.Kill()
	w.asked("/f/a/1", 3) // each isolate, once
	release()
	for _, v := range all() {
		require.NoError(t, v.err)
		assert.Len(t, v.shows, 3)
	}
	assert.Equal(t, 3, w.origin.hitsOf("/f/a/1"))

	begun := time.Now()
	for _, v := range w.visitAll(3, "/p/2")() { // it is not there
		require.NoError(t, v.err)
		assert.Len(t, v.shows, 3)
	}
	assert.Less(t, time.Since(begun), 5*time.Second, "a fill is given 10 s")
	assert.Equal(t, 2, w.origin.hitsOf("/f/a/2"))

	region.Restart()
	for _, v := range w.visitAll(3, "/p/3")() {
		require.NoError(t, v.err)
	}
	assert.LessOrEqual(t, w.origin.hitsOf("/f/a/3"), 2)

	region.Stop()
	begun = time.Now()
	all = w.visitAll(3, "/p/4")
	for _, v := range all() {
		require.NoError(t, v.err)
		assert.Len(t, v.shows, 3)
	}
	took := time.Since(begun)
	assert.Greater(t, took, 100*time.Millisecond)
	assert.Less(t, took, 5*time.Second, "after a second without a word; a fill is given 10 s")
	region.Continue()
	log := w.isolates[0].Log()
	assert.Equal(t, 2, strings.Count(log, "inlay: INLAY_REGION, local/"), "told once an isolate: %s", log)
}

// With the log out of reach fills are shared that are young, and nobody is held up by it.
func TestRegionWithoutItsLog(t *testing.T) {
	t.Parallel()
	log := harness.NewLog(t)
	w := regional(t, harness.Beyond{Log: log, RegionHome: true}, "INLAY_OUTAGE=6s")
	log.Kill()
	time.Sleep(hardLease + hardLease/10)
	for _, v := range w.visitAll(1, "/p/first")() { // which finds it out
		require.NoError(t, v.err)
	}
	release := w.origin.holding("/f/a/1")
	all := w.visitAll(10, "/p/1")
	w.asked("/f/a/1", 1)
	time.Sleep(200 * time.Millisecond)
	assert.Equal(t, 1, w.origin.hitsOf("/f/a/1"))
	time.Sleep(3 * time.Second)
	late := w.visitAll(1, "/p/1")
	w.asked("/f/a/1", 2) // what is older than half of INLAY_OUTAGE is joined no more
	release()
	for _, v := range append(all(), late()...) {
		require.NoError(t, v.err)
		assert.Len(t, v.shows, 3)
	}
	assert.LessOrEqual(t, w.origin.hitsOf("/f/a/1"), 3)
}

// Answers that are no fragments come to the isolates as they are.
func TestFailuresOfARegionAreThoseOfTheOrigin(t *testing.T) {
	t.Parallel()
	w := regional(t, harness.Beyond{RegionHome: true}, "INLAY_MAX_FRAGMENT=1KiB", "INLAY_FILL_TIMEOUT=1s")
	w.origin.answering(func(rw http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/f/a/404":
			rw.WriteHeader(http.StatusNotFound)
		case "/f/a/private":
			rw.Header().Set("Cache-Control", "private")
			return false
		case "/f/a/large":
			_, _ = io.WriteString(rw, strings.Repeat("x", 1<<11))
		case "/f/a/moved":
			http.Redirect(rw, r, "/f/a/there", http.StatusFound)
		case "/f/a/loop":
			http.Redirect(rw, r, "/f/a/loop", http.StatusFound)
		case "/f/a/broken":
			rw.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(rw, "x")
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	for _, id := range []string{"404", "private", "large", "loop", "broken"} {
		// A slot that shares beside one that does not: what they say of it is the same.
		shared, own := visitPage(w.isolates[0], "/p/"+id), visitPage(w.isolates[1], "/q/"+id)
		require.NoError(t, shared.err)
		require.NoError(t, own.err)
		assert.Contains(t, shared.body, "no a", id)
		assert.Contains(t, own.body, "no a", id)
	}
	v := w.visit(0, "/p/moved", "/f/a/there")
	assert.NotContains(t, v.body, "no a")
}

// Handlers of app.wasm run in the object, those of a page together: no isolate starts one.
func TestRegionRunsHandlers(t *testing.T) {
	t.Parallel()
	isolates := harness.StartIsolates(t, harness.Beyond{
		Log: harness.NewLog(t), RegionHome: true, Pages: []edge.Page{parsePage(t, "/p/{id}",
			`<body><edge-slot name="a" src="/fragments/a/{id}" ttl="5m" share="region">…</edge-slot><edge-slot name="b" src="/fragments/b/{id}" ttl="5m" share="region">…</edge-slot></body>`)},
	}, "INLAY_DEBUG=1", "INLAY_DATA_CENTER_CACHE=0")
	for _, isolate := range isolates {
		for range 2 {
			v := visitPage(isolate, "/p/1")
			require.NoError(t, v.err)
			assert.Contains(t, v.body, "<p>[/fragments/a/1]</p>")
			assert.Contains(t, v.body, "<p>[/fragments/b/1]</p>")
			assert.Equal(t, "0", v.head.Get("Inlay-App-Instances"))
		}
	}
}

// What it costs, beside an isolate that asks the origin itself.
func TestRegionAddsLittle(t *testing.T) {
	t.Parallel()
	w := regional(t, harness.Beyond{RegionHome: true, Isolates: 1})
	var next atomic.Int64
	// In turns, so that a machine that has much else to do for a while is slow for both.
	medians := func() (own, shared time.Duration) {
		var took [2][]time.Duration
		for range 60 {
			for i, pattern := range [...]string{"/q/%d", "/p/%d"} {
				took[i] = append(took[i], w.visit(0, fmt.Sprintf(pattern, next.Add(1))).took)
			}
		}
		slices.Sort(took[0])
		slices.Sort(took[1])
		return took[0][30], took[1][30]
	}
	medians()
	own, shared := medians()
	t.Logf("a cold page of three fragments: %v; with two of them by the region: %v", own, shared)
	assert.Less(t, shared-own, 50*time.Millisecond)
}
