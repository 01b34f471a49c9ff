package cache

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARefTellsWhetherItsValueIsStillTheOneStored(t *testing.T) {
	for name, end := range map[string]func(*Cache[string]){
		"Put":           func(c *Cache[string]) { _ = c.Put("a", "two", Policy{}) },
		"Delete":        func(c *Cache[string]) { c.Delete("a") },
		"Clear":         func(c *Cache[string]) { c.Clear() },
		"PurgeTag":      func(c *Cache[string]) { c.PurgeTag("t") },
		"InvalidateTag": func(c *Cache[string]) { c.InvalidateTag("t") },
		"Invalidate":    func(c *Cache[string]) { c.Invalidate("a") },
		"InvalidateAll": func(c *Cache[string]) { c.InvalidateAll() },
		"eviction": func(c *Cache[string]) {
			for i := range 100 {
				_ = c.Put(string(rune('b'+i)), "x", Policy{})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, at := newTest(t, Options[string]{MaxBytes: 1000})
			require.NoError(t, c.Put("a", "one", Policy{TTL: time.Minute, Tags: []string{"t"}}))
			var r Ref[string]
			require.Equal(t, Miss, c.Look(&r, at.t))
			c.Refer(&r, "a")
			require.Equal(t, Fresh, c.Look(&r, at.t))
			require.Equal(t, Info{Fresh, time.Minute}, c.LookInfo(&r, at.t))

			end(c)

			require.Equal(t, Miss, c.Look(&r, at.t))
			require.Equal(t, Info{}, c.LookInfo(&r, at.t))
			r.Clear()
			require.Equal(t, Miss, c.Look(&r, at.t))
		})
	}
}

func TestARefAgesWithItsValue(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("a", "one", Policy{TTL: time.Minute, StaleWhileRevalidate: time.Minute}))
	var r Ref[string]
	c.Refer(&r, "a")
	at.advance(61 * time.Second)
	require.Equal(t, Info{Stale, -time.Second}, c.LookInfo(&r, at.t))
	at.advance(time.Minute)
	require.Equal(t, Miss, c.Look(&r, at.t))
	s := c.Stats()
	require.EqualValues(t, []uint64{2, 1, 1}, []uint64{s.Gets, s.StaleHits, s.Misses})
	c.Refer(&r, "b")
	require.Equal(t, Miss, c.Look(&r, at.t))
}

func TestARefTellsWhatIsLeft(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("a", "one", Policy{TTL: time.Minute, StaleWhileRevalidate: 10 * time.Second, StaleIfError: time.Hour, Tags: []string{"t"}}))
	require.NoError(t, c.Put("b", "two", Policy{TTL: time.Second}))
	var a, b, none Ref[string]
	c.Refer(&a, "a")
	c.Refer(&b, "b")
	is := func(r *Ref[string], fresh, stale, onError time.Duration) {
		t.Helper()
		left, ok := c.Left(r, at.t)
		require.True(t, ok)
		require.Equal(t, Left{fresh, stale, onError}, left)
	}
	is(&a, time.Minute, 70*time.Second, time.Hour+time.Minute)
	is(&b, time.Second, time.Second, time.Second)
	at.advance(65 * time.Second)
	is(&a, -5*time.Second, 5*time.Second, time.Hour-5*time.Second)
	at.advance(time.Minute) // past what Look gives, and OnError still does
	is(&a, -65*time.Second, -55*time.Second, time.Hour-65*time.Second)
	_, ok := c.Left(&none, at.t)
	require.False(t, ok)
	before := c.Stats()

	require.NoError(t, c.Put("a", "one", Policy{TTL: time.Minute, StaleWhileRevalidate: 10 * time.Second, Tags: []string{"t"}}))
	_, ok = c.Left(&a, at.t)
	require.False(t, ok, "another is there")
	c.Refer(&a, "a")
	c.Invalidate("a")
	is(&a, 0, 10*time.Second, 0)
	c.PurgeTag("t")
	_, ok = c.Left(&a, at.t)
	require.False(t, ok)
	require.Equal(t, before.Gets, c.Stats().Gets, "it counts as no get")
}
