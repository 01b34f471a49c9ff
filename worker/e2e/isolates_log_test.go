package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The log stops, dies, comes back, and loses what it knew; the promise is kept, and nobody waits for it twice.

// heldMost is how long a request may take that had to wait for the log, once: a second, and what a busy machine adds.
const heldMost = time.Second + 900*time.Millisecond

// outage is something that happens to the log after it has acknowledged a purge.
type outage struct {
	name   string
	before func(l *harness.Log) // before the purge
	begin  func(l *harness.Log)
	end    func(l *harness.Log)
}

func outages() []outage {
	var putBack func()
	return []outage{
		{"stopped and continued", nil, (*harness.Log).Stop, (*harness.Log).Continue},
		{"killed and restarted", nil, (*harness.Log).Kill, (*harness.Log).Restart},
		{"lost its storage", nil, func(l *harness.Log) {
			l.Kill()
			l.Lose()
			l.Restart()
		}, func(*harness.Log) {}},
		{"killed, and restarted without its storage", nil, (*harness.Log).Kill, func(l *harness.Log) {
			l.Lose()
			l.Restart()
		}},
		{"set back to before another purge", func(l *harness.Log) {
			l.Kill()
			putBack = l.Keep()
			l.Restart()
		}, (*harness.Log).Kill, func(l *harness.Log) {
			putBack()
			l.Restart()
		}},
	}
}

func TestPurgeReachesThoughTheLogFails(t *testing.T) {
	t.Parallel()
	for _, o := range outages() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bound(t))
			if o.before != nil {
				o.before(w.Log)
				require.Eventually(t, func() bool {
					status, _, _, err := administer(w.isolates[0], "purge?tag=first")
					return err == nil && status == http.StatusOK
				}, 10*time.Second, 50*time.Millisecond)
			}
			before := w.visit(1, "/p/1", fragments(1)...)
			require.Equal(t, before.shows, w.visit(0, "/p/1").shows)
			w.visit(1, "/p/2", fragments(2)...)
			p := w.purge(0, "tag=a:1")
			o.begin(w.Log)

			// The isolate that purged, the one that has to hear of it, and pages that were not purged.
			var slow atomic.Int64
			ask := func(isolate, id int) {
				v := visitPage(w.isolates[isolate], fmt.Sprintf("/p/%d", id))
				require.NoError(t, v.err)
				require.NoError(t, w.origin.judge(v, p))
				for _, path := range fragments(id) {
					require.Contains(t, v.shows, path)
				}
				assert.Less(t, v.took, heldMost)
				if v.took > 700*time.Millisecond {
					slow.Add(1)
				}
			}
			for round := time.Now(); time.Since(round) < hardLease+hardLease/2; {
				for id := range 2 {
					ask(0, id+1)
					ask(1, id+1)
				}
			}
			assert.LessOrEqual(t, slow.Load(), int64(3), "each isolate waits once, not each request; a busy machine adds one")
			o.end(w.Log)
			var next purged
			require.Eventually(t, func() bool {
				ask(1, 1)
				next = purged{query: "all=1", sent: time.Now(), covers: covered("all=1")}
				status, answer, _, err := administer(w.isolates[0], "purge?all=1")
				next.acked = time.Now()
				return assert.NoError(t, err) && status == http.StatusOK && answer["log"] != nil
			}, 10*time.Second, 50*time.Millisecond, "it can be purged again")
			for time.Since(next.acked) < hardLease+softLease {
				ask(1, 2)
			}
			v := w.visit(1, "/p/2", fragments(2)...)
			require.NoError(t, w.origin.judge(v, p, next))
			for _, path := range fragments(2) {
				assert.True(t, w.origin.of(v.shows[path]).at.After(next.sent), path)
			}
			// All is as it was: what one has filled the other finds, and the log is asked in time.
			before = w.visit(0, "/p/3", fragments(3)...)
			hits := w.origin.total()
			w.settled(before)
			assert.Equal(t, before.shows, w.visit(1, "/p/3", fragments(3)...).shows)
			assert.Equal(t, hits, w.origin.total())
		})
	}
}

// B slept while the log was away, and it still is.
func TestIsolateWakesWhileTheLogIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	before := w.visit(1, "/p/1", fragments(1)...)
	require.Equal(t, before.shows, w.visit(0, "/p/1").shows)
	p := w.purge(0, "all=1")
	w.Log.Stop()
	time.Sleep(time.Until(p.acked.Add(3 * hardLease)))
	var wait sync.WaitGroup
	visits := make([]visit, 50)
	for i := range visits {
		wait.Go(func() { visits[i] = visitPage(w.isolates[1], "/p/1") })
	}
	wait.Wait()
	for _, v := range visits {
		require.NoError(t, v.err)
		require.NoError(t, w.origin.judge(v, p))
		assert.Less(t, v.took, heldMost)
	}
	soonest := time.Hour
	for range 3 { // a busy machine may be slow once
		soonest = min(soonest, w.visit(1, "/p/1", fragments(1)...).took)
	}
	assert.Less(t, soonest, 800*time.Millisecond, "nobody waits for a log that has not answered")
	for _, path := range fragments(1) {
		assert.LessOrEqual(t, w.origin.count(path), 3, "those who wait share a fill")
	}
	w.Log.Continue()
}

