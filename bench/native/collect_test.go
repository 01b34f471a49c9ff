package native

import (
	"runtime"
	"strings"
	"testing"

	"github.com/coocood/freecache"
)

// BenchmarkCollect is the CPU time of a full garbage collection while a cache holds
// a million entries: what the collector pays for values that it can see. freecache
// keeps keys and values in large blocks of bytes, and copies them.
func BenchmarkCollect(b *testing.B) {
	n := 1_000_000
	if *short {
		n = 10_000
	}
	ks := keys(n)
	peers := []Peer{{"inlay", true, true, newInlay}, {"map+rwmutex", false, false, newMap},
		{"otter", false, false, newOtter}, {"freecache", true, true, newFreecache}}
	for _, p := range peers {
		b.Run("cache="+p.Name, func(b *testing.B) {
			s := p.New(n*5/4, len(ks[0])+valueSize)
			defer s.Close()
			for i, k := range ks {
				s.Put(strings.Clone(k), make([]byte, valueSize))
				if i%32 == 31 {
					s.Settle()
				}
			}
			s.Settle()
			runtime.GC()
			measured(b, func() {
				for range b.N {
					runtime.GC()
				}
			})
		})
	}
}

type freecacheStore struct{ c *freecache.Cache }

func newFreecache(entries, entrySize int) Store {
	return freecacheStore{freecache.NewCache(entries * (entrySize + 64))}
}

func (s freecacheStore) Get(key string) ([]byte, bool) {
	v, err := s.c.Get([]byte(key))
	return v, err == nil
}
func (s freecacheStore) Put(key string, v []byte) {
	_ = s.c.Set([]byte(key), v, int(ttl.Seconds()))
}
func (s freecacheStore) Settle() {}
func (s freecacheStore) Close()  {}
