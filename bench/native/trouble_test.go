package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
	"golang.org/x/sync/singleflight"

	"inlay/cache"
)

// What caches that load do when something goes wrong: docs/cache.md has the table,
// and this test finds out whether it is right.

// filling is a cache of strings that loads, with whatever fill it is given.
type filling struct {
	load   func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error)
	remove func(key string)
	stored func(key string) bool
	close  func()
}

// patience is how long a call that comes second gets to find the first, and limit
// how long something may take that ought to be at once.
const (
	patience = 300 * time.Millisecond
	limit    = 3 * time.Second
)

var fillings = []struct {
	name string
	make func() filling
}{
	{"inlay, `Load`", func() filling {
		c := must(cache.New(cache.Options[string]{}))
		return filling{
			func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error) {
				return c.Load(ctx, key, fill, cache.Policy{})
			},
			c.Delete,
			func(key string) bool { _, s := c.Get(key); return s != cache.Miss },
			func() {},
		}
	}},
	{"otter v2.4.0, `Get`", func() filling {
		c := must(otter.New(&otter.Options[string, string]{MaximumSize: 100}))
		return filling{
			func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error) {
				return c.Get(ctx, key, otter.LoaderFunc[string, string](func(ctx context.Context, _ string) (string, error) { return fill(ctx) }))
			},
			func(key string) { c.Invalidate(key) },
			func(key string) bool { _, ok := c.GetIfPresent(key); return ok },
			func() { c.StopAllGoroutines() },
		}
	}},
	{"sturdyc v1.1.5, `GetOrFetch`", func() filling {
		c := sturdyc.New[string](100, 2, time.Hour, 10, sturdyc.WithNoContinuousEvictions())
		return filling{
			func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error) {
				return c.GetOrFetch(ctx, key, fill)
			},
			c.Delete,
			func(key string) bool { _, ok := c.Get(key); return ok },
			func() {},
		}
	}},
	{"theine v0.6.3, `LoadingCache.Get`", func() filling {
		// Its loader is the cache's, so the fill comes by the context.
		c := must(theine.NewBuilder[string, string](100).BuildWithLoader(
			func(ctx context.Context, key string) (theine.Loaded[string], error) {
				v, err := ctx.Value(fillKey{}).(func(context.Context) (string, error))(ctx)
				return theine.Loaded[string]{Value: v, Cost: 1, TTL: ttl}, err
			}))
		return filling{
			func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error) {
				return c.Get(context.WithValue(ctx, fillKey{}, fill), key)
			},
			c.Delete,
			func(key string) (there bool) {
				c.Range(func(k, _ string) bool { there = there || k == key; return true })
				return there
			},
			func() {}, // its Close would wait for a load that hangs
		}
	}},
	{"`sync.Map` and `singleflight.Group.Do` v0.25.0", func() filling {
		var m sync.Map
		var g singleflight.Group
		return filling{
			func(ctx context.Context, key string, fill func(context.Context) (string, error)) (string, error) {
				if v, ok := m.Load(key); ok {
					return v.(string), nil
				}
				v, err, _ := g.Do(key, func() (any, error) {
					v, err := fill(ctx)
					if err == nil {
						m.Store(key, v)
					}
					return v, err
				})
				s, _ := v.(string)
				return s, err
			},
			func(key string) { m.Delete(key); g.Forget(key) },
			func(key string) bool { _, ok := m.Load(key); return ok },
			func() {},
		}
	}},
}

type fillKey struct{}

// ended is how a call came back.
type ended struct {
	value string
	err   error
	panic any
	exit  bool // by runtime.Goexit
}

func (f filling) start(ctx context.Context, key string, fill func(context.Context) (string, error)) chan ended {
	out := make(chan ended, 1)
	go func() {
		e := ended{exit: true}
		defer func() {
			if r := recover(); r != nil {
				e.panic, e.exit = r, false
			}
			out <- e
		}()
		e.value, e.err = f.load(ctx, key, fill)
		e.exit = false
	}()
	return out
}

// soon waits for a call to come back.
func soon(out chan ended) (e ended, back bool) {
	select {
	case e = <-out:
		return e, true
	case <-time.After(limit):
		return e, false
	}
}

