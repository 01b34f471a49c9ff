package cache

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stuck is a fill that ends when the test lets it, whatever its context says.
type stuck struct {
	entered chan context.Context
	open    chan struct{}
}

func newStuck() *stuck {
	return &stuck{entered: make(chan context.Context, 1), open: make(chan struct{})}
}

func (s *stuck) fill(ctx context.Context) (string, error) {
	s.entered <- ctx
	<-s.open
	return "late", nil
}

var shortly = Policy{TTL: time.Second, StaleWhileRevalidate: time.Second}

// refreshing gives a cache in which a background refresh of "a" is under way.
func refreshing(t *testing.T, o Options[string], fill func(context.Context) (string, error), p Policy) (*Cache[string], *clock) {
	c, at := newTest(t, o)
	require.NoError(t, c.Put("a", "old", p))
	at.advance(p.TTL)
	v, d := c.GetOrDefer("a", fill, p)
	require.Nil(t, d)
	require.Equal(t, "old", v)
	return c, at
}

func TestNobodyJoinsARefreshThatIsPastItsBound(t *testing.T) {
	s := newStuck()
	c, at := refreshing(t, Options[string]{}, s.fill, shortly)
	fillCtx := receive(t, s.entered)
	at.advance(29 * time.Second)
	_, joined := c.GetOrDefer("a", nil, shortly)
	waits := await(joined, bg)
	waiting(t, joined, 2)

	at.advance(time.Hour)

	runs := 0
	_, d := c.GetOrDefer("a", gives("new", &runs), shortly)
	receive(t, fillCtx.Done())
	require.ErrorIs(t, receive(t, waits).err, context.DeadlineExceeded)
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "new", v)
	close(s.open)
	v, st := c.Get("a")
	require.Equal(t, Fresh, st)
	require.Equal(t, "new", v, "what hung stores nothing")
}

func TestARefreshsContextEndsInRealTimeAndFreesTheKey(t *testing.T) {
	s := newStuck()
	c, _ := refreshing(t, Options[string]{RefreshTimeout: 20 * time.Millisecond}, s.fill, Policy{TTL: time.Second, StaleWhileRevalidate: time.Hour})
	fillCtx := receive(t, s.entered)
	receive(t, fillCtx.Done())
	require.ErrorIs(t, fillCtx.Err(), context.DeadlineExceeded)
	require.Eventually(t, func() bool { return c.Stats().Flying == 0 }, 10*time.Second, time.Millisecond)
	f, leader := c.Begin("a")
	require.True(t, leader)
	f.Abandon(nil)
	close(s.open)
}

func TestAFailingRefreshIsNotAskedOnEveryStaleRead(t *testing.T) {
	broken := errors.New("broken")
	for name, fill := range map[string]func() (string, error){
		"an error": func() (string, error) { return "", broken },
		"a panic":  func() (string, error) { panic("boom") },
		"Goexit":   func() (string, error) { runtime.Goexit(); return "", nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Minute, Tags: []string{"t"}}
			c, at := newTest(t, Options[string]{})
			require.NoError(t, c.Put("a", "old", p))
			at.advance(time.Second)
			var runs atomic.Int64
			read := func() {
				v, d := c.GetOrDefer("a", func(context.Context) (string, error) { runs.Add(1); return fill() }, p)
				require.Nil(t, d)
				require.Equal(t, "old", v)
				require.Eventually(t, func() bool { return c.Stats().Flying == 0 }, 10*time.Second, 10*time.Microsecond)
			}
			for range 100 {
				read()
			}
			require.EqualValues(t, 1, runs.Load())
			at.advance(time.Second - 1)
			read()
			require.EqualValues(t, 1, runs.Load())
			at.advance(1)
			read()
			read()
			require.EqualValues(t, 2, runs.Load())

			// Set back, the clock prolongs no pause.
			at.advance(-time.Hour)
			read()
			require.EqualValues(t, 2, runs.Load())
			at.advance(time.Second)
			read()
			require.EqualValues(t, 3, runs.Load())

			// An invalidation is a reason to ask again.
			c.InvalidateTag("t")
			read()
			read()
			require.EqualValues(t, 4, runs.Load())
		})
	}
}

