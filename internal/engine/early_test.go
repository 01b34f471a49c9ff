package engine

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/route"
)

// withFactor has the engine renew what is asked for by a factor, in hundredths.
func withFactor(hundredths int64) func(*config.Config) {
	return func(c *config.Config) { c.Early = hundredths }
}

// The factor 4 with 1 s of fill: what is fresh for 20 s is drawn for in its last 5.5 s.
func earlyScript(t *testing.T, slot string, change ...func(*answer.Answer)) *script {
	s := newScriptWith(t, withFactor(400), pageOf(t, "/p", `<body><edge-slot name="a" src="/f" `+slot+`><edge-error>none</edge-error></edge-slot></body>`))
	s.fields = browser
	s.get(1, "/p")
	s.now = s.now.Add(time.Second)
	s.fill(0, "old", change...)
	s.engine.Resume(1, s.now)
	s.get(2, "/p")
	s.take()
	s.takeBody()
	return s
}

// ask sends requests until one of them begins a fill, and says how many that took; none does if it is most.
func (s *script) asksFor(target string, from RequestID, most int) int {
	fills := len(s.fills)
	for n := range most {
		if s.get(from+RequestID(n), target); len(s.fills) > fills {
			return n + 1
		}
	}
	return most
}

const life = 20 * time.Second

