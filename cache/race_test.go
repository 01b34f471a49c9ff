package cache

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Many goroutines do everything at once to few keys, under the race detector.
// What a key gives must be its own, whoever stored it.
func TestEverythingAtOnce(t *testing.T) {
	left := sync.Map{} // value id → times it left
	var c *Cache[tagged]
	c, _ = newTest(t, Options[tagged]{
		MaxBytes: 8000,
		Size:     func(v tagged) int { return v.size },
		Policy:   Policy{StaleWhileRevalidate: time.Hour, StaleIfError: time.Hour},
		OnEvict: func(key string, v tagged) {
			_, twice := left.LoadOrStore(v.id, key)
			assert.False(t, twice, "value left twice")
			assert.Equal(t, key, v.key)
			if v.id%64 == 0 {
				c.Delete(key) // may call back
			}
		},
	})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() { hammer(t, c, g) })
	}
	wg.Wait()
	// What was detached may still be under way.
	require.Eventually(t, func() bool { return c.Stats().Flying == 0 }, 10*time.Second, time.Millisecond)
}

type tagged struct {
	key      string
	id, size int
}

func hammer(t *testing.T, c *Cache[tagged], g int) {
	r := rand.New(rand.NewPCG(uint64(g), 9))
	at := c.opts.Now()
	for i := range 4000 {
		id := g*1_000_000 + i
		key := "key " + strconv.Itoa(r.IntN(50))
		v := tagged{key: key, id: id, size: r.IntN(300)}
		p := Policy{Tags: []string{"t" + strconv.Itoa(r.IntN(4))}}
		switch r.IntN(15) {
		case 0:
			assert.NoError(t, c.Put(key, v, p))
		case 1:
			c.Delete(key)
		case 2:
			c.PurgeTag(p.Tags[0])
		case 3:
			c.InvalidateTag(p.Tags[0])
		case 14:
			if r.IntN(20) > 0 {
				c.Invalidate(key)
			} else {
				c.InvalidateAll()
			}
		case 4:
			if r.IntN(20) == 0 {
				c.Clear()
			}
		case 5:
			f, leader := c.Begin(key)
			f.Then(func(v tagged, err error) { assert.True(t, err != nil || v.key == key) })
			if leader && r.IntN(4) > 0 {
				_ = f.Commit(v, p)
			} else if leader {
				f.Abandon(context.Canceled)
			}
		case 6, 7:
			ctx, cancel := context.WithCancel(bg)
			if r.IntN(4) == 0 {
				cancel()
			}
			got, d := c.GetOrDefer(key, func(context.Context) (tagged, error) { return v, nil }, p)
			if d != nil && r.IntN(4) == 0 {
				d.Close()
			}
			if d != nil {
				func() {
					defer func() { _ = recover() }() // a Load's fill, if this Await starts it
					got, _ = d.Await(ctx)
				}()
			}
			assert.True(t, got.key == key || got.key == "")
			cancel()
		case 8, 9:
			ctx, cancel := context.WithCancel(bg)
			if r.IntN(4) == 0 {
				go cancel()
			}
			got, err := c.Load(ctx, key, func(context.Context) (tagged, error) {
				if id%8 == 0 {
					panic("boom")
				}
				return v, nil
			}, p)
			assert.True(t, err != nil || got.key == key)
			cancel()
		case 10:
			if r.IntN(20) > 0 {
				break
			}
			seen := map[string]bool{}
			for k, e := range c.All() {
				assert.Equal(t, k, e.Value.key)
				assert.False(t, seen[k])
				seen[k] = true
			}
		case 11:
			_, _ = c.Inspect(key, at)
			_, _ = c.OnError(key, at)
		default:
			if got, s := c.GetAt(key, at); s != Miss {
				assert.Equal(t, key, got.key)
			}
		}
		assert.LessOrEqual(t, c.Bytes(), int64(8000))
	}
}

// Readers go on while the tables grow and shrink under them: a key that stays
// stored is never missed.
func TestReadersMissNothingWhileTheIndexChanges(t *testing.T) {
	c, _ := newTest(t, Options[int]{})
	const kept = 500
	for i := range kept {
		require.NoError(t, c.Put("kept "+strconv.Itoa(i), i, Policy{}))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := 0; ; i = (i + 1) % kept {
				select {
				case <-done:
					return
				default:
				}
				v, s := c.Get("kept " + strconv.Itoa(i))
				if !assert.Equal(t, Fresh, s) || !assert.Equal(t, i, v) {
					return
				}
			}
		})
	}
	for round := range 2 {
		for i := range 8_000 {
			require.NoError(t, c.Put("more "+strconv.Itoa(i), i, Policy{}))
			if i%8 == 0 { // replaced while read
				require.NoError(t, c.Put("kept "+strconv.Itoa(i%kept), i%kept, Policy{}))
			}
		}
		for i := range 8_000 {
			c.Delete("more " + strconv.Itoa(i))
		}
		require.Equal(t, kept, c.Len(), "round %d", round)
	}
	close(done)
	wg.Wait()
}
