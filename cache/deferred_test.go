package cache

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var bg = context.Background()

// gives makes a fill that gives a value, and counts its runs.
func gives[V any](v V, runs *int) func(context.Context) (V, error) {
	return func(context.Context) (V, error) {
		*runs++
		return v, nil
	}
}

// gate is a fill that waits until the test lets it go on, or its context ends.
type gate struct {
	entered chan context.Context
	open    chan struct{}
	value   string
	err     error
}

func newGate(value string) *gate {
	return &gate{entered: make(chan context.Context, 1), open: make(chan struct{}), value: value}
}

func (g *gate) fill(ctx context.Context) (string, error) {
	g.entered <- ctx
	select {
	case <-g.open:
		return g.value, g.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// outcome is what an Await gave, or panicked with.
type outcome struct {
	value string
	err   error
	panic any
}

func await(d *Deferred[string], ctx context.Context) chan outcome {
	c := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			c <- o
		}()
		o.value, o.err = d.Await(ctx)
	}()
	return c
}

// waiting blocks until n callers wait for the Deferred.
func waiting(t *testing.T, d *Deferred[string], n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		d.f.c.mu.Lock()
		defer d.f.c.mu.Unlock()
		return d.waiters == n
	}, 10*time.Second, time.Millisecond)
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func TestHitIsSynchronousAndNothingElseRuns(t *testing.T) {
	c, _ := newTest(t, Options[[]byte]{})
	warm := []byte("warm")
	require.NoError(t, c.Put("a", warm, Policy{}))
	runs := 0

	v, d := c.GetOrDefer("a", gives([]byte("cold"), &runs), Policy{})

	require.Nil(t, d)
	require.Same(t, &warm[0], &v[0], "the value itself, not a copy")
	require.Zero(t, runs)
}

func TestFalsyValuesAreHits(t *testing.T) {
	runs := 0
	ints, _ := newTest(t, Options[int]{})
	require.NoError(t, ints.Put("a", 0, Policy{}))
	_, d1 := ints.GetOrDefer("a", gives(1, &runs), Policy{})
	slices, _ := newTest(t, Options[[]byte]{})
	require.NoError(t, slices.Put("nil", nil, Policy{}))
	require.NoError(t, slices.Put("empty", []byte{}, Policy{}))
	_, d2 := slices.GetOrDefer("nil", gives([]byte("x"), &runs), Policy{})
	v, d3 := slices.GetOrDefer("empty", gives([]byte("x"), &runs), Policy{})
	errs, _ := newTest(t, Options[error]{})
	require.NoError(t, errs.Put("a", nil, Policy{}))
	_, d4 := errs.GetOrDefer("a", gives(errors.New("x"), &runs), Policy{})

	for _, hit := range []bool{d1 == nil, d2 == nil, d3 == nil, d4 == nil} {
		assert.True(t, hit)
	}
	require.NotNil(t, v)
	require.Zero(t, runs)
}

func TestMissIsLazy(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0

	v, d := c.GetOrDefer("a", gives("one", &runs), Policy{})
	require.Zero(t, v)
	require.Zero(t, runs)
	require.Zero(t, c.Stats().Begins)

	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "one", v)
	v, s := c.Get("a")
	require.Equal(t, Fresh, s)
	require.Equal(t, "one", v)
}

func TestSameKeyInFlightGivesTheSameDeferredAndTheFirstFillAndPolicyWin(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	first, second := 0, 0
	_, d1 := c.GetOrDefer("a", gives("first", &first), Policy{TTL: time.Second})
	_, d2 := c.GetOrDefer("a", gives("second", &second), Policy{TTL: time.Hour})
	require.Same(t, d1, d2)

	v, err := d2.Await(bg)

	require.NoError(t, err)
	require.Equal(t, "first", v)
	require.Equal(t, []int{1, 0}, []int{first, second})
	at.advance(time.Second)
	_, s := c.Get("a")
	require.Equal(t, Miss, s)
	require.EqualValues(t, 1, c.Stats().Collapsed)
}

