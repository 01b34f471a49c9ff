package cache

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sized makes a cache whose values say how large they are, and notes who leaves.
func sized(t testing.TB, o Options[int]) (*Cache[int], *clock, *[]string) {
	var left []string
	o.Size = func(v int) int { return v }
	o.OnEvict = func(key string, _ int) { left = append(left, key) }
	c, at := newTest(t, o)
	return c, at, &left
}

// nextEpoch lets a hit count that comes after another.
func nextEpoch(c *Cache[int]) {
	for !c.policy.clock.store(c.policy.level, c.Len()) {
	}
	c.epoch.Store(c.policy.clock.now)
}

func TestOneLargeEntryGoesBeforeManySmallOnes(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 20_000})
	require.NoError(t, c.Put("large", 10_000, Policy{}))
	for i := range 80 {
		require.NoError(t, c.Put("small"+strconv.Itoa(i), 50, Policy{}))
	}

	require.Equal(t, []string{"large"}, *left)
}

func TestWhatWasHitStaysLonger(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 20_000})
	for i := range 15 {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), 1000, Policy{}))
	}
	c.Get("k3")
	for i := range 14 {
		require.NoError(t, c.Put("n"+strconv.Itoa(i), 1000, Policy{}))
	}

	require.NotContains(t, *left, "k3")
	require.Contains(t, *left, "k4")
}

func TestEqualNewcomersLeaveInTheOrderTheyCame(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 5 * 1100})
	for i := range 8 {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), 1000, Policy{}))
	}
	require.Equal(t, []string{"k0", "k1", "k2"}, *left)
}

func TestWhatWasPopularOnceGrowsOld(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 20_000})
	require.NoError(t, c.Put("popular", 1000, Policy{}))
	for range 1000 {
		c.Get("popular")
	}
	for i := range 10_000 {
		require.NoError(t, c.Put("n"+strconv.Itoa(i), 1000, Policy{}))
		c.Get("n" + strconv.Itoa(i))
	}
	require.Contains(t, *left, "popular")
}

func TestAKeyThatReturnsIsRemembered(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 20 * 1100})
	require.NoError(t, c.Put("back", 1000, Policy{}))
	for range 3 {
		nextEpoch(c)
		c.Get("back")
	}
	for i := 0; ; i++ {
		require.NoError(t, c.Put("a"+strconv.Itoa(i), 1000, Policy{}))
		c.Get("a" + strconv.Itoa(i))
		c.Get("a" + strconv.Itoa(i))
		if c.index.find(c.hash.sum("back"), "back") == nil {
			break
		}
	}
	*left = nil

	require.NoError(t, c.Put("back", 1000, Policy{}))
	require.NoError(t, c.Put("new", 1000, Policy{}))

	frequency := func(key string) uint32 { return c.index.find(c.hash.sum(key), key).frequency() }
	require.EqualValues(t, newcomer, frequency("new"))
	require.Greater(t, frequency("back"), uint32(perHit))
}

func TestAReplacedValueKeepsItsPopularity(t *testing.T) {
	c, _, _ := sized(t, Options[int]{})
	require.NoError(t, c.Put("a", 1000, Policy{}))
	for range 2 {
		nextEpoch(c)
		c.Get("a")
	}
	require.NoError(t, c.Put("a", 900, Policy{}))
	require.EqualValues(t, newcomer+2*perHit, c.index.find(c.hash.sum("a"), "a").frequency())
}

func TestDeadEntriesAreNotSparedForTheirHits(t *testing.T) {
	c, at, left := sized(t, Options[int]{MaxBytes: 3000})
	require.NoError(t, c.Put("short", 1000, Policy{TTL: time.Second}))
	require.NoError(t, c.Put("long", 1000, Policy{TTL: time.Hour}))
	for range 5 {
		c.Get("short")
	}
	at.advance(time.Minute)
	c.sweeper.table = numTables - 1 // the sweep comes by later
	level := c.policy.level

	require.NoError(t, c.Put("new", 1500, Policy{}))

	require.Equal(t, []string{"short"}, *left)
	require.EqualValues(t, 1, c.Stats().Expired)
	require.Equal(t, level, c.policy.level)
}

func TestFillTimeWeighs(t *testing.T) {
	run := func(weigh bool) []string {
		c, at, left := sized(t, Options[int]{MaxBytes: 5 * 1100, WeighFillTime: weigh})
		fill := func(key string, took time.Duration) {
			f, _ := c.Begin(key)
			at.advance(took)
			require.NoError(t, f.Commit(1000, Policy{}))
		}
		fill("k0", 10*time.Millisecond)
		fill("slow", 10*time.Second)
		for i := range 8 {
			fill("k"+strconv.Itoa(i+1), 10*time.Millisecond)
		}
		return *left
	}
	require.Contains(t, run(false), "slow")
	require.NotContains(t, run(true), "slow")
}

