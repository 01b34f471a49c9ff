package cache

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSmoke(t *testing.T) {
	now := time.Unix(1000, 0)
	c, err := New(Options[string]{MaxBytes: 20000, Now: func() time.Time { return now }})
	require.NoError(t, err)
	for i := range 10000 {
		k := strconv.Itoa(i % 700)
		if v, s := c.Get(k); s == Fresh {
			require.Equal(t, "v"+k, v)
		} else {
			require.NoError(t, c.Put(k, "v"+k, Policy{Tags: []string{"a", "t" + k}}))
		}
		require.LessOrEqual(t, c.Bytes(), int64(20000))
	}
	require.Equal(t, c.Len(), c.PurgeTag("a"))
	_, s := c.Get("1")
	require.Equal(t, Miss, s)
	_, d := c.GetOrDefer("x", func(context.Context) (string, error) { return "y", nil }, Policy{})
	v, err := d.Await(context.Background())
	require.NoError(t, err)
	require.Equal(t, "y", v)
	t.Logf("%+v", c.Stats())
}
