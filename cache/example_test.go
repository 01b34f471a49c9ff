package cache_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inlay/cache"
)

// What the examples ask, in place of a database or another server.
func fetchPrice(context.Context) (string, error) { return "€ 12", nil }

func Example() {
	prices, err := cache.New(cache.Options[string]{
		MaxBytes: 64 << 20,
		Policy:   cache.Policy{TTL: time.Minute, StaleWhileRevalidate: time.Hour},
	})
	if err != nil {
		panic(err)
	}
	price, err := prices.Load(context.Background(), "price:7", fetchPrice, cache.Policy{Tags: []string{"product:7"}})
	fmt.Println(price, err)
	prices.InvalidateTag("product:7") // it has changed: fetched anew by the next who asks
	// Output: € 12 <nil>
}

// A value is fresh for its TTL, to the nanosecond, and then gone.
func ExamplePolicy_ttl() {
	now := time.Unix(0, 0)
	c, err := cache.New(cache.Options[string]{Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	_ = c.Put("greeting", "hello", cache.Policy{TTL: time.Second})
	_ = c.Put("other", "hello", cache.Policy{}) // 0 is the default's, 5 minutes if that says nothing

	now = now.Add(time.Second - 1)
	v, state := c.Get("greeting")
	fmt.Printf("%q %v\n", v, state)
	now = now.Add(1)
	v, state = c.Get("greeting")
	fmt.Printf("%q %v\n", v, state)
	v, state = c.Get("other")
	fmt.Printf("%q %v\n", v, state)
	// Output:
	// "hello" fresh
	// "" miss
	// "hello" fresh
}

// After its TTL a value may be used while one fill brings another, and for longer if
// fills fail.
func ExamplePolicy_staleWindows() {
	now := time.Unix(0, 0)
	told := make(chan string, 2)
	c, err := cache.New(cache.Options[string]{
		Now:         func() time.Time { return now },
		OnFillError: func(key string, err error) { told <- key + ": " + err.Error() },
	})
	if err != nil {
		panic(err)
	}
	policy := cache.Policy{TTL: time.Minute, StaleWhileRevalidate: 30 * time.Second, StaleIfError: time.Hour}
	_ = c.Put("stock", "3 left", policy)
	down := func(context.Context) (string, error) { return "", errors.New("the shop is down") }

	now = now.Add(time.Minute) // fresh no more: given at once, and refreshed in the background
	_, state := c.Get("stock")
	fmt.Println(state)

	now = now.Add(time.Minute) // past StaleWhileRevalidate: a fill is waited for, and fails
	v, err := c.Load(context.Background(), "stock", down, policy)
	fmt.Println(v, err)
	fmt.Println("told:", <-told)

	now = now.Add(time.Hour) // past StaleIfError
	_, err = c.Load(context.Background(), "stock", down, policy)
	fmt.Println(err)
	// Output:
	// stale
	// 3 left <nil>
	// told: stock: the shop is down
	// the shop is down
}

// Values are purged and invalidated by tags, however many carry one. A purge makes
// them unusable; an invalidation makes them stale, so that they are used once more
// while they are fetched anew.
func ExamplePolicy_tags() {
	c, err := cache.New(cache.Options[string]{Policy: cache.Policy{StaleWhileRevalidate: time.Minute}})
	if err != nil {
		panic(err)
	}
	_ = c.Put("price:7", "€ 12", cache.Policy{Tags: []string{"prices", "product:7"}})
	_ = c.Put("price:8", "€ 15", cache.Policy{Tags: []string{"prices", "product:8"}})

	fmt.Println(c.InvalidateTag("product:7"))
	fmt.Println(c.Get("price:7"))
	fmt.Println(c.PurgeTag("prices"))
	fmt.Println(c.Get("price:7"))
	fmt.Println(c.Get("price:8"))
	// Output:
	// 1
	// € 12 stale
	// 2
	//  miss
	//  miss
}

// An invalidation is for what may be out of date: the old value is used once more
// while it is fetched anew, and stands in if that fails. By key it concerns one value,
// and InvalidateAll every one.
func ExampleCache_Invalidate() {
	c, err := cache.New(cache.Options[string]{Policy: cache.Policy{StaleWhileRevalidate: time.Minute}})
	if err != nil {
		panic(err)
	}
	_ = c.Put("price:7", "€ 12", cache.Policy{})
	_ = c.Put("price:8", "€ 15", cache.Policy{})
	_ = c.Put("stock:7", "3 left", cache.Policy{StaleWhileRevalidate: -1}) // may not be used when it is old

	fmt.Println(c.Invalidate("price:7"))
	fmt.Println(c.Get("price:7"))
	fmt.Println(c.Get("price:8"))
	fmt.Println(c.InvalidateAll())
	fmt.Println(c.Get("price:8"))
	fmt.Println(c.Get("stock:7"))
	// Output:
	// true
	// € 12 stale
	// € 15 fresh
	// 2
	// € 15 stale
	//  miss
}

// The budget is in bytes, and what a value takes is for its owner to say. What does
// not fit at all is refused, and nothing leaves for it.
func ExampleOptions_budget() {
	type image struct{ pixels []byte }
	images, err := cache.New(cache.Options[*image]{
		MaxBytes: 4 << 20,
		Size:     func(i *image) int { return len(i.pixels) + 24 }, // the struct is the value's, too
		OnEvict:  func(key string, _ *image) { fmt.Println(key, "has left") },
	})
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"a.png", "b.png", "c.png", "d.png"} {
		_ = images.Put(name, &image{make([]byte, 1<<20)}, cache.Policy{})
	}
	err = images.Put("huge.png", &image{make([]byte, 8<<20)}, cache.Policy{})
	fmt.Println(errors.Is(err, cache.ErrTooLarge), images.Len(), images.Bytes() <= 4<<20)
	// Output:
	// a.png has left
	// true 3 true
}

// A test moves the time by itself: give the cache a clock.
func ExampleOptions_clock() {
	now := time.Unix(0, 0)
	c, err := cache.New(cache.Options[string]{Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	fills := 0
	fill := func(context.Context) (string, error) { fills++; return "hello", nil }
	for range 3 {
		_, _ = c.Load(context.Background(), "greeting", fill, cache.Policy{TTL: time.Hour})
		now = now.Add(40 * time.Minute)
	}
	fmt.Println(fills)
	// Output: 2
}

// Or let testing/synctest have it: without Options.Now a cache that is made in a
// bubble lives in the bubble's time, its background refreshes too.
func TestTheBubblesTimeIsTheCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := cache.New(cache.Options[int]{})
		if err != nil {
			t.Fatal(err)
		}
		fills := 0
		load := func() int {
			v, err := c.Load(t.Context(), "n", func(context.Context) (int, error) { fills++; return fills, nil },
				cache.Policy{TTL: time.Hour, StaleWhileRevalidate: time.Hour})
			if err != nil {
				t.Error(err)
			}
			return v
		}
		first := load()
		time.Sleep(90 * time.Minute)
		stale := load()
		synctest.Wait() // for the refresh
		if next := load(); first != 1 || stale != 1 || next != 2 {
			t.Error(first, stale, next)
		}
	})
}

