package tier

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sample() Entry {
	return Entry{
		Log: "5b1f", Key: "/fragments/price/7\ncookie: currency=EUR", Tags: []string{"product:7", "price"},
		N: [numbers]int64{Stamp: 17, Filled: 1_795_000_000_123, Age: 250, TTL: 60_000, StaleWhileRevalidate: -1, StaleIfError: 3_600_000, Size: 4711},
	}
}

// headOf is what Append gives, with a checksum.
func headOf(e *Entry) []byte { return append(e.Append(nil), strings.Repeat("s", sumSize)...) }

func TestEntryComesBackAsItWasWritten(t *testing.T) {
	for _, e := range []Entry{sample(), {}, {N: [numbers]int64{Stamp: math.MaxInt64, Filled: math.MinInt64, Size: math.MaxInt32}, Key: strings.Repeat("k", 8<<10)}} {
		head := headOf(&e)
		require.Equal(t, len(head), Head(head[:HeadSize]))
		got, summed, sum, ok := Read(head)
		require.True(t, ok)
		assert.Equal(t, e, got)
		assert.Equal(t, strings.Repeat("s", sumSize), string(sum))
		assert.Equal(t, head[:len(head)-sumSize], summed)
	}
}

func TestEntryWithTooMuchToSayIsNone(t *testing.T) {
	e := sample()
	e.Tags = []string{strings.Repeat("t", MaxHead)}
	assert.Nil(t, e.Append(nil))
}

func TestEachCutAndEachLieAboutALengthIsNoEntry(t *testing.T) {
	e := sample()
	head := headOf(&e)
	for n := range head {
		_, _, _, ok := Read(head[:n])
		assert.False(t, ok, "cut at %d", n)
	}
	_, _, _, ok := Read(append(head, 0))
	assert.False(t, ok, "a byte too many")
	for _, lie := range []struct {
		what string
		at   int
	}{
		{"version", len(magic) - 2},
		{"size of the head", len(magic)},
		{"number of tags", HeadSize + numbers*8},
		{"number of fields", HeadSize + numbers*8 + 4},
		{"length of the log", HeadSize + numbers*8 + 8},
		{"length of the key", HeadSize + numbers*8 + 12 + len(e.Log)},
	} {
		damaged := append([]byte(nil), head...)
		damaged[lie.at] += 3
		_, _, _, ok := Read(damaged)
		assert.False(t, ok, lie.what)
	}
}

func FuzzRead(f *testing.F) {
	e := sample()
	f.Add(headOf(&e))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, head []byte) {
		e, _, sum, ok := Read(head)
		if !ok {
			return
		}
		again := append(e.Append(nil), sum...)
		require.Equal(t, head, again)
	})
}
