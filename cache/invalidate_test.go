package cache

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// softEnds are the ways to end the freshness of key "a", which carries tag "t".
var softEnds = map[string]func(*Cache[string]) int{
	"InvalidateTag": func(c *Cache[string]) int { return c.InvalidateTag("t") },
	"Invalidate": func(c *Cache[string]) int {
		if c.Invalidate("a") {
			return 1
		}
		return 0
	},
	"InvalidateAll": func(c *Cache[string]) int { return c.InvalidateAll() },
}

func TestAnInvalidationEndsFreshnessNowAndTheStaleWindowsCountFromThen(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, at := newTest(t, Options[string]{})
			p := Policy{TTL: time.Hour, StaleWhileRevalidate: 2 * time.Minute, StaleIfError: 3 * time.Minute, Tags: []string{"t"}}
			require.NoError(t, c.Put("a", "one", p))
			at.advance(time.Minute)

			require.Equal(t, 1, end(c))
			at.advance(time.Minute)
			require.Zero(t, end(c), "it was stale already")

			v, info := c.Inspect("a", at.t)
			require.Equal(t, "one", v)
			require.Equal(t, Info{Stale, -time.Minute}, info)
			at.advance(time.Minute) // two after the first, of which the second extends nothing
			_, s := c.Get("a")
			require.Equal(t, Miss, s)
			_, ok := c.OnError("a", at.t)
			require.True(t, ok)
			at.advance(time.Minute)
			_, ok = c.OnError("a", at.t)
			require.False(t, ok)
			checkInvariants(t, c)
		})
	}
}

func TestAnInvalidationMakesNothingLastLonger(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, at := newTest(t, Options[string]{})
			p := Policy{TTL: time.Minute, StaleWhileRevalidate: time.Minute, Tags: []string{"t"}}
			require.NoError(t, c.Put("a", "one", p))
			at.advance(90 * time.Second)
			end(c)
			_, info := c.Inspect("a", at.t)
			require.Equal(t, Info{Stale, -30 * time.Second}, info)
			at.advance(30 * time.Second)
			_, s := c.Get("a")
			require.Equal(t, Miss, s)
		})
	}
}

func TestWhatHasNoStaleWindowLeavesWhenItsKeyIsInvalidated(t *testing.T) {
	for name, p := range map[string]Policy{
		"no policy":     {TTL: time.Hour},
		"tags":          {TTL: time.Hour, Tags: []string{"t"}},
		"expired":       {TTL: time.Second},
		"stale is over": {TTL: time.Second, StaleWhileRevalidate: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var left []string
			c, at := newTest(t, Options[string]{OnEvict: func(key, v string) { left = append(left, key+"="+v) }})
			require.NoError(t, c.Put("a", "one", p))
			require.NoError(t, c.Put("b", "two", p))
			at.advance(time.Minute)
			require.Equal(t, p.TTL == time.Hour, c.Invalidate("a"))
			require.Equal(t, []string{"a=one"}, left)
			require.Equal(t, 1, c.Len())
			_, s := c.Get("a")
			require.Equal(t, Miss, s)
			_, s = c.Get("b")
			require.Equal(t, p.TTL == time.Hour, s == Fresh)
			require.EqualValues(t, 1, c.Stats().Expired)
			checkInvariants(t, c)
		})
	}
}

func TestWhatHasNoStaleWindowIsReclaimedAfterAllWasInvalidated(t *testing.T) {
	left := 0
	c, at := newTest(t, Options[string]{OnEvict: func(string, string) { left++ }})
	for i := range 1000 {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), "x", Policy{TTL: time.Hour}))
	}
	require.NoError(t, c.Put("kept", "x", Policy{TTL: time.Hour, Keep: time.Hour}))
	require.Equal(t, 1001, c.InvalidateAll())
	for i := range 1000 {
		_, s := c.GetAt("k"+strconv.Itoa(i), at.t)
		require.Equal(t, Miss, s)
	}
	for range 1000 {
		require.NoError(t, c.Put("other", "y", Policy{TTL: time.Hour}))
	}
	require.Equal(t, 2, c.Len())
	v, ok := c.Stored("kept")
	require.True(t, ok)
	require.Equal(t, "x", v)
	checkInvariants(t, c)
}

func TestInvalidatingAKeyConcernsNoOther(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	p := Policy{TTL: time.Hour, StaleWhileRevalidate: time.Hour, Tags: []string{"a"}}
	require.NoError(t, c.Put("a", "one", p))
	require.NoError(t, c.Put("b", "two", p))
	fa, _ := c.Begin("a")
	fb, _ := c.Begin("b", "a")
	require.True(t, c.Invalidate("a"))
	require.False(t, c.Invalidate("nothing"))
	require.False(t, c.Invalidate(""))

	_, s := c.GetAt("b", at.t)
	require.Equal(t, Fresh, s, "a key is not the tag of its name")
	require.True(t, fa.Overtaken())
	require.False(t, fb.Overtaken("a"))
	require.Equal(t, 2, c.InvalidateTag("a"))
	checkInvariants(t, c)
}

