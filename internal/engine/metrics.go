package engine

// FiguresCount is how many figures there are.
const FiguresCount = 31

// Figures are the counters as a host tells them to the outside, in the order of their names in internal/admin and in worker/figures.mjs. Not
// taken from Stats, which core.wasm has no other use for.
func (e *Engine[B]) Figures() [FiguresCount]int64 {
	n, c := &e.counts, e.fragments.Stats()
	return [...]int64{
		int64(e.warm.Load()), int64(n.Pages), int64(n.Whole), int64(n.Streamed), int64(n.Failures), int64(n.Left), int64(n.Passed),
		int64(n.BadRequests), int64(n.Fills), int64(n.TakenOver), int64(n.Early), int64(n.Failed), int64(n.Late), int64(n.Polls), int64(n.PollsFailed), int64(n.Held), int64(n.FoundDataCenter), int64(n.FoundKV), int64(n.Refused), int64(n.Unstored),
		int64(e.config.Crashes), int64(len(e.requests)), int64(len(e.flights)), int64(c.Gets), int64(c.Hits),
		int64(c.StaleHits), int64(c.Misses), int64(c.Evicted),
		int64(e.fragments.Len() + e.failures.Len()), e.fragments.Bytes() + e.failures.Bytes(), int64(n.Slots),
	}
}
