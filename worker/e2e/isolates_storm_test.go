package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Everything at once on two isolates: visitors who leave, purges by either of them, an origin that takes its time and fails,
// and a log that stops and dies.

const (
	isolateStormLasts   = 9 * time.Second
	isolateStormClients = 200 // at once
	isolateStormPages   = 12
)

// tardyOrigin holds back what it answers, mostly for a moment, and fails now and then.
func tardyOrigin(w http.ResponseWriter, r *http.Request) (done bool) {
	dice := rand.IntN(100)
	pause := time.Duration(rand.IntN(30)) * time.Millisecond
	if dice < 5 {
		pause = time.Duration(rand.IntN(1500)) * time.Millisecond // longer than the lease: a purge overtakes it
	}
	select {
	case <-time.After(pause):
	case <-r.Context().Done():
		return true
	}
	if dice == 99 {
		http.Error(w, "broken", http.StatusInternalServerError)
		return true
	}
	return false
}

// wholePage checks that a page has its end, is one page, and has in each slot its fragment or its error.
func wholePage(v visit, path string, slots ...string) error {
	if strings.Count(v.body, "<body>") != 1 || strings.Count(v.body, "</body>") != 1 {
		return fmt.Errorf("%s is no whole page: %q", path, v.body)
	}
	shown := 0
	for _, slot := range slots {
		if v.shows["/f/"+slot+path[2:]] > 0 {
			shown++
		} else if !strings.Contains(v.body, "no "+slot) {
			return fmt.Errorf("%s has nothing for %s: %q", path, slot, v.body)
		}
	}
	if len(v.shows) != shown {
		return fmt.Errorf("%s shows what is another page's: %q", path, v.body)
	}
	return nil
}

func TestStormOfTwoIsolates(t *testing.T) {
	t.Parallel()
	t.Run("each fills", func(t *testing.T) {
		stormOfIsolates(t, newWorld(t, bound(t), "INLAY_NEGATIVE_TTL=100ms"), nil)
	})
	t.Run("a region fills", func(t *testing.T) {
		b := bound(t)
		b.Region = harness.NewRegion(t)
		b.Pages = []edge.Page{parsePage(t, "/p/{id}", regionPage), parsePage(t, "/q/{id}", otherPage)}
		w := newWorld(t, b, "INLAY_NEGATIVE_TTL=100ms")
		stormOfIsolates(t, w, []func(){w.Region.Stop, w.Region.Continue, w.Region.Kill, w.Region.Restart})
		assert.Positive(t, w.Region.Calls())
		assert.NotContains(t, w.Region.Log(), "ncaught")
	})
}

// stormOfIsolates is a storm in a world of two, with troubles of its own beside those of the log.
func stormOfIsolates(t *testing.T, w *world, troubles []func()) {
	w.origin.answering(tardyOrigin)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)

	var mu sync.Mutex
	var visits []visit
	var purges []purged
	var left, refused int
	var wait sync.WaitGroup
	begun := time.Now()
	goesOn := func() bool { return time.Since(begun) < isolateStormLasts }

	for i := range isolateStormClients {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for goesOn() {
				id := min(random.IntN(isolateStormPages), random.IntN(isolateStormPages))
				ctx, leave := context.WithCancel(t.Context())
				if random.IntN(5) == 0 {
					time.AfterFunc(time.Duration(random.IntN(60))*time.Millisecond, leave)
				}
				var fields []string
				if random.IntN(2) == 0 {
					fields = []string{"Sec-Fetch-Dest", "document"}
				}
				path, slots := fmt.Sprintf("/p/%d", id), []string{"a", "b", "c"}
				if random.IntN(3) == 0 {
					path, slots = fmt.Sprintf("/q/%d", id), slots[:2]
				}
				v := visitAs(ctx, w.isolates[random.IntN(2)], path, fields...)
				leave()
				mu.Lock()
				if errors.Is(v.err, context.Canceled) {
					left++
				} else {
					if v.err == nil {
						v.err = wholePage(v, path, slots...)
					}
					v.body = ""
					visits = append(visits, v)
				}
				mu.Unlock()
				time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
			}
		})
	}
	for i := range 2 { // whoever purges repeats what was not acknowledged
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(1000+i)))
			for goesOn() {
				id := random.IntN(isolateStormPages)
				query := []string{fmt.Sprintf("tag=a:%d", id), fmt.Sprintf("tag=c:%d", id), fmt.Sprintf("key=/f/b/%d", id), "tag=shop", "all=1"}[random.IntN(5)]
				p := purged{query: query, sent: time.Now(), covers: covered(query)}
				status, answer, took, err := administer(w.isolates[random.IntN(2)], "purge?"+query)
				p.acked = time.Now()
				assert.NoError(t, err)
				assert.Less(t, took, 15*time.Second, "the log is given 5 s")
				mu.Lock()
				if status == http.StatusOK {
					purges = append(purges, p)
				} else {
					assert.Equal(t, http.StatusServiceUnavailable, status, "%v", answer)
					refused++
				}
				mu.Unlock()
				time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
			}
		})
	}
	wait.Go(func() {
		l := w.Log
		troubles = append([]func(){
			l.Stop, l.Continue, func() { l.Slow(150 * time.Millisecond) }, func() { l.Slow(0) }, l.Kill, l.Restart,
			func() { l.Kill(); l.Lose(); l.Restart() },
		}, troubles...)
		for i, trouble := range troubles {
			time.Sleep(time.Until(begun.Add(isolateStormLasts * time.Duration(i+1) / time.Duration(len(troubles)+2))))
			trouble()
		}
	})
	wait.Wait()

	var slowest time.Duration
	shown := 0
	for i, v := range visits {
		require.NoError(t, v.err, "visit %d after %v of seed %d: %v", i, v.took, seed, v.begun.Sub(begun))
		require.NoError(t, w.origin.judge(v, purges...), "visit %d of seed %d", i, seed)
		slowest = max(slowest, v.took)
		shown += len(v.shows)
	}
	hits := w.origin.total()
	t.Logf("%d pages of %d fragments, %d left; %d purges, %d refused; %d hits; the slowest took %v",
		len(visits), shown, left, len(purges), refused, hits, slowest.Round(time.Millisecond))
	assert.Greater(t, len(visits), 1000)
	assert.Greater(t, len(purges), 5)
	assert.Greater(t, left, 20)
	assert.Less(t, slowest, 15*time.Second, "a fill of 1.5 s, a second for the log; the rest is a busy machine's")
	assert.Less(t, hits, shown)
	for isolate := range w.isolates {
		require.Eventually(t, func() bool {
			all := w.counters(isolate)
			return all["waiting"] == 0.0 && all["flights"] == 0.0
		}, 10*time.Second, 50*time.Millisecond, "%v", w.counters(isolate))
		t.Log(w.counters(isolate))
		assert.Positive(t, w.counter(isolate, "found_data_center_total"))
		assert.Positive(t, w.counter(isolate, "found_refused_total"))
	}
	for _, bad := range []string{"had hung", "Cannot perform I/O", "ncaught", "TypeError", "crashed", "different request"} {
		assert.NotContains(t, w.isolates[0].Log(), bad)
	}
}