func TestAwaitingAgainGivesTheSameResult(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, d := c.GetOrDefer("a", gives("one", &runs), Policy{})
	for range 3 {
		v, err := d.Await(bg)
		require.NoError(t, err)
		require.Equal(t, "one", v)
	}
	c.Delete("a")
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "one", v)
	require.Equal(t, 1, runs)
}

func TestTTLCountsFromCompletion(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{TTL: 10 * time.Second})
	got := await(d, bg)
	receive(t, g.entered)

	at.advance(time.Minute)
	close(g.open)
	require.Equal(t, "one", receive(t, got).value)

	at.advance(10*time.Second - 1)
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
	at.advance(1)
	_, s = c.Get("a")
	require.Equal(t, Miss, s)
}

func TestBypassIgnoresTheWarmValueAndSharesNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	require.NoError(t, c.Put("a", "warm", Policy{StaleIfError: time.Hour}))
	one, two := 0, 0

	_, d1 := c.GetOrDefer("a", gives("one", &one), Policy{TTL: -1})
	_, d2 := c.GetOrDefer("a", gives("two", &two), Policy{TTL: -1})
	v1, err1 := d1.Await(bg)
	v2, err2 := d2.Await(bg)

	require.NoError(t, errors.Join(err1, err2))
	require.Equal(t, []string{"one", "two"}, []string{v1, v2})
	v, _ := c.Get("a")
	require.Equal(t, "warm", v)

	broken := errors.New("broken")
	_, d := c.GetOrDefer("a", func(context.Context) (string, error) { return "", broken }, Policy{TTL: -1})
	_, err := d.Await(bg)
	require.ErrorIs(t, err, broken, "the warm value does not stand in for a bypass")
}

func TestErrorsAreSharedAndNeverCached(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("")
	g.err = errors.New("broken")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	one, two := await(d, bg), await(d, bg)
	waiting(t, d, 2)
	close(g.open)
	require.Same(t, g.err, receive(t, one).err)
	require.Same(t, g.err, receive(t, two).err)

	runs := 0
	_, d = c.GetOrDefer("a", gives("own", &runs), Policy{})
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "own", v)
}

func TestDeletedFlightServesItsHoldersAndNeverOverwrites(t *testing.T) {
	for name, let := range map[string]func(*Cache[string]){
		"Delete":   func(c *Cache[string]) { c.Delete("a") },
		"Clear":    func(c *Cache[string]) { c.Clear() },
		"PurgeTag": func(c *Cache[string]) { c.PurgeTag("t") },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newTest(t, Options[string]{})
			old, fresh := newGate("old"), newGate("new")
			_, d1 := c.GetOrDefer("a", old.fill, Policy{Tags: []string{"t"}})
			got1 := await(d1, bg)
			receive(t, old.entered)

			let(c)

			_, d2 := c.GetOrDefer("a", fresh.fill, Policy{Tags: []string{"t"}})
			require.NotSame(t, d1, d2)
			got2 := await(d2, bg)
			receive(t, fresh.entered) // both run at once
			close(fresh.open)
			require.Equal(t, outcome{value: "new"}, receive(t, got2))
			close(old.open)
			require.Equal(t, outcome{value: "old"}, receive(t, got1))
			v, _ := c.Get("a")
			require.Equal(t, "new", v)
		})
	}
}

func TestCloseOnAnUnstartedDeferredPoisonsNobody(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	one, two := 0, 0
	_, d1 := c.GetOrDefer("a", gives("one", &one), Policy{})
	_, held := c.GetOrDefer("a", gives("one", &one), Policy{})

	d1.Close()
	d1.Close()

	_, d2 := c.GetOrDefer("a", gives("two", &two), Policy{})
	require.NotSame(t, d1, d2)
	v, err := held.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "one", v)
	_, s := c.Get("a")
	require.Equal(t, Miss, s, "a closed Deferred's value is not stored")
	v, err = d2.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "two", v)
}

func TestCloseOnAStartedDeferredDoesNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	got := await(d, bg)
	receive(t, g.entered)

	d.Close()

	_, again := c.GetOrDefer("a", g.fill, Policy{})
	require.Same(t, d, again)
	close(g.open)
	require.Equal(t, "one", receive(t, got).value)
	d.Close()
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
}

func TestLeadersEndTakesNobodyWithIt(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	leaderCtx, leave := context.WithCancel(bg)
	leader := await(d, leaderCtx)
	fillCtx := receive(t, g.entered)
	follower := await(d, bg)
	waiting(t, d, 2)

	leave()

	require.ErrorIs(t, receive(t, leader).err, context.Canceled)
	require.NoError(t, fillCtx.Err())
	close(g.open)
	require.Equal(t, outcome{value: "one"}, receive(t, follower))
}

func TestFollowersEndConcernsNobodyElse(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	leader := await(d, bg)
	fillCtx := receive(t, g.entered)
	ctx, leave := context.WithCancel(bg)
	follower := await(d, ctx)
	waiting(t, d, 2)

	leave()

	require.ErrorIs(t, receive(t, follower).err, context.Canceled)
	require.NoError(t, fillCtx.Err())
	close(g.open)
	require.Equal(t, outcome{value: "one"}, receive(t, leader))
}

func TestFillEndsWhenTheLastWaiterHasGoneAndTheKeyIsFree(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	ctx, leave := context.WithCancel(bg)
	one, two := await(d, ctx), await(d, ctx)
	fillCtx := receive(t, g.entered)
	waiting(t, d, 2)

	leave()

	require.Error(t, receive(t, one).err)
	require.Error(t, receive(t, two).err)
	receive(t, fillCtx.Done())
	runs := 0
	_, d2 := c.GetOrDefer("a", gives("two", &runs), Policy{})
	v, err := d2.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "two", v)
	<-d.done
}

func TestAContextThatHasEndedStartsNothing(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, d := c.GetOrDefer("a", gives("one", &runs), Policy{})
	ctx, cancel := context.WithCancel(bg)
	cancel()

	_, err := d.Await(ctx)

	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, runs)
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "one", v)
	v, err = d.Await(ctx)
	require.NoError(t, err, "what has settled needs no waiting")
	require.Equal(t, "one", v)
}

type ctxKey struct{}

func TestFillSeesTheStartersValuesAndNotItsDeadline(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	ctx, cancel := context.WithTimeout(context.WithValue(bg, ctxKey{}, "starter"), time.Hour)
	defer cancel()
	got := await(d, ctx)

	fillCtx := receive(t, g.entered)

	require.Equal(t, "starter", fillCtx.Value(ctxKey{}))
	_, has := fillCtx.Deadline()
	require.False(t, has)
	close(g.open)
	receive(t, got)
	receive(t, fillCtx.Done())
}

func TestManyWaitersDoNotDeadlock(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("one")
	_, d := c.GetOrDefer("a", g.fill, Policy{})
	const n = 2000
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, d := c.GetOrDefer("a", g.fill, Policy{})
			v, err := d.Await(bg)
			assert.NoError(t, err)
			assert.Equal(t, "one", v)
		})
	}
	waiting(t, d, n)
	close(g.open)
	wg.Wait()
	require.EqualValues(t, 1, c.Stats().Fills)
}

func TestAFillThatAwaitsItselfGetsErrReentrant(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	var fill func(ctx context.Context) (string, error)
	fill = func(ctx context.Context) (string, error) {
		_, d := c.GetOrDefer("a", fill, Policy{})
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return d.Await(ctx)
	}
	_, d := c.GetOrDefer("a", fill, Policy{})

	_, err := d.Await(bg)

	require.ErrorIs(t, err, ErrReentrant)
	require.ErrorContains(t, err, `"a"`)
}

