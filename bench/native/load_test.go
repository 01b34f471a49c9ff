package native

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
	"golang.org/x/sync/singleflight"

	"inlay/cache"
)

// loader is a cache that gets or fills and waits. The fill of a hit does not run, but
// has to be there: where it does not get the key from the cache it is a closure
// that captures it, as in a program.
type loader struct {
	name  string
	load  func(ctx context.Context, key string) ([]byte, error)
	close func()
}

var filled16 = make([]byte, valueSize)

func fillOf(ctx context.Context, key string) ([]byte, error) { return filled16, nil }

// loaders are made for a number of entries. Those with "refresh" also renew what is
// old in the background (nothing is that old here), as inlay does where
// StaleWhileRevalidate is set.
func loaders(entries, entrySize int) []loader {
	plain, renewed := cache.Policy{TTL: ttl}, cache.Policy{TTL: ttl, StaleWhileRevalidate: ttl}
	inlays := func(name string, load func(*cache.Cache[[]byte], context.Context, string) ([]byte, error)) loader {
		c := inlayCache(entries, entrySize, nil)
		return loader{name, func(ctx context.Context, key string) ([]byte, error) { return load(c, ctx, key) }, func() {}}
	}
	all := []loader{
		inlays("inlay, Load", func(c *cache.Cache[[]byte], ctx context.Context, key string) ([]byte, error) {
			return c.Load(ctx, key, func(ctx context.Context) ([]byte, error) { return fillOf(ctx, key) }, plain)
		}),
		inlays("inlay, Load, refresh", func(c *cache.Cache[[]byte], ctx context.Context, key string) ([]byte, error) {
			return c.Load(ctx, key, func(ctx context.Context) ([]byte, error) { return fillOf(ctx, key) }, renewed)
		}),
		inlays("inlay, GetOrDefer", func(c *cache.Cache[[]byte], ctx context.Context, key string) ([]byte, error) {
			v, d := c.GetOrDefer(key, func(ctx context.Context) ([]byte, error) { return fillOf(ctx, key) }, plain)
			if d != nil {
				return d.Await(ctx)
			}
			return v, nil
		}),
	}

	c := inlayCache(entries, entrySize, nil)
	all = append(all, loader{"inlay, Loader", c.Loader(fillOf, plain).Load, func() {}})

	fill := otter.LoaderFunc[string, []byte](fillOf)
	for _, refresh := range []bool{false, true} {
		o := &otter.Options[string, []byte]{MaximumSize: entries, ExpiryCalculator: otter.ExpiryWriting[string, []byte](ttl)}
		name := "otter"
		if refresh {
			o.RefreshCalculator = otter.RefreshWriting[string, []byte](ttl)
			o.ExpiryCalculator = otter.ExpiryWriting[string, []byte](2 * ttl)
			name += ", refresh"
		}
		c := must(otter.New(o))
		all = append(all, loader{name, func(ctx context.Context, key string) ([]byte, error) { return c.Get(ctx, key, fill) },
			func() { c.StopAllGoroutines() }})
	}

	for _, refresh := range []bool{false, true} {
		options, name := []sturdyc.Option{sturdyc.WithNoContinuousEvictions()}, "sturdyc"
		if refresh {
			options, name = append(options, sturdyc.WithEarlyRefreshes(ttl/2, ttl, 2*ttl, time.Second)), name+", refresh"
		}
		c := sturdyc.New[[]byte](entries, 64, 2*ttl, 10, options...)
		all = append(all, loader{name, func(ctx context.Context, key string) ([]byte, error) {
			return c.GetOrFetch(ctx, key, func(ctx context.Context) ([]byte, error) { return fillOf(ctx, key) })
		}, func() {}})
	}

	t := must(theine.NewBuilder[string, []byte](int64(entries)).BuildWithLoader(
		func(ctx context.Context, key string) (theine.Loaded[[]byte], error) {
			v, err := fillOf(ctx, key)
			return theine.Loaded[[]byte]{Value: v, Cost: 1, TTL: ttl}, err
		}))
	all = append(all, loader{"theine", t.Get, t.Close})

	// What one writes oneself: no bound, no time, and the first one's context.
	var (
		mu    sync.RWMutex
		m     = map[string][]byte{}
		group singleflight.Group
	)
	all = append(all, loader{"map+rwmutex+singleflight", func(ctx context.Context, key string) ([]byte, error) {
		mu.RLock()
		v, ok := m[key]
		mu.RUnlock()
		if ok {
			return v, nil
		}
		got, err, _ := group.Do(key, func() (any, error) {
			v, err := fillOf(ctx, key)
			if err == nil {
				mu.Lock()
				m[key] = v
				mu.Unlock()
			}
			return v, err
		})
		v, _ = got.([]byte)
		return v, err
	}, func() {}})
	return all
}

// BenchmarkLoad gets or fills: keys that are there, on one goroutine and on all
// cores, and keys that are not, one after the other. CPU time is all that the
// process uses, in goroutines of the cache too.
func BenchmarkLoad(b *testing.B) {
	const n = 10_000
	ks, o := keys(n), order(n)
	ctx := context.Background()
	for i := range loaders(1, 1) {
		name := ""
		made := func() loader {
			l := loaders(n*5/4, len(ks[0])+valueSize)[i]
			name = l.name
			return l
		}
		l := made()
		for _, k := range cloned(ks) {
			_, _ = l.load(ctx, k)
		}
		time.Sleep(10 * time.Millisecond) // what some do in the background
		b.Run("cache="+name+"/op=hit", func(b *testing.B) {
			measured(b, func() {
				for i := range b.N {
					if _, err := l.load(ctx, ks[o[i&(len(o)-1)]]); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
		b.Run("cache="+name+"/op=hit-all-cores", func(b *testing.B) {
			measured(b, func() {
				b.RunParallel(func(pb *testing.PB) {
					for i := rand.IntN(len(o)); pb.Next(); i++ {
						_, _ = l.load(ctx, ks[o[i&(len(o)-1)]])
					}
				})
			})
		})
		l.close()
		b.Run("cache="+name+"/op=miss", func(b *testing.B) {
			l := made()
			defer l.close()
			fresh := make([]string, b.N)
			for i := range fresh {
				fresh[i] = "/fragments/price/" + strconv.Itoa(i)
			}
			measured(b, func() {
				for _, k := range fresh {
					_, _ = l.load(ctx, k)
				}
			})
		})
	}
}

// measured also reports the CPU time of the process.
func measured(b *testing.B, run func()) {
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
}

func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