// While the log is away each isolate asks the origin for a fragment once a lease.
func TestOriginIsAskedOncePerKeyAndLeaseWhileTheLogIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	w.settled(w.visit(0, "/p/1", fragments(1)...))
	w.visit(1, "/p/1", fragments(1)...)
	w.Log.Kill()
	before := w.origin.total()
	begun := time.Now()
	const lasts = 4 * hardLease
	var slowest, requests atomic.Int64
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for time.Since(begun) < lasts {
				v := visitPage(w.isolates[i%2], "/p/1")
				if !assert.NoError(t, v.err) {
					return
				}
				for {
					most := slowest.Load()
					if int64(v.took) <= most || slowest.CompareAndSwap(most, int64(v.took)) {
						break
					}
				}
				requests.Add(1)
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	wait.Wait()
	leases := int(time.Since(begun)/hardLease) + 1
	hits := w.origin.total() - before
	t.Logf("%d requests, %d hits for 3 keys and 2 isolates in %d leases; the slowest took %v", requests.Load(), hits, leases, time.Duration(slowest.Load()))
	assert.LessOrEqual(t, hits, 3*2*(leases+1))
	assert.GreaterOrEqual(t, hits, 3*2*(leases-3))
	assert.Less(t, time.Duration(slowest.Load()), heldMost)
}

// A purge that the log has not taken is not acknowledged, and is known to be so soon.
func TestPurgeIsRefusedWhileTheLogIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	before := w.visit(0, "/p/1", fragments(1)...)
	require.Equal(t, before.shows, w.visit(1, "/p/1").shows)
	for name, c := range map[string]struct {
		away, back func()
		times      int
		most       time.Duration
	}{
		"killed":  {w.Log.Kill, w.Log.Restart, 3, heldMost},
		"stopped": {w.Log.Stop, w.Log.Continue, 1, 5*time.Second + heldMost}, // a log that is slow is given its time
	} {
		c.away()
		for range c.times {
			status, answer, took, err := administer(w.isolates[0], "purge?tag=a:1")
			require.NoError(t, err)
			assert.Equal(t, http.StatusServiceUnavailable, status, "%s: %v", name, answer)
			assert.NotEmpty(t, answer["error"], name)
			assert.Less(t, took, c.most, name)
		}
		c.back()
		// It may be repeated.
		p := w.purge(0, "tag=a:1")
		require.Eventually(t, func() bool {
			return w.origin.of(w.visit(1, "/p/1", "/f/a/1").shows["/f/a/1"]).at.After(p.sent)
		}, 3*hardLease, 10*time.Millisecond, name)
	}
	// A purge whose answer was lost may have been taken, or not: it is not acknowledged either.
	before = w.visit(1, "/p/1", "/f/b/1")
	w.Log.LoseAnswer()
	status, _, _, err := administer(w.isolates[0], "purge?tag=b:1")
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	require.Eventually(t, func() bool {
		return w.visit(1, "/p/1", "/f/b/1").shows["/f/b/1"] > before.shows["/f/b/1"]
	}, 3*hardLease, 10*time.Millisecond, "here it was")
	w.purge(0, "tag=b:1")
}

// A log that takes its time is asked beside what goes on, and a longer outage may be allowed.
func TestSlowLogHoldsNobodyWhoIsWithinTheLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	w.visit(1, "/p/1", fragments(1)...)
	w.Log.Slow(hardLease / 2)
	slow := 0
	for begun := time.Now(); time.Since(begun) < 2*hardLease+hardLease/2; {
		if v := w.visit(1, "/p/1", fragments(1)...); v.took > 2*hardLease/5 {
			slow++
		}
	}
	assert.LessOrEqual(t, slow, 1, "on a busy machine; each poll would make one")
	for _, path := range fragments(1) {
		assert.Equal(t, 1, w.origin.count(path))
	}
}

func TestOutageMayBeLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t), "INLAY_OUTAGE=1h")
	w.visit(1, "/p/1", fragments(1)...)
	w.Log.Kill()
	hits := w.origin.total()
	for begun := time.Now(); time.Since(begun) < 2*hardLease+hardLease/2; {
		w.visit(1, "/p/1", fragments(1)...)
	}
	assert.Equal(t, hits, w.origin.total())
}