func TestFillsThatAwaitEachOtherInACircleGetErrReentrant(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	var both sync.WaitGroup
	both.Add(2)
	awaits := func(own, other string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			both.Done()
			both.Wait() // both are in flight before either awaits the other
			_, d := c.GetOrDefer(other, nil, Policy{})
			if d == nil {
				return own, nil
			}
			_, err := d.Await(ctx)
			return own, err
		}
	}
	_, a := c.GetOrDefer("a", awaits("a", "b"), Policy{})
	_, b := c.GetOrDefer("b", awaits("b", "a"), Policy{})
	gotA, gotB := await(a, bg), await(b, bg)

	require.ErrorIs(t, errors.Join(receive(t, gotA).err, receive(t, gotB).err), ErrReentrant)
}

func TestAFillMayAwaitAnotherKey(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, d := c.GetOrDefer("a", func(ctx context.Context) (string, error) {
		_, d := c.GetOrDefer("b", gives("b", &runs), Policy{})
		v, err := d.Await(ctx)
		return "a" + v, err
	}, Policy{})

	v, err := d.Await(bg)

	require.NoError(t, err)
	require.Equal(t, "ab", v)
}

func TestAPanicSettlesForAllAndIsRaisedWhereTheFillWasStarted(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	g := newGate("")
	_, d := c.GetOrDefer("a", func(ctx context.Context) (string, error) {
		_, _ = g.fill(ctx)
		panic("boom")
	}, Policy{})
	starter := await(d, bg)
	receive(t, g.entered)
	follower := await(d, bg)
	waiting(t, d, 2)
	close(g.open)

	require.Equal(t, "boom", receive(t, starter).panic)
	o := receive(t, follower)
	require.Nil(t, o.panic)
	require.ErrorIs(t, o.err, ErrPanicked)
	_, err := d.Await(bg)
	require.ErrorIs(t, err, ErrPanicked)
	runs := 0
	_, d = c.GetOrDefer("a", gives("one", &runs), Policy{})
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "one", v)
}

func TestGoexitSettlesTheFlight(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	_, d := c.GetOrDefer("a", func(context.Context) (string, error) {
		runtime.Goexit()
		return "never", nil
	}, Policy{})

	_, err := d.Await(bg)

	require.ErrorIs(t, err, ErrPanicked)
	require.Zero(t, c.Stats().Flying)
}

func TestADeferredThatNobodyAwaitsDoesNotBlockItsKey(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, forgotten := c.GetOrDefer("a", gives("first", &runs), Policy{})

	_, d := c.GetOrDefer("a", gives("second", &runs), Policy{})
	require.Same(t, forgotten, d)
	v, err := d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "first", v)

	_, forgotten = c.GetOrDefer("b", gives("first", &runs), Policy{})
	c.Delete("b")
	_, d = c.GetOrDefer("b", gives("second", &runs), Policy{})
	require.NotSame(t, forgotten, d)
	v, err = d.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "second", v)
}

func TestDeferredsThatNobodyAwaitsDoNotPileUp(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, first := c.GetOrDefer("0", gives("first", &runs), Policy{})
	_, second := c.GetOrDefer("1", gives("second", &runs), Policy{})
	for i := 2; i < 3*maxParked; i++ {
		c.GetOrDefer(strconv.Itoa(i), gives("x", &runs), Policy{})
	}
	require.Len(t, c.flights, maxParked)

	// Awaited after all, it takes its key back.
	v, err := first.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "first", v)
	_, s := c.Get("0")
	require.Equal(t, Fresh, s)

	// Unless another has it.
	_, other := c.GetOrDefer("1", gives("other", &runs), Policy{})
	v, err = second.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "second", v)
	v, err = other.Await(bg)
	require.NoError(t, err)
	require.Equal(t, "other", v)
	v, _ = c.Get("1")
	require.Equal(t, "other", v)
}

