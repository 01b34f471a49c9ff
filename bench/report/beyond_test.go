package main

import (
	"strings"
	"testing"

	"inlay/bench/workers/result"
)

func rounds(cpu ...float64) (all []result.Round) {
	for _, c := range cpu {
		all = append(all, result.Round{CPU: c, PerSecond: 1000, P50: 10, P99: 20})
	}
	return all
}

// wantAll fails for each line that is not in a part.
func wantAll(t *testing.T, part string, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains(part, want) {
			t.Errorf("no %q in:\n%s", want, part)
		}
	}
}

func TestLeaseIsComparedWithTheSamePagesWithout(t *testing.T) {
	var b strings.Builder
	leases(&b, &result.Warm{Processes: 2, Connections: 8, Contestants: []result.Contestant{
		{Name: "off", What: "one page", Requests: 100, Rounds: rounds(100, 100)},
		{Name: "on", What: "one page, lease", Rounds: rounds(101, 103)},
		{Name: "off-many", What: "many pages", Rounds: rounds(200, 200)},
		{Name: "on-many", What: "many pages, lease", Rounds: rounds(200, 220)},
	}})
	wantAll(t, b.String(),
		"started 2 times; 2 rounds in all, each of 100 requests",
		"| one page | 1000 <sub>1000–1000</sub> | 10.0 <sub>10.0–10.0</sub> | 20.0 <sub>20.0–20.0</sub> | 0.100 <sub>0.100–0.100</sub> | 1.00 <sub>1.00–1.00</sub> |",
		"| one page, lease | 1000 <sub>1000–1000</sub> | 10.0 <sub>10.0–10.0</sub> | 20.0 <sub>20.0–20.0</sub> | 0.102 <sub>0.101–0.103</sub> | 1.02 <sub>1.01–1.03</sub> |",
		"| 0.210 <sub>0.200–0.220</sub> | 1.05 <sub>1.00–1.10</sub> |",
	)
}

func TestAwayIsComparedWithALogThatIsThere(t *testing.T) {
	var b strings.Builder
	away(&b, &result.Away{Connections: 8, Rows: []result.AwayRow{
		{Contestant: result.Contestant{What: "is there", Requests: 100, Rounds: rounds(100, 100)}, First: 3, Slowest: 4},
		{Contestant: result.Contestant{What: "is not", Rounds: rounds(100, 150)}, First: 1001, Slowest: 12, Fills: 15},
	}})
	wantAll(t, b.String(),
		"| is there | 3.0 | 1000 <sub>1000–1000</sub> | 20.0 <sub>20.0–20.0</sub> | 0.100 <sub>0.100–0.100</sub> | 1.00 | 4.0 | 0 |",
		"| is not | 1001 | 1000 <sub>1000–1000</sub> | 20.0 <sub>20.0–20.0</sub> | 0.125 <sub>0.100–0.150</sub> | 1.25 | 12.0 | 15 |",
	)
}

func TestFindsAreAFifthOfWhatAPageTakesMore(t *testing.T) {
	all := &result.Beyond{
		Warm: &result.Warm{Contestants: []result.Contestant{{}, {}, {Rounds: rounds(100)}, {}}}, // 0.1 ms a page
		Below: []result.Below{
			{Name: "origin", What: "an origin", Pages: 2, CPU: []float64{2, 4}, Last: []float64{5, 6, 7, 8}, Hits: 20},
			{Name: "looked", What: "looked for", CPU: []float64{3, 5}, Last: []float64{5, 6, 7, 8}, Hits: 20},
			{Name: "data-center", What: "the cache", CPU: []float64{1.1, 1.6}, Last: []float64{1, 1, 1, 1}},
		},
		Costs: []result.Cost{
			{Name: "poll", What: "a poll", CPU: []float64{0.5, 0.7}, Log: []float64{0.2, 0.4}},
			{Name: "purge", What: "a purge", CPU: []float64{1, 1}, Log: []float64{2, 2}, Wall: []float64{3, 4, 5}},
		},
	}
	var b strings.Builder
	below(&b, all.Below)
	costs(&b, all)
	wantAll(t, b.String(),
		"2 times 2 pages each way",
		"| an origin | 3.00 <sub>2.00–4.00</sub> | 6.50 <sub>5.00–8.00</sub> | 5 |",
		"| the cache | 1.35 <sub>1.10–1.60</sub> | 1.00 <sub>1.00–1.00</sub> | 0 |",
		"| a poll | 0.600 <sub>0.500–0.700</sub> | 0.300 <sub>0.200–0.400</sub> | – |",
		"| a purge | 1.00 <sub>1.00–1.00</sub> | 2.00 <sub>2.00–2.00</sub> | 4.00 <sub>3.00–5.00</sub> |",
		"less a warm one | 0.250 <sub>0.200–0.300</sub> | – | – |",
		"less one without | 0.200 <sub>0.200–0.200</sub> | – | – |",
	)
}

func TestNativeRowsHaveAllocations(t *testing.T) {
	var b strings.Builder
	withLog(&b, parseBench(`BenchmarkWarmPage  100  300 ns/op  0 B/op  0 allocs/op
BenchmarkWarmPageWithLog  100  310 ns/op  0 B/op  0 allocs/op
BenchmarkWarmPageWithLog  100  330 ns/op  0 B/op  0 allocs/op
BenchmarkPurgeThroughLog-2  100  5000 ns/op  900 B/op  12 allocs/op
`))
	wantAll(t, b.String(),
		"| WarmPage | 300 <sub>300–300</sub> | 0 | 0 |",
		"| WarmPageWithLog | 320 <sub>310–330</sub> | 0 | 0 |",
		"| PurgeThroughLog-2 | 5000 <sub>5000–5000</sub> | 900 | 12 |",
	)
}
