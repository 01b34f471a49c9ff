package main

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"inlay/bench/workers/result"
)

func TestRatioIsOfAllRoundsTogether(t *testing.T) {
	rounds := func(cpu ...float64) (all []result.Round) {
		for _, c := range cpu {
			all = append(all, result.Round{CPU: c, PerSecond: 1000, P50: 10, P99: 20})
		}
		return all
	}
	w := &result.Warm{Processes: 2, Contestants: []result.Contestant{
		{Name: "map", What: "a map", Fields: "Content-Type", Requests: 100, Rounds: rounds(50, 50, 100, 100)},
		{Name: "inlay", What: "as shipped", Fields: "Etag", Requests: 100, Rounds: rounds(100, 100, 100, 300)},
	}}
	var b strings.Builder

	warm(&b, w)

	for _, want := range []string{
		"| `map` a map | 1000 <sub>1000–1000</sub> | 10.0 <sub>10.0–10.0</sub> | 20.0 <sub>20.0–20.0</sub> | 0.0750 <sub>0.0500–0.100</sub> | 0.500 <sub>0.500–0.500</sub> |",
		"| `inlay` as shipped | 1000 <sub>1000–1000</sub> | 10.0 <sub>10.0–10.0</sub> | 20.0 <sub>20.0–20.0</sub> | 0.100 <sub>0.100–0.300</sub> | 1.00 <sub>1.00–1.00</sub> |",
		"- `map`: Content-Type\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}

func TestManyPagesAreComparedRowByRow(t *testing.T) {
	rounds := func(cpu float64) []result.Round { return []result.Round{{CPU: cpu}, {CPU: cpu}} }
	m := &result.Many{Processes: 1, Connections: 8, Bytes: 20 << 10, Budget: "96MiB", Rows: []result.Row{{
		Name: "1,000 in turns", Requests: 3000, Fills: []float64{0, 2},
		Contestants: []result.Contestant{{Name: "map", Rounds: rounds(50)}, {Name: "inlay", Rounds: rounds(60)}},
	}}}
	var b strings.Builder

	many(&b, m)

	if want := "| 1,000 in turns | 60.0 | – | – | 50.0 (1.20) | – | – | – | 2.0 |\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in:\n%s", want, b.String())
	}
}

func coldSample() *result.Cold {
	late := result.Sample{FirstByte: 400, LastByte: 401, Parts: []float64{400, 400, 400}, Fragments: []float64{400, 400}}
	early := result.Sample{FirstByte: 1, LastByte: 400, Parts: []float64{1, 1, 1}, Fragments: []float64{400, 200}}
	return &result.Cold{Delays: []int{400, 200}, Ways: []result.Way{
		{Name: "wait", What: "waits", Samples: []result.Sample{late}},
		{Name: "stream", What: "streams", Samples: []result.Sample{early}},
	}}
}

func TestColdTellsWhenEachPieceCame(t *testing.T) {
	var b strings.Builder
	cold(&b, coldSample())
	if want := "| streams | 1.0 <sub>1.0–1.0</sub> | 1.0 <sub>1.0–1.0</sub> | 400 | 200 | 400 <sub>400–400</sub> |"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in:\n%s", want, b.String())
	}
}

func TestTimelineIsDrawnToScale(t *testing.T) {
	picture := timeline(coldSample())

	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	// The axis goes from 170 for 0 ms to 740 for 500 ms, 1.14 a millisecond.
	for _, want := range []string{
		`>500</text>`,
		`<path class="fragment" d="M626.0 `, // 400 ms
		`<path class="fragment" d="M398.0 `, // 200 ms
		`<path class="shell" d="M740.0 130.0 H171.1 V134.7 H171.1 V139.3 H171.1 V144.0 H740.0 z"/>`, // 1 ms
		`<text class="at" x="403.0" y="`,
	} {
		if !strings.Contains(picture, want) {
			t.Errorf("no %q in:\n%s", want, picture)
		}
	}
}
