package cache

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCallbacksRunInOrderOutsideTheLockBeforeCommitReturns(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a")
	var order []int
	for i := range 3 {
		f.Then(func(v string, err error) {
			require.NoError(t, err)
			got, s := c.Get("a") // stored already, and no lock is held
			require.Equal(t, Fresh, s)
			require.Equal(t, v, got)
			require.NoError(t, c.Put("from a callback", "x", Policy{}))
			order = append(order, i)
		})
	}

	require.NoError(t, f.Commit("one", Policy{}))

	require.Equal(t, []int{0, 1, 2}, order)
}

func TestACallbackMayBeginTheNextFlight(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a")
	var next *Flight[string]
	f.Then(func(string, error) { next, _ = c.Begin("a") })
	f.Abandon(errors.New("broken"))

	require.NotSame(t, f, next)
	require.NoError(t, next.Commit("one", Policy{}))
}

func TestACallbackThatPanicsTakesNoOtherWithIt(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a")
	var got []string
	f.Then(func(v string, _ error) { got = append(got, v+"1") })
	f.Then(func(string, error) { panic("first") })
	f.Then(func(v string, _ error) { got = append(got, v+"2") })
	f.Then(func(string, error) { panic("second") })
	f.Then(func(v string, _ error) { got = append(got, v+"3") })

	require.Panics(t, func() { _ = f.Commit("v", Policy{}) })

	require.Equal(t, []string{"v1", "v2", "v3"}, got)
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
}

func TestAbandonWithoutAnErrorIsErrClosed(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a")
	f.Abandon(nil)
	var got error
	f.Then(func(_ string, err error) { got = err })
	require.ErrorIs(t, got, ErrClosed)
}

func TestAbandonLeavesWhatIsStoredAlone(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("a", "old", Policy{TTL: time.Second, StaleIfError: time.Hour}))
	at.advance(time.Minute)
	f, _ := c.Begin("a")
	f.Abandon(errors.New("broken"))
	v, ok := c.OnError("a", at.t)
	require.True(t, ok)
	require.Equal(t, "old", v)
}

// The cache remembers the last 128 purges for flights; a flight older than that
// is not stored if it has any tags, whichever they are.
func TestAFlightOlderThanTheRememberedPurgesIsNotStoredWithTags(t *testing.T) {
	for _, n := range []int{127, 128, 129, 1000} {
		c, _ := newTest(t, Options[string]{})
		tagged, _ := c.Begin("tagged")
		plain, _ := c.Begin("plain")
		for i := range n {
			c.PurgeTag("other" + strconv.Itoa(i))
		}

		err := tagged.Commit("v", Policy{Tags: []string{"mine"}})

		if n <= 128 {
			require.NoError(t, err, "%d purges", n)
		} else {
			require.ErrorIs(t, err, ErrClosed, "%d purges", n)
		}
		require.NoError(t, plain.Commit("v", Policy{}))
	}
}

func TestStatsAddUp(t *testing.T) {
	c, at := newTest(t, Options[string]{MaxBytes: 1000})
	f, _ := c.Begin("a")
	c.Begin("a")
	g, _ := c.Begin("b")
	c.Begin("c")
	require.NoError(t, f.Commit("x", Policy{TTL: time.Second}))
	g.Abandon(nil)
	at.advance(time.Minute)
	for i := range 30 {
		require.NoError(t, c.Put(strconv.Itoa(i), "x", Policy{}))
	}
	require.NoError(t, c.Put("29", "y", Policy{}))
	require.NoError(t, c.Put("bypassed", "y", Policy{TTL: -1}))
	require.Error(t, c.Put("large", string(make([]byte, 1000)), Policy{}))
	c.Delete("29")

	s := c.Stats()

	require.Equal(t, Stats{
		Begins: 4, Fills: 3, Collapsed: 1, Commits: 1, Abandons: 1, Flying: 1,
		Puts: 33, Stored: 32, Bypassed: 1, Refused: 1,
		Evicted: s.Evicted, Expired: 1, Replaced: 1, Deleted: 1,
		Entries: uint64(c.Len()), Bytes: uint64(c.Bytes()),
	}, s)
	require.Equal(t, s.Stored-s.Entries-3, s.Evicted)
}

func TestFlightRemovesOnlyWhatItWouldHaveReplaced(t *testing.T) {
	var left []string
	c, err := New(Options[string]{OnEvict: func(key, v string) { left = append(left, key+"="+v) }})
	require.NoError(t, err)
	require.NoError(t, c.Put("k", "old", Policy{TTL: time.Minute, Tags: []string{"t"}}))
	f, _ := c.Begin("k")
	f.Remove()
	f.Remove()
	assert.Equal(t, []string{"k=old"}, left)
	_, state := c.Get("k")
	assert.Equal(t, Miss, state)
	assert.Zero(t, c.Len())
	require.NoError(t, f.Commit("new", Policy{TTL: time.Minute}), "the flight goes on")
	f.Remove()
	v, _ := c.Get("k")
	assert.Equal(t, "new", v, "and has settled")

	f, _ = c.Begin("k")
	c.Delete("k")
	g, _ := c.Begin("k")
	require.NoError(t, g.Commit("newer", Policy{TTL: time.Minute}))
	f.Remove()
	v, _ = c.Get("k")
	assert.Equal(t, "newer", v, "its key has been let go of")
	f.Abandon(nil)

	f, _ = c.Begin("")
	f.Remove()
}
