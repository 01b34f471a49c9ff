package main

import (
	"strings"
	"testing"

	"inlay/bench/workers/result"
)

func TestInstancesHaveBothTables(t *testing.T) {
	runs := []result.BurstRun{{P50: 100, P99: 200, CPU: 300, Peak: 150e6, Started: 51}, {P50: 120, P99: 220, CPU: 320, Peak: 170e6, Started: 53, Failed: 2}}
	r := &result.Batches{Pages: 10, Burst: 50, Wait: 100, Ways: []result.BatchWay{
		{Name: "fresh", What: "as shipped", CPU: []float64{9, 10, 11}, Last: []float64{8}, SiteCPU: []float64{19}, SiteLast: []float64{16}, Bursts: runs, Waits: runs[:1]},
		{Name: "serve", What: "as before", CPU: []float64{20}, Last: []float64{20}},
	}}
	var b strings.Builder

	batches(&b, r)

	for _, want := range []string{
		"3 rounds of 10 pages",
		"| `fresh` as shipped | 10.0 <sub>9.00–11.0</sub> | 8.00 <sub>8.00–8.00</sub> | 19.0 <sub>19.0–19.0</sub> | 16.0 <sub>16.0–16.0</sub> |\n",
		"| `serve` as before | 20.0 <sub>20.0–20.0</sub> | 20.0 <sub>20.0–20.0</sub> | – | – |\n",
		"| `fresh`, at once | 110 <sub>100–120</sub> | 210 <sub>200–220</sub> | 310 <sub>300–320</sub> | 160 <sub>150–170</sub> | 52 <sub>51–53</sub> | 2 |\n",
		"| `fresh`, one waits 100 ms | 100 <sub>100–100</sub> |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "`serve`, ") {
		t.Error("what has not been run has a row")
	}
}
