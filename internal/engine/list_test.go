package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

// listed is all that a script's engine tells, by key and kind.
func (s *script) listed(step int) map[string]Listed {
	all := map[string]Listed{}
	for at, more := uint64(0), true; more; more = at != 0 {
		at = s.engine.Entries(at, step, s.now, func(l *Listed) {
			one := *l
			one.Key, one.Tags = strings.Clone(l.Key), slices.Clone(l.Tags)
			name := fmt.Sprint(l.Kind, " ", one.Key)
			require.NotContains(s.t, all, name, "once")
			all[name] = one
		})
	}
	require.Empty(s.t, NewVerifier(s.engine).Verify())
	return all
}

func TestEntriesAreListedWithWhatIsKnown(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.NegativeTTL = 10 * time.Second },
		pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" ttl="1m" swr="30s" sie="10m" tags="all a:{id}">…</edge-slot><edge-slot name="b" src="/b"></edge-slot></body>`))
	s.get(1, "/p/7")
	s.pass(250 * time.Millisecond)
	s.fill(1, "<p>A</p>", func(a *answer.Answer) { a.CacheTag = "own" })
	s.engine.FillFail(s.fills[0], &answer.FillError{Reason: answer.ConnectError, Text: "no route to it"}, s.now)
	s.engine.Resume(1, s.now)
	s.pass(750 * time.Millisecond)
	all := s.listed(1)
	require.Len(t, all, 2, "a page with a failure is not kept")
	a := all["0 /a/7"]
	assert.Equal(t, []string{"all", "a:7", "own"}, a.Tags)
	n := a.N
	assert.EqualValues(t, 59*time.Second, n[ListedLeft])
	assert.EqualValues(t, 30*time.Second, n[ListedSWR])
	assert.EqualValues(t, 10*time.Minute, n[ListedSIE])
	assert.EqualValues(t, time.Second, n[ListedAge])
	assert.EqualValues(t, len("<p>A</p>"), n[ListedBytes])
	assert.Greater(t, n[ListedCharged], n[ListedBytes]+100)
	assert.Zero(t, n[ListedHits])
	assert.InDelta(t, 250*time.Millisecond, n[ListedTook], float64(250*time.Millisecond/8))
	assert.Zero(t, n[ListedFrom])
	b := all["2 /b"]
	assert.Equal(t, "edge: fill failed (connect): no route to it", b.Of)
	assert.EqualValues(t, 10*time.Second-750*time.Millisecond, b.N[ListedLeft])
	assert.EqualValues(t, 750*time.Millisecond, b.N[ListedAge])

	s.pass(65 * time.Second)
	s.engine.PurgeTag("nothing", s.now)
	all = s.listed(100)
	require.Len(t, all, 1, "the failure is over")
	assert.EqualValues(t, -6*time.Second, all["0 /a/7"].N[ListedLeft], "it is stale")
	s.engine.InvalidateTag("a:7", s.now)
	assert.EqualValues(t, -6*time.Second, s.listed(100)["0 /a/7"].N[ListedLeft], "which it was before")
	s.engine.PurgeTag("a:7", s.now)
	assert.Empty(t, s.listed(100))
}

func TestPagesOfTheOriginAreListedWithoutTheEnginesNotes(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/o"} })
	s.get(1, "/o")
	require.Nil(t, s.shellFill(0, `<body><esi:include src="/a"/></body>`, func(a *answer.Answer) { a.CacheTag = "shop" }))
	s.engine.Resume(1, s.now)
	s.fill(1, "<p>A</p>")
	s.engine.Resume(1, s.now)
	s.get(2, "/o")
	all := s.listed(10)
	require.NotEmpty(t, all)
	shells := 0
	for name, l := range all {
		assert.False(t, strings.HasPrefix(l.Key, "shell:"), "what is known of a URL")
		if strings.HasPrefix(name, "0 /o") {
			shells++
			assert.Equal(t, []string{"shop"}, l.Tags, "without the one that nobody else can give")
		}
	}
	assert.Equal(t, 1, shells)
	assert.Contains(t, all, "0 /a")
}

