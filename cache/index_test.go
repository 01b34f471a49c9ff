package cache

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// groupsLookedAt is the cost of finding a key: how many cache lines of the index.
func groupsLookedAt[V any](c *Cache[V], key string) int {
	h := c.hash.sum(key)
	_, _, passed := c.index.locate(h, c.index.find(h, key))
	return passed + 1
}

// collisions gives keys that all start at the same group of the same table under
// a seed, as long as there are no more than 64 groups to choose from.
func collisions(seed uint64, n int) []string {
	h := newHasher(seed)
	var keys []string
	for i := 0; len(keys) < n; i++ {
		key := "/fragments/price?id=" + strconv.Itoa(i)
		if s := h.sum(key); s>>(64-tableBits) == 0 && home(s, 64) == 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestChosenKeysDoNotSlowLookupsDown(t *testing.T) {
	keys := collisions(1, 1000)
	longest := map[string]int{}
	for name, seed := range map[string]uint64{"known": 1, "other": 2, "random": 0} {
		c, _ := newTest(t, Options[int]{Seed: seed})
		for i, key := range keys {
			require.NoError(t, c.Put(key, i, Policy{}))
		}
		for _, key := range keys {
			longest[name] = max(longest[name], groupsLookedAt(c, key))
		}
	}

	require.Greater(t, longest["known"], 30, "the keys do collide for one who knows the seed")
	require.LessOrEqual(t, longest["other"], 8)
	require.LessOrEqual(t, longest["random"], 8)
}

func TestLookupsStayShortWhileTheIndexGrowsAndShrinks(t *testing.T) {
	c, _ := newTest(t, Options[int]{MaxBytes: 1 << 30, Seed: 1})
	const n = 50_000
	for i := range n {
		require.NoError(t, c.Put(fmt.Sprintf("/fragments/%06d", i), i, Policy{}))
	}
	sum := 0
	for i := range n {
		sum += groupsLookedAt(c, fmt.Sprintf("/fragments/%06d", i))
	}
	require.Less(t, float64(sum)/n, 1.5)
	full := c.index.size()
	require.Less(t, full*groupSlots, n*3/2, "slots")

	for i := range n - 100 {
		c.Delete(fmt.Sprintf("/fragments/%06d", i))
	}

	require.Less(t, c.index.size(), full/10)
	for i := n - 100; i < n; i++ {
		v, s := c.Get(fmt.Sprintf("/fragments/%06d", i))
		require.Equal(t, Fresh, s)
		require.Equal(t, i, v)
	}
}

func TestAMissEndsWhereNothingPassedBy(t *testing.T) {
	// Every key shares a table, a group and a fingerprint: the worst there is.
	c, _ := newTest(t, Options[int]{Seed: 1})
	var ix index[int]
	ix.init(&c.hash)
	const h = 0xab << 32
	var all []*entry[int]
	for i := range 300 {
		e := newEntry(strconv.Itoa(i), i)
		all = append(all, e)
		ix.tables[0].Load().insertGrowing(&ix, h, e)
	}
	for i, e := range all {
		require.Same(t, e, ix.find(h, strconv.Itoa(i)))
	}
	require.Nil(t, ix.find(h, "absent"))

	// A group that more entries passed than it can count keeps its count, and
	// everything is still found as entries go.
	for i, e := range all[:150] {
		require.Same(t, e, ix.find(h, strconv.Itoa(i)))
		ix.remove(h, e)
		require.Nil(t, ix.find(h, strconv.Itoa(i)))
	}
	for i, e := range all[150:] {
		require.Same(t, e, ix.find(h, strconv.Itoa(150+i)))
	}
}

// insertGrowing is index.insert for entries whose hash is not that of their key:
// a table large enough is put in place first.
func (t *table[V]) insertGrowing(ix *index[V], h uint64, e *entry[V]) {
	if len(t.groups) == minGroups {
		t = &table[V]{groups: make([]group[V], 100)}
		ix.tables[0].Store(t)
	}
	t.insert(h, e)
}

func TestMatchFindsEveryEqualByte(t *testing.T) {
	for slot := range groupSlots {
		for b := 1; b < 256; b++ {
			ctrl := uint64(0xff)<<56 | uint64(b)<<(8*slot)
			m := match(ctrl, uint8(b))
			require.Equal(t, slot, firstSlot(m))
			require.NotZero(t, match(ctrl, 0))
		}
	}
	require.Zero(t, match(0x00_02_02_02_02_02_02_02, 3))
}
