package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Everything at once: clients that leave at any moment, and an origin that does whatever origins do.

const (
	stormRequests = 2000
	stormLasts    = 60 * time.Second
	stormTimeout  = 2 * time.Second // of a fill
	stormPaths    = 200
)

// slotErrors are what the site's slots show when their fill has failed; the title has nothing to show.
var slotErrors = map[string]string{
	"title":       "",
	"overview":    "no overview",
	"index":       "no index",
	"examples":    "no examples",
	"imported-by": "imported by none",
}

// settled checks that the page of a path has its end and shows for each slot its fragment or, if it may have failed, that.
func settled(body, path string, mayFail bool) error {
	if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		return fmt.Errorf("the page of %s has no end: …%q", path, body[max(0, len(body)-80):])
	}
	for slot, failed := range slotErrors {
		if !strings.Contains(body, "[/fragments/"+slot+path+"]") && !(mayFail && strings.Contains(body, failed)) {
			return fmt.Errorf("the page of %s has nothing for %s: %s", path, slot, body)
		}
	}
	return nil
}

// badOrigin answers a fill in one of the ways in which origins go wrong, and mostly well.
func badOrigin(w http.ResponseWriter, r *http.Request) {
	pause := func(d time.Duration) bool {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-r.Context().Done():
			return false
		}
	}
	w.Header().Set("Cache-Control", "max-age=2, stale-while-revalidate=2, stale-if-error=1")
	switch dice := rand.IntN(100); {
	case dice < 55:
		fragment(w, r)
	case dice < 75:
		if pause(time.Duration(rand.IntN(900)) * time.Millisecond) {
			fragment(w, r)
		}
	case dice < 80:
		http.Error(w, "broken", http.StatusInternalServerError)
	case dice < 84:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
	case dice < 88: // stalls before its head
		pause(20 * time.Second)
	case dice < 92: // stalls within its body
		fragment(w, r)
		w.(http.Flusher).Flush()
		pause(20 * time.Second)
	case dice < 96: // closes halfway
		w.Header().Set("Content-Length", "1000")
		fragment(w, r)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	default: // closes at once
		panic(http.ErrAbortHandler)
	}
}

// stormOutcome is what became of one request.
type stormOutcome struct {
	reset  bool
	took   time.Duration
	failed bool // some slot shows its error
	err    error
}

func stormRequest(server *harness.Server, random *rand.Rand) (o stormOutcome) {
	path := fmt.Sprintf("/storm/%d", min(random.IntN(stormPaths), random.IntN(stormPaths)))
	begun := time.Now()
	defer func() { o.took = time.Since(begun) }()
	client, err := tryDial(server, "/five"+path)
	if err != nil {
		return stormOutcome{err: err}
	}
	if random.IntN(3) == 0 {
		moment := time.Duration(random.IntN(1500)) * time.Millisecond
		if random.IntN(4) == 0 {
			moment /= 100
		}
		time.AfterFunc(moment, client.reset)
		_, _, err := client.page()
		return stormOutcome{reset: err != nil}
	}
	defer client.Close()
	status, body, err := client.page()
	if err != nil {
		return stormOutcome{err: fmt.Errorf("%s has no end after %v: %w", path, time.Since(begun), err)}
	}
	if status != http.StatusOK {
		return stormOutcome{err: fmt.Errorf("%s: status %d: %s", path, status, body)}
	}
	return stormOutcome{err: settled(body, path, true), failed: settled(body, path, false) != nil}
}