func TestFlightsAreListedWithWhoWaits(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" ttl="1m"></edge-slot><edge-slot name="alone" src="/b" ttl="0s"></edge-slot></body>`))
	flights := func() (all []Listed) {
		s.engine.Flights(s.now, func(l *Listed) { all = append(all, *l) })
		slices.SortFunc(all, func(a, b Listed) int { return strings.Compare(a.Key, b.Key) })
		return all
	}
	assert.Empty(t, flights())
	s.get(1, "/p/7")
	s.pass(1500 * time.Millisecond)
	s.get(2, "/p/7")
	all := flights()
	require.Len(t, all, 3, "what nobody shares is one each")
	a := all[0]
	assert.Equal(t, []string{"/a/7", "/p/{id}", "a"}, []string{a.Key, a.Of, a.Slot})
	assert.Equal(t, ListedFill, a.Kind)
	assert.EqualValues(t, 1500*time.Millisecond, a.N[FlyingAge])
	assert.EqualValues(t, 2, a.N[FlyingWaiting])
	assert.EqualValues(t, 1, a.N[FlyingAttempts])
	assert.Zero(t, a.N[FlyingLooking])
	s.engine.FillLost(s.fills[1], s.now) // b has no holes, and was looked at first
	s.engine.Resume(2, s.now)
	a = flights()[0]
	assert.EqualValues(t, 2, a.N[FlyingAttempts], "it was taken over")
	assert.EqualValues(t, 1, a.N[FlyingWaiting], "by the other, as who led it has gone")
	s.fill(len(s.fills)-1, "<p>A</p>")
	require.Len(t, flights(), 1)

	s = isolate(t, config.DataCenter)
	s.get(1, "/p/7")
	all = flights()
	require.Len(t, all, 2)
	assert.EqualValues(t, 1, all[0].N[FlyingLooking])
}

func TestWhatWasFoundBelowSaysWhere(t *testing.T) {
	s := isolate(t, config.DataCenter|config.KV)
	s.get(1, "/p/7")
	s.polled(10)
	for _, id := range s.fills {
		s.engine.NotFound(id, s.now)
	}
	s.fill(len(s.fills)-2, "<p>A</p>")
	s.fill(len(s.fills)-1, "<p>B</p>")
	s.take()
	below := s.below
	require.NotEmpty(t, below)
	other := isolate(t, config.DataCenter|config.KV)
	other.now = s.now
	other.get(1, "/p/7")
	other.polled(10)
	var tiers = []config.Tiers{config.DataCenter, config.KV}
	for i, id := range other.fills[:2] {
		assert.True(t, other.engine.Found(id, tiers[i], 0, other.NewBlob([]byte(below[i])), len(below[i]), other.now))
	}
	all := other.listed(10)
	assert.EqualValues(t, 1, all["0 /f/a/7"].N[ListedFrom])
	assert.EqualValues(t, 2, all["0 /f/b/7"].N[ListedFrom])
}

// What is saved is what was shown without being asked for: by pages that are put together, by warm ones and by repeats.
func TestWhatIsShownAgainCountsAsSaved(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" ttl="1m" swr="1h">…</edge-slot><edge-slot name="b" src="/b" ttl="1h">…</edge-slot></body>`))
	s.fields = browser
	s.get(1, "/p/7")
	s.pass(64 * time.Millisecond)
	s.fill(1, "<p>A</p>")
	s.fill(0, "<p>four</p>")
	s.engine.Resume(1, s.now)
	n := s.engine.Stats()
	assert.Equal(t, []uint64{0, 1, 0, 0}, []uint64{n.SavedFills, n.Cold, n.Stale, n.Warm}, "nothing was there yet")
	s.get(2, "/p/7") // composes
	n = s.engine.Stats()
	assert.Equal(t, []uint64{2, 19, 1, 0}, []uint64{n.SavedFills, n.SavedBytes, n.Cold, n.Stale})
	took := n.SavedTime
	assert.InDelta(t, 128*time.Millisecond, took, float64(16*time.Millisecond), "of each, about as long as its fill took")
	for range 3 {
		_, ok := s.engine.Warm(&Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}, s.now)
		require.True(t, ok)
	}
	s.get(4, "/p/7") // warm as well
	s.engine.Repeated(s.now)
	s.engine.Touch(s.repeat, 5)
	n = s.engine.Stats()
	assert.EqualValues(t, 9, n.Warm)
	assert.EqualValues(t, 2+2*9, n.SavedFills)
	assert.EqualValues(t, 19*10, n.SavedBytes)
	assert.Equal(t, took*10, n.SavedTime)
	all := s.listed(10)
	assert.EqualValues(t, 10, all["0 /a/7"].N[ListedHits])
	assert.EqualValues(t, 10, all["0 /b"].N[ListedHits])
	for name, l := range all {
		if l.Kind == ListedPage {
			assert.EqualValues(t, 9, l.N[ListedHits], name)
		}
	}

	s.pass(2 * time.Minute)
	s.get(5, "/p/7")
	n = s.engine.Stats()
	assert.Equal(t, []uint64{1, 1, 22}, []uint64{n.Cold, n.Stale, n.SavedFills}, "a stale page is stale, and has not waited")
	s.fill(2, "<p>A2</p>")
	assert.Zero(t, s.listed(10)["0 /a/7"].N[ListedHits], "another fragment begins anew")
}

