package edge

import (
	"strconv"
	"strings"
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

// figures are the values, in the order of metricTexts.
func (s *Stats) figures() [23]int64 {
	return [...]int64{
		int64(s.Warm), int64(s.Pages), int64(s.Whole), int64(s.Streamed), int64(s.Failures), int64(s.Left), int64(s.Passed),
		int64(s.BadRequests), int64(s.Fills), int64(s.TakenOver), int64(s.Failed), int64(s.Late), int64(s.Unstored),
		int64(s.Crashes), int64(s.Waiting), int64(s.Flights), int64(s.Cache.Gets), int64(s.Cache.Hits),
		int64(s.Cache.StaleHits), int64(s.Cache.Misses), int64(s.Cache.Evicted), int64(s.Entries), s.Bytes,
	}
}

func (s Stats) json() string {
	text := []byte{'{'}
	rest := metricTexts
	for i, value := range s.figures() {
		if i > 0 {
			text = append(text, ',')
		}
		var name string
		name, rest, _ = cutText(rest, " ")
		_, rest, _ = cutText(rest, "\n")
		text = append(append(append(text, '"'), name...), `":`...)
		text = strconv.AppendInt(text, value, 10)
	}
	return string(append(text, "}\n"...))
}

// prometheus is the text format of Prometheus, version 0.0.4.
func (s Stats) prometheus() string {
	var text []byte
	rest := metricTexts
	for _, value := range s.figures() {
		var name, help string
		name, rest, _ = cutText(rest, " ")
		help, rest, _ = cutText(rest, "\n")
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		text = append(text, "# HELP inlay_"+name+" "+help+"\n# TYPE inlay_"+name+" "+kind+"\ninlay_"+name+" "...)
		text = append(strconv.AppendInt(text, value, 10), '\n')
	}
	return string(text)
}
