package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/tier"
	"inlay/worker/e2e/harness"
)

// A purge that one isolate is asked for reaches the others within the hard lease, whatever they do meanwhile.

// purgeKinds are ways to name what goes.
var purgeKinds = map[string]string{
	"tag":          "tag=a:1",
	"tag of many":  "tag=shop",
	"origin's tag": "tag=origin:/f/a/1",
	"key":          "key=/f/a/1",
	"everything":   "all=1",
	"in the house": "tag=a:1", // the log is in the Worker's own process, as wrangler dev has it
}

// pauses are for how long an isolate is left alone after a purge: it is asked all the time, it sleeps past the soft lease, past the
// hard one, and for several.
var pauses = []time.Duration{0, softLease + softLease/2, hardLease + hardLease/10, 3*hardLease + hardLease/2}

func TestPurgeReachesTheOtherIsolates(t *testing.T) {
	t.Parallel()
	for name, query := range purgeKinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := harness.Beyond{Home: true, Colo: harness.NewColo(t)}
			if name != "in the house" {
				b = bound(t)
			}
			b.Isolates = 1 + len(pauses)
			w := newWorld(t, b)
			before := w.visit(0, "/p/1", fragments(1)...)
			for isolate := range b.Isolates {
				for range 4 { // found below, composed, warm, repeated
					require.Equal(t, before.shows, w.visit(isolate, "/p/1", fragments(1)...).shows)
				}
			}
			p := w.purge(0, query)
			last := make([]visit, len(pauses))
			var wait sync.WaitGroup
			for i, pause := range pauses {
				wait.Go(func() {
					time.Sleep(time.Until(p.acked.Add(pause)))
					seen := time.Duration(0)
					for again := true; again; {
						v := visitPage(w.isolates[1+i], "/p/1")
						if !assert.NoError(t, v.err) || !assert.NoError(t, w.origin.judge(v, p), "left alone for %v", pause) {
							return
						}
						if seen == 0 && v.shows["/f/a/1"] != before.shows["/f/a/1"] {
							seen = v.begun.Sub(p.acked)
						}
						again = v.begun.Sub(p.acked) <= max(pause, hardLease)+softLease
						last[i] = v
					}
					t.Logf("left alone for %v: new after %v", pause, seen.Round(time.Millisecond))
				})
			}
			wait.Wait()
			for i, v := range last {
				for _, path := range fragments(1) {
					if p.covers(path) {
						assert.Greater(t, v.shows[path], before.shows[path], "%s, left alone for %v", path, pauses[i])
					} else {
						assert.Equal(t, before.shows[path], v.shows[path], "%s was not purged", path)
					}
				}
			}
			assert.LessOrEqual(t, w.origin.count("/f/a/1"), 4, "those who wake later find below what was filled again")
		})
	}
}

// B has no idle moment: polls go beside requests that never stop.
func TestPurgeReachesAnIsolateUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	var mu sync.Mutex
	var purges []purged
	var stop atomic.Bool
	var wait sync.WaitGroup
	var asked atomic.Int64
	for range 16 {
		wait.Go(func() {
			for !stop.Load() {
				mu.Lock()
				done := purges[:len(purges):len(purges)]
				mu.Unlock()
				v := visitPage(w.isolates[1], "/p/1")
				asked.Add(1)
				if !assert.NoError(t, v.err) || !assert.NoError(t, w.origin.judge(v, done...)) {
					return
				}
			}
		})
	}
	begun := time.Now()
	var times []time.Duration
	for i := 0; time.Since(begun) < 3*time.Second && !t.Failed(); i++ {
		p := w.purge(0, []string{"tag=a:1", "key=/f/b/1", "all=1"}[i%3])
		mu.Lock()
		purges = append(purges, p)
		mu.Unlock()
		fragment := fragments(1)[i%3]
		require.Eventually(t, func() bool {
			return w.origin.of(w.visit(1, "/p/1", fragment).shows[fragment]).at.After(p.sent)
		}, 3*hardLease, 5*time.Millisecond)
		times = append(times, time.Since(p.acked))
	}
	stop.Store(true)
	wait.Wait()
	polls, _ := w.Log.Asked()
	t.Logf("%d requests, %d purges, seen after %v; %d polls", asked.Load(), len(purges), times, polls)
	assert.Less(t, polls, 4*int(time.Since(begun)/softLease)+4*len(purges), "one poll a soft lease and isolate, however many ask")
}

