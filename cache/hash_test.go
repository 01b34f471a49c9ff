package cache

import (
	"math/bits"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/cache/internal/platform"
)

func TestHashDependsOnEveryByteAndOnTheLength(t *testing.T) {
	h := newHasher(1)
	for n := range 70 {
		key := strings.Repeat("a", n)
		seen := map[uint64]bool{h.sum(key): true, h.sum(key + "a"): true, h.sum(key + "\x00"): true}
		for i := range n {
			seen[h.sum(key[:i]+"b"+key[i+1:])] = true
		}
		require.Len(t, seen, n+3, "length %d", n)
	}
}

// Keys that differ in length and in one byte, by the same bits, must not collide:
// 33 and 34 differ by 3, and so do "a" and "b".
func TestNoByteMakesUpForTheLength(t *testing.T) {
	h := newHasher(1)
	for n := 1; n < 70; n++ {
		want := h.sum(strings.Repeat("a", n))
		for m := 1; m < 70; m++ {
			for i := 0; i < m && m != n; i++ {
				key := []byte(strings.Repeat("a", m))
				key[i] ^= byte(n ^ m)
				require.NotEqual(t, want, h.sum(string(key)), "%d %d %d", n, m, i)
			}
		}
	}
}

func TestHashDependsOnTheSeed(t *testing.T) {
	a, b, again := newHasher(1), newHasher(2), newHasher(1)
	for n := range 70 {
		key := strings.Repeat("x", n)
		require.NotEqual(t, a.sum(key), b.sum(key))
		require.Equal(t, a.sum(key), again.sum(key))
	}
}

// One changed bit of a key changes every bit of the hash about half the time.
func TestHashAvalanches(t *testing.T) {
	h := newHasher(3)
	for _, n := range []int{3, 8, 16, 17, 40} {
		var flips [64]int
		trials := 0
		for i := range 4000 {
			key := []byte((strconv.Itoa(i*7919) + strings.Repeat("/p", 20))[:n])
			before := h.sum(string(key))
			key[i%n] ^= 1 << (i % 8)
			changed := before ^ h.sum(string(key))
			trials++
			for ; changed != 0; changed &= changed - 1 {
				flips[bits.TrailingZeros64(changed)]++
			}
		}
		for bit, f := range flips {
			require.InDelta(t, 0.5, float64(f)/float64(trials), 0.06, "length %d, bit %d", n, bit)
		}
	}
}

func TestRandomSeedsDiffer(t *testing.T) {
	require.NotEqual(t, platform.RandomSeed(nil), platform.RandomSeed(nil))
}