// However many miss a key at once, one fill runs.
func ExampleCache_Load() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	var fills atomic.Int64
	fetch := func(ctx context.Context) (string, error) {
		fills.Add(1)
		return fetchPrice(ctx)
	}
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			// Who will not wait longer leaves, and the fill goes on for the others.
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if _, err := c.Load(ctx, "price:7", fetch, cache.Policy{TTL: time.Minute}); err != nil {
				fmt.Println(err)
			}
		})
	}
	wg.Wait()
	fmt.Println("fills:", fills.Load())
	// Output: fills: 1
}

// A fill that is the same for all keys is made once, and a hit allocates nothing.
func ExampleCache_Loader() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	prices := c.Loader(func(_ context.Context, key string) (string, error) {
		return "price of " + key, nil
	}, cache.Policy{TTL: time.Minute})
	fmt.Println(prices.Load(context.Background(), "7"))
	fmt.Println(prices.Load(context.Background(), "8"))
	// Output:
	// price of 7 <nil>
	// price of 8 <nil>
}

// A panic in a fill is an error to all who wait.
func ExamplePanicError() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	_, err = c.Load(context.Background(), "price:7", func(context.Context) (string, error) { panic("no such column") }, cache.Policy{})
	fmt.Println(err)
	var p *cache.PanicError
	fmt.Println(errors.As(err, &p), errors.Is(err, cache.ErrPanicked), len(p.Stack) > 0)
	// Output:
	// cache: fill panicked: fill "price:7": no such column
	// true true true
}