// held is a fill that waits until it is let go on, or its context ends.
func held() (fill func(context.Context) (string, error), entered chan bool, open chan bool) {
	entered, open = make(chan bool, 9), make(chan bool)
	return func(ctx context.Context) (string, error) {
		entered <- true
		select {
		case <-open:
			return "value", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}, entered, open
}

func quick(context.Context) (string, error) { return "value", nil }

func how(e ended, back bool) string {
	var inner *cache.PanicError
	switch {
	case !back:
		return "hangs"
	case e.exit:
		return "goroutine ends"
	case e.panic != nil:
		return "panic"
	case errors.As(e.err, &inner):
		return "error with stack"
	case e.err != nil:
		return "error"
	case e.value == "":
		return "zero value, nil error"
	}
	return "value"
}

// troubles are the columns of the table.
var troubles = []struct {
	name string
	find func(f filling) string
}{
	{"the first caller's context ends: the others get", func(f filling) string {
		fill, entered, open := held()
		ctx, cancel := context.WithCancel(context.Background())
		f.start(ctx, "k", fill)
		<-entered
		second := f.start(context.Background(), "k", fill)
		time.Sleep(patience)
		cancel()
		time.Sleep(patience)
		close(open)
		e, back := soon(second)
		return how(e, back) + map[bool]string{true: " of a second fill"}[len(entered) > 0]
	}},
	{"another caller's context ends: it", func(f filling) string {
		fill, entered, open := held()
		defer close(open)
		f.start(context.Background(), "k", fill)
		<-entered
		ctx, cancel := context.WithCancel(context.Background())
		second := f.start(ctx, "k", fill)
		time.Sleep(patience)
		cancel()
		if _, back := soon(second); back {
			return "leaves"
		}
		return "waits for the fill"
	}},
	{"the fill panics: first and other callers get", func(f filling) string {
		return both(f, func() { panic("boom") })
	}},
	{"`runtime.Goexit` in the fill", func(f filling) string { return both(f, runtime.Goexit) }},
	{"the key is removed during a fill: its value is", func(f filling) string {
		fill, entered, open := held()
		first := f.start(context.Background(), "k", fill)
		<-entered
		removed := make(chan bool)
		go func() { f.remove("k"); close(removed) }()
		select {
		case <-removed:
		case <-time.After(limit):
			close(open)
			<-removed
			return "removed when it ends"
		}
		close(open)
		soon(first)
		switch {
		case len(entered) > 0:
			return "filled again"
		case f.stored("k"):
			return "stored"
		}
		return "not stored"
	}},
	{"a fill that asks for its own key", func(f filling) string {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		out := f.start(ctx, "k", func(ctx context.Context) (string, error) { return f.load(ctx, "k", quick) })
		e, back := soon(out)
		if !back {
			cancel()
			if _, back := soon(out); back {
				return "waits for its context to end"
			}
		}
		return how(e, back)
	}},
	{"while a fill runs, other keys", func(f filling) string {
		fill, entered, open := held()
		defer close(open)
		f.start(context.Background(), "k", fill)
		<-entered
		var done atomic.Int64
		const others = 64
		for i := range others {
			go func() {
				_, _ = f.load(context.Background(), fmt.Sprint("other ", i), quick)
				done.Add(1)
			}()
		}
		for began := time.Now(); time.Since(began) < limit; time.Sleep(time.Millisecond) {
			if done.Load() == others {
				return "go on"
			}
		}
		return "wait, some of them"
	}},
}

// both ends a fill that two wait for.
func both(f filling, end func()) string {
	fill, entered, open := held()
	ending := func(ctx context.Context) (string, error) {
		_, _ = fill(ctx)
		end()
		return "never", nil
	}
	first := f.start(context.Background(), "k", ending)
	<-entered
	second := f.start(context.Background(), "k", ending)
	time.Sleep(patience)
	close(open)
	one, two := how(soon(first)), how(soon(second))
	if one == two {
		return one
	}
	return one + "; " + two
}

// TestLoadersInTrouble holds the rows of docs/cache.md. Where they differ it prints
// the table as it is.
func TestLoadersInTrouble(t *testing.T) {
	doc, err := os.ReadFile("../../docs/cache.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "|"
	for _, c := range fillings {
		table += " | " + c.name
	}
	table += " |\n|---" + strings.Repeat("|---", len(fillings)) + "|\n"
	cells := make([][]string, len(troubles))
	var wg sync.WaitGroup
	for i, trouble := range troubles {
		cells[i] = make([]string, len(fillings))
		for j, c := range fillings {
			wg.Go(func() {
				f := c.make()
				defer f.close()
				cells[i][j] = trouble.find(f)
			})
		}
	}
	wg.Wait()
	for i, trouble := range troubles {
		table += "| " + trouble.name + " | " + strings.Join(cells[i], " | ") + " |\n"
	}
	if !strings.Contains(string(doc), table) {
		t.Errorf("docs/cache.md has another table than this:\n%s", table)
	}
}