// An invalidation ends freshness and keeps what may be shown stale; once renewed the old one is gone.
func TestInvalidationReachesTheOtherIsolate(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Pages = append(b.Pages, parsePage(t, "/p/{id}", `<body><edge-slot name="a" src="/f/a/{id}" ttl="5m" swr="5m" tags="shop a:{id}"><i>…</i></edge-slot>`+
		`<edge-slot name="b" src="/f/b/{id}" ttl="5m" tags="b:{id}"><i>…</i></edge-slot></body>`))
	w := newWorld(t, b)
	for id, pause := range []time.Duration{0, hardLease + hardLease/10} {
		path, a := fmt.Sprintf("/p/%d", id), fmt.Sprintf("/f/a/%d", id)
		before := w.visit(1, path, a)
		require.Equal(t, before.shows, w.visit(0, path).shows)
		sent := time.Now()
		status, answer, _, err := administer(w.isolates[0], fmt.Sprintf("invalidate?tag=a:%d", id))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, "%v", answer)
		acked := time.Now()
		time.Sleep(pause)
		require.Eventually(t, func() bool {
			v := w.visit(1, path, a)
			assert.Equal(t, before.shows["/f/b/"+fmt.Sprint(id)], v.shows["/f/b/"+fmt.Sprint(id)])
			return w.origin.of(v.shows[a]).at.After(sent)
		}, pause+2*hardLease, 10*time.Millisecond)
		t.Logf("left alone for %v: new after %v", pause, time.Since(acked).Round(time.Millisecond))
		assert.LessOrEqual(t, w.origin.count(a), 3, "what one isolate has renewed the other finds below")
	}
}

// One request may name more than the log takes at once.
func TestPurgeOfManyTagsReachesTheOtherIsolate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	const tags = 1500
	before := w.visit(1, "/p/1", fragments(1)...)
	require.Equal(t, before.shows, w.visit(0, "/p/1").shows)
	query := "tag=a:1"
	for i := range tags - 2 {
		query += fmt.Sprintf("&tag=t%d", i)
	}
	p := w.purge(0, query+"&tag=c:1")
	require.Eventually(t, func() bool {
		v := w.visit(1, "/p/1", fragments(1)...)
		require.NoError(t, w.origin.judge(v, purged{query: "a", sent: p.sent, acked: p.acked, covers: covered("tag=a:1")}))
		require.NoError(t, w.origin.judge(v, purged{query: "c", sent: p.sent, acked: p.acked, covers: covered("tag=c:1")}))
		return v.shows["/f/a/1"] > before.shows["/f/a/1"] && v.shows["/f/c/1"] > before.shows["/f/c/1"]
	}, 3*hardLease, 10*time.Millisecond)
	assert.Equal(t, before.shows["/f/b/1"], w.visit(1, "/p/1").shows["/f/b/1"])
}

// The log forgets its oldest purges; who slept while it did knows that there was something to know.
func TestForgottenPurgeReachesAnIsolateThatSlept(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 3
	w := newWorld(t, b)
	before := w.visit(1, "/p/1", fragments(1)...)
	w.settled(before)
	p := w.purge(0, "tag=a:1")
	for i := range 5 { // more than the log keeps
		query := "tag=none"
		for j := range 999 {
			query += fmt.Sprintf("&tag=t%d-%d", i, j)
		}
		w.purge(0, query)
	}
	time.Sleep(time.Until(p.acked.Add(hardLease + time.Millisecond)))
	for isolate := range b.Isolates { // the purger, who slept, and who knows nothing but what lies below
		v := w.visit(isolate, "/p/1", fragments(1)...)
		require.NoError(t, w.origin.judge(v, p))
		assert.Greater(t, v.shows["/f/a/1"], before.shows["/f/a/1"])
	}
}

