package cache

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptionsWithoutMeaningAreRefused(t *testing.T) {
	for what, o := range map[string]Options[int]{
		"MaxBytes": {MaxBytes: -1},
		"Jitter":   {Jitter: 1},
		"Jitter ":  {Jitter: -0.1},
		"Jitter  ": {Jitter: math.NaN()},
	} {
		c, err := New(o)
		require.Nil(t, c)
		require.ErrorIs(t, err, ErrOptions)
		require.ErrorContains(t, err, what[:6])
	}
}

func TestZeroOptionsMeanTheDocumentedDefaults(t *testing.T) {
	c, err := New(Options[string]{})
	require.NoError(t, err)
	require.EqualValues(t, 32<<20, c.opts.MaxBytes)
	require.Equal(t, 5*time.Minute, c.opts.Policy.TTL)

	require.NoError(t, c.Put("k", "value", Policy{}))
	require.EqualValues(t, 1+5+EntryOverhead, c.Bytes())
}

func TestSizeIsLengthForBytesAndStringsAndNothingElse(t *testing.T) {
	require.Equal(t, 3, lengthOf([]byte("abc")))
	require.Equal(t, 3, lengthOf("abc"))
	require.Zero(t, lengthOf(7))
	require.Zero(t, lengthOf([]int{1, 2}))
}

func TestNegativeAndAbsurdSizesDoNotBreakTheBudget(t *testing.T) {
	c, _ := newTest(t, Options[int]{Size: func(v int) int { return v }, MaxBytes: math.MaxInt64})
	require.NoError(t, c.Put("negative", -1000, Policy{}))
	require.EqualValues(t, len("negative")+EntryOverhead, c.Bytes())
	require.ErrorIs(t, c.Put("absurd", math.MaxInt, Policy{}), ErrTooLarge)
	require.ErrorIs(t, c.Put("large", 1<<32, Policy{}), ErrTooLarge)
	require.NoError(t, c.Put("just", 1<<32-1-EntryOverhead-len("just"), Policy{}))
}

// A value that lies in the entry itself counts as what it takes there.
func TestAWideValueCountsWhatItTakes(t *testing.T) {
	wide, _ := newTest(t, Options[[1000]byte]{})
	require.NoError(t, wide.Put("k", [1000]byte{}, Policy{}))
	require.EqualValues(t, 1+1000-24+EntryOverhead, wide.Bytes())
	sized, _ := newTest(t, Options[[4]string]{Size: func(v [4]string) int { return len(v[0]) }})
	require.NoError(t, sized.Put("k", [4]string{"12345"}, Policy{}))
	require.EqualValues(t, 1+5+64-24+EntryOverhead, sized.Bytes())
}

func TestSizeMayBoundTheNumberOfEntries(t *testing.T) {
	const n = 100
	c, _ := newTest(t, Options[int]{MaxBytes: n * (1<<20 + 1<<12), Size: func(int) int { return 1 << 20 }})
	for i := range 10 * n {
		require.NoError(t, c.Put(strconv.Itoa(i), i, Policy{Tags: []string{strconv.Itoa(i % 10)}}))
	}
	require.Equal(t, n, c.Len())
}

func TestTheNativeClockIsUsedWithoutNow(t *testing.T) {
	c, err := New(Options[string]{})
	require.NoError(t, err)
	require.NoError(t, c.Put("k", "v", Policy{TTL: time.Hour}))

	_, s := c.Get("k")
	require.Equal(t, Fresh, s)
	_, s = c.GetAt("k", time.Now().Add(59*time.Minute))
	require.Equal(t, Fresh, s)
	_, s = c.GetAt("k", time.Now().Add(time.Hour))
	require.Equal(t, Miss, s)
	_, s = c.GetAt("k", time.Now().Add(time.Hour).Round(0)) // no monotonic reading
	require.Equal(t, Miss, s)
}

func TestTTLOfCenturiesIsForEver(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("k", "v", Policy{TTL: math.MaxInt64, StaleWhileRevalidate: math.MaxInt64, StaleIfError: math.MaxInt64}))
	at.advance(200 * 365 * 24 * time.Hour)
	v, s := c.Get("k")
	require.Equal(t, Fresh, s)
	require.Equal(t, "v", v)
}

func TestJitterShortensByAtMostItsFraction(t *testing.T) {
	c, at := newTest(t, Options[int]{Jitter: 0.2, Seed: 1})
	const n = 1000
	for i := range n {
		require.NoError(t, c.Put(strconv.Itoa(i), i, Policy{TTL: 100 * time.Second}))
	}
	alive := func() (alive int) {
		for i := range n {
			if _, s := c.Get(strconv.Itoa(i)); s == Fresh {
				alive++
			}
		}
		return alive
	}
	at.advance(80*time.Second - 1)
	require.Equal(t, n, alive())
	at.advance(10 * time.Second)
	require.InDelta(t, n/2, alive(), n/10)
	at.advance(10*time.Second + 1)
	require.Zero(t, alive())
}

func TestTagsGivenTwiceCountOnce(t *testing.T) {
	require.Equal(t, []string{"a", "b", "c"}, distinct([]string{"a", "b", "a", "c", "b"}))
	same := []string{"a", "b"}
	require.Same(t, &same[0], &distinct(same)[0])
	c, _ := newTest(t, Options[int]{})
	require.NoError(t, c.Put("k", 1, Policy{Tags: []string{"a", "a"}}))
	require.Equal(t, 1, c.PurgeTag("a"))
}

func TestErrorsNameTheOperationAndTheKey(t *testing.T) {
	c, _ := newTest(t, Options[string]{MaxBytes: 100})
	err := c.Put("some \"key\"", "", Policy{})
	require.EqualError(t, err, `cache: entry larger than the budget: put "some \"key\""`)
	_, err = New(Options[string]{MaxBytes: -1})
	require.EqualError(t, err, "cache: bad options: MaxBytes is negative; 0 means 32 MiB")
}
