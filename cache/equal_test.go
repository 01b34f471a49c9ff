package cache

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEqualSeesEveryByte(t *testing.T) {
	for n := range 40 {
		a := strings.Repeat("a", n)
		require.True(t, equal(a, strings.Clone(a)), n)
		for i := range n {
			b := []byte(a)
			b[i] = 'b'
			require.False(t, equal(a, string(b)), "length %d, byte %d", n, i)
			require.False(t, equal(string(b), a), "length %d, byte %d", n, i)
		}
	}
}
