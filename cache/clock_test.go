package cache

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Unix(1_000_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// newTest makes a cache on a clock, whatever o.Now is.
func newTest[V any](t testing.TB, o Options[V]) (*Cache[V], *clock) {
	at := newClock()
	o.Now = at.now
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { checkInvariants(t, c) })
	return c, at
}
