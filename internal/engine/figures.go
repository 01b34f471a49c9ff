package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/wording"
)

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
