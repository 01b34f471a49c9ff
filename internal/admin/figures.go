package admin

import (
	"strconv"
	"strings"
)

// figureTexts has a line for each figure of the engine, in the order in which that counts them: its name as Prometheus has it, without the
// prefix, and what it counts. One whose name ends in _total only grows. worker/figures.mjs has the same.
const figureTexts = `
warm_pages_total Pages answered from one composed body, all fragments fresh.
pages_total Pages that were not warm.
whole_pages_total Pages that left as one body once their fragments were there.
streamed_pages_total Pages whose shell left before their fragments were there.
failed_pages_total Pages answered with an error because a required slot failed.
left_total Pages whose client went away before the end.
passed_total Requests that no page answers, given to the origin.
bad_requests_total Requests answered with 400.
fills_total Attempts of fills begun.
fills_taken_over_total Attempts that a waiting request began because a fill was lost.
fills_early_total Fills begun while their fragment was still fresh.
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
slots_total Requests for one slot at its own URL.
stale_pages_total Pages that showed a stale fragment and waited for none.
cold_pages_total Pages that waited for a fragment, or went without one.
saved_fills_total Fills that were not made, as their fragment was there.
saved_milliseconds_total How long those fills would have taken, by how long that of each fragment took.
saved_bytes_total Bytes of those fragments.
`

// figureLines are those, each with its name and what it counts.
var figureLines = func() (all [][2]string) {
	for _, line := range strings.Split(strings.TrimSpace(figureTexts), "\n") {
		name, help, _ := strings.Cut(line, " ")
		all = append(all, [2]string{name, help})
	}
	return all
}()

// Figures are the engine's counters as JSON, with the problems of bindings, which are the JSON of a list of texts, empty if there are none. A Worker makes the same in worker/figures.mjs: testdata/figures holds both to the same bytes.
func Figures(values []int64, problems string) string {
	text := []byte{'{'}
	for i, line := range figureLines {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, '"'), line[0]...), `":`...)
		text = strconv.AppendInt(text, values[i], 10)
	}
	if problems != "" {
		text = append(append(text, `,"problems":`...), problems...)
	}
	return string(append(text, "}\n"...))
}

// Prometheus answers with the engine's counters in its text format, version 0.0.4.
func Prometheus(values []int64) Answer {
	a := Text(200, "")
	a.Fields[0].Value = "text/plain; version=0.0.4; charset=utf-8"
	a.Text = prometheus(values)
	return a
}

func prometheus(values []int64) string {
	var text []byte
	for i, line := range figureLines {
		name, value := prometheusName(line[0]), strconv.FormatInt(values[i], 10)
		if name != "inlay_"+line[0] {
			value = thousandths(values[i])
		}
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		text = append(text, "# HELP "+name+" "+line[1]+"\n# TYPE "+name+" "+kind+"\n"+name+" "+value+"\n"...)
	}
	return string(text)
}

// prometheusName is what a figure is called there, in base units (https://prometheus.io/docs/practices/naming/).
func prometheusName(name string) string {
	if of, ok := strings.CutSuffix(name, "_milliseconds_total"); ok {
		return "inlay_" + of + "_seconds_total"
	}
	return "inlay_" + name
}

// thousandths are milliseconds as seconds.
func thousandths(n int64) string {
	sign := ""
	if n < 0 {
		sign = "-"
	}
	digits := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	for len(digits) < 4 {
		digits = "0" + digits
	}
	return sign + digits[:len(digits)-3] + "." + digits[len(digits)-3:]
}
