package cache

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walked are the keys that a walk gives, each as often as it does; between is called between its steps.
func walked[V any](t *testing.T, c *Cache[V], n int, between func()) (seen map[string]int, steps int) {
	t.Helper()
	seen = map[string]int{}
	for at, more := uint64(0), true; more; more = at != 0 {
		steps++
		one := 0
		at = c.Walk(at, n, func(s Seen[V]) {
			seen[strings.Clone(s.Key())]++
			one++
		})
		require.Less(t, one, max(n, 1)+200, "a step is short")
		between()
	}
	return seen, steps
}

func TestWalkGivesEachKeyOnce(t *testing.T) {
	for _, n := range []int{0, 1, 10, 3000} {
		for _, step := range []int{-1, 1, 7, 64, 100_000} {
			c, _ := numbered(t, n, Options[int]{}, Policy{})
			seen, steps := walked(t, c, step, func() {})
			require.Len(t, seen, n)
			for key, times := range seen {
				require.Equal(t, 1, times, key)
			}
			if step > 0 && step < 100 && n > 1000 {
				assert.Greater(t, steps, n/(step+2*groupSlots), "it is gone in steps")
			}
			assert.Zero(t, c.Stats().Gets)
		}
	}
}

func TestWalkTellsWhatAllTells(t *testing.T) {
	c, at := newTest(t, Options[int]{Policy: Policy{TTL: time.Minute}})
	for i := range 500 {
		p := Policy{TTL: time.Duration(1+i) * time.Second, StaleWhileRevalidate: time.Duration(i%7) * time.Minute, Tags: []string{"t" + strconv.Itoa(i%5)}}
		require.NoError(t, c.Put(strconv.Itoa(i), i, p))
	}
	c.PurgeTag("t1")
	c.InvalidateTag("t2")
	at.advance(3 * time.Minute)
	want := map[string]Entry[int]{}
	for key, e := range c.All() {
		want[key] = e
	}
	same := func(s Seen[int]) {
		e, key := want[s.Key()], s.Key()
		assert.Equal(t, e.Value, s.Value(), key)
		assert.Equal(t, e.TTL, s.Left(), key)
		assert.Equal(t, e.Bytes, s.Bytes(), key)
		assert.Equal(t, e.Policy.Tags, s.AppendTags([]string{}), key)
		swr, sie := s.Windows()
		assert.Equal(t, e.State == Stale, s.Left() <= 0 && s.Left()+swr > 0, key)
		assert.Equal(t, max(e.Policy.StaleWhileRevalidate, 0), max(swr+min(s.Left(), 0), 0), key)
		assert.Equal(t, max(e.Policy.StaleIfError, 0), max(sie+min(s.Left(), 0), 0), key)
	}
	n := 0
	for at, more := uint64(0), true; more; more = at != 0 {
		at = c.Walk(at, 10, func(s Seen[int]) {
			same(s)
			n++
		})
	}
	require.NotZero(t, n)
	assert.Len(t, want, n)
	for key := range want {
		one, ok := c.See(key)
		require.True(t, ok)
		same(one)
	}
	for _, key := range []string{"", "500", "1"} { // 1 was purged
		_, ok := c.See(key)
		assert.False(t, ok, key)
	}
}

