package engine

import "unsafe"

// FiguresCount is how many figures there are.
const FiguresCount = 36

// firstOthers is how many of the figures are counts before all others, and lastCounts how many come after those.
const (
	firstOthers = 20
	lastCounts  = 6
)

// Figures are the counters as a host tells them to the outside, in the order of their names in internal/admin and in worker/figures.mjs. Not
// taken from Stats, which core.wasm has no other use for: there they are a copy of counts, with what is counted elsewhere between.
func (e *Engine[B]) Figures(into *[FiguresCount]int64) {
	e.tallyAll()
	counts := (*[firstOthers + lastCounts]int64)(unsafe.Pointer(&e.counts))
	copy(into[:], counts[:firstOthers])
	hits, stale, misses, evicted := e.fragments.Brief()
	others := [...]int64{
		int64(e.config.Crashes), int64(len(e.requests)), int64(len(e.flights)), int64(hits + stale + misses), int64(hits), int64(stale), int64(misses), int64(evicted),
		int64(e.fragments.Len() + e.failures.Len()), e.fragments.Bytes() + e.failures.Bytes(),
	}
	copy(into[firstOthers:], others[:])
	copy(into[firstOthers+len(others):], counts[firstOthers:])
	into[FiguresCount-2] /= 1e6 // of nanoseconds
}
