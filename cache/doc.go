// Package cache keeps values by key for as long as they may be used, in memory,
// within a budget of bytes that is never exceeded. Whoever misses a key shares one
// fill of it with all others who do, old values stand in while a fill runs or when
// it fails, and everything that carries a tag is purged in one step. It starts no
// goroutine and no timer of its own but for fills, needs no Close, and imports
// little enough of the standard library to run in a small Wasm module.
//
//	prices, err := cache.New(cache.Options[string]{
//		MaxBytes: 64 << 20,
//		Policy:   cache.Policy{TTL: time.Minute, StaleWhileRevalidate: time.Hour},
//	})
//	if err != nil {
//		panic(err)
//	}
//	price, err := prices.Load(context.Background(), "price:7", fetchPrice, cache.Policy{Tags: []string{"product:7"}})
//	fmt.Println(price, err)
//	prices.InvalidateTag("product:7") // it has changed: fetched anew by the next who asks
//
// # Which call
//
//	to get a value or fill it and wait            Load
//	… with one fill for all keys                  Loader
//	… how long it lasts comes with it             LoadWith
//	… to use what is there before waiting         GetOrDefer, then Deferred.Await
//	… without goroutines                          Begin, then Flight.Commit or Abandon
//	to look, and do nothing on a miss             Get; GetAt and Inspect with a time
//	to look at an old value                       OnError, Stored
//	to look again and again at the same           Refer, then Look
//	to store what is at hand                      Put
//	to remove a key, a tag, everything            Delete, PurgeTag, Clear
//	to have a key, a tag, everything fetched anew Invalidate, InvalidateTag, InvalidateAll
//	to see what there is                          All, Len, Bytes, Stats
//
// # What a value may be used for
//
// A value is Fresh until its TTL has run out, then Stale for StaleWhileRevalidate:
// it is given, and Load has another one filled in the background. For StaleIfError
// after its TTL it stands in for a fill that failed. An invalidation ends the TTL at
// that instant, a purge everything. The clock is the runtime's monotonic one, or
// Options.Now; set back, it makes nothing last longer.
//
// # Guarantees
//
//   - A hit (Get, Load, GetOrDefer and the like) takes no lock, allocates nothing
//     and waits for nobody; so does a Get that misses. A stale one through Load
//     takes the lock for a moment. A miss through Load costs a goroutine and some
//     13 allocations besides the fill.
//   - For one key one fill runs at a time. It ends with a value, an error or a
//     panic, and each of them reaches all who wait. A purge, an invalidation or a
//     Delete meanwhile parts it from those who come after: they have a fill of
//     their own, and what the old one brings is not stored as fresh.
//   - Bytes never exceeds Options.MaxBytes, not for a moment. What cannot fit is
//     refused, and nothing is evicted for it.
//   - Put and Commit take one lock, one allocation for the entry and its key, and
//     time that does not grow with the number of entries, but for the moments at
//     which the index grows, each time by a quarter of a thirty-second part of it.
//   - PurgeTag and InvalidateTag take time that does not grow with the number of
//     entries that carry the tag.
//   - What the caller passes is called outside all locks and may call back: fills,
//     OnEvict, OnFillError, the callbacks of Then, the body of a range over All.
//   - A value is given as it was stored, not a copy: whoever has it must leave as
//     it is what it refers to.
//
// What eviction keeps is decided by how often a value is asked for and how large it
// is. Figures, and when to take another cache: docs/cache.md.
//
// # What it is not
//
// It is in one process: nothing is shared between servers, nothing is on disk. Keys
// are strings. Values are Go values that the garbage collector sees. It fills one key
// at a time. Writes share one lock, which dozens of cores that do little else would
// wait for.
//
// # What counts against the budget
//
// An entry counts len(key) + Size(value) + EntryOverhead, and what V itself takes
// beyond 24 bytes. A combination of stale windows and tags that is in use counts
// TermsOverhead and TagRefOverhead for each of its tags, a tag in use TagOverhead and
// the length of its name, once however many entries share them. Flights do not
// count, nor does what is remembered of fills that failed, for two pauses
// (Options.RefreshPause) at most.
package cache

// The walk through the package.
//
// A hit:
//
//  1. Get, GetAt or Inspect hashes the key (hash.go) and looks into the index
//     (index.go) without a lock: one group of seven slots, one entry.
//  2. entry.state (entry.go) turns the entry and the time into Fresh, Stale or
//     Miss. If the entry has tags, it compares when it was stored with when
//     they were last purged or invalidated (tags.go).
//  3. The entry's hit counter goes up (evict.go), and so does one of the
//     statistics (stats.go). Nothing else moves.
//
// A miss:
//
//  1. Begin (flight.go) joins the flight of the key, unless a purge overtook it,
//     or makes the caller its leader. Those who wait leave callbacks with Then
//     (wait.go); GetOrDefer (deferred.go) is the same flight with an Await for
//     goroutines, whose fill starts at the first Await, and Load (load.go) both in
//     one.
//  2. The leader asks the origin and ends the flight with Commit or Abandon.
//  3. Commit checks that the key was not let go of meanwhile (Delete, Clear) and
//     that none of the value's tags was purged since the flight began.
//  4. It then stores the value (store.go): looks at a few entries for dead ones,
//     evicts the least worth until the new one fits (evict.go, with the ghost
//     table of ghost.go and the balance of adapt.go), and puts it into its queue and into the index.
//  5. The lock is released; OnEvict is told of what left, the callbacks get the
//     value, and Commit returns.
