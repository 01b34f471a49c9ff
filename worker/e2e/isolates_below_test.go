package e2e

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/tier"
)

// What one isolate has filled the next one finds below: in the data centre's cache, or in KV.

func TestColdIsolateAsksTheOriginNothing(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 4
	w := newWorld(t, b, "INLAY_DEBUG=1")
	const complete = "/p/1?inlay=complete" // its head tells of its fills
	first := w.visit(0, complete, fragments(1)...)
	w.settled(first)
	hits := w.origin.total()
	require.Equal(t, 3, hits)

	second := w.visit(1, complete)
	assert.Equal(t, first.shows, second.shows)
	status := second.head.Values("Cache-Status")
	for _, slot := range []string{"a", "b", "c"} {
		assert.Contains(t, strings.Join(status, ", "), "inlay-data-center/"+slot+";hit", "which cache had it")
	}
	assert.Equal(t, 3, w.counter(1, "found_data_center_total"))
	assert.Zero(t, w.counter(1, "fills_total"))
	warm := w.visit(1, complete)
	assert.Equal(t, first.shows, warm.shows)
	assert.NotContains(t, strings.Join(warm.head.Values("Cache-Status"), ", "), "data-center", "it is in memory now")

	// Another data centre: it has what is in KV.
	w.Colo.Empty()
	third := w.visit(2, complete, fragments(1)...)
	for _, path := range fragments(1)[:2] {
		assert.Equal(t, first.shows[path], third.shows[path])
	}
	status = third.head.Values("Cache-Status")
	assert.Contains(t, strings.Join(status, ", "), "inlay-kv/a;hit")
	assert.NotContains(t, strings.Join(status, ", "), "inlay-kv/c", "it is fresh for less than a minute, which KV may take to show it")
	assert.False(t, lying(w.KV.Entries(), "/f/c/1", first.shows["/f/c/1"]))
	assert.Equal(t, hits+1, w.origin.total(), "only what is not in KV")

	// What it found there it has put into its data centre's cache.
	w.settled(third)
	w.KV.Empty()
	assert.Equal(t, third.shows, w.visit(3, complete).shows)
	assert.Equal(t, hits+1, w.origin.total())
}

// What lies below when a purge comes stays there, and is of no use to anybody.
func TestPurgedFragmentsBelowAreRefused(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 4
	w := newWorld(t, b)
	for id := range 10 {
		w.settled(w.visit(0, fmt.Sprintf("/p/%d", id), fragments(id)...))
	}
	before := make([]visit, 10)
	for id := range before {
		before[id] = w.visit(1, fmt.Sprintf("/p/%d", id), fragments(id)...)
	}
	hits := w.origin.total()
	purges := make([]purged, len(before))
	for id := range purges {
		purges[id] = w.purge(0, []string{fmt.Sprintf("tag=a:%d", id), fmt.Sprintf("key=/f/a/%d", id)}[id%2])
	}
	// A cold isolate relies on no view from before.
	v := w.visit(2, "/p/0", fragments(0)...)
	assert.True(t, w.origin.of(v.shows["/f/a/0"]).at.After(purges[0].sent), "the log is asked before a fragment is adopted")
	time.Sleep(time.Until(purges[9].acked.Add(hardLease + time.Millisecond)))
	for id := range before {
		var v visit
		for isolate := range 3 {
			v = w.visit(isolate, fmt.Sprintf("/p/%d", id), fragments(id)...)
			require.NoError(t, w.origin.judge(v, purges...))
			for _, path := range fragments(id)[1:] {
				assert.Equal(t, before[id].shows[path], v.shows[path], "it was not purged")
			}
		}
		w.settled(v)
	}
	assert.LessOrEqual(t, w.origin.total(), hits+2*len(before), "each is filled again once, or by two at a time")
	assert.Positive(t, w.counter(2, "found_refused_total"))
	// The refilled ones lie below in their place.
	hits = w.origin.total()
	for id := range before {
		v := w.visit(3, fmt.Sprintf("/p/%d", id), fragments(id)...)
		assert.Equal(t, w.visit(0, fmt.Sprintf("/p/%d", id)).shows[fragments(id)[1]], v.shows[fragments(id)[1]])
	}
	assert.Equal(t, hits, w.origin.total())
}