func TestStorm(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, badOrigin)
	// V8 puts off collecting for as long as there is memory; with each collection a whole one, what is left is in use.
	server := harness.StartChanged(t, func(config string) string {
		return strings.Replace(config, "Workerd.Config = (", `Workerd.Config = ( v8Flags = ["--gc-global"],`, 1)
	}, []string{
		"INLAY_ORIGIN=" + origin.URL, "INLAY_TOKEN=" + adminToken,
		"INLAY_FILL_TIMEOUT=" + stormTimeout.String(), "INLAY_NEGATIVE_TTL=200ms",
	})

	var wait sync.WaitGroup
	outcomes := make([]stormOutcome, stormRequests)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var second, last []int64 // resident memory, sampled in the second and the last ten seconds
	begun := time.Now()
	for i := range outcomes {
		at := stormLasts * time.Duration(i) / stormRequests
		time.Sleep(time.Until(begun.Add(at)))
		wait.Add(1)
		go func() {
			defer wait.Done()
			outcomes[i] = stormRequest(server, rand.New(rand.NewPCG(seed, uint64(i))))
		}()
		switch {
		case i%10 != 0:
		case at >= 10*time.Second && at < 20*time.Second:
			second = append(second, server.RSS())
		case at >= stormLasts-10*time.Second:
			last = append(last, server.RSS())
		}
	}
	wait.Wait()

	var resets, failed int
	var slowest time.Duration
	for i, o := range outcomes {
		require.NoError(t, o.err, "request %d of seed %d; %s", i, seed, server.Log())
		if o.reset {
			resets++
			continue
		}
		if o.failed {
			failed++
		}
		slowest = max(slowest, o.took)
	}
	t.Logf("%d reset, %d whole, %d with an error in a slot, the slowest took %v; memory %d MiB, then %d MiB",
		resets, stormRequests-resets-failed, failed, slowest.Round(time.Millisecond), median(second)>>20, median(last)>>20)
	assert.Less(t, slowest, stormTimeout+8*time.Second, "its fills ended in %v; the rest is a busy machine's", stormTimeout)
	assert.Greater(t, resets, stormRequests/10, "a third tried, and some were answered before")
	assert.Greater(t, failed, 0)
	// What is cached has its full size after ten seconds.
	assert.Less(t, median(last), median(second)+median(second)/4)

	require.Eventually(t, func() bool {
		all := stats(t, server)
		return all["waiting"] == 0 && all["flights"] == 0
	}, 20*time.Second, 50*time.Millisecond, "%v", stats(t, server))
	all := stats(t, server)
	t.Log(all)
	seen := all["warm_pages_total"] + all["pages_total"]
	assert.LessOrEqual(t, seen, stormRequests)
	assert.GreaterOrEqual(t, seen, stormRequests-resets)
	answered := all["whole_pages_total"] + all["streamed_pages_total"] + all["failed_pages_total"]
	assert.LessOrEqual(t, answered, all["pages_total"])
	assert.GreaterOrEqual(t, answered+all["left_total"], all["pages_total"])
	assert.LessOrEqual(t, all["left_total"], resets)
	assert.Equal(t, all["cache_gets_total"], all["cache_hits_total"]+all["cache_stale_hits_total"]+all["cache_misses_total"])
	assert.LessOrEqual(t, all["fills_taken_over_total"], 10, "no fill was lost: each outlived its client")
	assert.LessOrEqual(t, all["fills_late_total"], 10, "a machine that stops for half a second makes a report late")
	assert.Zero(t, all["bad_requests_total"]+all["passed_total"]+all["core_crashes_total"])
	assert.Less(t, all["fills_failed_total"], all["fills_total"])
	// workerd asks a second time when a connection that it had kept ends without an answer.
	assert.GreaterOrEqual(t, origin.total(), all["fills_total"], "each fill is one request")
	assert.LessOrEqual(t, origin.total(), all["fills_total"]+all["fills_total"]/10)

	for _, bad := range []string{"had hung", "Cannot perform I/O", "ncaught", "TypeError", "crashed", "different request"} {
		assert.NotContains(t, server.Log(), bad)
	}
	assert.NoError(t, func() error {
		resp := browse(t, server.URL+fivePage)
		return settled(read(t, resp), "/net/http", true)
	}())
}

func median(values []int64) int64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// total is how often the origin was asked for anything.
func (o *origin) total() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, count := range o.asked {
		n += count
	}
	return n
}