// Whatever comes and goes between the steps, and however often tables are rebuilt for it: what is there all the time is given once, and
// nothing twice.
func TestWalkWhileEntriesComeAndGo(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		c, _ := newTest(t, Options[int]{MaxBytes: 64 << 20, Seed: seed + 1})
		stays, n := map[string]bool{}, 0
		for i := range 1 + r.IntN(3000) {
			key := "stays " + strconv.Itoa(i)
			stays[key] = true
			require.NoError(t, c.Put(key, i, Policy{TTL: time.Hour}))
		}
		grows := r.IntN(2) == 0
		var others []string
		seen, _ := walked(t, c, 1+r.IntN(100), func() {
			for range r.IntN(300) {
				if len(others) > 0 && (!grows && len(others) > 500 || r.IntN(3) == 0) {
					i := r.IntN(len(others))
					c.Delete(others[i])
					others[i] = others[len(others)-1]
					others = others[:len(others)-1]
					continue
				}
				n++
				others = append(others, "comes "+strconv.Itoa(n))
				require.NoError(t, c.Put(others[len(others)-1], n, Policy{TTL: time.Hour}))
			}
			for key := range stays { // replaced, and still there
				require.NoError(t, c.Put(key, -1, Policy{TTL: time.Hour}))
				break
			}
		})
		for key := range stays {
			require.Equal(t, 1, seen[key], "seed %d: %s", seed, key)
		}
		for key, times := range seen {
			require.Equal(t, 1, times, "seed %d: %s", seed, key)
		}
	}
}

// What a key is called decides where it lies: of keys with one home none is missed, and the step that meets them is as long as they are
// many.
func TestWalkThroughFullGroups(t *testing.T) {
	c, _ := newTest(t, Options[int]{MaxBytes: 64 << 20})
	var same []string
	for i := 0; len(same) < 40; i++ {
		key := strconv.Itoa(i)
		if h := c.hash.sum(key); h>>(64-tableBits) == 3 && uint32(h) < 1<<26 {
			same = append(same, key)
		}
	}
	for i, key := range same {
		require.NoError(t, c.Put(key, i, Policy{TTL: time.Hour}))
	}
	for i, key := range same {
		if i%3 == 0 {
			c.Delete(key)
		}
	}
	seen, _ := walked(t, c, 1, func() {})
	for i, key := range same {
		assert.Equal(t, i%3 != 0, seen[key] == 1, key)
	}
	assert.Len(t, seen, c.Len())
}

func TestWalkFromAnywhereEnds(t *testing.T) {
	c, _ := numbered(t, 1000, Options[int]{}, Policy{})
	for _, at := range []uint64{1, 1<<32 - 1, 31 << 32, 31<<32 | 1<<32 - 1, 32 << 32, 1<<64 - 1} {
		for steps := 0; ; steps++ {
			require.Less(t, steps, 100_000)
			if at = c.Walk(at, 3, func(Seen[int]) {}); at == 0 {
				break
			}
		}
	}
}

func TestWalkWhileOthersWriteAndRead(t *testing.T) {
	c, err := New(Options[int]{MaxBytes: 1 << 20, Policy: Policy{TTL: time.Hour}})
	require.NoError(t, err)
	for i := range 500 {
		require.NoError(t, c.Put("stays "+strconv.Itoa(i), i, Policy{}))
	}
	var over atomic.Bool
	var others sync.WaitGroup
	for g := range 3 {
		others.Go(func() {
			for i := 0; !over.Load(); i++ {
				key := strconv.Itoa(g) + " " + strconv.Itoa(i%700)
				c.Get(key)
				if i%3 == 0 {
					c.Delete(key)
				} else if err := c.Put(key, i, Policy{Tags: []string{"t"}}); err != nil {
					t.Error(err)
				}
				if i%1000 == 0 {
					c.PurgeTag("t")
				}
			}
		})
	}
	for range 20 {
		seen, _ := walked(t, c, 16, func() {})
		for i := range 500 {
			require.Equal(t, 1, seen["stays "+strconv.Itoa(i)], i)
		}
	}
	over.Store(true)
	others.Wait()
}

func BenchmarkWalk(b *testing.B) {
	c, err := New(Options[int]{MaxBytes: 1 << 30, Policy: Policy{TTL: time.Hour, Tags: []string{"a", "b"}}})
	require.NoError(b, err)
	for i := range 100_000 {
		require.NoError(b, c.Put("/fragments/product/"+strconv.Itoa(i), i, Policy{}))
	}
	for b.Loop() {
		for at, more := uint64(0), true; more; more = at != 0 {
			at = c.Walk(at, 64, func(Seen[int]) {})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/entry")
}
