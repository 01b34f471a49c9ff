package cache

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is cheap makes room first, though it is asked for more often; among its like it is as others are.
func TestCheapValuesMakeRoomFirst(t *testing.T) {
	c, err := New(Options[[]byte]{MaxBytes: 100 << 10, Size: func(v []byte) int { return len(v) }, Seed: 1})
	require.NoError(t, err)
	put := func(key string, cheap bool) {
		require.NoError(t, c.Put(key, make([]byte, 1000), Policy{TTL: time.Hour, Cheap: cheap}))
	}
	for i := range 40 {
		put(fmt.Sprint("cheap", i), true)
		put(fmt.Sprint("dear", i), false)
		for range 4 {
			c.Get(fmt.Sprint("cheap", i))
		}
		c.Get(fmt.Sprint("dear", i))
	}
	for i := range 40 {
		put(fmt.Sprint("more", i), false)
		c.Get(fmt.Sprint("dear", i)) // a while after it was stored: that counts as a hit
	}
	count := func(kind string) (n int) {
		for i := range 40 {
			if _, ok := c.Stored(fmt.Sprint(kind, i)); ok {
				n++
			}
		}
		return n
	}
	assert.GreaterOrEqual(t, count("dear"), 38)
	assert.GreaterOrEqual(t, count("more"), 38)
	assert.Less(t, count("cheap"), 20)
	for i := range 200 {
		put(fmt.Sprint("cheap", i), true)
	}
	assert.GreaterOrEqual(t, count("dear"), 35, "those that come later push out each other")
}
