package cache

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What follows is what users of caches that load have run into, most of it from the
// bug trackers of others; the number after a name is the issue.

// load calls Load on a goroutine of its own.
func load(c *Cache[string], ctx context.Context, key string, fill func(context.Context) (string, error), p Policy) chan outcome {
	out := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			out <- o
		}()
		o.value, o.err = c.Load(ctx, key, fill, p)
	}()
	return out
}

func constant(value string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return value, nil }
}

func fails(err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return "", err }
}

func TestAFreshLoadTakesNoLockAndAllocatesNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	p := Policy{StaleWhileRevalidate: time.Minute, Tags: []string{"a", "b"}}
	require.NoError(t, c.Put("a", "one", p))
	fill := constant("two")
	with := func(context.Context) (string, Policy, error) { return "two", p, nil }
	loader := c.Loader(func(context.Context, string) (string, error) { return "two", nil }, p)
	c.mu.Lock()
	allocated := testing.AllocsPerRun(100, func() {
		_, _ = loader.Load(bg, "a")
		_, _ = c.Load(bg, "a", fill, p)
		_, _ = c.LoadWith(bg, "a", with, "a", "b")
		_, _ = c.GetOrDefer("a", fill, p)
	})
	c.mu.Unlock()
	require.Zero(t, allocated)
	v, err := c.Load(bg, "a", fill, p)
	require.NoError(t, err)
	require.Equal(t, "one", v)
	require.Zero(t, c.Stats().Fills)
}

func TestAStaleLoadWaitsForNothingAndOneFillRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, at := newTest(t, Options[string]{})
		p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Hour}
		require.NoError(t, c.Put("a", "old", p))
		at.advance(time.Minute)
		g := newGate("new")
		fill := g.fill
		ctx, cancel := context.WithCancel(context.WithValue(bg, ctxKey{}, "reader"))
		cancel() // even so
		v, err := c.Load(ctx, "a", fill, p)
		require.NoError(t, err)
		require.Equal(t, "old", v)
		fillCtx := receive(t, g.entered)

		require.Zero(t, testing.AllocsPerRun(100, func() { v, err = c.Load(ctx, "a", fill, p) }), "another is under way")
		require.NoError(t, err)
		require.Equal(t, "old", v)
		require.NoError(t, fillCtx.Err())
		require.Equal(t, "reader", fillCtx.Value(ctxKey{}))
		require.EqualValues(t, 1, c.Stats().Fills)
		close(g.open)
		synctest.Wait()
		v, err = c.Load(bg, "a", nil, p)
		require.NoError(t, err)
		require.Equal(t, "new", v)
	})
}

func TestAllWhoMissShareOneFill(t *testing.T) {
	c, _ := newTest(t, Options[int]{})
	var runs atomic.Int64
	for round := range 200 {
		key := strings.Repeat("k", round+1)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				v, err := c.Load(bg, key, func(context.Context) (int, error) { runs.Add(1); return round, nil }, Policy{})
				assert.NoError(t, err)
				assert.Equal(t, round, v)
			})
		}
		wg.Wait()
		// Nor one after the other: eko/gocache#251.
		require.EqualValues(t, round+1, runs.Load())
	}
}

// However many are about to be filled at once, and whatever GetOrDefer has left.
func TestManyLoadsAtOnceHaveOneFillEach(t *testing.T) {
	c, _ := newTest(t, Options[int]{})
	const keys = 3 * maxParked
	var fills atomic.Int64
	for i := range keys {
		c.GetOrDefer("forgotten "+strconv.Itoa(i), nil, Policy{})
	}
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 3 * keys {
		wg.Go(func() {
			<-begin
			_, err := c.Load(bg, strconv.Itoa(i%keys), func(context.Context) (int, error) { fills.Add(1); return i, nil }, Policy{})
			assert.NoError(t, err)
		})
	}
	close(begin)
	wg.Wait()
	require.EqualValues(t, keys, fills.Load())
	require.EqualValues(t, keys, c.Stats().Fills)
}