// KV shows a purged fragment for a minute after it was filled again: its number says so.
func TestKVThatShowsWritesLateIsNoHarm(t *testing.T) {
	t.Parallel()
	b := bound(t)
	b.Isolates = 3
	w := newWorld(t, b)
	w.settled(w.visit(0, "/p/1", fragments(1)...))
	w.KV.ShowAfter(time.Hour)
	p := w.purge(0, "tag=shop")
	refilled := w.visit(0, "/p/1", fragments(1)...)
	require.Eventually(t, func() bool { _, puts := w.KV.Asked(); return puts == 4 }, 5*time.Second, 5*time.Millisecond)
	w.Colo.Empty()
	time.Sleep(time.Until(p.acked.Add(hardLease + time.Millisecond)))
	for isolate := range 3 {
		v := w.visit(isolate, "/p/1", fragments(1)...)
		require.NoError(t, w.origin.judge(v, p))
		assert.GreaterOrEqual(t, v.shows["/f/a/1"], refilled.shows["/f/a/1"])
	}
}

// damages are ways for an entry to be something else than what was written.
func damages(random *rand.Rand) map[string]func(body []byte) []byte {
	all := map[string]func(body []byte) []byte{
		"empty":            func([]byte) []byte { return []byte{} },
		"text":             func([]byte) []byte { return []byte("<p>[/f/a/0 hit 1]</p>") },
		"another version":  func(b []byte) []byte { b[6]++; return b },
		"twice":            func(b []byte) []byte { return append(b, b...) },
		"one byte more":    func(b []byte) []byte { return append(b, '\n') },
		"zeros":            func(b []byte) []byte { return make([]byte, len(b)) },
		"head's length 0":  func(b []byte) []byte { copy(b[8:], []byte{0, 0, 0, 0}); return b },
		"head of 4 GiB":    func(b []byte) []byte { copy(b[8:], []byte{255, 255, 255, 255}); return b },
		"head of 64 KiB":   func(b []byte) []byte { copy(b[8:], []byte{0, 0, 1, 0}); return b },
		"head to the end":  func(b []byte) []byte { copy(b[8:], []byte{byte(len(b)), byte(len(b) >> 8), 0, 0}); return b },
		"body of 2 GiB":    func(b []byte) []byte { copy(b[12+6*8:], []byte{255, 255, 255, 127, 0, 0, 0, 0}); return b },
		"body of 16 EiB":   func(b []byte) []byte { copy(b[12+6*8:], []byte{255, 255, 255, 255, 255, 255, 255, 255}); return b },
		"2^64-1 tags":      func(b []byte) []byte { copy(b[12+7*8:], []byte{255, 255, 255, 255, 255, 255, 255, 255}); return b },
		"log of 4 GiB":     func(b []byte) []byte { copy(b[12+8*8:], []byte{255, 255, 255, 255}); return b },
		"another fragment": func(b []byte) []byte { copy(b[tier.Head(b):], "<p>[/f/b/0"); return b },
	}
	for _, n := range []int{1, 7, 8, 11, 12, 13, 60, 76} {
		all[fmt.Sprintf("cut to %d", n)] = func(b []byte) []byte { return b[:n] }
	}
	for _, n := range []int{1, 2, 16} {
		all[fmt.Sprintf("cut by %d", n)] = func(b []byte) []byte { return b[:len(b)-n] }
	}
	for i := range 12 {
		n := random.IntN(100)
		all[fmt.Sprintf("cut at %d%% (%d)", n, i)] = func(b []byte) []byte { return b[:len(b)*n/100] }
	}
	for i := range 60 {
		n := random.Float64()
		all[fmt.Sprintf("bit %d", i)] = func(b []byte) []byte {
			bit := int(n * float64(8*len(b)))
			b[bit/8] ^= 1 << (bit % 8)
			return b
		}
	}
	return all
}

func TestDamagedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	all := damages(rand.New(rand.NewPCG(seed, 0)))
	b := bound(t)
	b.Isolates = 3
	w := newWorld(t, b)
	of := map[string]string{} // fragments by kind of damage
	var visits []visit
	for name := range all {
		id := fmt.Sprintf("d%d", len(of))
		of[name] = "/f/a/" + id
		visits = append(visits, w.visit(0, "/p/"+id, fragments(id)...))
	}
	for _, v := range visits {
		w.settled(v)
	}
	damage := func(_ string, body []byte) []byte {
		for name, path := range of {
			if strings.Contains(string(body), "["+path+" hit ") {
				return all[name](body)
			}
		}
		return nil
	}
	w.Colo.Change(damage)
	w.KV.Change(damage)
	visits = nil
	for name, path := range of {
		page := "/p/" + strings.TrimPrefix(path, "/f/a/")
		hits := w.origin.count(path)
		v := visitPage(w.isolates[1], page)
		if !assert.NoError(t, v.err, name) {
			continue
		}
		visits = append(visits, v)
		assert.Contains(t, v.body, stamped(path, v.shows[path]), name)
		assert.NoError(t, w.origin.judge(v), name)
		assert.Equal(t, hits+1, w.origin.count(path), "%s: it has to be asked for again: %s", name, v.body)
	}
	assert.GreaterOrEqual(t, w.counter(1, "found_refused_total"), len(all))
	// What was filled again has taken their place.
	for _, v := range visits {
		w.settled(v)
	}
	hits := w.origin.total()
	for _, path := range of {
		w.visit(2, "/p/"+strings.TrimPrefix(path, "/f/a/"), path)
	}
	assert.Equal(t, hits, w.origin.total())
	assert.NotContains(t, w.isolates[0].Log(), "crashed")
}

// An entry that is whole, and lies under another's name.
func TestEntriesUnderAnothersNameAreMisses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	for id := 1; id <= 2; id++ {
		w.settled(w.visit(0, fmt.Sprintf("/p/%d", id), fragments(id)...))
	}
	swap := func(entries map[string][]byte) func(string, []byte) []byte {
		return func(name string, body []byte) []byte {
			for other, theirs := range entries {
				if other != name && tier.Head(theirs) > 0 && tier.Head(body) > 0 {
					return theirs
				}
			}
			return nil
		}
	}
	w.Colo.Change(swap(w.Colo.Entries()))
	w.KV.Change(swap(w.KV.Entries()))
	for id := 1; id <= 2; id++ {
		v := w.visit(1, fmt.Sprintf("/p/%d", id), fragments(id)...)
		require.NoError(t, w.origin.judge(v))
		for i, name := range []string{"a", "b", "c"} {
			assert.Contains(t, v.body, stamped(fragments(id)[i], v.shows[fragments(id)[i]]), name)
		}
	}
	assert.Equal(t, 12, w.origin.total())
}

// What may not be shared in an isolate does not lie below either.
func TestWhatMayNotBeSharedDoesNotLieBelow(t *testing.T) {
	t.Parallel()
	private := map[string]func(h http.Header){
		"cookie":    func(h http.Header) { h.Set("Set-Cookie", "session=1") },
		"private":   func(h http.Header) { h.Set("Cache-Control", "private, max-age=600") },
		"no-store":  func(h http.Header) { h.Set("Cache-Control", "no-store") },
		"no-cache":  func(h http.Header) { h.Set("Cache-Control", "no-cache") },
		"max-age=0": func(h http.Header) { h.Set("Cache-Control", "max-age=0") },
		"vary":      func(h http.Header) { h.Set("Vary", "*") },
		"status":    nil,
	}
	b := bound(t)
	html := `<body><edge-slot name="shared" src="/f/shared/{id}" ttl="5m"><i>…</i></edge-slot>` +
		`<edge-slot name="ttl-0" src="/f/ttl-0/{id}" ttl="0s"><i>…</i></edge-slot>`
	for name := range private {
		html += `<edge-slot name="` + strings.ReplaceAll(name, "=", "-") + `" src="/f/` + name + `/{id}"><i>…</i><edge-error>none</edge-error></edge-slot>`
	}
	b.Pages = append(b.Pages, parsePage(t, "/p/{id}", html+"</body>"))
	w := newWorld(t, b)
	w.origin.answering(func(rw http.ResponseWriter, r *http.Request) bool {
		name := strings.Split(r.URL.Path, "/")[2]
		if change := private[name]; change != nil {
			change(rw.Header())
		}
		if name == "status" {
			rw.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(rw, "[%s hit 0]", r.URL.Path)
			return true
		}
		return false
	})
	for id := range 3 {
		shared := fmt.Sprintf("/f/shared/%d", id)
		for range 2 {
			v := w.visit(0, fmt.Sprintf("/p/%d", id), shared, fmt.Sprintf("/f/ttl-0/%d", id))
			w.settled(v, shared) // the others would lie there by the time that the last page's does
		}
	}
	for _, entries := range []map[string][]byte{w.Colo.Entries(), w.KV.Entries()} {
		for name, body := range entries {
			for _, private := range []string{"ttl-0", "cookie", "private", "no-store", "no-cache", "max-age=0", "vary", "status"} {
				assert.NotContains(t, string(body), "/f/"+private+"/", name)
			}
		}
	}
}