func TestWhatIsAskedForIsRenewedBeforeItIsStale(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`)
	s.now = s.now.Add(life - time.Second)
	n := s.asksFor("/p", 10, 100)
	require.Less(t, n, 100)
	asks := s.take()
	id := RequestID(9 + n)
	assert.Equal(t, []string{"fill " + strconv.Itoa(int(id)) + " /f", "send " + strconv.Itoa(int(id)) + " 200"}, asks[len(asks)-2:])
	assert.Equal(t, "inlay/a;hit;detail=early", s.head["cache-status"])
	assert.Equal(t, uint64(1), s.engine.Stats().Early)

	// One fill for all, and all are answered from what is fresh.
	warm := s.engine.Stats().Warm
	s.asksFor("/p", 200, 300)
	require.Len(t, s.fills, 2)
	assert.Equal(t, warm+300, s.engine.Stats().Warm, "on the short way")

	s.takeBody()
	s.fill(1, "new")
	s.now = s.now.Add(time.Second)
	s.get(600, "/p")
	assert.Equal(t, "<body>new</body>", s.takeBody(), "nobody has seen it stale")
	assert.Equal(t, "inlay/a;hit", s.head["cache-status"])
	assert.Len(t, s.fills, 2)
}

func TestNobodyDrawsOutsideOfTheWindow(t *testing.T) {
	for name, c := range map[string]struct {
		slot   string
		took   time.Duration
		factor int64
		begins time.Duration // before it is stale
	}{
		"a quarter as likely":  {`ttl="21s"`, time.Second, 100, 1387 * time.Millisecond},
		"a larger factor":      {`ttl="21s"`, 500 * time.Millisecond, 400, 2774 * time.Millisecond},
		"half of a short life": {`ttl="3s"`, 2 * time.Second, 200, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScriptWith(t, withFactor(c.factor), pageOf(t, "/p", `<body><edge-slot name="a" src="/f" `+c.slot+`></edge-slot></body>`))
			s.get(1, "/p")
			s.now = s.now.Add(c.took)
			s.fill(0, "old")
			s.engine.Resume(1, s.now)
			_, info := s.engine.fragments.Inspect("/f", s.now)
			stale := s.now.Add(info.TTL)
			s.now = stale.Add(-c.begins)
			assert.Equal(t, 3_000, s.asksFor("/p", 10, 3_000), "and before that none does")
			s.now = stale.Add(-c.begins * 3 / 4)
			assert.Less(t, s.asksFor("/p", 100_000, 3_000), 3_000)
		})
	}
}

func TestADrawIsAsLikelyAsItIsMeantToBe(t *testing.T) {
	const n = 200_000
	for _, c := range []struct{ left, took time.Duration }{
		{100 * time.Millisecond, 100 * time.Millisecond}, {125 * time.Millisecond, 100 * time.Millisecond}, {10 * time.Millisecond, 100 * time.Millisecond},
		{60 * time.Millisecond, 100 * time.Millisecond}, {time.Second, 2 * time.Second},
	} {
		var y early
		y.set(c.took, time.Hour, 100)
		due := 0
		for i := range uint64(n) {
			if y.due(c.left, 100, route.Lot(7, i)) {
				due++
			}
		}
		want := math.Exp(-float64(c.left) / float64(y.took()))
		assert.InDelta(t, want, float64(due)/n, 0.06*want+0.002, "%+v", c)
	}
}

func TestDurationsInAByteAreAnEighthOffAtMost(t *testing.T) {
	last := uint32(0)
	for d := 10 * time.Microsecond; d < 2*time.Hour; d += d/20 + 1 {
		b := inByte(d)
		require.GreaterOrEqual(t, b, last)
		last = b
		got := ofByte(b)
		require.LessOrEqual(t, got, d)
		require.Greater(t, got, d-d/8-time.Microsecond)
	}
	assert.Zero(t, ofByte(inByte(0)))
	assert.Zero(t, ofByte(inByte(-time.Second)))
	assert.Equal(t, ofByte(255), ofByte(inByte(math.MaxInt64)))
	for b := range uint32(256) {
		if b > 0 {
			assert.Equal(t, b, inByte(ofByte(b)))
		}
	}
}

func TestNothingIsRenewedEarlyWhereItIsNotToBe(t *testing.T) {
	for name, c := range map[string]struct {
		slot   string
		factor int64
		head   bool
	}{
		"the slot says so":     {`ttl="21s" early="off"`, 100, false},
		"the variable says so": {`ttl="21s"`, 0, false},
		"HEAD":                 {`ttl="21s"`, 100, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScriptWith(t, withFactor(c.factor), pageOf(t, "/p", `<body><edge-slot name="a" src="/f" `+c.slot+`></edge-slot></body>`))
			s.get(1, "/p")
			s.now = s.now.Add(time.Second)
			s.fill(0, "old")
			s.engine.Resume(1, s.now)
			s.get(2, "/p")
			s.now = s.now.Add(life - time.Millisecond)
			for id := RequestID(3); id < 1000; id++ {
				method := "GET"
				if c.head {
					method = "HEAD"
				}
				s.engine.Handle(&Request{ID: id, Method: method, Target: "/p", Fields: s}, s.now)
			}
			assert.Len(t, s.fills, 1)
			assert.Zero(t, s.engine.Stats().Early)
		})
	}
}

func TestWhatNobodyAsksForIsNotRenewed(t *testing.T) {
	s := earlyScript(t, `ttl="21s" swr="1m"`)
	s.now = s.now.Add(life - time.Millisecond)
	s.engine.Stats()
	s.engine.InvalidateTag("nobody's", s.now)
	assert.Len(t, s.fills, 1)
}

// Where its draw says so, Warm leaves a request to the event, which answers it and begins the fill.
func TestWarmLeavesWhatIsDueToTheEvent(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`)
	s.now = s.now.Add(life - time.Second)
	due := 0
	for draw := uint64(1); draw <= 200; draw++ {
		r := &Request{ID: 5, Method: "GET", Target: "/p", Fields: s, Draw: draw}
		if _, ok := s.engine.Warm(r, s.now); ok {
			continue
		}
		due++
		if s.engine.Handle(r, s.now); due == 1 {
			require.Len(t, s.fills, 2, "the same draw decides")
		}
	}
	assert.Equal(t, 1, due, "then there are no draws any more")
	assert.Len(t, s.fills, 2)
	r := &Request{ID: 6, Method: "GET", Target: "/p", Fields: s, Draw: 9}
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.engine.Warm(r, s.now) }))
}

