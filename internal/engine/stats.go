package engine

import (
	"time"

	"inlay/cache"
)

// Stats are what an engine has done since it began. The counters only grow.
type Stats struct {
	// Warm are requests answered from a composed page whose fragments were all fresh.
	Warm uint64
	// Pages are requests that a page answered and that were not Warm.
	Pages uint64
	// Whole are those of Pages that left as one body, Streamed those that left before their fragments were there,
	// Failures those answered with an error because a required slot failed.
	Whole, Streamed, Failures uint64
	// Slots are requests for one slot at its own URL, which are none of Pages.
	Slots uint64
	// Left are requests whose client went away before the end.
	Left uint64
	// Cold are those of Pages whose visitor waited for a fragment or went without one, Stale those others that showed one which was stale.
	Cold, Stale uint64
	// SavedFills is how often a fragment was shown that was there, by warm pages too, SavedTime how long its fills took, each time, and
	// SavedBytes how many bytes it has.
	SavedFills uint64
	SavedTime  time.Duration
	SavedBytes uint64
	// Passed are requests that no page answers; BadRequests those answered with 400.
	Passed, BadRequests uint64
	// Fills are attempts begun; TakenOver those of them that a waiting request began because the fill was lost.
	Fills, TakenOver uint64
	// Early are fills that were begun while their fragment was still fresh.
	Early uint64
	// Failed are fills that failed; Unstored fragments that were delivered but not stored; Late reports of attempts whose
	// fill had been settled by another.
	Failed, Unstored, Late uint64
	// Polls are those of the purge log, PollsFailed those of them that brought no answer; Held are requests that waited for one.
	Polls, PollsFailed, Held uint64
	// FoundDataCenter and FoundKV are fragments that were found below instead of being asked of an origin; Refused is what lay
	// there and could not be used, as a purge had overtaken it, or since it was damaged.
	FoundDataCenter, FoundKV, Refused uint64
	// Waiting are the requests in progress, Flights the fills.
	Waiting, Flights int
	// Crashes are the engines before this one that were lost to a crash, with everything that they had counted.
	Crashes uint64
	// Cache is of the cache of fragments and composed pages; Bytes and Entries are of everything cached.
	Cache   cache.Stats
	Bytes   int64
	Entries int
}

// counts are the counters of Stats, in the order of the figures: see Figures.
type counts struct {
	Warm, Pages, Whole, Streamed, Failures, Left, Passed, BadRequests     uint64
	Fills, TakenOver, Early, Failed, Late                                 uint64
	Polls, PollsFailed, Held, FoundDataCenter, FoundKV, Refused, Unstored uint64

	Slots, Stale, Cold, SavedFills uint64
	SavedTime                      time.Duration
	SavedBytes                     uint64
}

// Stats tells what the engine has done; it is an event like the others.
func (e *Engine[B]) Stats() Stats {
	e.tallyAll()
	n := &e.counts
	return Stats{
		Cold: n.Cold, Stale: n.Stale, SavedFills: n.SavedFills, SavedTime: n.SavedTime, SavedBytes: n.SavedBytes,
		Warm: n.Warm, Pages: n.Pages, Whole: n.Whole, Streamed: n.Streamed, Failures: n.Failures, Left: n.Left,
		Passed: n.Passed, BadRequests: n.BadRequests, Fills: n.Fills, TakenOver: n.TakenOver, Early: n.Early, Failed: n.Failed,
		Slots: n.Slots, Unstored: n.Unstored, Late: n.Late, Polls: n.Polls, PollsFailed: n.PollsFailed, Held: n.Held,
		FoundDataCenter: n.FoundDataCenter, FoundKV: n.FoundKV, Refused: n.Refused,
		Waiting: len(e.requests) + len(e.held), Flights: len(e.flights), Crashes: e.config.Crashes,
		Cache: e.fragments.Stats(), Bytes: e.fragments.Bytes() + e.failures.Bytes(), Entries: e.fragments.Len() + e.failures.Len(),
	}
}