// Whoever purges reads what it did, and how far that reaches.
func TestPurgeSaysHowFarItReaches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	w.visit(0, "/p/1", fragments(1)...)
	for i, query := range []string{"tag=a:1", "key=/f/b/1", "tag=none", "all=1"} {
		status, answer, _, err := administer(w.isolates[0], "purge?"+query)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
		// Everything counts what was purged by a tag and has not left yet.
		assert.Contains(t, []any{[]any{1.0}, []any{1.0}, []any{0.0}, []any{1.0, 2.0}}[i], answer["purged"], query)
		assert.EqualValues(t, i+1, answer["log"], "%s: %v", query, answer)
		assert.Equal(t, "within 1s", answer["isolates"], query)
	}
	status, answer, _, err := administer(w.isolates[0], "purge?tag=a&tag=b&key=%2Ff%2Fa%2F1&key=%2Ff%2Fb%2F1")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.Positive(t, answer["log"])
	_, purges := w.Log.Asked()
	assert.Equal(t, 5, purges, "all that one request names is one purge of the log")
	status, _, _, err = administer(w.isolates[0], "purge?tag=")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, status)
	_, purges = w.Log.Asked()
	assert.Equal(t, 5, purges)
}

// Keys have line feeds, quotes and whatever a cookie had; tags any text.
func TestPurgedNamesMayHaveAnyCharacter(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Pages = append(b.Pages, parsePage(t, "/p/{id}", `<body><edge-slot name="a" src="/f/a/{id}" ttl="5m" vary="cookie:kind"><i>…</i></edge-slot></body>`))
	w := newWorld(t, b)
	const cookie = `x"y~:ä`
	ask := func(isolate int) visit {
		v := visitAs(t.Context(), w.isolates[isolate], "/p/1", "Cookie", "kind="+cookie)
		require.NoError(t, v.err)
		return v
	}
	before := ask(1)
	require.NotEmpty(t, before.shows)
	require.Equal(t, before.shows, ask(0).shows)
	w.settled(before)
	key := ""
	for _, body := range w.Colo.Entries() {
		if n := tier.Head(body); n > 0 {
			entry, _, _, ok := tier.Read(body[:n])
			require.True(t, ok)
			key = entry.Key
		}
	}
	assert.Contains(t, key, "\n")
	p := w.purge(0, "key="+url.QueryEscape(key))
	require.Eventually(t, func() bool { return w.origin.of(ask(1).shows["/f/a/1"]).at.After(p.sent) }, 3*hardLease, 10*time.Millisecond, "%q", key)
	assert.Equal(t, 2, w.origin.count("/f/a/1"))
}

// What the origin announces with its answer to a form reaches every isolate, as a purge does (RFC 9875).
func TestAnnouncementOfTheOriginReachesTheOtherIsolate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t), "INLAY_PURGE_FIELD=X-Purge")
	w.origin.answering(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		for _, name := range []string{"Cache-Group-Invalidation", "X-Purge"} {
			if value := r.Header.Get("Announce-" + name); value != "" {
				rw.Header().Set(name, value)
			}
		}
		http.Redirect(rw, r, "/p/1", http.StatusSeeOther)
		return true
	})
	for i, announced := range [][2]string{{"Cache-Group-Invalidation", `"a:1", "none"`}, {"X-Purge", "none,a:1"}} {
		before := w.visit(1, "/p/1", fragments(1)...)
		require.Equal(t, before.shows, w.visit(0, "/p/1").shows)
		p := purged{query: announced[0], sent: time.Now(), covers: covered("tag=a:1")}
		resp := request(t, http.MethodPost, w.isolates[0].URL+"/comment", nil, "Announce-"+announced[0], announced[1])
		p.acked = time.Now()
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		assert.True(t, w.origin.of(w.visit(0, "/p/1", "/f/a/1").shows["/f/a/1"]).at.After(p.sent), "here at once")
		time.Sleep(time.Until(p.acked.Add(hardLease + time.Millisecond)))
		last := w.visit(1, "/p/1", fragments(1)...)
		require.NoError(t, w.origin.judge(last, p))
		assert.Equal(t, before.shows["/f/b/1"], last.shows["/f/b/1"])
		_, purges := w.Log.Asked()
		assert.Equal(t, i+1, purges)
	}
}