func TestMeanFillTimeCountsAsOne(t *testing.T) {
	c, _, _ := sized(t, Options[int]{WeighFillTime: true})
	for range 500 {
		c.weigh(int64(50 * time.Millisecond))
	}
	near := func(want float64, code uint8) {
		t.Helper()
		require.InEpsilon(t, want*256, float64(costOf(code)), 0.07)
	}
	near(1, c.weigh(int64(50*time.Millisecond)))
	near(4, c.weigh(int64(200*time.Millisecond)))
	near(1.0/16, c.weigh(0))
	near(31<<15/256, c.weigh(math.MaxInt64/2))
}

func TestCostCodesAreOrderedAndCloseToWhatTheyEncode(t *testing.T) {
	require.EqualValues(t, 256, costOf(meanCost))
	require.EqualValues(t, meanCost, costCode(256))
	before := uint64(0)
	for cost := uint64(16); cost <= 31<<15; cost = cost*17/16 + 1 {
		got := costOf(costCode(cost))
		require.GreaterOrEqual(t, got, before)
		require.LessOrEqual(t, got, cost)
		require.Greater(t, got, cost*15/16-1)
		before = got
	}
}

func TestClassesAreOrderedAndHoldTheirWorth(t *testing.T) {
	for w := uint64(1); w <= maxWorth; w = w*5/4 + 1 {
		worth := uint32(w)
		c := classOf(worth)
		require.Less(t, c, uint32(classes))
		require.LessOrEqual(t, classWorth(c), worth)
		if c > 0 && c+1 < classes { // class 1 stays empty: 1 has no mantissa
			require.Greater(t, classWorth(c+1), worth)
		}
	}
	require.Less(t, classOf(maxWorth), uint32(classes))
	require.Zero(t, classOf(1))
}

// The level wraps around after about 2,000 turnovers of the smallest entries.
func TestOrderSurvivesTheLevelWrappingAround(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 20_000})
	c.policy.level = 1<<32 - 1<<22
	require.NoError(t, c.Put("small", 10, Policy{}))
	for range 3 {
		c.Get("small")
	}
	before := c.policy.level
	for i := range 4000 {
		require.NoError(t, c.Put("n"+strconv.Itoa(i), 500, Policy{}))
		if i%16 == 0 {
			c.Get("small")
		}
		if i%100 == 0 {
			checkInvariants(t, c)
		}
	}
	require.Less(t, c.policy.level, before, "it has wrapped")
	require.NotContains(t, *left, "small")
	for i := 1; i < len(*left); i++ {
		require.NotEqual(t, "small", (*left)[i])
	}
}

func TestAnEvictionSparesABoundedNumberOfEntries(t *testing.T) {
	c, _, left := sized(t, Options[int]{MaxBytes: 1000 * 200})
	for i := 0; c.Bytes() < 999*200-200; i++ {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), 90, Policy{}))
	}
	nextEpoch(c)
	c.index.each(func(e *entry[int]) { c.Get(e.keyString()) })
	require.Empty(t, *left)
	for i := 0; len(*left) == 0; i++ {
		require.NoError(t, c.Put("n"+strconv.Itoa(i), 90, Policy{}))
	}
	unspared := 0
	c.index.each(func(e *entry[int]) {
		if e.meta.Load()&hitsMax != 0 {
			unspared++
		}
	})
	require.GreaterOrEqual(t, unspared, c.Len()-requeueLimit-20)
	require.Less(t, unspared, c.Len(), "some were spared")
}

func TestGhostsFollowTheNumberOfEntries(t *testing.T) {
	var g ghosts
	_, remembered := g.take(42)
	require.False(t, remembered)
	g.resize(10)
	require.Len(t, g.slots, minGhosts)
	h := uint64(0x1234_5678_9abc_def0)
	g.put(h, 100)

	g.resize(1000)

	require.Len(t, g.slots, 1024)
	freq, remembered := g.take(h)
	require.True(t, remembered)
	require.EqualValues(t, 50, freq)
	_, remembered = g.take(h)
	require.False(t, remembered)
	_, remembered = g.take(h ^ 1<<50)
	require.False(t, remembered)

	g.resize(600)
	require.Len(t, g.slots, 1024, "no to and fro")
	g.resize(200)
	require.Len(t, g.slots, 256)
}

// Two keys of one slot that are evicted in turns, as in a circle that does not fit: each
// would always find what the other left there.
func TestKeysOfOneGhostAreBothRememberedAtTimes(t *testing.T) {
	var g ghosts
	g.resize(1000)
	a := uint64(0x1234_5678_9abc_def0)
	b := uint64(0x8765_4321_4bbc_de77)
	require.Same(t, g.slot(a), g.slot(b))
	returned := [2]int{}
	for range 2000 {
		for i, h := range []uint64{a, b} {
			if _, remembered := g.take(h); remembered {
				returned[i]++
			}
			g.put(h, newcomer)
		}
	}
	require.Greater(t, returned[0], 40)
	require.Greater(t, returned[1], 40)
}