func TestStaleIsServedAtOnceWhileOneRefreshRuns(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	p := Policy{TTL: time.Second, StaleWhileRevalidate: time.Hour}
	require.NoError(t, c.Put("a", "old", p))
	at.advance(time.Minute)
	g := newGate("new")

	for range 3 {
		v, d := c.GetOrDefer("a", g.fill, p)
		require.Nil(t, d)
		require.Equal(t, "old", v)
	}

	receive(t, g.entered)
	require.EqualValues(t, 1, c.Stats().Fills)
	f, leader := c.Begin("a")
	require.False(t, leader)
	refreshed := make(chan string, 1)
	f.Then(func(v string, _ error) { refreshed <- v })
	close(g.open)
	require.Equal(t, "new", receive(t, refreshed))
	v, s := c.Get("a")
	require.Equal(t, Fresh, s)
	require.Equal(t, "new", v)
}

func TestARefreshOutlivesThoseWhoJoinIt(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	p := Policy{TTL: time.Second, StaleWhileRevalidate: 10 * time.Second}
	require.NoError(t, c.Put("a", "old", p))
	at.advance(time.Second)
	g := newGate("new")
	c.GetOrDefer("a", g.fill, p)
	fillCtx := receive(t, g.entered)
	at.advance(20 * time.Second)
	_, d := c.GetOrDefer("a", g.fill, p)
	ctx, leave := context.WithCancel(bg)
	got := await(d, ctx)
	waiting(t, d, 2)

	leave()

	require.Error(t, receive(t, got).err)
	require.NoError(t, fillCtx.Err())
	close(g.open)
	<-d.done
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
}

func TestStaleIfErrorStandsInForAFailedFill(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	p := Policy{TTL: time.Second, StaleIfError: time.Hour}
	require.NoError(t, c.Put("a", "old", p))
	at.advance(time.Minute)
	broken := errors.New("broken")
	_, d := c.GetOrDefer("a", func(context.Context) (string, error) { return "", broken }, p)
	require.NotNil(t, d)
	told := make(chan error, 1)
	d.f.Then(func(_ string, err error) { told <- err })

	v, err := d.Await(bg)

	require.NoError(t, err)
	require.Equal(t, "old", v)
	require.Same(t, broken, receive(t, told), "callbacks get the error")

	at.advance(time.Hour)
	_, d = c.GetOrDefer("a", func(context.Context) (string, error) { return "", broken }, p)
	_, err = d.Await(bg)
	require.Same(t, broken, err)
}

func TestDeferredJoinsAFlightThatBeginStarted(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, leader := c.Begin("a")
	require.True(t, leader)
	_, d := c.GetOrDefer("a", nil, Policy{})
	ctx, leave := context.WithCancel(bg)
	gone, stays := await(d, ctx), await(d, bg)
	waiting(t, d, 2)

	leave()
	require.Error(t, receive(t, gone).err)
	require.NoError(t, f.Commit("one", Policy{}))

	require.Equal(t, outcome{value: "one"}, receive(t, stays))
	v, s := c.Get("a")
	require.Equal(t, Fresh, s)
	require.Equal(t, "one", v)
}

func TestBeginLeadsAFlightThatNobodyHasStarted(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, d := c.GetOrDefer("a", gives("fill", &runs), Policy{})

	f, leader := c.Begin("a")

	require.True(t, leader)
	got := await(d, bg)
	waiting(t, d, 1)
	require.NoError(t, f.Commit("led", Policy{}))
	require.Equal(t, outcome{value: "led"}, receive(t, got))
	require.Zero(t, runs)
}

func TestAValueTooLargeIsGivenAndNotStored(t *testing.T) {
	c, _ := newTest(t, Options[string]{MaxBytes: 200})
	runs := 0
	_, d := c.GetOrDefer("a", gives(string(make([]byte, 500)), &runs), Policy{})

	v, err := d.Await(bg)

	require.NoError(t, err)
	require.Len(t, v, 500)
	require.Zero(t, c.Len())
	require.EqualValues(t, 1, c.Stats().Refused)
}

func TestEmptyKeyIsAnErrorAtAwait(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	runs := 0
	_, d := c.GetOrDefer("", gives("one", &runs), Policy{})

	_, err := d.Await(bg)

	require.ErrorIs(t, err, ErrEmptyKey)
	require.Zero(t, runs)
	d.Close()
}
