package cache

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func numbered(t *testing.T, n int, o Options[int], p Policy) (*Cache[int], *clock) {
	c, at := newTest(t, o)
	for i := range n {
		require.NoError(t, c.Put(strconv.Itoa(i), i, p))
	}
	return c, at
}

func TestAllGivesEachKeyOnceWithItsValue(t *testing.T) {
	for _, n := range []int{0, 1, 10, 3000} {
		c, _ := numbered(t, n, Options[int]{}, Policy{})
		seen := map[string]int{}
		for key, e := range c.All() {
			_, twice := seen[key]
			require.False(t, twice)
			seen[key] = e.Value
			require.Equal(t, key, strconv.Itoa(e.Value))
		}
		require.Len(t, seen, n)
	}
}

func TestAllTellsWhatIsKnown(t *testing.T) {
	c, at := newTest(t, Options[string]{Policy: Policy{TTL: time.Hour, Tags: []string{"default"}}})
	p := Policy{TTL: 10 * time.Second, StaleWhileRevalidate: 20 * time.Second, StaleIfError: 30 * time.Second, Keep: 5 * time.Second, Tags: []string{"a", "b"}}
	require.NoError(t, c.Put("all", "12345", p))
	one := func() (e Entry[string]) {
		for _, e = range c.All() {
		}
		return e
	}
	want := Entry[string]{Value: "12345", Info: Info{State: Fresh, TTL: 10 * time.Second}, Bytes: 3 + 5 + EntryOverhead, Policy: p}
	require.Equal(t, want, one())

	at.advance(10*time.Second - 1)
	want.TTL, want.Policy.TTL = 1, 1
	require.Equal(t, want, one())

	at.advance(1)
	want.Info = Info{State: Stale}
	require.Equal(t, want, one())

	at.advance(19 * time.Second)
	want.TTL = -19 * time.Second
	want.Policy.StaleWhileRevalidate, want.Policy.StaleIfError = time.Second, 11*time.Second
	require.Equal(t, want, one())

	at.advance(1 * time.Second)
	want.Info = Info{State: Miss, TTL: -20 * time.Second}
	want.Policy.StaleWhileRevalidate, want.Policy.StaleIfError = -1, 10*time.Second
	require.Equal(t, want, one())

	at.advance(10 * time.Second)
	want.TTL = -30 * time.Second
	want.Policy.StaleIfError = -1
	require.Equal(t, want, one())

	at.advance(5*time.Second - 1)
	want.TTL, want.Policy.Keep = -35*time.Second+1, 1
	require.Equal(t, want, one())

	at.advance(1)
	require.Zero(t, one())

	require.NoError(t, c.Put("bare", "", Policy{Tags: []string{}}))
	require.Equal(t, Entry[string]{Info: Info{State: Fresh, TTL: time.Hour}, Bytes: 4 + EntryOverhead,
		Policy: Policy{TTL: time.Hour, StaleWhileRevalidate: -1, StaleIfError: -1, Keep: -1, Tags: []string{}}}, one())
	c.Delete("bare")

	require.NoError(t, c.Put("soft", "", p))
	at.advance(time.Second)
	c.InvalidateTag("b")
	at.advance(2 * time.Second)
	require.Equal(t, Entry[string]{Info: Info{State: Stale, TTL: -2 * time.Second}, Bytes: 4 + EntryOverhead,
		Policy: Policy{TTL: 1, StaleWhileRevalidate: 18 * time.Second, StaleIfError: 28 * time.Second, Keep: 5 * time.Second, Tags: []string{"a", "b"}}}, one())

	c.PurgeTag("a")
	require.Zero(t, one())
	require.NotZero(t, c.Len(), "not reclaimed yet")
}

// Whatever the policy and the age, what is stored elsewhere under what is left
// behaves alike from then on.
func TestWhatIsLeftOfAPolicyIsWhatItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	some := func() time.Duration { return time.Duration(r.IntN(6)-1) * time.Second }
	states := func(c *Cache[string], at *clock) string {
		_, ok := c.OnError("k", at.t)
		_, s := c.GetAt("k", at.t)
		return fmt.Sprint(s, ok)
	}
	for range 2000 {
		o := Options[string]{Policy: Policy{TTL: 7 * time.Second, StaleWhileRevalidate: time.Hour, StaleIfError: time.Hour, Keep: time.Hour, Tags: []string{"x"}}}
		c, at := newTest(t, o)
		p := Policy{TTL: time.Duration(1+r.IntN(4)) * time.Second, StaleWhileRevalidate: some(), StaleIfError: some(), Keep: -1, Tags: []string{"t"}}
		require.NoError(t, c.Put("k", "v", p))
		at.advance(some())
		if r.IntN(3) == 0 {
			c.InvalidateTag("t")
		}
		at.advance(max(some(), 0))
		for key, e := range c.All() {
			other, later := newTest(t, o)
			later.t = at.t
			require.NoError(t, other.Put(key, e.Value, e.Policy))
			for range 12 {
				require.Equal(t, states(c, at), states(other, later), "%v left %v", p, e.Policy)
				at.advance(time.Second / 2)
				later.advance(time.Second / 2)
			}
		}
	}
}