func TestAFailedFillIsNotAskedAgainWhileAValueStandsInForIt(t *testing.T) {
	p := Policy{TTL: time.Second, StaleIfError: time.Minute}
	c, at := newTest(t, Options[string]{RefreshPause: 5 * time.Second})
	require.NoError(t, c.Put("a", "old", p))
	at.advance(2 * time.Second)
	runs := 0
	read := func() {
		v, d := c.GetOrDefer("a", func(context.Context) (string, error) { runs++; return "", errors.New("broken") }, p)
		if d != nil {
			var err error
			v, err = d.Await(bg)
			require.NoError(t, err)
		}
		require.Equal(t, "old", v)
	}
	for range 10 {
		read()
	}
	require.Equal(t, 1, runs)
	at.advance(5 * time.Second)
	read()
	require.Equal(t, 2, runs)
}

func TestWithoutAPauseEachStaleReadAsks(t *testing.T) {
	c, at := newTest(t, Options[string]{RefreshPause: -1})
	p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Minute}
	require.NoError(t, c.Put("a", "old", p))
	at.advance(time.Second)
	for i := range 3 {
		c.GetOrDefer("a", func(context.Context) (string, error) { return "", errors.New("broken") }, p)
		require.Eventually(t, func() bool { return c.Stats().Abandons == uint64(i+1) }, 10*time.Second, 10*time.Microsecond)
	}
}

func TestAFailureFromBeforeAPurgeIsNotRemembered(t *testing.T) {
	g := newGate("")
	g.err = errors.New("broken")
	p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Minute, Tags: []string{"t"}}
	c, _ := refreshing(t, Options[string]{}, g.fill, p)
	receive(t, g.entered)
	c.InvalidateTag("t")
	close(g.open)
	require.Eventually(t, func() bool { return c.Stats().Flying == 0 }, 10*time.Second, time.Millisecond)
	next := newGate("new")
	_, d := c.GetOrDefer("a", next.fill, p)
	require.Nil(t, d)
	receive(t, next.entered)
	close(next.open)
}

func TestRefusalsStayFew(t *testing.T) {
	var r refusals
	for i := range 100_000 {
		now := int64(i)
		r.add(uint64(i), 0, now, 100)
		require.True(t, r.hold(uint64(i), 0, now))
		require.Equal(t, i >= 99, r.hold(uint64(i-99), 0, now) && i >= 99)
		require.False(t, r.hold(uint64(i-100), 0, now))
		require.LessOrEqual(t, len(r.now)+len(r.before), 200)
	}
}

// Who has left keeps nothing alive: neither what its callback holds nor the key.
func TestACallbackTakenBackIsFreed(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a")
	freed := make(chan struct{})
	stop := func() func() bool {
		big := new([1 << 20]byte)
		runtime.AddCleanup(big, func(c chan struct{}) { close(c) }, freed)
		return f.Then(func(string, error) { big[0]++ })
	}()
	require.True(t, stop())
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	}, 10*time.Second, time.Millisecond)
	f.Abandon(nil)
}

// GetAt with the time of a clock that was set back: also if nothing else asks it.
func TestATimeGivenAfterTheClockWasSetBackProlongsNothing(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("a", "one", Policy{TTL: 2 * time.Second, StaleIfError: time.Second}))
	at.advance(-time.Hour)
	_, s := c.GetAt("a", at.now())
	require.Equal(t, Fresh, s)
	at.advance(2*time.Second - 1)
	_, s = c.GetAt("a", at.now())
	require.Equal(t, Fresh, s)
	_, info := c.Inspect("a", at.now())
	require.Equal(t, time.Duration(1), info.TTL)
	at.advance(1)
	_, s = c.GetAt("a", at.now())
	require.Equal(t, Miss, s)
	_, ok := c.OnError("a", at.now())
	require.True(t, ok)
	at.advance(time.Second)
	_, ok = c.OnError("a", at.now())
	require.False(t, ok)
}