func TestAMissAllocatesAsLittleAsDocumented(t *testing.T) {
	c, _ := newTest(t, Options[string]{Policy: Policy{TTL: 1}}) // stale at once
	fill := constant("one")
	require.LessOrEqual(t, testing.AllocsPerRun(200, func() { _, _ = c.Load(bg, "a", fill, Policy{}) }), 13.0)
}

func TestTheFirstCallersDeadlineIsNotTheFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTest(t, Options[string]{})
		g := newGate("one")
		short, cancel := context.WithTimeout(context.WithValue(bg, ctxKey{}, "first"), time.Second)
		defer cancel()
		first := load(c, short, "a", g.fill, Policy{})
		fillCtx := receive(t, g.entered)
		second := load(c, bg, "a", nil, Policy{})
		synctest.Wait()

		require.Equal(t, outcome{err: context.DeadlineExceeded}, receive(t, first))
		synctest.Wait()
		require.NoError(t, fillCtx.Err())
		require.Equal(t, "first", fillCtx.Value(ctxKey{}))
		_, bounded := fillCtx.Deadline()
		require.False(t, bounded)
		close(g.open)
		require.Equal(t, outcome{value: "one"}, receive(t, second))
	})
}

// tailscale/tailscale#18919, janos/singleflight#4.
func TestWhoComesAfterAllHaveLeftIsNotGivenTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTest(t, Options[string]{})
		s := newStuck() // does not look at its context
		ctx, leave := context.WithCancel(bg)
		first, second := load(c, ctx, "a", s.fill, Policy{}), load(c, ctx, "a", s.fill, Policy{})
		fillCtx := receive(t, s.entered)
		made, cancel := context.WithTimeout(context.WithValue(fillCtx, ctxKey{}, "made"), time.Hour)
		defer cancel()
		synctest.Wait()
		require.NoError(t, made.Err())
		leave()
		require.Equal(t, outcome{err: context.Canceled}, receive(t, first))
		require.Equal(t, outcome{err: context.Canceled}, receive(t, second))
		require.ErrorIs(t, fillCtx.Err(), context.Canceled)
		require.ErrorIs(t, context.Cause(fillCtx), context.Canceled)
		require.ErrorIs(t, made.Err(), context.Canceled, "and so do contexts made from it")

		v, err := c.Load(bg, "a", constant("new"), Policy{})

		require.NoError(t, err)
		require.Equal(t, "new", v)
		close(s.open)
		synctest.Wait()
		v, _ = c.Get("a")
		require.Equal(t, "new", v, "what nobody waited for stores nothing")
		require.Zero(t, c.Stats().Flying)
	})
}

func TestAContextThatHasEndedFillsNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	_, err := c.Load(ctx, "a", constant("one"), Policy{})
	require.Equal(t, context.Canceled, err)
	require.Zero(t, c.Stats().Fills)
	require.Empty(t, c.flights, "nor does it leave anything for others to run")
	require.NoError(t, c.Put("a", "there", Policy{}))
	v, err := c.Load(ctx, "a", nil, Policy{})
	require.NoError(t, err)
	require.Equal(t, "there", v)
}

// golang/go#33519, #41133, #67087, mailgun/groupcache#38, graph-gophers/dataloader#86.
func TestAFillThatPanicsOrExitsIsAnErrorToEverybodyAndIsNotKept(t *testing.T) {
	for name, c := range map[string]struct {
		end   func()
		value any
		says  string
	}{
		"a string":       {func() { panic("boom") }, "boom", "boom"},
		"an error":       {func() { panic(io.ErrUnexpectedEOF) }, io.ErrUnexpectedEOF, "unexpected EOF"},
		"a Stringer":     {func() { panic(time.Second) }, time.Second, "1s"},
		"a number":       {func() { panic(7) }, 7, "7"},
		"something else": {func() { panic([1]int{7}) }, [1]int{7}, "another type"},
		"Goexit":         {runtime.Goexit, nil, "runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { panicsForAll(t, c.end, c.value, c.says) })
		})
	}
}

