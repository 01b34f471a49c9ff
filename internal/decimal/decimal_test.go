package decimal

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNumbersAreWrittenAsStrconvDoes(t *testing.T) {
	for _, n := range []int64{0, 1, 9, 10, 99, 100, 12345, -1, -10, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		assert.Equal(t, "x"+strconv.FormatInt(n, 10), string(Append([]byte("x"), n)))
		assert.Equal(t, strconv.FormatInt(n, 10), String(int(n)))
	}
}
