package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/wording"
)

// figures are the values, in the order of their texts in internal/wording. Not taken from Stats, which core.wasm has no other use for.
type figures [wording.Metrics]int64

func (e *Engine[B]) figures() *figures {
	n, c := &e.counts, e.fragments.Stats()
	return &figures{
		int64(e.warm.Load()), int64(n.Pages), int64(n.Whole), int64(n.Streamed), int64(n.Failures), int64(n.Left), int64(n.Passed),
		int64(n.BadRequests), int64(n.Fills), int64(n.TakenOver), int64(n.Early), int64(n.Failed), int64(n.Late), int64(n.Polls), int64(n.PollsFailed), int64(n.Held), int64(n.FoundDataCenter), int64(n.FoundKV), int64(n.Refused), int64(n.Unstored),
		int64(e.config.Crashes), int64(len(e.requests)), int64(len(e.flights)), int64(c.Gets), int64(c.Hits),
		int64(c.StaleHits), int64(c.Misses), int64(c.Evicted),
		int64(e.fragments.Len() + e.failures.Len()), e.fragments.Bytes() + e.failures.Bytes(),
	}
}

func (f *figures) json(problems string) string {
	text := []byte{'{'}
	for i, value := range f {
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := metric(i)
		text = append(append(append(text, '"'), name...), `":`...)
		text = decimal.Append(text, value)
	}
	if problems != "" {
		text = append(append(text, `,"problems":`...), problems...)
	}
	return string(append(text, "}\n"...))
}

// prometheus is the text format of Prometheus, version 0.0.4.
func (f *figures) prometheus() string {
	var text []byte
	for i, value := range f {
		name, help := metric(i)
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		text = append(text, wording.Of(wording.MetricIs, name, help, name, kind, name, string(decimal.Append(nil, value)))...)
	}
	return string(text)
}

// metric is a figure's name for the outside, and what it counts.
func metric(i int) (name, help string) {
	name, help, _ = ascii.Cut(wording.Of(wording.FirstMetric+wording.ID(i)), " ")
	return name, help
}