func panicsForAll(t *testing.T, end func(), value any, says string) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("")
	fill := func(ctx context.Context) (string, error) {
		_, _ = g.fill(ctx)
		end()
		return "never", nil
	}
	var all []chan outcome
	for range 3 {
		all = append(all, load(c, bg, "some key", fill, Policy{}))
	}
	synctest.Wait()
	close(g.open)
	for _, one := range all {
		o := receive(t, one)
		require.Nil(t, o.panic)
		require.ErrorIs(t, o.err, ErrPanicked)
		var p *PanicError
		require.ErrorAs(t, o.err, &p)
		require.Equal(t, PanicError{Key: "some key", Value: value, Stack: p.Stack}, *p)
		require.Contains(t, string(p.Stack), "panicsForAll")
		require.ErrorContains(t, o.err, says)
		require.ErrorContains(t, o.err, `"some key"`)
		if err, is := value.(error); is {
			require.ErrorIs(t, o.err, err)
		}
	}
	v, err := c.Load(bg, "some key", constant("one"), Policy{})
	require.NoError(t, err)
	require.Equal(t, "one", v)
}

func TestANilFillIsAPanicOfTheFill(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	_, err := c.Load(bg, "a", nil, Policy{})
	require.ErrorIs(t, err, ErrPanicked)
	_, err = c.LoadWith(bg, "a", nil)
	require.ErrorIs(t, err, ErrPanicked)
}

// A handler's server recovers, so the lock must not have been held.
func TestAContextThatPanicsLeavesTheCacheUsable(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	var none context.Context
	for name, use := range map[string]func(){
		"Load":  func() { _, _ = c.Load(none, "a", constant("one"), Policy{}) },
		"Await": func() { _, d := c.GetOrDefer("a", constant("one"), Policy{}); _, _ = d.Await(none) },
	} {
		require.Panics(t, use, name)
		done := make(chan Stats, 1)
		go func() { done <- c.Stats() }()
		receive(t, done)
	}
}

// A fill that gives nil where Size counts on something.
func TestAValueThatSizePanicsOnIsAPanicOfTheFill(t *testing.T) {
	c, _ := newTest(t, Options[*[]byte]{Size: func(v *[]byte) int { return len(*v) }})
	nothing := func(context.Context) (*[]byte, error) { return nil, nil }
	_, err := c.Load(bg, "a", nothing, Policy{})
	var p *PanicError
	require.ErrorAs(t, err, &p)
	require.Contains(t, string(p.Stack), "load_test.go", "the stack tells where")
	require.Zero(t, c.Stats().Flying)
}

func TestErrorsReachAllAndAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type told struct {
			key string
			err error
		}
		var heard []told
		c, at := newTest(t, Options[string]{OnFillError: func(key string, err error) { heard = append(heard, told{key, err}) }})
		broken := errors.New("broken")
		g := newGate("")
		g.err = broken
		var all []chan outcome
		for range 3 {
			all = append(all, load(c, bg, "a", g.fill, Policy{}))
		}
		synctest.Wait()
		close(g.open)
		for _, one := range all {
			require.Equal(t, outcome{err: broken}, receive(t, one))
		}
		synctest.Wait()
		require.Equal(t, []told{{"a", broken}}, heard)

		v, err := c.Load(bg, "a", constant("one"), Policy{TTL: time.Second, StaleIfError: time.Minute})
		require.NoError(t, err)
		require.Equal(t, "one", v)
		at.advance(2 * time.Second)
		for range 2 { // the second falls into Options.RefreshPause
			v, err = c.Load(bg, "a", fails(broken), Policy{})
			require.NoError(t, err, "a value stands in")
			require.Equal(t, "one", v)
		}
		synctest.Wait()
		require.Equal(t, []told{{"a", broken}, {"a", broken}}, heard, "who wants to know is told")
		at.advance(time.Hour)
		_, err = c.Load(bg, "a", fails(broken), Policy{})
		require.Equal(t, broken, err)
		synctest.Wait()
		require.Len(t, heard, 3)
	})
}

func TestWhatHappensInTheBackgroundIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		fill func(context.Context) (string, error)
		is   error
	}{
		"an error": {fails(io.ErrClosedPipe), io.ErrClosedPipe},
		"a panic":  {func(context.Context) (string, error) { panic("boom") }, ErrPanicked},
		"time":     {func(ctx context.Context) (string, error) { <-ctx.Done(); time.Sleep(time.Second); return "late", nil }, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var heard []error
				cache, at := newTest(t, Options[string]{OnFillError: func(_ string, err error) { heard = append(heard, err) }})
				require.NoError(t, cache.Put("a", "old", shortly))
				at.advance(time.Second)
				v, err := cache.Load(bg, "a", c.fill, shortly)
				require.NoError(t, err)
				require.Equal(t, "old", v)
				time.Sleep(time.Minute) // past Options.RefreshTimeout
				synctest.Wait()
				require.Len(t, heard, 1)
				require.ErrorIs(t, heard[0], c.is)
			})
		})
	}
}

// ben-manes/caffeine, google/guava, moka and others keep what a purge overtook.
func TestALoadThatAPurgeOvertookIsNeitherSharedNorKept(t *testing.T) {
	for name, purge := range map[string]func(*Cache[string]){
		"Delete":        func(c *Cache[string]) { c.Delete("a") },
		"Clear":         func(c *Cache[string]) { c.Clear() },
		"PurgeTag":      func(c *Cache[string]) { c.PurgeTag("t") },
		"InvalidateTag": func(c *Cache[string]) { c.InvalidateTag("t") },
		"Invalidate":    func(c *Cache[string]) { c.Invalidate("a") },
		"InvalidateAll": func(c *Cache[string]) { c.InvalidateAll() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newTest(t, Options[string]{})
				p := Policy{Tags: []string{"t"}}
				before, after := newGate("old"), newGate("new")
				old := load(c, bg, "a", before.fill, p)
				synctest.Wait()
				purge(c)
				var herd []chan outcome
				for range 100 {
					herd = append(herd, load(c, bg, "a", after.fill, p))
				}
				synctest.Wait()
				require.EqualValues(t, 2, c.Stats().Fills, "the herd shares one")
				close(after.open)
				for _, one := range herd {
					require.Equal(t, outcome{value: "new"}, receive(t, one))
				}
				close(before.open)
				require.Equal(t, outcome{value: "old"}, receive(t, old))
				v, _ := c.Get("a")
				require.Equal(t, "new", v)
			})
		})
	}
}

func TestALoadInItsOwnFillIsReentrant(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	var fill func(context.Context) (string, error)
	fill = func(ctx context.Context) (string, error) { return c.Load(ctx, "a", fill, Policy{}) }
	_, err := c.Load(bg, "a", fill, Policy{})
	require.ErrorIs(t, err, ErrReentrant)

	// Through another cache.
	other, _ := newTest(t, Options[int]{})
	_, err = c.Load(bg, "a", func(ctx context.Context) (string, error) {
		_, err := other.Load(ctx, "b", func(ctx context.Context) (int, error) {
			_, err := c.Load(ctx, "a", nil, Policy{})
			return 0, err
		}, Policy{})
		return "", err
	}, Policy{})
	require.ErrorIs(t, err, ErrReentrant)

	// A stale value is there, so nothing waits.
	clocked, at := newTest(t, Options[string]{})
	require.NoError(t, clocked.Put("a", "old", Policy{TTL: time.Second, StaleIfError: time.Hour}))
	at.advance(time.Minute)
	v, err := clocked.Load(bg, "a", func(ctx context.Context) (string, error) {
		return clocked.Load(ctx, "a", nil, Policy{})
	}, Policy{})
	require.NoError(t, err, "the old value stands in for ErrReentrant")
	require.Equal(t, "old", v)
}

