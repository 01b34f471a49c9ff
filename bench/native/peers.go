// Package native puts inlay's cache and the caches that a Go program could use
// instead behind one small interface, so that the same benchmarks run on all.
package native

import (
	"sync"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/maypok86/otter/v2"
	"github.com/phuslu/lru"
	"github.com/scalalang2/golang-fifo/s3fifo"
	"github.com/scalalang2/golang-fifo/sieve"

	"inlay/cache"
)

// Store is what the benchmarks use of a cache.
type Store interface {
	Get(key string) ([]byte, bool)
	Put(key string, value []byte)
	// Settle waits for writes that the cache does in the background.
	Settle()
	Close()
}

// ttl is long enough that nothing expires while a benchmark runs.
const ttl = time.Hour

// Peer is a cache and how to make one that has room for a number of entries of
// a known size.
type Peer struct {
	Name string
	// TTL says whether it knows a time to live, Weight whether sizes bound it.
	TTL, Weight bool
	New         func(entries, entrySize int) Store
}

// Peers are the caches compared, inlay first. "inlay-at" is the same cache given
// the time, as the engine uses it.
func Peers() []Peer {
	return []Peer{
		{"inlay-at", true, true, newInlayAt},
		{"inlay", true, true, newInlay},
		{"map+rwmutex", false, false, newMap},
		{"otter", false, false, newOtter},
		{"otter-ttl-weight", true, true, newOtterFull},
		{"theine", true, true, newTheine},
		{"ristretto", true, true, newRistretto},
		{"hashicorp-expirable", true, false, newHashicorp},
		{"phuslu-ttl", true, false, newPhuslu},
		{"sieve", true, false, newSieve},
		{"s3fifo", true, false, newS3FIFO},
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type inlay struct {
	c  *cache.Cache[[]byte]
	at time.Time
}

func inlayCache(entries, entrySize int, now func() time.Time) *cache.Cache[[]byte] {
	return must(cache.New(cache.Options[[]byte]{
		MaxBytes: int64(entries) * int64(entrySize+cache.EntryOverhead),
		Policy:   cache.Policy{TTL: ttl},
		Now:      now,
	}))
}

func newInlay(entries, entrySize int) Store {
	return &inlay{c: inlayCache(entries, entrySize, nil)}
}

func (s *inlay) Get(key string) ([]byte, bool) {
	v, state := s.c.Get(key)
	return v, state == cache.Fresh
}
func (s *inlay) Put(key string, v []byte) { _ = s.c.Put(key, v, cache.Policy{}) }
func (s *inlay) Settle()                  {}
func (s *inlay) Close()                   {}

type inlayAt struct{ inlay }

func newInlayAt(entries, entrySize int) Store {
	at := time.Now()
	return &inlayAt{inlay{c: inlayCache(entries, entrySize, func() time.Time { return at }), at: at}}
}

func (s *inlayAt) Get(key string) ([]byte, bool) {
	v, state := s.c.GetAt(key, s.at)
	return v, state == cache.Fresh
}

// plainMap is the floor: no bound, no TTL.
type plainMap struct {
	mu sync.RWMutex
	m  map[string][]byte
	n  int
}

func newMap(entries, _ int) Store {
	return &plainMap{m: make(map[string][]byte, entries), n: entries}
}

func (s *plainMap) Get(key string) ([]byte, bool) {
	s.mu.RLock()
	v, ok := s.m[key]
	s.mu.RUnlock()
	return v, ok
}

// Put removes any other entry when full, the cheapest bound there is.
func (s *plainMap) Put(key string, v []byte) {
	s.mu.Lock()
	if len(s.m) >= s.n {
		if _, there := s.m[key]; !there {
			for k := range s.m {
				delete(s.m, k)
				break
			}
		}
	}
	s.m[key] = v
	s.mu.Unlock()
}
func (s *plainMap) Settle() {}
func (s *plainMap) Close()  {}

type otterStore struct{ c *otter.Cache[string, []byte] }

func newOtter(entries, _ int) Store {
	return &otterStore{must(otter.New(&otter.Options[string, []byte]{MaximumSize: entries}))}
}

func newOtterFull(entries, entrySize int) Store {
	return &otterStore{must(otter.New(&otter.Options[string, []byte]{
		MaximumWeight:    uint64(entries) * uint64(entrySize),
		Weigher:          func(k string, v []byte) uint32 { return uint32(len(k) + len(v)) },
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](ttl),
	}))}
}

func (s *otterStore) Get(key string) ([]byte, bool) { return s.c.GetIfPresent(key) }
func (s *otterStore) Put(key string, v []byte)      { s.c.Set(key, v) }
func (s *otterStore) Settle()                       { s.c.CleanUp() }
func (s *otterStore) Close()                        { s.c.StopAllGoroutines() }

type theineStore struct{ c *theine.Cache[string, []byte] }

func newTheine(entries, entrySize int) Store {
	return &theineStore{must(theine.NewBuilder[string, []byte](int64(entries) * int64(entrySize)).Build())}
}

func (s *theineStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *theineStore) Put(key string, v []byte) {
	s.c.SetWithTTL(key, v, int64(len(key)+len(v)), ttl)
}
func (s *theineStore) Settle() { s.c.Wait() }
func (s *theineStore) Close()  { s.c.Close() }

type ristrettoStore struct {
	c *ristretto.Cache[string, []byte]
}

func newRistretto(entries, entrySize int) Store {
	return &ristrettoStore{must(ristretto.NewCache(&ristretto.Config[string, []byte]{
		NumCounters: int64(entries) * 10,
		MaxCost:     int64(entries) * int64(entrySize),
		BufferItems: 64, IgnoreInternalCost: true,
	}))}
}

func (s *ristrettoStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *ristrettoStore) Put(key string, v []byte) {
	s.c.SetWithTTL(key, v, int64(len(key)+len(v)), ttl)
}
func (s *ristrettoStore) Settle() { s.c.Wait() }
func (s *ristrettoStore) Close()  { s.c.Close() }

type hashicorpStore struct {
	c *expirable.LRU[string, []byte]
}

func newHashicorp(entries, _ int) Store {
	return &hashicorpStore{expirable.NewLRU[string, []byte](entries, nil, ttl)}
}

func (s *hashicorpStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *hashicorpStore) Put(key string, v []byte)      { s.c.Add(key, v) }
func (s *hashicorpStore) Settle()                       {}
func (s *hashicorpStore) Close()                        {}

type phusluStore struct {
	c *lru.TTLCache[string, []byte]
}

func newPhuslu(entries, _ int) Store {
	return &phusluStore{lru.NewTTLCache[string, []byte](entries)}
}

func (s *phusluStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *phusluStore) Put(key string, v []byte)      { s.c.Set(key, v, ttl) }
func (s *phusluStore) Settle()                       {}
func (s *phusluStore) Close()                        {}

type sieveStore struct {
	c *sieve.Sieve[string, []byte]
}

func newSieve(entries, _ int) Store { return &sieveStore{sieve.New[string, []byte](entries, ttl)} }

func (s *sieveStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *sieveStore) Put(key string, v []byte)      { s.c.Set(key, v) }
func (s *sieveStore) Settle()                       {}
func (s *sieveStore) Close()                        { s.c.Close() }

type s3fifoStore struct {
	c *s3fifo.S3FIFO[string, []byte]
}

func newS3FIFO(entries, _ int) Store {
	return &s3fifoStore{s3fifo.New[string, []byte](entries, ttl)}
}

func (s *s3fifoStore) Get(key string) ([]byte, bool) { return s.c.Get(key) }
func (s *s3fifoStore) Put(key string, v []byte)      { s.c.Set(key, v) }
func (s *s3fifoStore) Settle()                       {}
func (s *s3fifoStore) Close()                        { s.c.Close() }
