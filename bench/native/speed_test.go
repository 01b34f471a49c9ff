package native

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

var sizes = []int{10_000, 1_000_000}

const valueSize = 16

// keys look like what the engine makes of a src: about 30 bytes.
func keys(n int) []string {
	ks := make([]string, n)
	for i := range ks {
		ks[i] = fmt.Sprintf("/fragments/price/%012d", i*7919)
	}
	return ks
}

// order is a Zipf-distributed sequence of indexes, the same for every cache. It
// is short for few keys, so that reading it does not push them out of the CPU's
// caches.
func order(n int) []uint32 {
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.01, 8, uint64(n-1))
	perm := rand.New(rand.NewPCG(3, 4)).Perm(n)
	length := 1 << 15
	if n > 100_000 {
		length = 1 << 20
	}
	o := make([]uint32, length)
	for i := range o {
		o[i] = uint32(perm[z.Uint64()])
	}
	return o
}

var short = flag.Bool("smoke", false, "small sizes only: checks that everything runs")

func eachPeer(b *testing.B, f func(b *testing.B, p Peer, n int)) {
	for _, n := range sizes {
		if *short && n > 10_000 {
			continue
		}
		for _, p := range Peers() {
			b.Run(fmt.Sprintf("keys=%d/cache=%s", n, p.Name), func(b *testing.B) { f(b, p, n) })
		}
	}
}

// filled makes a cache that holds all keys, with room to spare so that a cache
// that splits its budget holds them too.
func filled(b *testing.B, p Peer, ks []string) Store {
	s := p.New(len(ks)*5/4, len(ks[0])+valueSize)
	for i, k := range ks {
		s.Put(k, make([]byte, valueSize))
		if i%32 == 31 {
			s.Settle()
		}
	}
	s.Settle()
	b.Cleanup(s.Close)
	runtime.GC()
	return s
}

func BenchmarkGetHit(b *testing.B) {
	eachPeer(b, func(b *testing.B, p Peer, n int) {
		ks := keys(n)
		o := order(n)
		s := filled(b, p, ks)
		b.ReportAllocs()
		b.ResetTimer()
		misses := 0
		for i := range b.N {
			if _, ok := s.Get(ks[o[i&(len(o)-1)]]); !ok {
				misses++
			}
		}
		b.ReportMetric(100*float64(misses)/float64(b.N), "miss%")
	})
}

func BenchmarkGetHitParallel(b *testing.B) {
	eachPeer(b, func(b *testing.B, p Peer, n int) {
		ks := keys(n)
		o := order(n)
		s := filled(b, p, ks)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			i := rand.IntN(len(o))
			for pb.Next() {
				s.Get(ks[o[i&(len(o)-1)]])
				i++
			}
		})
	})
}

func BenchmarkMixed90(b *testing.B) {
	eachPeer(b, func(b *testing.B, p Peer, n int) {
		ks := keys(n)
		o := order(n)
		s := filled(b, p, ks)
		v := make([]byte, valueSize)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			i := rand.IntN(len(o))
			for pb.Next() {
				k := ks[o[i&(len(o)-1)]]
				if i%10 == 0 {
					s.Put(k, v)
				} else {
					s.Get(k)
				}
				i++
			}
		})
	})
}

func BenchmarkInsertEvict(b *testing.B) {
	eachPeer(b, func(b *testing.B, p Peer, n int) {
		ks := keys(2 * n)
		s := p.New(n, len(ks[0])+valueSize)
		b.Cleanup(s.Close)
		for _, k := range ks {
			s.Put(k, make([]byte, valueSize))
		}
		s.Settle()
		v := make([]byte, valueSize)
		runtime.GC()
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			s.Put(ks[i%len(ks)], v)
		}
	})
}
