package native

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const valueSize = 16

var short = flag.Bool("smoke", false, "few keys only: checks that everything runs")

// keys look like what the engine makes of a src: 29 bytes. They are the
// same strings for every cache.
func keys(n int) []string {
	if ks := made[n]; ks != nil {
		return ks
	}
	ks := make([]string, n)
	for i := range ks {
		ks[i] = fmt.Sprintf("/fragments/price/%012d", i*7919)
	}
	made[n] = ks
	return ks
}

var made = map[int][]string{}

// cloned gives equal keys that lie elsewhere: who looks a key up has just built
// it, and has not the string that was stored.
func cloned(ks []string) []string {
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = strings.Clone(k)
	}
	return out
}

// order is a Zipf-distributed sequence of indexes, the same for every cache. It
// is short for few keys, so that reading it does not push them out of the CPU's
// caches.
func order(n int) []uint32 {
	length := 1 << 15
	if n > 100_000 {
		length = 1 << 20
	}
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.01, 8, uint64(n-1))
	perm := rand.New(rand.NewPCG(3, 4)).Perm(n)
	o := make([]uint32, length)
	for i := range o {
		o[i] = uint32(perm[z.Uint64()])
	}
	return o
}

// filled makes a cache that holds all keys, with room to spare so that one that
// splits its budget holds them too.
func filled(p Peer, ks []string) Store {
	s := p.New(len(ks)*5/4, len(ks[0])+valueSize)
	for i, k := range ks {
		s.Put(k, make([]byte, valueSize))
		if i%32 == 31 {
			s.Settle()
		}
	}
	s.Settle()
	runtime.GC()
	return s
}

// BenchmarkSpeed runs every operation on every cache. A round of all of it
// (-count 1) takes the caches in turn; run several rounds, so that what else the
// machine does falls on all alike.
func BenchmarkSpeed(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		if *short && n > 10_000 {
			continue
		}
		b.Run("keys="+strconv.Itoa(n), func(b *testing.B) {
			ks, o := keys(n), order(n)
			for _, p := range Peers() {
				b.Run("cache="+p.Name, func(b *testing.B) {
					s := filled(p, cloned(ks))
					defer s.Close()
					b.Run("op=get", func(b *testing.B) { getHit(b, s, ks, o) })
					b.Run("op=get-all-cores", func(b *testing.B) { getHitAllCores(b, s, ks, o) })
					b.Run("op=mixed-90-10", func(b *testing.B) { mixed(b, s, ks, o) })
				})
				b.Run("cache="+p.Name, func(b *testing.B) {
					half := ks[:n/2]
					s := p.New(len(half), len(ks[0])+valueSize)
					defer s.Close()
					for _, k := range ks {
						s.Put(k, make([]byte, valueSize))
					}
					s.Settle()
					runtime.GC()
					b.Run("op=insert-evict", func(b *testing.B) { insertEvict(b, s, ks) })
				})
			}
		})
	}
}

func getHit(b *testing.B, s Store, ks []string, o []uint32) {
	b.ReportAllocs()
	misses := 0
	for i := range b.N {
		if _, ok := s.Get(ks[o[i&(len(o)-1)]]); !ok {
			misses++
		}
	}
	b.ReportMetric(100*float64(misses)/float64(b.N), "miss%")
}

func getHitAllCores(b *testing.B, s Store, ks []string, o []uint32) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(o)); pb.Next(); i++ {
			s.Get(ks[o[i&(len(o)-1)]])
		}
	})
}

// mixed replaces a value at every tenth operation, on all cores.
func mixed(b *testing.B, s Store, ks []string, o []uint32) {
	v := make([]byte, valueSize)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(o)); pb.Next(); i++ {
			k := ks[o[i&(len(o)-1)]]
			if i%10 == 0 {
				s.Put(k, v)
			} else {
				s.Get(k)
			}
		}
	})
}

// insertEvict puts keys of which the cache holds half, one goroutine: each put
// has to make room.
func insertEvict(b *testing.B, s Store, ks []string) {
	v := make([]byte, valueSize)
	b.ReportAllocs()
	i := 0
	for range b.N {
		s.Put(ks[i], v)
		if i++; i == len(ks) {
			i = 0
		}
	}
}