func TestAllCountsAsNoUse(t *testing.T) {
	c, _ := numbered(t, 100, Options[int]{}, Policy{})
	before, metas := c.Stats(), map[string]uint32{}
	c.index.each(func(e *entry[int]) { metas[e.keyString()] = e.meta.Load() })
	for range c.All() {
	}
	require.Equal(t, before, c.Stats())
	c.index.each(func(e *entry[int]) { require.Equal(t, metas[e.keyString()], e.meta.Load()) })
}

// Yiling-J/theine-go#37, muesli/cache2go#43, jellydator/ttlcache#168: what a body
// does to the cache must neither wait for the range nor confuse it.
func TestTheBodyMayDoAnything(t *testing.T) {
	n := 0
	var c *Cache[int]
	c, _ = numbered(t, 1000, Options[int]{OnEvict: func(string, int) {
		for range c.All() {
			break
		}
	}}, Policy{Tags: []string{"t"}})
	for key, e := range c.All() {
		n++
		switch {
		case n == 1:
			for i := range 1000 {
				require.NoError(t, c.Put(strconv.Itoa(i), i+1000, Policy{Tags: []string{"t"}}))
			}
			continue
		case n%3 == 0:
			c.Delete(key)
		case n%3 == 1:
			require.NoError(t, c.Put("new "+key, -1, Policy{Tags: []string{"t"}}))
		}
		if e.Value >= 0 {
			require.Equal(t, key, strconv.Itoa(e.Value-1000), "the value that it has now")
		}
	}
	require.GreaterOrEqual(t, n, 1000)

	for name, stop := range map[string]func(){"Clear": c.Clear, "PurgeTag": func() { c.PurgeTag("t") }} {
		for i := range 1000 {
			require.NoError(t, c.Put(strconv.Itoa(i), i, Policy{Tags: []string{"t"}}))
		}
		n = 0
		for range c.All() {
			n++
			stop()
		}
		require.Equal(t, 1, n, name)
	}
}

func TestARangeCanBeBegunAgainAndLeft(t *testing.T) {
	c, _ := numbered(t, 100, Options[int]{}, Policy{})
	all := c.All()
	for _, stop := range []int{1, 50, 100, 1000} {
		n := 0
		for range all {
			if n++; n == stop {
				break
			}
		}
		require.Equal(t, min(stop, 100), n)
	}
	c.Put("another", 1, Policy{})
	n := 0
	for range all {
		n++
	}
	require.Equal(t, 101, n)
}

// Writers go on under a range: what stays is given once, what never was is not.
func TestARangeMissesNothingWhileTheIndexChanges(t *testing.T) {
	const kept = 500
	c, _ := newTest(t, Options[int]{})
	for i := range kept {
		require.NoError(t, c.Put("kept "+strconv.Itoa(i), i, Policy{}))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				seen := map[string]int{}
				for key, e := range c.All() {
					seen[key]++
					assert.Equal(t, 1, seen[key])
					if key[0] == 'k' {
						assert.Equal(t, key, "kept "+strconv.Itoa(e.Value%kept))
					}
				}
				for i := range kept {
					assert.Equal(t, 1, seen["kept "+strconv.Itoa(i)])
				}
			}
		})
	}
	for round := range 3 {
		for i := range 6_000 {
			require.NoError(t, c.Put("more "+strconv.Itoa(i), i, Policy{}))
			if i%4 == 0 { // replaced under the range
				require.NoError(t, c.Put("kept "+strconv.Itoa(i%kept), i%kept+kept*round, Policy{}))
			}
		}
		for i := range 6_000 {
			c.Delete("more " + strconv.Itoa(i))
		}
	}
	close(done)
	wg.Wait()
}

// BenchmarkAll is the range's own time an entry, and how long it makes writers wait
// at a time.
func BenchmarkAll(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run("entries="+strconv.Itoa(n), func(b *testing.B) {
			c, err := New(Options[int]{MaxBytes: 1 << 30})
			require.NoError(b, err)
			for i := range n {
				require.NoError(b, c.Put("/fragments/price/"+strconv.Itoa(i), i, Policy{}))
			}
			b.ReportAllocs()
			b.ResetTimer()
			seen := 0
			for range b.N {
				for range c.All() {
					seen++
				}
			}
			b.StopTimer()
			require.Equal(b, n*b.N, seen)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/entry")
			var noted []*entry[int]
			began := time.Now()
			for i := range c.index.tables {
				noted = c.index.tables[i].Load().entries(noted[:0])
			}
			b.ReportMetric(float64(time.Since(began).Microseconds())/numTables, "µs/stall")
		})
	}
}
