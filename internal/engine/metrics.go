package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
)

// metricTexts name the figures of Stats for the outside, one a line: its name as Prometheus has it, without the prefix, and
// what it counts. One whose name ends in _total only grows. A table of text is half the size in core.wasm that one of
// structs is.
const metricTexts = `warm_pages_total Pages answered from one composed body, all fragments fresh.
pages_total Pages that were not warm.
whole_pages_total Pages that left as one body once their fragments were there.
streamed_pages_total Pages whose shell left before their fragments were there.
failed_pages_total Pages answered with an error because a required slot failed.
left_total Pages whose client went away before the end.
passed_total Requests that no page answers, given to the origin.
bad_requests_total Requests answered with 400.
fills_total Attempts of fills begun.
fills_taken_over_total Attempts that a waiting request began because a fill was lost.
fills_failed_total Fills that failed.
fills_late_total Reports of attempts whose fill had been settled by another.
polls_total Times that the purge log was asked.
polls_failed_total Those of them that brought no answer.
held_total Requests that waited for the purge log.
found_data_center_total Fragments found in the data centre's cache.
found_kv_total Fragments found in KV.
found_refused_total Fragments found there that could not be used.
fragments_unstored_total Fragments that were delivered but not stored.
core_crashes_total Times that the engine was replaced after a crash; the other counters began anew then.
waiting Pages in progress.
flights Fills in progress.
cache_gets_total Lookups in the cache.
cache_hits_total Lookups that found a fresh entry.
cache_stale_hits_total Lookups that found a stale entry.
cache_misses_total Lookups that found nothing usable.
cache_evictions_total Entries evicted to stay within the budget.
cache_entries Entries in the cache.
cache_bytes Bytes of the budget that are in use.
`

// figures are the values, in the order of metricTexts. Not taken from Stats, which core.wasm has no other use for.
type figures [29]int64

func (e *Engine[B]) figures() *figures {
	n, c := &e.counts, e.fragments.Stats()
	return &figures{
		int64(e.warm.Load()), int64(n.Pages), int64(n.Whole), int64(n.Streamed), int64(n.Failures), int64(n.Left), int64(n.Passed),
		int64(n.BadRequests), int64(n.Fills), int64(n.TakenOver), int64(n.Failed), int64(n.Late), int64(n.Polls), int64(n.PollsFailed), int64(n.Held), int64(n.FoundDataCenter), int64(n.FoundKV), int64(n.Refused), int64(n.Unstored),
		int64(e.config.Crashes), int64(len(e.requests)), int64(len(e.flights)), int64(c.Gets), int64(c.Hits),
		int64(c.StaleHits), int64(c.Misses), int64(c.Evicted),
		int64(e.fragments.Len() + e.failures.Len()), e.fragments.Bytes() + e.failures.Bytes(),
	}
}

func (f *figures) json() string {
	text := []byte{'{'}
	rest := metricTexts
	for i, value := range f {
		if i > 0 {
			text = append(text, ',')
		}
		var name string
		name, rest, _ = ascii.Cut(rest, " ")
		_, rest, _ = ascii.Cut(rest, "\n")
		text = append(append(append(text, '"'), name...), `":`...)
		text = decimal.Append(text, value)
	}
	return string(append(text, "}\n"...))
}

// prometheus is the text format of Prometheus, version 0.0.4.
func (f *figures) prometheus() string {
	var text []byte
	rest := metricTexts
	for _, value := range f {
		var name, help string
		name, rest, _ = ascii.Cut(rest, " ")
		help, rest, _ = ascii.Cut(rest, "\n")
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		text = append(text, "# HELP inlay_"+name+" "+help+"\n# TYPE inlay_"+name+" "+kind+"\ninlay_"+name+" "...)
		text = append(decimal.Append(text, value), '\n')
	}
	return string(text)
}
