package cache

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheBalanceStaysWithinItsBounds(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b balance
		least, most := b.recency(), b.recency()
		for range 200_000 {
			// Long stretches in which one kind does nothing but return.
			young := r.IntN(100) < 5*int(seed)
			freq := uint32(newcomer)
			if young == (r.IntN(10) > 0) {
				freq = perHit + r.Uint32N(100)
			}
			b.evicted(freq, int(r.Uint32N(1<<r.Uint32N(31))))
			if r.IntN(2) == 0 {
				b.back(freq / 2)
			}
			least, most = min(least, b.recency()), max(most, b.recency())
		}
		require.GreaterOrEqual(t, least, uint32(4))
		require.LessOrEqual(t, most, uint32(1<<14))
	}
}

func TestABalanceMovesToWhatReturns(t *testing.T) {
	var b balance
	for range 100_000 {
		b.evicted(newcomer, 100)
		b.evicted(perHit, 100)
		b.back(newcomer / 2)
	}
	require.EqualValues(t, mostRecency-firstRecency, b.step)

	// Back from one end to the other in at most as many steps as there are, each of
	// them after leastLeft evictions, of which half are remembered.
	n := 0
	for ; b.step > leastRecency-firstRecency && n < 1_000_000; n += 2 {
		b.evicted(newcomer, 100)
		b.evicted(perHit, 100)
		b.back(perHit / 2)
	}
	require.LessOrEqual(t, n, (mostRecency-leastRecency+2)*leastLeft)
}

func TestABalanceWaitsForAsMuchAsCouldHaveLeft(t *testing.T) {
	var b balance
	for range 4_999 {
		b.evicted(newcomer, 10_000)
		b.back(newcomer / 2)
	}
	require.Zero(t, b.step)
	b.evicted(newcomer, 10_000)
	require.EqualValues(t, 1, b.step)
}

func TestAHitCountsOnceAnEpoch(t *testing.T) {
	c, _, _ := sized(t, Options[int]{})
	require.NoError(t, c.Put("a", 100, Policy{}))
	e := c.index.find(c.hash.sum("a"), "a")
	hits := func() uint32 { return e.meta.Load() & hitsMax }
	c.Get("a")
	require.Zero(t, hits(), "in the epoch in which it was stored")
	for want := uint32(1); want <= hitsMax; want++ {
		nextEpoch(c)
		c.Get("a")
		c.Get("a")
		require.Equal(t, want, hits())
	}
	nextEpoch(c)
	c.Get("a")
	require.EqualValues(t, hitsMax, hits())
	require.Equal(t, c.policy.clock.now, e.meta.Load()>>epochShift, "the last use is noted all the same")
}

func TestEpochsWrapAround(t *testing.T) {
	var c epochs
	for i := range 1000 {
		require.True(t, c.store(uint32(i), 10))
		require.EqualValues(t, (i+1)%128, c.now)
		require.EqualValues(t, i, c.levels[c.now])
	}
	began := 0
	for range 10_000 {
		if c.store(7, 3200) {
			began++
		}
	}
	require.Equal(t, 100, began)
}

// Whoever was hit early in its life and not since is not spared for it.
func TestAHitOfLongAgoDoesNotSpare(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 200 * 1100})
	c.policy.balance.step = mostRecency - firstRecency
	for i := range 100 {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), 1000, Policy{}))
	}
	nextEpoch(c)
	c.Get("k0") // before most others came
	for i := 100; i < 150; i++ {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), 1000, Policy{}))
	}
	for i := range 1000 {
		require.NoError(t, c.Put("n"+strconv.Itoa(i), 1000, Policy{}))
	}
	at := func(key string) int {
		for i, k := range *left {
			if k == key {
				return i
			}
		}
		return len(*left)
	}
	require.Less(t, at("k99"), at("k0"), "it was used after k99 was")
	require.Less(t, at("k0"), at("k149")+60, "and does not live another life")
}

// replay replays requests and gives the part of them that was hit.
func replay(t testing.TB, c *Cache[int], requests []int) float64 {
	hits := 0
	for _, id := range requests {
		key := strconv.Itoa(id)
		if _, s := c.Get(key); s != Miss {
			hits++
			continue
		}
		require.NoError(t, c.Put(key, 1000, Policy{}))
	}
	return float64(hits) / float64(len(requests))
}

// recently asks for new objects and, within the next of them, twice more for each:
// what is right for it is to keep what came last.
func recently(r *rand.Rand, n, within, from int) (out []int) {
	due := make([][]int, within)
	for len(out) < n {
		out = append(out, due[from%within]...)
		due[from%within] = due[from%within][:0]
		for range 2 {
			at := (from + 1 + r.IntN(within-1)) % within
			due[at] = append(due[at], from)
		}
		out = append(out, from)
		from++
	}
	return out[:n]
}

// circle asks for objects in turns.
func circle(n, of, from int) (out []int) {
	for i := range n {
		out = append(out, from+i%of)
	}
	return out
}

// A cache of 500 entries, and loads for which frequency is right and for which it is
// wrong, in turns. What is right is found again within twenty turnovers.
func TestAChangeOfPhaseIsFollowed(t *testing.T) {
	const entries = 500
	c, _, _ := sized(t, Options[int]{MaxBytes: entries * 1100, Seed: 1})
	r := rand.New(rand.NewPCG(5, 5))
	for phase := range 4 {
		if phase%2 == 0 {
			// LRU would hit nearly two of three: all that comes again within
			// 240 newcomers, with as many older ones in between.
			replay(t, c, recently(r, 20*entries, 240, (phase+1)*1_000_000))
			require.Greater(t, replay(t, c, recently(r, 10*entries, 240, (phase+1)*1_000_000+900_000)), 0.6, "phase %d", phase)
			require.Positive(t, c.policy.balance.step)
		} else {
			// LRU would hit nothing of a circle that is larger than the cache.
			replay(t, c, circle(20*entries, entries*6/5, (phase+1)*1_000_000))
			require.Greater(t, replay(t, c, circle(10*entries, entries*6/5, (phase+1)*1_000_000)), 0.4, "phase %d", phase)
			require.Negative(t, c.policy.balance.step)
		}
		checkInvariants(t, c)
	}
}