// The entries of another build are another's, unless they are said to outlive it.
func TestEntriesOfAnotherBuild(t *testing.T) {
	t.Parallel()
	for outlive, again := range map[string]int{"0": 3, "1": 0} {
		t.Run("outlive="+outlive, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bound(t), "INLAY_OUTLIVE_DEPLOYMENTS="+outlive)
			first := w.visit(0, "/p/1", fragments(1)...)
			w.settled(first)
			hits := w.origin.total()

			w.run("INLAY_OUTLIVE_DEPLOYMENTS=" + outlive)
			assert.Equal(t, first.shows, w.visit(0, "/p/1", fragments(1)...).shows, "the same build, started again")
			assert.Equal(t, hits, w.origin.total())

			w.Change = func(config string) string {
				return strings.Replace(config, `embed "../build-id.mjs"`, `"export const build = \"0123456789abcdef\";\nexport const rehearsed = \"/\";"`, 1)
			}
			w.run("INLAY_OUTLIVE_DEPLOYMENTS=" + outlive)
			w.visit(0, "/p/1", fragments(1)...)
			assert.Equal(t, hits+again, w.origin.total())
		})
	}
}

// The shell leaves before anything is looked for, and what does not answer is not waited for long.
func TestShellDoesNotWaitForWhatLiesBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bound(t))
	w.settled(w.visit(0, "/p/1", fragments(1)...))
	again := w.Colo.Hang()
	defer again()
	w.KV.Empty()
	w.Log.Stop()
	defer w.Log.Continue()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.isolates[1].URL+"/p/1", nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	begun := time.Now()
	resp, err := visitors.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	shell := ""
	for range fragments(1) {
		shell += readUntil(t, body, "<i>…</i>")
	}
	assert.Less(t, time.Since(begun), 1400*time.Millisecond, "the shell; what lies below takes 1.5 s to be given up")
	assert.NotContains(t, shell, " hit ")
	for range fragments(1) { // in whatever order
		readUntil(t, body, " hit ")
	}
	assert.Less(t, time.Since(begun), 6*time.Second, "a second for the log, half a one for each of the caches")
}

// Without the data centre's cache KV is asked at once; with it switched off nothing of a page lies there.
func TestDataCentersCacheMayBeOff(t *testing.T) {
	t.Parallel()
	b := bound(t)
	w := newWorld(t, b, "INLAY_DATA_CENTER_CACHE=0")
	first := w.visit(0, "/p/1", fragments(1)...)
	require.Eventually(t, func() bool {
		kv := w.KV.Entries()
		return lying(kv, "/f/a/1", first.shows["/f/a/1"]) && lying(kv, "/f/b/1", first.shows["/f/b/1"])
	}, 5*time.Second, 5*time.Millisecond)
	second := w.visit(1, "/p/1", fragments(1)...)
	assert.Equal(t, first.shows["/f/a/1"], second.shows["/f/a/1"])
	assert.NotEqual(t, first.shows["/f/c/1"], second.shows["/f/c/1"])
	// What was found in KV would be put there beside the answer: enough pages that one of them would have been.
	for id := range 10 {
		w.visit(0, fmt.Sprintf("/p/n%d", id), fragments(fmt.Sprintf("n%d", id))...)
	}
	require.Eventually(t, func() bool { _, puts := w.KV.Asked(); return puts == 22 }, 5*time.Second, 5*time.Millisecond)
	for id := range 10 {
		w.visit(1, fmt.Sprintf("/p/n%d", id))
	}
	assert.Equal(t, 22, w.counter(1, "found_kv_total"))
	gets, puts := w.Colo.Asked()
	assert.Zero(t, gets+puts)
}