func TestNoPageIsRepeatedIntoTheWindow(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`)
	s.now = time.Unix(1_700_000_000, 0).Add(15*time.Second - 100*time.Millisecond) // the window begins at 15.5 s
	s.take()
	begins := 21*time.Second - s.windowOf("/f")
	s.get(3, "/p")
	assert.Equal(t, []string{"send 3 200", "repeat 3 " + (begins - 14900*time.Millisecond).String()}, s.take())
	s.now = s.now.Add(100 * time.Millisecond)
	s.get(4, "/p")
	assert.Equal(t, []string{"send 4 200", "repeat 4 " + (begins - 15*time.Second).String()}, s.take())
	s.now = time.Unix(1_700_000_000, 0).Add(begins)
	s.get(5, "/p")
	assert.Equal(t, []string{"send 5 200"}, s.take(), "in it each has to draw")
	s.now = time.Unix(1_700_000_000, 0).Add(20 * time.Second)
	s.asksFor("/p", 10, 1000)
	s.take()
	s.get(2000, "/p")
	assert.Equal(t, []string{"send 2000 200", "repeat 2000 1s"}, s.take(), "once the fill is under way they do not")
}

func (s *script) windowOf(key string) time.Duration {
	v, ok := s.engine.fragments.Stored(key)
	require.True(s.t, ok)
	return v.early.window()
}

func TestAnEarlyFillThatFailsLeavesWhatIsFreshAndIsTriedSeldom(t *testing.T) {
	for name, fails := range map[string]func(*script, int){
		"an answer of 503": func(s *script, i int) { s.fill(i, "", func(a *answer.Answer) { a.Status = 503 }) },
		"no answer": func(s *script, i int) {
			s.engine.FillFail(s.fills[i], &answer.FillError{Reason: answer.ConnectError}, s.now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := earlyScript(t, `ttl="21s"`)
			s.engine.config.NegativeTTL = 0 // tried at once, if it were for that
			stale := s.now.Add(life)
			s.now = stale.Add(-5 * time.Second)
			id, failed := RequestID(10), 0
			for ; s.now.Before(stale); s.now = s.now.Add(time.Millisecond) {
				fills := len(s.fills)
				s.get(id, "/p")
				if id++; len(s.fills) > fills {
					fails(s, fills)
					failed++
				}
				require.Equal(t, "<body>old</body>", s.takeBody())
				s.take()
			}
			assert.GreaterOrEqual(t, failed, 2, "not given up at once")
			assert.LessOrEqual(t, failed, 4, "each in half of the time that the one before had left")
		})
	}
}

func TestAFailureThatIsRememberedHoldsEarlyFillsBack(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`)
	s.now = s.now.Add(life - 5*time.Second)
	s.asksFor("/p", 10, 10_000)
	s.fill(1, "", func(a *answer.Answer) { a.Status, a.RetryAfter = 503, "60" })
	s.now = s.now.Add(5*time.Second - time.Millisecond)
	assert.Equal(t, 1000, s.asksFor("/p", 20_000, 1000))
	assert.Len(t, s.fills, 2)
}