// Many keys at once, as a log brings them, are no reason to distrust the flights of others.
func TestInvalidatingManyKeysOvertakesNoFlightOfAnother(t *testing.T) {
	c, _ := newTest(t, Options[string]{})
	f, _ := c.Begin("a", "t")
	for i := range 1000 {
		c.Invalidate("k" + strconv.Itoa(i))
	}
	require.False(t, f.Overtaken("t"))
	require.NoError(t, f.Commit("one", Policy{TTL: time.Hour, Tags: []string{"t"}}))
	_, s := c.Get("a")
	require.Equal(t, Fresh, s)
}

func TestAFlightThatAnInvalidationOvertookIsStoredAsStale(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, at := newTest(t, Options[string]{})
			p := Policy{TTL: time.Hour, StaleWhileRevalidate: 2 * time.Minute, Tags: []string{"t"}}
			f, leader := c.Begin("a", "t")
			require.True(t, leader)
			end(c)
			require.True(t, f.Overtaken("t"))
			at.advance(time.Minute)
			end(c) // the first one counts
			require.NoError(t, f.Commit("one", p))
			v, info := c.Inspect("a", at.t)
			require.Equal(t, "one", v)
			require.Equal(t, Info{Stale, -time.Minute}, info)
			at.advance(time.Minute)
			_, s := c.Get("a")
			require.Equal(t, Miss, s)

			// The next one began after it.
			f, leader = c.Begin("a", "t")
			require.True(t, leader)
			require.NoError(t, f.Commit("two", p))
			_, s = c.Get("a")
			require.Equal(t, Fresh, s)
			checkInvariants(t, c)
		})
	}
}

func TestAFlightThatAnInvalidationOvertookIsNotJoined(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, _ := newTest(t, Options[string]{})
			p := Policy{TTL: time.Hour, StaleWhileRevalidate: time.Hour, Tags: []string{"t"}}
			old, _ := c.Begin("a", "t")
			got := ""
			old.Then(func(v string, _ error) { got = v })
			end(c)
			f, leader := c.Begin("a", "t")
			require.True(t, leader)
			require.NotSame(t, old, f)
			require.NoError(t, f.Commit("new", p))
			require.ErrorIs(t, old.Commit("old", p), ErrClosed)
			require.Equal(t, "old", got)
			v, s := c.Get("a")
			require.Equal(t, "new", v)
			require.Equal(t, Fresh, s)
			checkInvariants(t, c)
		})
	}
}

func TestAFlightThatAnInvalidationOvertookIsNotStoredWithoutAStaleWindow(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, _ := newTest(t, Options[string]{})
			f, _ := c.Begin("a")
			end(c)
			require.ErrorIs(t, f.Commit("one", Policy{TTL: time.Hour, Tags: []string{"t"}}), ErrClosed)
			require.Zero(t, c.Len())
		})
	}
}

// A fill that nobody has started yet has read nothing that could be outdated.
func TestAnInvalidationConcernsNoFillThatHasNotStarted(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			c, _ := newTest(t, Options[string]{})
			_, d := c.GetOrDefer("a", func(context.Context) (string, error) { return "one", nil },
				Policy{TTL: time.Hour, Tags: []string{"t"}})
			end(c)
			v, err := d.Await(bg)
			require.NoError(t, err)
			require.Equal(t, "one", v)
			_, s := c.Get("a")
			require.Equal(t, Fresh, s)
		})
	}
}

func TestAnInvalidationEndsThePauseAfterAFailedFill(t *testing.T) {
	for name, end := range softEnds {
		t.Run(name, func(t *testing.T) {
			p := Policy{TTL: time.Second, StaleIfError: time.Minute, Tags: []string{"t"}}
			c, at := newTest(t, Options[string]{RefreshPause: time.Hour})
			require.NoError(t, c.Put("a", "old", p))
			at.advance(2 * time.Second)
			runs := 0
			read := func() {
				v, err := c.Load(bg, "a", func(context.Context) (string, error) { runs++; return "", errors.New("broken") }, p)
				require.NoError(t, err)
				require.Equal(t, "old", v)
			}
			read()
			read()
			require.Equal(t, 1, runs)
			end(c)
			read()
			read()
			require.Equal(t, 2, runs)
		})
	}
}

// BenchmarkInvalidateAll takes what a million entries take.
func BenchmarkInvalidateAll(b *testing.B) {
	c, err := New(Options[int]{MaxBytes: 1 << 30, Size: func(int) int { return 8 }})
	require.NoError(b, err)
	p := Policy{TTL: time.Hour, StaleWhileRevalidate: time.Hour}
	const n = 1_000_000
	for i := range n {
		require.NoError(b, c.Put("key "+strconv.Itoa(i), i, p))
	}
	require.Equal(b, n, c.InvalidateAll())
	for b.Loop() {
		c.InvalidateAll()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/n, "ns/entry")
}
