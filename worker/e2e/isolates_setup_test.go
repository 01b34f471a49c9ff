package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What a Worker does with what is bound, with nothing, and with the wrong things.

func TestNothingIsBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Beyond{Colo: harness.NewColo(t)}) // which no data centre lacks
	first := w.visit(0, "/p/1", fragments(1)...)
	assert.NotEqual(t, first.shows, w.visit(1, "/p/1", fragments(1)...).shows, "each isolate has its own")
	status, answer, _, err := administer(w.isolates[0], "purge?all=1")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, map[string]any{"purged": 3.0}, answer)
	time.Sleep(hardLease + hardLease/10)
	for isolate := range 2 {
		w.visit(isolate, "/p/1", fragments(1)...)
		assert.NotContains(t, w.counters(isolate), "problems")
		assert.Zero(t, w.counter(isolate, "polls_total"))
	}
	gets, puts := w.Colo.Asked()
	assert.Zero(t, gets+puts, "and nothing is looked for below")
	assert.Empty(t, w.isolates[0].Log())
}

// A binding that is of another kind, or lacks another that it needs, is told of once an isolate, and nothing fails of it.
func TestWrongBindingsAreToldOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bindings []string
		tells    []string
	}{
		"KV without a log":    {[]string{`(name = "INLAY_KV", kvNamespace = "kv")`}, []string{"INLAY_KV", "INLAY_LOG"}},
		"a text for the log":  {[]string{`(name = "INLAY_LOG", text = "PurgeLog")`}, []string{"INLAY_LOG"}},
		"KV for the log":      {[]string{`(name = "INLAY_LOG", kvNamespace = "kv")`}, []string{"INLAY_LOG"}},
		"a text for KV":       {[]string{`(name = "INLAY_KV", text = "kv")`}, []string{"INLAY_KV"}},
		"a service for KV":    {[]string{`(name = "INLAY_KV", service = "kv")`}, []string{"INLAY_KV"}},
		"a text for a region": {[]string{`(name = "INLAY_REGION", text = "RegionFill")`}, []string{"INLAY_REGION"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kv := harness.NewKV(t)
			w := newWorld(t, harness.Beyond{Colo: harness.NewColo(t), Change: func(config string) string {
				config = strings.Replace(config, "  bindings = [", "  bindings = [\n    "+strings.Join(c.bindings, ",\n    ")+",", 1)
				return strings.Replace(config, "  services = [", "  services = [\n    (name = \"kv\", external = (address = \""+kv.Addr+"\", http = ())),", 1)
			}})
			for range 3 {
				for isolate := range 2 {
					w.visit(isolate, "/p/1", fragments(1)...)
				}
			}
			log := w.isolates[0].Log()
			lines := strings.Split(strings.TrimSpace(log), "\n")
			assert.Len(t, lines, 2, "a line for each of the isolates: %s", log)
			for isolate := range 2 {
				problems := fmt.Sprint(w.counters(isolate)["problems"])
				for _, word := range c.tells {
					assert.Contains(t, lines[min(isolate, len(lines)-1)], word)
					assert.Contains(t, problems, word)
				}
			}
			assert.Equal(t, 6, w.origin.total(), "each isolate has its own")
		})
	}
}

