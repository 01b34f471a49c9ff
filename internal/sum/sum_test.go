package sum

import (
	"hash/fnv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSumIsFNV1aOf128Bits(t *testing.T) {
	for _, text := range []string{"", "a", "\x00", "<p>fragment</p>", strings.Repeat("ü\xff", 1000)} {
		// given what the standard library makes of a text
		want := fnv.New128a()
		_, _ = want.Write([]byte(text))

		// when it is written in two pieces
		got := New()
		half := len(text) / 2
		got.Write([]byte(text[:half]))
		got.WriteString(text[half:])

		assert.Equal(t, got.Bytes(), Of([]byte(text)))

		// then the sum is the same
		sum := got.Bytes()
		assert.Equal(t, want.Sum(nil), sum[:], "%.20q", text)
	}
}
