package duration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestInstantsAreAsTheStandardLibraryHasThem(t *testing.T) {
	times := []time.Time{
		time.UnixMilli(0), time.UnixMilli(-1), time.UnixMilli(1_700_000_000_123), time.Unix(1_700_000_000, 999_999_999),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 5, time.UTC), time.Date(1900, 2, 28, 1, 2, 3, 4, time.UTC),
	}
	for _, one := range times {
		for _, other := range times {
			want := other.Sub(one)
			if limit := time.Duration(1<<33) * time.Second; want > limit || want < -limit {
				assert.InDelta(t, float64(want), float64(apart(one, other)), float64(limit)/10, "%v, %v: a sign and centuries", one, other)
				continue
			}
			assert.Equal(t, want, apart(one, other), "%v, %v", one, other)
		}
		for _, d := range []time.Duration{0, 1, -1, time.Second - 1, -time.Second, 25 * time.Hour, -1<<63 + 1, 1<<63 - 1 - time.Second} {
			assert.True(t, one.Add(d).Equal(after(one, d)), "%v, %v: %v", one, d, after(one, d))
		}
	}
}
