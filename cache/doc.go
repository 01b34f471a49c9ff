// Package cache is the core of inlay: for a key and a time it decides what there
// is, it holds the flights of keys that are being filled, and it stays inside a
// budget of bytes. It reads no clock but Options.Now, and has no timers and starts
// no goroutine but for the fills of GetOrDefer, so the same code runs natively
// and as part of a Wasm module.
//
// # A hit
//
//  1. Get, GetAt or Inspect hashes the key (hash.go) and looks into the index
//     (index.go) without a lock: one group of seven slots, one entry.
//  2. entry.state (entry.go) turns the entry and the time into Fresh, Stale or
//     Miss. If the entry has tags, it compares when it was stored with when
//     they were last purged or invalidated (tags.go).
//  3. The entry's hit counter goes up (evict.go), and so does one of the
//     statistics (stats.go). Nothing else moves.
//
// # A miss
//
//  1. Begin (flight.go) joins the flight of the key, unless a purge overtook it,
//     or makes the caller its leader. Those who wait leave callbacks with Then
//     (wait.go); GetOrDefer (deferred.go) is the same flight with an Await for
//     goroutines, whose fill starts at the first Await.
//  2. The leader asks the origin and ends the flight with Commit or Abandon.
//  3. Commit checks that the key was not let go of meanwhile (Delete, Clear) and
//     that none of the value's tags was purged since the flight began.
//  4. It then stores the value (store.go): looks at a few entries for dead ones,
//     evicts the least worth until the new one fits (evict.go, with the ghost
//     table of ghost.go), and puts it into its queue and into the index.
//  5. The lock is released; OnEvict is told of what left, the callbacks get the
//     value, and Commit returns.
//
// # What counts against the budget
//
// An entry counts len(key) + Size(value) + EntryOverhead. A combination of stale
// windows and tags that is in use counts TermsOverhead and TagRefOverhead for
// each of its tags, a tag in use TagOverhead and the length of its name, once
// however many entries share them. Flights do not count, nor does what GetOrDefer
// remembers of fills that failed (refused.go), for two pauses at most.
package cache
