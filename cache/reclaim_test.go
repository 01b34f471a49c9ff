package cache

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPurgedEntriesAreReclaimedWithinALapOfWrites(t *testing.T) {
	c, _ := newTest(t, Options[int]{MaxBytes: 64 << 20})
	const n = 10_000
	for i := range n {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), i, Policy{Tags: []string{"t"}}))
	}
	require.Equal(t, n, c.PurgeTag("t"))

	writes := 0
	for ; c.Stats().Purged < n; writes++ {
		require.NoError(t, c.Put("one more", writes, Policy{}))
	}

	require.Less(t, writes, n/10)
	require.EqualValues(t, n, c.Stats().Purged)
}

// Entries with different lives die bit by bit; writes that need no room reclaim
// every one of them.
func TestExpiredEntriesAreReclaimedByWrites(t *testing.T) {
	c, at := newTest(t, Options[int]{MaxBytes: 64 << 20})
	const n = 5000
	for i := range n {
		p := Policy{TTL: time.Duration(1+i%100) * time.Second, StaleIfError: time.Duration(i%7) * time.Second}
		require.NoError(t, c.Put("k"+strconv.Itoa(i), i, p))
	}
	for range 107 {
		at.advance(time.Second)
		for range n / 10 {
			require.NoError(t, c.Put("one more", 0, Policy{}))
		}
	}
	require.Equal(t, 1, c.Len())
	require.EqualValues(t, n, c.Stats().Expired)
}

func TestNothingIsLookedAtBeforeSomethingCanHaveDied(t *testing.T) {
	c, at := newTest(t, Options[int]{})
	for i := range 1000 {
		require.NoError(t, c.Put("k"+strconv.Itoa(i), i, Policy{TTL: time.Hour}))
	}
	at.advance(time.Hour - 1)
	require.NoError(t, c.Put("k", 0, Policy{TTL: time.Hour}))
	require.Zero(t, c.sweeper.group)

	at.advance(1)
	require.NoError(t, c.Put("k", 0, Policy{TTL: time.Hour}))
	require.NotZero(t, c.sweeper.group)
	for range 1000 {
		require.NoError(t, c.Put("k", 0, Policy{TTL: time.Hour}))
	}
	require.Equal(t, 1, c.Len())
	before := c.sweeper

	// Idle again, until something short-lived is stored.
	require.NoError(t, c.Put("k", 0, Policy{TTL: time.Hour}))
	require.Equal(t, before, c.sweeper)
	require.NoError(t, c.Put("brief", 0, Policy{TTL: time.Second}))
	at.advance(time.Second)
	for range 1000 {
		require.NoError(t, c.Put("k", 0, Policy{TTL: time.Hour}))
	}
	require.Equal(t, 1, c.Len())
}

// A table that is rebuilt in the middle of a round hides nothing from it.
func TestARoundMissesNothingWhenTablesAreRebuilt(t *testing.T) {
	c, at := newTest(t, Options[int]{MaxBytes: 64 << 20})
	const n = 20_000
	for i := range n {
		ttl := time.Second
		if i%10 == 0 {
			ttl = time.Hour
		}
		require.NoError(t, c.Put("k"+strconv.Itoa(i), i, Policy{TTL: ttl}))
	}
	at.advance(time.Second)
	for i := range 2 * n { // dead ones leave, so tables shrink; then they grow
		require.NoError(t, c.Put("n"+strconv.Itoa(i%(n/2)), i, Policy{TTL: time.Hour}))
	}
	require.Equal(t, n/10+n/2, c.Len())
}

func TestKeptValueIsStoredThoughNobodyMayUseIt(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	p := Policy{TTL: time.Second, StaleIfError: time.Second, Keep: time.Minute, Tags: []string{"t"}}
	require.NoError(t, c.Put("k", "v", p))
	require.NoError(t, c.Put("purged", "v", p))
	require.NoError(t, c.Put("brief", "v", Policy{TTL: time.Second}))
	touch := func() {
		for i := range 1000 { // rounds enough to reclaim whatever is gone
			require.NoError(t, c.Put("other", "v", Policy{TTL: time.Duration(1+i%2) * time.Millisecond}))
		}
	}
	at.advance(10 * time.Second)
	touch()
	_, state := c.Get("k")
	require.Equal(t, Miss, state)
	_, ok := c.OnError("k", at.t)
	require.False(t, ok)
	v, ok := c.Stored("k")
	require.True(t, ok)
	require.Equal(t, "v", v)
	_, ok = c.Stored("brief")
	require.False(t, ok, "nothing keeps it")
	_, ok = c.Stored("none")
	require.False(t, ok)

	c.PurgeTag("t")
	_, ok = c.Stored("k")
	require.False(t, ok, "a purge is for good")

	require.NoError(t, c.Put("k", "v", p))
	at.advance(62 * time.Second)
	touch()
	_, ok = c.Stored("k")
	require.False(t, ok)
	require.LessOrEqual(t, c.Len(), 1)
}