func TestAnEarlyFillThatFailsIsForgottenWithTheFragment(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`)
	s.engine.config.NegativeTTL = time.Minute
	stale := s.now.Add(life)
	s.now = stale.Add(-time.Second)
	s.asksFor("/p", 10, 10_000)
	s.fill(1, "", func(a *answer.Answer) { a.Status = 503 })
	s.now = stale.Add(-time.Millisecond)
	s.asksFor("/p", 20_000, 100)
	require.Len(t, s.fills, 2)

	s.now = stale
	s.get(30_000, "/p")
	require.Len(t, s.fills, 3, "the first for whom it would show asks again")
	s.fill(2, "new")
	s.takeBody()
	s.get(30_001, "/p")
	assert.Equal(t, "<body>new</body>", s.takeBody())
}

func TestAnEarlyFillThatIsRefusedTakesTheFragmentDown(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){"404": func(a *answer.Answer) { a.Status = 404 }, "private": says("private")} {
		t.Run(name, func(t *testing.T) {
			s := earlyScript(t, `ttl="21s"`)
			s.now = s.now.Add(life - time.Second)
			s.asksFor("/p", 10, 1000)
			s.fill(1, "", change)
			_, there := s.engine.fragments.Stored("/f")
			assert.False(t, there, "as with any fill")
		})
	}
}

func TestA304RenewsEarlyTooAndWhatTookLongStillDoes(t *testing.T) {
	s := earlyScript(t, `ttl="21s"`, withETag(`"v"`))
	took, window := s.tookOf("/f"), s.windowOf("/f")
	s.now = s.now.Add(life - time.Second)
	s.asksFor("/p", 10, 1000)
	require.Len(t, s.fills, 2)
	require.NotEmpty(t, s.asked[1].Conditions)
	assert.Zero(t, s.windowOf("/f"))
	s.notModified(1, withETag(`"v"`)) // in no time
	assert.GreaterOrEqual(t, s.tookOf("/f"), took*3/4, "what changes next may take as long")
	assert.Less(t, s.tookOf("/f"), took, "and was slow once only, perhaps")
	assert.GreaterOrEqual(t, s.windowOf("/f"), window*3/4)
	s.now = s.now.Add(time.Second)
	s.get(5000, "/p")
	assert.Equal(t, "inlay/a;hit", s.head["cache-status"])
}

func (s *script) tookOf(key string) time.Duration {
	v, ok := s.engine.fragments.Stored(key)
	require.True(s.t, ok)
	return v.early.took()
}

func TestWhatIsInvalidatedIsStaleAndNotEarly(t *testing.T) {
	s := earlyScript(t, `ttl="21s" swr="1m" tags="t"`)
	s.engine.InvalidateTag("t", s.now)
	s.now = s.now.Add(life - time.Second)
	s.get(10, "/p")
	assert.Len(t, s.fills, 2, "renewed by the first")
	assert.Zero(t, s.engine.Stats().Early)
	assert.Equal(t, "inlay/a;hit;ttl=-19", s.head["cache-status"])
}

// A fragment whose time is shorter than its fill: half of it is left alone.
func TestAShortLifeIsNotRenewedForEver(t *testing.T) {
	s := newScriptWith(t, withFactor(10_000), pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1100ms" swr="1m"></edge-slot></body>`))
	begin, id, ends := s.now, RequestID(1), map[int]time.Time{}
	for s.now.Sub(begin) < time.Minute {
		before := len(s.fills)
		s.get(id, "/p")
		for i := before; i < len(s.fills); i++ {
			ends[i] = s.now.Add(time.Second)
		}
		for i, at := range ends {
			if !s.now.Before(at) {
				s.fill(i, "x")
				delete(ends, i)
			}
		}
		id++
		s.now = s.now.Add(5 * time.Millisecond)
		s.asks = nil
		s.body = ""
	}
	// Of 100 ms that are left after the fill half may be cut off: one fill each 1050 ms.
	assert.InDelta(t, 58, len(s.fills), 3)
}

func TestARequestBeginsFewFillsEarly(t *testing.T) {
	html := "<body>"
	for i := range 30 {
		html += `<edge-slot name="s` + strconv.Itoa(i) + `" src="/f/` + strconv.Itoa(i) + `" ttl="21s"></edge-slot>`
	}
	s := newScriptWith(t, withFactor(100), pageOf(t, "/p", html))
	s.get(1, "/p")
	s.now = s.now.Add(time.Second)
	for i := range 30 {
		s.fill(i, "x")
	}
	s.engine.Resume(1, s.now)
	s.get(2, "/p")
	s.now = s.now.Add(life - time.Second)
	counts := []int{}
	for id := RequestID(3); len(s.fills) < 60; id++ {
		before := len(s.fills)
		s.get(id, "/p")
		if n := len(s.fills) - before; n > 0 {
			counts = append(counts, n)
		}
		require.Less(t, id, RequestID(1000))
	}
	assert.Equal(t, []int{mostEarly, mostEarly, mostEarly, 30 - 3*mostEarly}, counts)
}

func TestAnEarlyFillThatIsLostMayBeginAgain(t *testing.T) {
	s := earlyScript(t, `ttl="5m" timeout="1s"`)
	stale := s.now.Add(5*time.Minute - time.Second)
	s.now = stale.Add(-5 * time.Second)
	s.asksFor("/p", 10, 10_000)
	require.Len(t, s.fills, 2)
	s.engine.FillLost(s.fills[1], s.now)
	s.now = s.now.Add(3 * time.Second)
	s.get(20_000, "/p/other")
	s.engine.sweep() // as any fill's beginning does
	s.now = s.now.Add(1100 * time.Millisecond)
	assert.Less(t, s.asksFor("/p", 30_000, 1000), 1000)
	assert.Equal(t, uint64(2), s.engine.Stats().Early)
}
