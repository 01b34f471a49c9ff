//go:build tinygo

// Command wasm is the cache in a Wasm module built by TinyGo as the core is, and
// TinyGo's own map beside it. run.mjs times the loops, so that only what happens
// inside the module is measured.
package main

import (
	"strconv"
	"time"

	"inlay/cache"
	"inlay/worker/core/heap"
)

var (
	keys   []string
	order  []uint32
	warm   *cache.Cache[uint32]
	plain  map[string]uint32
	now    = time.Unix(1_700_000_000, 0)
	policy = cache.Policy{TTL: time.Hour}
)

//go:wasmexport setup
func setup(n int32) {
	heap.Collect()
	keys = make([]string, n)
	plain = make(map[string]uint32, n)
	c, err := cache.New(cache.Options[uint32]{
		MaxBytes: 1 << 30, Seed: 42,
		Now: func() time.Time { return now },
	})
	if err != nil {
		panic(err)
	}
	warm = c
	for i := range keys {
		digits := strconv.FormatInt(1_000_000_000_000+int64(i)*7919, 10)
		keys[i] = "/fragments/price/" + digits[1:]
		plain[keys[i]] = uint32(i)
		if warm.Put(keys[i], uint32(i), policy) != nil {
			panic("put")
		}
	}
	// Near keys more often: half the gets go to an eighth of the keys.
	order = make([]uint32, 1<<15)
	x := uint64(88172645463325252)
	for i := range order {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		r := uint32(x >> 32)
		if x&1 == 0 {
			order[i] = r % uint32(n/8)
		} else {
			order[i] = r % uint32(n)
		}
	}
}

//go:wasmexport gets
func gets(count int32) (hits int32) {
	for i := range count {
		if _, s := warm.GetAt(keys[order[i&(1<<15-1)]], now); s == cache.Fresh {
			hits++
		}
	}
	return hits
}

//go:wasmexport mapGets
func mapGets(count int32) (hits int32) {
	for i := range count {
		if _, ok := plain[keys[order[i&(1<<15-1)]]]; ok {
			hits++
		}
	}
	return hits
}

// puts replaces values, with the garbage collection that comes of it: as in the core, at the beginning of a call.
//
//go:wasmexport puts
func puts(count int32) (stored int32) {
	heap.Collect()
	for i := range count {
		k := order[i&(1<<15-1)]
		if warm.Put(keys[k], k, policy) == nil {
			stored++
		}
	}
	return stored
}

func main() {}
