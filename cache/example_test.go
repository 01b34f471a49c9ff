package cache_test

import (
	"context"
	"fmt"
	"time"

	"inlay/cache"
)

// A warm key is there at once; a cold one gives something to await, which all
// who miss it share.
func ExampleCache_GetOrDefer() {
	c, err := cache.New(cache.Options[string]{MaxBytes: 1 << 20})
	if err != nil {
		panic(err)
	}
	price := func(context.Context) (string, error) {
		fmt.Println("asking the origin")
		return "€ 12", nil
	}
	for range 2 {
		v, d := c.GetOrDefer("/price/7", price, cache.Policy{TTL: time.Minute})
		if d != nil {
			v, err = d.Await(context.Background())
		}
		fmt.Println(v, err)
	}
	// Output:
	// asking the origin
	// € 12 <nil>
	// € 12 <nil>
}

// Without goroutines: the leader of a flight ends it, everyone else is told.
func ExampleCache_Begin() {
	c, err := cache.New(cache.Options[string]{})
	if err != nil {
		panic(err)
	}
	f, leader := c.Begin("/price/7")
	fmt.Println("leader:", leader)
	again, leader := c.Begin("/price/7")
	fmt.Println("leader:", leader)
	again.Then(func(v string, err error) { fmt.Println("told", v, err) })

	fmt.Println("stored:", f.Commit("€ 12", cache.Policy{TTL: time.Minute}) == nil)
	// Output:
	// leader: true
	// leader: false
	// told € 12 <nil>
	// stored: true
}

// A purge makes everything with a tag unusable; an invalidation lets it be used
// once more while it is fetched anew.
func ExampleCache_InvalidateTag() {
	now := time.Unix(0, 0)
	c, err := cache.New(cache.Options[string]{Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	p := cache.Policy{TTL: time.Minute, StaleWhileRevalidate: time.Second, Tags: []string{"product:7"}}
	_ = c.Put("/price/7", "€ 12", p)
	_ = c.Put("/stock/7", "3 left", p)

	fmt.Println(c.InvalidateTag("product:7"))
	fmt.Println(c.Get("/price/7")) // for as long as StaleWhileRevalidate says, from now on
	fmt.Println(c.PurgeTag("product:7"))
	fmt.Println(c.Get("/price/7"))
	// Output:
	// 2
	// € 12 stale
	// 2
	//  miss
}
