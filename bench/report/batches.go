package main

import (
	"fmt"
	"slices"
	"strings"

	"inlay/bench/workers/result"
)

// batches are the tables of app.wasm's instances.
func batches(b *strings.Builder, r *result.Batches) {
	if len(r.Ways) == 0 {
		return
	}
	fmt.Fprintf(b, "### Instances of app.wasm\n\nCold pages of five fragments of 2 KiB that handlers in `app.wasm` make at once, each page one that nobody has asked for. One after\n"+
		"another, %d rounds of %d pages, all ways in one workerd and in turns; CPU time is workerd's, a page. The example site's handlers do more; each of its\n"+
		"runs has a workerd of its own, whose isolate has answered two pages. Median <sub>minimum–maximum</sub>.\n\n", len(r.Ways[0].CPU), r.Pages)
	b.WriteString("| | CPU, ms | last byte, ms | example site: CPU, ms | last byte, ms |\n|---|---|---|---|---|\n")
	for _, w := range r.Ways {
		fmt.Fprintf(b, "| `%s` %s | %s | %s | %s | %s |\n", w.Name, w.What, seconds(w.CPU), seconds(w.Last), seconds(w.SiteCPU), seconds(w.SiteLast))
	}
	fmt.Fprintf(b, "\n%d such pages at once, of a workerd that has answered one, %d runs each way, in turns; then with one fragment of the five whose handler waits\n"+
		"%.0f ms. The peak is VmHWM, workerd's own memory included. Instances are those that were started in all.\n\n", r.Burst, len(r.Ways[0].Bursts), r.Wait)
	b.WriteString("| | p50, ms | p99, ms | CPU, ms | peak, MB | instances | without a fragment |\n|---|---|---|---|---|---|---|\n")
	for _, of := range []struct {
		what string
		runs func(*result.BatchWay) []result.BurstRun
	}{
		{"at once", func(w *result.BatchWay) []result.BurstRun { return w.Bursts }},
		{fmt.Sprintf("one waits %.0f ms", r.Wait), func(w *result.BatchWay) []result.BurstRun { return w.Waits }},
	} {
		for i := range r.Ways {
			runs := of.runs(&r.Ways[i])
			if len(runs) == 0 {
				continue
			}
			fmt.Fprintf(b, "| `%s`, %s |", r.Ways[i].Name, of.what)
			for _, figure := range []func(result.BurstRun) float64{
				func(r result.BurstRun) float64 { return r.P50 },
				func(r result.BurstRun) float64 { return r.P99 },
				func(r result.BurstRun) float64 { return r.CPU },
				func(r result.BurstRun) float64 { return float64(r.Peak) / 1e6 },
			} {
				fmt.Fprintf(b, " %s |", cell(column(runs, figure)))
			}
			started := column(runs, func(r result.BurstRun) float64 { return float64(r.Started) })
			failed := column(runs, func(r result.BurstRun) float64 { return float64(r.Failed) })
			fmt.Fprintf(b, " %.0f <sub>%.0f–%.0f</sub> | %.0f |\n", median(started), slices.Min(started), slices.Max(started), slices.Max(failed))
		}
	}
	b.WriteByte('\n')
}