// Whoever is counted when a page leaves is not lost, nor counted twice, whichever comes first.
func TestCountsOfPagesThatLeaveAreKept(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="b" src="/b" ttl="1h">…</edge-slot></body>`))
	s.fields = browser
	s.get(1, "/p/0")
	s.fill(0, "<p>B</p>")
	s.engine.Resume(1, s.now)
	want := uint64(0)
	for i := range 2000 {
		target := fmt.Sprintf("/p/%d", i%300)
		if _, ok := s.engine.Warm(&Request{ID: 3, Method: "GET", Target: target, Fields: s}, s.now); ok {
			want++
		} else {
			s.get(RequestID(10+i), target)
		}
		switch {
		case i%97 == 0:
			s.engine.Purge("page:0\n"+fmt.Sprint(i%300)+"\n", s.now)
		case i%501 == 0:
			s.engine.Tally()
		}
	}
	require.NotZero(t, want)
	n := s.engine.Stats()
	assert.Equal(t, want, n.Warm)
	assert.Equal(t, want+n.Pages-1, n.SavedFills)
	assert.False(t, s.engine.Tally())
}

// Figures are a copy of the counters, in their order.
func TestFiguresAreTheStats(t *testing.T) {
	s := newSim(11, false)
	for _, st := range makeScript(11, 5_000) {
		s.step(st)
	}
	n, f := s.engine.Stats(), [FiguresCount]int64{}
	s.engine.Figures(&f)
	for i, want := range []any{
		n.Warm, n.Pages, n.Whole, n.Streamed, n.Failures, n.Left, n.Passed, n.BadRequests, n.Fills, n.TakenOver, n.Early, n.Failed, n.Late,
		n.Polls, n.PollsFailed, n.Held, n.FoundDataCenter, n.FoundKV, n.Refused, n.Unstored, n.Crashes, n.Waiting, n.Flights,
		n.Cache.Gets, n.Cache.Hits, n.Cache.StaleHits, n.Cache.Misses, n.Cache.Evicted, n.Entries, n.Bytes,
		n.Slots, n.Stale, n.Cold, n.SavedFills, n.SavedTime.Milliseconds(), n.SavedBytes,
	} {
		assert.EqualValues(t, want, f[i], "%d", i)
	}
	assert.NotZero(t, f[0])
	assert.NotZero(t, f[FiguresCount-1])
}

// In an outage a page that goes without its fragment is not counted as one with all of them.
func TestAPageThatGoesWithoutAFragmentIsCold(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.NegativeTTL = time.Minute }, pageOf(t, "/p", `<body><edge-slot name="a" src="/f"><edge-error>none</edge-error></edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "", func(a *answer.Answer) { a.Status = 503 })
	s.engine.Resume(1, s.now)
	for id := RequestID(2); id < 6; id++ {
		s.get(id, "/p")
	}
	n := s.engine.Stats()
	assert.Equal(t, []uint64{5, 5, 0, 0}, []uint64{n.Pages, n.Cold, n.Stale, n.Failures})
	assert.Len(t, s.fills, 1)

	s = newScriptWith(t, func(c *config.Config) { c.NegativeTTL = time.Minute }, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" required></edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "", func(a *answer.Answer) { a.Status = 503 })
	s.engine.Resume(1, s.now)
	s.get(2, "/p")
	n = s.engine.Stats()
	assert.Equal(t, []uint64{2, 0, 2}, []uint64{n.Pages, n.Cold, n.Failures}, "one that cannot be shown has failed")
}