// Fills that wait for two others, each of which waits for the same two, and so on:
// there are few flights, and very many ways through them.
func TestFillsThatShareWhatTheyWaitForAreFoundInTime(t *testing.T) {
	const layers = 40
	c, _ := newTest(t, Options[int]{})
	synctest.Test(t, func(t *testing.T) {
		var load func(ctx context.Context, layer int, side string) (int, error)
		load = func(ctx context.Context, layer int, side string) (int, error) {
			return c.Load(ctx, side+strconv.Itoa(layer), func(ctx context.Context) (int, error) {
				if layer == layers {
					time.Sleep(time.Second) // until all wait
					return 1, nil
				}
				var wg sync.WaitGroup
				var sums [2]int
				for i, side := range []string{"a", "b"} {
					wg.Go(func() {
						time.Sleep(time.Duration(i) * time.Millisecond)
						sums[i], _ = load(ctx, layer+1, side)
					})
				}
				wg.Wait()
				return max(sums[0], sums[1]), nil
			}, Policy{})
		}
		v, err := load(bg, 0, "a")
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
	require.EqualValues(t, 2*layers+1, c.Stats().Fills)
}

// Nobody waits for a refresh in the background, so it may wait for whoever started
// it.
func TestARefreshMayLoadWhatIsBeingFilledByWhoStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages, _ := newTest(t, Options[string]{})
		parts, at := newTest(t, Options[int]{})
		p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Hour}
		require.NoError(t, parts.Put("part", 1, p))
		at.advance(time.Minute)
		open := make(chan struct{})
		refreshed := make(chan error, 1)
		v, err := pages.Load(bg, "page", func(ctx context.Context) (string, error) {
			_, err := parts.Load(ctx, "part", func(ctx context.Context) (int, error) {
				close(open)
				_, err := pages.Load(ctx, "page", nil, Policy{})
				refreshed <- err
				return 2, err
			}, p)
			<-open
			synctest.Wait() // the refresh waits for the page now
			return "page", err
		}, Policy{})
		require.NoError(t, err)
		require.Equal(t, "page", v)
		require.NoError(t, receive(t, refreshed))
	})
}

func TestWhatDoesNotFitIsGivenAndEvictsNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{MaxBytes: 1000})
	require.NoError(t, c.Put("kept", "small", Policy{}))
	huge := strings.Repeat("k", 1<<20)
	for i := range 3 {
		v, err := c.Load(bg, huge, constant("one"), Policy{})
		require.NoError(t, err)
		require.Equal(t, "one", v)
		v, err = c.Load(bg, "a", constant(huge), Policy{})
		require.NoError(t, err)
		require.Len(t, v, 1<<20)
		require.EqualValues(t, 2*(i+1), c.Stats().Refused)
	}
	_, s := c.Get("kept")
	require.Equal(t, Fresh, s)
	require.Equal(t, 1, c.Len())

	// A huge key that fits is one like others.
	c, _ = newTest(t, Options[string]{MaxBytes: 4 << 20})
	for range 2 {
		v, err := c.Load(bg, huge, constant("one"), Policy{})
		require.NoError(t, err)
		require.Equal(t, "one", v)
	}
	require.EqualValues(t, 1, c.Stats().Fills)
}

func TestTTLsOfALoad(t *testing.T) {
	runs := 0
	count := func(context.Context) (string, error) { runs++; return "one", nil }
	for name, step := range map[string]struct {
		ttl   time.Duration
		wait  time.Duration
		fills int // by three loads, then one after waiting
	}{
		"zero is the default":            {0, 5*time.Minute - 1, 1},
		"zero ends":                      {0, 5 * time.Minute, 2},
		"negative keeps nothing":         {-1, 0, 4},
		"nearly none is stale at once":   {1, 0, 4},
		"a microsecond, clock at a halt": {time.Microsecond, 0, 1},
		"centuries":                      {1<<63 - 1, 100 * 365 * 24 * time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, at := newTest(t, Options[string]{})
			runs = 0
			for range 3 {
				v, err := c.Load(bg, "a", count, Policy{TTL: step.ttl})
				require.NoError(t, err)
				require.Equal(t, "one", v)
			}
			at.advance(step.wait)
			_, err := c.Load(bg, "a", count, Policy{TTL: step.ttl})
			require.NoError(t, err)
			require.Equal(t, step.fills, runs)
		})
	}
}