// How long a token lasts is known when it is there. So is that something does not
// exist, which is worth keeping for a moment too.
func ExampleCache_LoadWith() {
	type product struct {
		name   string
		exists bool
	}
	c, err := cache.New(cache.Options[product]{})
	if err != nil {
		panic(err)
	}
	asked := 0
	find := func(name string) func(context.Context) (product, cache.Policy, error) {
		return func(context.Context) (product, cache.Policy, error) {
			asked++
			if name != "chair" {
				return product{}, cache.Policy{TTL: time.Second}, nil
			}
			return product{name, true}, cache.Policy{TTL: time.Hour, Tags: []string{"product:7"}}, nil
		}
	}
	for _, name := range []string{"chair", "unicorn", "chair", "unicorn"} {
		p, err := c.LoadWith(context.Background(), name, find(name))
		fmt.Println(p.name, p.exists, err)
	}
	fmt.Println("asked:", asked)
	// Output:
	// chair true <nil>
	//  false <nil>
	// chair true <nil>
	//  false <nil>
	// asked: 2
}

// What is stored, and what is known of it. The body may do anything to the cache.
func ExampleCache_All() {
	c, err := cache.New(cache.Options[string]{Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		panic(err)
	}
	_ = c.Put("price:7", "€ 12", cache.Policy{TTL: time.Minute, Tags: []string{"product:7"}})
	_ = c.Put("price:8", "€ 15", cache.Policy{TTL: time.Hour})

	for key, e := range c.All() {
		if slices.Contains(e.Policy.Tags, "product:7") {
			fmt.Println(key, e.Value, e.State, e.TTL, e.Bytes)
		}
		c.Delete(key)
	}
	fmt.Println(c.Len())
	// Output:
	// price:7 € 12 fresh 1m0s 109
	// 0
}

// What is left of each policy goes with the value, so a copy is worth what the
// original is: for a cache that outlives its process, or has another budget.
func ExampleCache_All_copy() {
	now := time.Unix(0, 0)
	options := cache.Options[string]{Now: func() time.Time { return now }}
	from, err := cache.New(options)
	if err != nil {
		panic(err)
	}
	_ = from.Put("price:7", "€ 12", cache.Policy{TTL: time.Minute})
	now = now.Add(40 * time.Second)

	to, err := cache.New(options)
	if err != nil {
		panic(err)
	}
	for key, e := range from.All() {
		if err := to.Put(key, e.Value, e.Policy); err != nil {
			fmt.Println(err)
		}
	}
	_, info := to.Inspect("price:7", now)
	fmt.Println(info.State, info.TTL)
	// Output: fresh 20s
}

// A warm key is there at once; a cold one gives something to await, whose fill starts
// then. So a caller uses what is there before it waits for the rest.
func ExampleCache_GetOrDefer() {
	c, err := cache.New(cache.Options[string]{MaxBytes: 1 << 20})
	if err != nil {
		panic(err)
	}
	_ = c.Put("price:7", "€ 12", cache.Policy{})
	ctx := context.Background()
	fetch := func(value string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return value, nil }
	}

	price, d1 := c.GetOrDefer("price:7", fetch("€ 12"), cache.Policy{})
	stock, d2 := c.GetOrDefer("stock:7", fetch("3 left"), cache.Policy{})
	fmt.Println(d1 == nil, d2 == nil)
	if d1 != nil {
		price, err = d1.Await(ctx)
	}
	if d2 != nil && err == nil {
		stock, err = d2.Await(ctx)
	}
	fmt.Println(price, stock, err)
	// Output:
	// true false
	// € 12 3 left <nil>
}

// Without goroutines: the leader of a flight ends it, everyone else is told.
func ExampleCache_Begin() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	f, leader := c.Begin("price:7")
	fmt.Println("leader:", leader)
	again, leader := c.Begin("price:7")
	fmt.Println("leader:", leader)
	again.Then(func(v string, err error) { fmt.Println("told", v, err) })

	fmt.Println("stored:", f.Commit("€ 12", cache.Policy{TTL: time.Minute}) == nil)
	// Output:
	// leader: true
	// leader: false
	// told € 12 <nil>
	// stored: true
}

// A value that is written while a fill is under way, which may have read the one
// before: Delete lets go of the flight, so that it does not replace what follows.
func ExampleCache_Delete() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	v, err := c.Load(context.Background(), "price:7", func(context.Context) (string, error) {
		// Meanwhile, elsewhere, the price is changed.
		c.Delete("price:7")
		_ = c.Put("price:7", "€ 15", cache.Policy{})
		return "€ 12", nil
	}, cache.Policy{})
	fmt.Println(v, err)
	fmt.Println(c.Get("price:7"))
	// Output:
	// € 12 <nil>
	// € 15 fresh
}
