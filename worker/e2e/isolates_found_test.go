package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What is found below is what was filled, whatever it is and however many look for it.

func TestFragmentsOfAnySizeAreFoundBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	sizes := []int{0, 1, 1000, 64<<10 - 1, 64 << 10, 900 << 10}
	w.origin.answering(func(rw http.ResponseWriter, r *http.Request) bool {
		size, err := strconv.Atoi(r.URL.Path[len("/f/a/"):])
		if err == nil {
			_, err = io.WriteString(rw, strings.Repeat("ä", size/2)+strings.Repeat("x", size%2))
		}
		return assert.NoError(t, err)
	})
	for i, size := range sizes {
		page := fmt.Sprintf("/p/%d", size)
		first := visitPage(w.isolates[0], page)
		require.NoError(t, first.err)
		require.Greater(t, len(first.body), 3*size)
		require.Eventually(t, func() bool { return len(w.Colo.Entries()) == 3*(i+1) && len(w.KV.Entries()) == 2*(i+1) }, 10*time.Second, 5*time.Millisecond)
		second := visitPage(w.isolates[1], page)
		require.NoError(t, second.err)
		assert.Equal(t, len(first.body), len(second.body), page)
		assert.Equal(t, 3*strings.Count(strings.Repeat("ä", size/2), "ä"), strings.Count(second.body, "ä"), page)
		assert.Equal(t, 3*(i+1), w.origin.total(), page)
	}
}

// A core that has crashed is replaced by one that knows nothing, and finds below what was there.
func TestNextCoreFindsBelowWhatTheLastHadFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	first := w.visit(0, "/p/1", fragments(1)...)
	w.settled(first)
	hits := w.origin.total()
	_ = read(t, request(t, http.MethodGet, w.isolates[0].URL+"/_inlay/trap", nil))
	require.Eventually(t, func() bool { return w.counter(0, "core_crashes_total") == 1 }, 5*time.Second, 10*time.Millisecond)
	assert.Equal(t, first.shows, w.visit(0, "/p/1", fragments(1)...).shows)
	assert.Equal(t, hits, w.origin.total())
	// And it does not rely on what the last one knew of the log.
	p := w.purge(1, "tag=a:1")
	time.Sleep(time.Until(p.acked.Add(hardLease + time.Millisecond)))
	v := w.visit(0, "/p/1", fragments(1)...)
	require.NoError(t, w.origin.judge(v, p))
	assert.Greater(t, v.shows["/f/a/1"], first.shows["/f/a/1"])
}

// Those who come at once to a cold isolate share a look, as they share a fill.
func TestManyVisitorsOfAColdIsolateShareALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	w.settled(w.visit(0, "/p/1", fragments(1)...))
	hits := w.origin.total()
	before, _ := w.Colo.Asked()
	visits := make([]visit, 200)
	var wait sync.WaitGroup
	for i := range visits {
		wait.Go(func() { visits[i] = visitPage(w.isolates[1], "/p/1") })
	}
	wait.Wait()
	for _, v := range visits {
		require.NoError(t, v.err)
		require.Len(t, v.shows, 3, v.body)
	}
	gets, _ := w.Colo.Asked()
	assert.LessOrEqual(t, gets-before, 3)
	// A machine that has much else to do may take longer for a look than one waits; then they share a fill.
	assert.LessOrEqual(t, w.origin.total(), hits+3)
}

// Two data centres have the log and KV in common, and nothing else.
func TestPurgeReachesTheOtherDataCentre(t *testing.T) {
	t.Parallel()
	here := newWorld(t, bound(t))
	there := *here
	there.Colo = harness.NewColo(t)
	there.run()
	first := here.visit(0, "/p/1", fragments(1)...)
	here.settled(first)
	before := there.visit(0, "/p/1", fragments(1)...)
	assert.Equal(t, first.shows["/f/a/1"], before.shows["/f/a/1"], "it lies in KV")
	assert.NotEqual(t, first.shows["/f/c/1"], before.shows["/f/c/1"], "it does not")
	there.settled(before)
	assert.Equal(t, before.shows, there.visit(1, "/p/1").shows)

	here.KV.ShowAfter(time.Hour) // the old ones, for as long as this takes
	p := here.purge(0, "tag=a:1")
	for time.Since(p.acked) < hardLease+softLease {
		for isolate := range 2 {
			require.NoError(t, here.origin.judge(there.visit(isolate, "/p/1", fragments(1)...), p))
		}
	}
	after := there.visit(1, "/p/1")
	assert.Greater(t, after.shows["/f/a/1"], before.shows["/f/a/1"])
	assert.Equal(t, before.shows["/f/c/1"], after.shows["/f/c/1"])
	assert.LessOrEqual(t, here.origin.count("/f/a/1"), 3, "once, and perhaps by two at a time")
}

// A fragment is found below for whatever page it goes into.
func TestPagesShareWhatLiesBelow(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 6
	w := newWorld(t, b)
	for isolate := range b.Isolates { // each comes cold, and begins with another page
		pages := []string{"/p/1", "/q/1", "/p/2", "/q/2"}
		for i := range 3 * len(pages) { // cold, composed, warm
			path := pages[(isolate+i)%len(pages)]
			v := w.visit(isolate, path)
			f := fragments(path[3:])
			at := func(path string) string { return stamped(path, v.shows[path]) }
			want := "<body>\n" + at(f[0]) + "\n" + at(f[1]) + "\n" + at(f[2]) + "\n</body>"
			if path[1] == 'q' {
				want = "<body>" + at(f[1]) + "|" + at(f[0]) + "</body>"
			}
			require.Equal(t, want, v.body, "%s of isolate %d, time %d", path, isolate, i)
		}
		v, other := w.visit(isolate, "/p/1"), w.visit(isolate, "/p/2")
		w.settled(v)
		w.settled(other)
	}
	for id := 1; id <= 2; id++ {
		for _, path := range fragments(id) {
			assert.Equal(t, 1, w.origin.count(path), path)
		}
	}
}
