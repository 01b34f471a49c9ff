package edge

import "strconv"

// metric is one figure of Stats for the outside.
type metric struct {
	name  string // in lower case with underscores, as Prometheus has it, without prefix
	value int64
	gauge bool // may fall; a counter only grows
	help  string
}

func (s Stats) metrics() []metric {
	count := func(name string, value uint64, help string) metric {
		return metric{name: name + "_total", value: int64(value), help: help}
	}
	gauge := func(name string, value int64, help string) metric {
		return metric{name: name, value: value, gauge: true, help: help}
	}
	return []metric{
		count("warm_pages", s.Warm, "Pages answered from one composed body, all fragments fresh."),
		count("pages", s.Pages, "Pages that were not warm."),
		count("whole_pages", s.Whole, "Pages that left as one body once their fragments were there."),
		count("streamed_pages", s.Streamed, "Pages whose shell left before their fragments were there."),
		count("failed_pages", s.Failures, "Pages answered with an error because a required slot failed."),
		count("left", s.Left, "Pages whose client went away before the end."),
		count("passed", s.Passed, "Requests that no page answers, given to the origin."),
		count("bad_requests", s.BadRequests, "Requests answered with 400."),
		count("fills", s.Fills, "Attempts of fills begun."),
		count("fills_taken_over", s.TakenOver, "Attempts that a waiting request began because a fill was lost."),
		count("fills_failed", s.Failed, "Fills that failed."),
		count("fills_late", s.Late, "Reports of attempts whose fill had been settled by another."),
		count("fragments_unstored", s.Unstored, "Fragments that were delivered but not stored."),
		count("core_crashes", s.Crashes, "Times that the engine was replaced after a crash; the other counters began anew then."),
		gauge("waiting", int64(s.Waiting), "Pages in progress."),
		gauge("flights", int64(s.Flights), "Fills in progress."),
		count("cache_gets", s.Cache.Gets, "Lookups in the cache."),
		count("cache_hits", s.Cache.Hits, "Lookups that found a fresh entry."),
		count("cache_stale_hits", s.Cache.StaleHits, "Lookups that found a stale entry."),
		count("cache_misses", s.Cache.Misses, "Lookups that found nothing usable."),
		count("cache_evictions", s.Cache.Evicted, "Entries evicted to stay within the budget."),
		gauge("cache_entries", int64(s.Entries), "Entries in the cache."),
		gauge("cache_bytes", s.Bytes, "Bytes of the budget that are in use."),
	}
}

func (s Stats) json() string {
	text := []byte{'{'}
	for i, m := range s.metrics() {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, '"'), m.name...), `":`...)
		text = strconv.AppendInt(text, m.value, 10)
	}
	return string(append(text, "}\n"...))
}

// prometheus is the text format of Prometheus, version 0.0.4.
func (s Stats) prometheus() string {
	var text []byte
	for _, m := range s.metrics() {
		kind := "counter"
		if m.gauge {
			kind = "gauge"
		}
		text = append(text, "# HELP inlay_"+m.name+" "+m.help+"\n# TYPE inlay_"+m.name+" "+kind+"\ninlay_"+m.name+" "...)
		text = append(strconv.AppendInt(text, m.value, 10), '\n')
	}
	return string(text)
}
