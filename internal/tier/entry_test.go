package tier

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sample() Entry {
	return Entry{
		Log: "5b1f", Stamp: 17, Filled: time.UnixMilli(1_795_000_000_123), Age: 250 * time.Millisecond, TTL: time.Minute,
		StaleWhileRevalidate: -time.Millisecond, StaleIfError: time.Hour, Key: "/fragments/price/7\ncookie: currency=EUR",
		Tags: []string{"product:7", "price"}, Size: 4711,
	}
}

// headOf is what Append gives, with a checksum.
func headOf(e *Entry) []byte { return append(e.Append(nil), strings.Repeat("s", sumSize)...) }

func TestEntryComesBackAsItWasWritten(t *testing.T) {
	for _, e := range []Entry{sample(), {}, {Stamp: math.MaxUint64, Filled: time.UnixMilli(0), Key: strings.Repeat("k", 8<<10), Size: math.MaxInt32}} {
		if e.Filled.IsZero() {
			e.Filled = time.UnixMilli(0)
		}
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
		{"duration", HeadSize + 3*8 + 7},
		{"size", HeadSize + 6*8 + 4},
		{"number of tags", HeadSize + 7*8},
		{"length of the log", HeadSize + 8*8},
		{"length of the key", HeadSize + 8*8 + 4 + len(e.Log)},
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
