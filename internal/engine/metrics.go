package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/wording"
)

// Figures are what [Host.Tell] makes a text of.
type Figures struct {
	// Values are in the order of their names in internal/wording. Not taken from Stats, which core.wasm has no other use for.
	Values [wording.Metrics]int64
	// Problems are those with bindings, as JSON; empty if there are none.
	Problems string
	// Prometheus: for it, and not as JSON.
	Prometheus bool
}

func (e *Engine[B]) figures() [wording.Metrics]int64 {
	n, c := &e.counts, e.fragments.Stats()
	return [...]int64{
		int64(e.warm.Load()), int64(n.Pages), int64(n.Whole), int64(n.Streamed), int64(n.Failures), int64(n.Left), int64(n.Passed),
		int64(n.BadRequests), int64(n.Fills), int64(n.TakenOver), int64(n.Early), int64(n.Failed), int64(n.Late), int64(n.Polls), int64(n.PollsFailed), int64(n.Held), int64(n.FoundDataCenter), int64(n.FoundKV), int64(n.Refused), int64(n.Unstored),
		int64(e.config.Crashes), int64(len(e.requests)), int64(len(e.flights)), int64(c.Gets), int64(c.Hits),
		int64(c.StaleHits), int64(c.Misses), int64(c.Evicted),
		int64(e.fragments.Len() + e.failures.Len()), e.fragments.Bytes() + e.failures.Bytes(),
	}
}

// Text is what [Host.Tell] answers with. A Worker makes the same in worker/figures.mjs, so that core.wasm has neither: testdata/figures holds
// both to the same bytes.
func (f *Figures) Text() []byte {
	if f.Prometheus {
		return f.prometheus()
	}
	text := []byte{'{'}
	for i, value := range f.Values {
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := metric(i)
		text = append(append(append(text, '"'), name...), `":`...)
		text = decimal.Append(text, value)
	}
	if f.Problems != "" {
		text = append(append(text, `,"problems":`...), f.Problems...)
	}
	return append(text, "}\n"...)
}

// prometheus is the text format of Prometheus, version 0.0.4.
func (f *Figures) prometheus() (text []byte) {
	for i, value := range f.Values {
		name, help := metric(i)
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		text = append(text, wording.Of(wording.MetricIs, name, help, name, kind, name, string(decimal.Append(nil, value)))...)
	}
	return text
}

// metric is a figure's name for the outside, and what it counts.
func metric(i int) (name, help string) {
	name, help, _ = ascii.Cut(wording.Of(wording.FirstMetric+wording.ID(i)), " ")
	return name, help
}