func TestAClockSetBackDuringAFillMakesNothingLastLonger(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	_, err := c.Load(bg, "a", func(context.Context) (string, error) {
		at.advance(-time.Hour)
		return "one", nil
	}, Policy{TTL: time.Second})
	require.NoError(t, err)
	at.advance(time.Second - 1)
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
	at.advance(1)
	_, s = c.Get("a")
	require.Equal(t, Miss, s)
}

// A clock that begins at its zero value, as tests have.
func TestAClockOfTheYearOne(t *testing.T) {
	var now time.Time
	c, err := New(Options[string]{Now: func() time.Time { return now }})
	require.NoError(t, err)
	p := Policy{TTL: time.Second}
	_, err = c.Load(bg, "a", constant("one"), p)
	require.NoError(t, err)
	now = now.Add(time.Second - 1)
	v, _ := c.Load(bg, "a", constant("two"), p)
	require.Equal(t, "one", v)
	now = now.Add(1)
	v, _ = c.Load(bg, "a", constant("two"), p)
	require.Equal(t, "two", v)
}

func TestAnEmptyKeyIsAnErrorOfLoad(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	for _, ttl := range []time.Duration{0, -1} {
		_, err := c.Load(bg, "", constant("one"), Policy{TTL: ttl})
		require.ErrorIs(t, err, ErrEmptyKey)
	}
	_, err := c.LoadWith(bg, "", nil)
	require.ErrorIs(t, err, ErrEmptyKey)
}

func TestTheFillOfLoadWithSaysHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, at := newTest(t, Options[string]{Policy: Policy{StaleWhileRevalidate: time.Minute}})
		runs := 0
		get := func(value string, p Policy) string {
			v, err := c.LoadWith(bg, "a", func(context.Context) (string, Policy, error) { runs++; return value, p, nil })
			require.NoError(t, err)
			return v
		}
		// There is no such thing: ask again soon.
		require.Equal(t, "", get("", Policy{TTL: time.Second, StaleWhileRevalidate: -1}))
		require.Equal(t, "", get("here", Policy{}))
		require.Equal(t, 1, runs)
		at.advance(time.Second)
		require.Equal(t, "here", get("here", Policy{TTL: time.Hour, Tags: []string{"t"}}))
		require.Equal(t, "here", get("", Policy{}))
		require.Equal(t, 2, runs)
		// Its fields that are zero are the default's.
		at.advance(time.Hour)
		require.Equal(t, "here", get("new", Policy{TTL: time.Hour, Tags: []string{"t"}}))
		synctest.Wait()
		require.Equal(t, 3, runs)
		require.Equal(t, 1, c.PurgeTag("t"))
		// Given and not stored.
		require.Equal(t, "once", get("once", Policy{TTL: -1}))
		require.Equal(t, "twice", get("twice", Policy{TTL: -1}))
		require.EqualValues(t, 2, c.Stats().Bypassed)
	})
}

// The fill of a GetOrDefer whose Deferred was forgotten may hold what ended long ago.
func TestALoadRunsItsOwnFillAndNotOneThatNobodyAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, at := newTest(t, Options[string]{})
		p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Hour}
		_, forgotten := c.GetOrDefer("a", constant("forgotten"), Policy{TTL: time.Hour})
		v, err := c.Load(bg, "a", constant("own"), p)
		require.NoError(t, err)
		require.Equal(t, "own", v)
		v, err = forgotten.Await(bg)
		require.NoError(t, err)
		require.Equal(t, "own", v, "there was one fill")
		at.advance(time.Second)
		_, s := c.Get("a")
		require.Equal(t, Stale, s, "under its own policy")

		c.Delete("a")
		c.GetOrDefer("a", constant("forgotten"), Policy{})
		require.NoError(t, c.Put("a", "old", p))
		at.advance(time.Second)
		v, d := c.GetOrDefer("a", constant("new"), p)
		require.Nil(t, d)
		require.Equal(t, "old", v)
		synctest.Wait()
		v, _ = c.Get("a")
		require.Equal(t, "new", v, "so with a refresh in the background")
	})
}

func TestALoaderFillsByKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, at := newTest(t, Options[string]{})
		runs := 0
		l := c.Loader(func(_ context.Context, key string) (string, error) {
			if runs++; key == "bad" {
				return "", errors.New("broken")
			}
			return strings.ToUpper(key), nil
		}, Policy{TTL: time.Second, StaleWhileRevalidate: time.Second})
		buffer := []byte("ab")
		for range 2 {
			v, err := l.Load(bg, string(buffer))
			require.NoError(t, err)
			require.Equal(t, "AB", v)
		}
		require.Equal(t, 1, runs)
		_, err := l.Load(bg, "bad")
		require.ErrorContains(t, err, "broken")
		_, err = l.Load(bg, "")
		require.ErrorIs(t, err, ErrEmptyKey)
		at.advance(time.Second)
		v, err := l.Load(bg, "ab")
		require.NoError(t, err)
		require.Equal(t, "AB", v)
		synctest.Wait()
		require.Equal(t, 3, runs, "refreshed")

		around := c.Loader(func(_ context.Context, key string) (string, error) { return key, nil }, Policy{TTL: -1})
		v, err = around.Load(bg, "ab")
		require.NoError(t, err)
		require.Equal(t, "ab", v)
		v, _ = c.Get("ab")
		require.Equal(t, "AB", v)
	})
}

func TestLoadWithJoinsNoFlightThatAPurgeOfItsTagsOvertook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTest(t, Options[string]{})
		before := newGate("old")
		old := make(chan string, 1)
		go func() {
			v, _ := c.LoadWith(bg, "a", func(ctx context.Context) (string, Policy, error) {
				v, err := before.fill(ctx)
				return v, Policy{Tags: []string{"t"}}, err
			})
			old <- v
		}()
		synctest.Wait()
		c.PurgeTag("t")
		v, err := c.LoadWith(bg, "a", func(context.Context) (string, Policy, error) { return "new", Policy{}, nil }, "t")
		require.NoError(t, err)
		require.Equal(t, "new", v)
		close(before.open)
		require.Equal(t, "old", receive(t, old))
		v, _ = c.Get("a")
		require.Equal(t, "new", v)
	})
}

// A test in a bubble needs no Options.Now: the runtime's clock is the bubble's. A
// goroutine that a call left behind would end the bubble with a deadlock.
func TestInABubbleTimeIsTheBubblesAndNothingIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options[string]{})
		require.NoError(t, err)
		p := Policy{TTL: time.Minute, StaleWhileRevalidate: time.Minute}
		slow := func(ctx context.Context) (string, error) {
			select {
			case <-time.After(time.Hour):
				return "late", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		_, err = c.Load(bg, "a", constant("one"), p)
		require.NoError(t, err)
		time.Sleep(90 * time.Second)
		v, err := c.Load(bg, "a", slow, p) // ends after Options.RefreshTimeout
		require.NoError(t, err)
		require.Equal(t, "one", v)
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		_, err = c.Load(ctx, "b", slow, p) // ends with the only one who waited
		require.Equal(t, context.DeadlineExceeded, err)
		time.Sleep(time.Minute)
		require.Zero(t, c.Stats().Flying)
	})
}

// What OnEvict does wrong is no fill's fault: as in any goroutine, it ends the
// program, and says where.
func TestAPanicOfOnEvictOnAFillsGoroutineIsNotTakenForTheFills(t *testing.T) {
	const child = "INLAY_TEST_PANICS"
	if os.Getenv(child) != "" {
		c, _ := newTest(t, Options[string]{OnEvict: func(string, string) { panic("of OnEvict") }})
		require.NoError(t, c.Put("a", "old", Policy{TTL: 1, StaleIfError: time.Hour}))
		_, err := c.Load(bg, "a", constant("new"), Policy{})
		require.NoError(t, err)
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "panic: of OnEvict")
	require.Contains(t, string(out), "load_test.go")
}
