package native

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"inlay/cache"
)

// BenchmarkMemory reports how many bytes of heap an entry takes beyond the bytes
// of its key and of its value. The headers of both count, and so does every table
// that the cache makes for that number of entries. Each key is a string of its
// own, which lives on only if the cache keeps it.
//
// Run it with -benchtime 1x: it measures once.
func BenchmarkMemory(b *testing.B) {
	peers := append(Peers(),
		Peer{"inlay-policy", true, true, newInlayPolicy},
		Peer{"inlay-own-tags", true, true, newInlayOwnTags})
	for _, n := range []int{100_000, 1_000_000} {
		if *short && n > 100_000 {
			continue
		}
		for _, p := range peers {
			if p.Name == "inlay-at" {
				continue // the same cache as inlay
			}
			b.Run(fmt.Sprintf("entries=%d/cache=%s", n, p.Name), func(b *testing.B) {
				ks := keys(n)
				value := make([]byte, valueSize)
				for range b.N {
					before := heap()
					s := p.New(n*5/4, len(ks[0])+valueSize)
					for i, k := range ks {
						s.Put(strings.Clone(k), value)
						if i%32 == 31 {
							s.Settle()
						}
					}
					s.Settle()
					b.ReportMetric(float64(heap()-before)/float64(n)-float64(len(ks[0])), "B/entry")
					missing := 0
					for _, k := range ks {
						if _, ok := s.Get(k); !ok {
							missing++
						}
					}
					b.ReportMetric(100*float64(missing)/float64(n), "miss%")
					s.Close()
				}
			})
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// inlayPolicy gives every entry all that a policy can have: stale windows and two
// tags that many share.
type inlayPolicy struct {
	inlay
	n int
}

func newInlayPolicy(entries, entrySize int) Store {
	return &inlayPolicy{inlay: inlay{c: inlayCache(entries, entrySize+16, nil)}}
}

func (s *inlayPolicy) Put(key string, v []byte) {
	s.n++
	_ = s.c.Put(key, v, cache.Policy{TTL: ttl, StaleWhileRevalidate: time.Minute, StaleIfError: time.Hour,
		Tags: []string{"fragments", shared[s.n%len(shared)]}})
}

var shared = func() (names [1000]string) {
	for i := range names {
		names[i] = fmt.Sprintf("product:%d", i)
	}
	return names
}()

// inlayOwnTags gives every entry a tag of its own besides, the dearest there is.
type inlayOwnTags struct{ inlay }

func newInlayOwnTags(entries, entrySize int) Store {
	return &inlayOwnTags{inlay{c: inlayCache(entries, entrySize+512, nil)}}
}

func (s *inlayOwnTags) Put(key string, v []byte) {
	_ = s.c.Put(key, v, cache.Policy{StaleWhileRevalidate: time.Minute, Tags: []string{key}})
}