// With the defaults the log is asked through a snapshot in the data centre's cache: about once a second, however many isolates
// there are; and the promise is that of 5 s.
func TestIsolatesOfADataCentreShareAPoll(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 8
	w := newWorld(t, b, "INLAY_LEASE_SOFT=1s", "INLAY_LEASE=5s")
	before := w.visit(0, "/p/1", fragments(1)...)
	w.settled(before)
	for isolate := range b.Isolates {
		w.visit(isolate, "/p/1", fragments(1)...)
	}
	polls, _ := w.Log.Asked()
	begun := time.Now()
	var mu sync.Mutex
	var p purged
	var seen []time.Duration
	var wait sync.WaitGroup
	for isolate := range b.Isolates {
		wait.Go(func() {
			for sawIt := false; time.Since(begun) < 6*time.Second; time.Sleep(10 * time.Millisecond) {
				mu.Lock()
				known := p
				mu.Unlock()
				v := visitPage(w.isolates[isolate], "/p/1")
				if !assert.NoError(t, v.err) {
					return
				}
				if known.covers == nil || sawIt {
					continue
				}
				if w.origin.of(v.shows["/f/a/1"]).at.After(known.sent) {
					sawIt = true
					mu.Lock()
					seen = append(seen, v.begun.Sub(known.acked).Round(time.Millisecond))
					mu.Unlock()
				} else {
					assert.Less(t, v.begun.Sub(known.acked), 5*time.Second)
				}
			}
		})
	}
	time.Sleep(2 * time.Second)
	sent := w.purge(0, "tag=a:1")
	mu.Lock()
	p = sent
	mu.Unlock()
	wait.Wait()
	after, _ := w.Log.Asked()
	lasted := time.Since(begun)
	t.Logf("%d polls by %d isolates in %v; the purge was seen after %v", after-polls, b.Isolates, lasted.Round(time.Millisecond), seen)
	assert.Len(t, seen, b.Isolates)
	assert.LessOrEqual(t, after-polls, 2*int(lasted/time.Second)+2, "without a snapshot it were %d", b.Isolates*int(lasted/time.Second))
	assert.GreaterOrEqual(t, after-polls, int(lasted/time.Second)/2)
	assert.Equal(t, before.shows["/f/b/1"], w.visit(7, "/p/1").shows["/f/b/1"])
}

// A snapshot is older than it looks: who relies on one for nearly as long as a lease lasts is not shown what was purged before
// it was made.
func TestSnapshotsKeepThePromise(t *testing.T) {
	t.Parallel()
	const lease, slots = 5 * time.Second, 16 // with a shorter one than 4 s no snapshot is of use
	html := "<body>"
	for i := range slots {
		html += fmt.Sprintf(`<edge-slot name="s%d" src="/f/a/%d" ttl="5m" tags="a:%d"><i>…</i></edge-slot>`, i, i, i)
	}
	// Who makes snapshots, and who relies on them for nearly as long as they may. Another purges: they are too old for him.
	every := []time.Duration{20 * time.Millisecond}
	for i := range 8 {
		every = append(every, lease-time.Duration(i*60+20)*time.Millisecond)
	}
	b := bound(t)
	b.Isolates = len(every) + 1
	b.Pages = append(b.Pages, parsePage(t, "/p", html+"</body>"))
	w := newWorld(t, b, "INLAY_LEASE_SOFT=300ms", "INLAY_LEASE="+lease.String())
	w.origin.lease = lease
	begun := time.Now()
	goesOn := func() bool { return time.Since(begun) < 2*lease+lease/10 }
	var mu sync.Mutex
	var visits []visit
	var purges []purged
	var wait sync.WaitGroup
	for isolate, pause := range every {
		wait.Go(func() {
			for next := time.Now(); goesOn(); time.Sleep(time.Until(next)) {
				next = next.Add(pause)
				v := visitPage(w.isolates[isolate], "/p")
				mu.Lock()
				visits = append(visits, v)
				mu.Unlock()
			}
		})
	}
	for i := 0; goesOn(); i++ {
		p := w.purge(len(every), fmt.Sprintf([]string{"tag=a:%d", "key=/f/a/%d"}[i/slots%2], i%slots))
		mu.Lock()
		purges = append(purges, p)
		mu.Unlock()
		time.Sleep(30 * time.Millisecond)
	}
	wait.Wait()
	for _, v := range visits {
		require.NoError(t, v.err)
		require.Len(t, v.shows, slots)
		require.NoError(t, w.origin.judge(v, purges...))
	}
	polls, _ := w.Log.Asked()
	gets := 0
	for isolate := range every {
		gets += w.counter(isolate, "polls_total")
	}
	t.Logf("%d pages, %d purges; of %d polls %d reached the log", len(visits), len(purges), gets, polls)
	assert.Less(t, polls, gets, "some were answered by a snapshot")
}
