package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// beyond is the part of the purge log and of what lies below the isolates.
func beyond(in string) (string, error) {
	r, err := result.Read(filepath.Join(in, "beyond.json"))
	if err != nil {
		return "", err
	}
	native, err := os.ReadFile(filepath.Join(in, "beyond.txt"))
	if err != nil {
		return "", err
	}
	if r.Beyond == nil {
		return "", fmt.Errorf("%s: nothing beyond the isolates was measured", in)
	}
	var b strings.Builder
	b.WriteString("## Beyond the isolate: the purge log, and what lies below\n\n")
	b.WriteString("Command: `./build.sh bench`, or this part alone: `bench/run.sh -parts beyond`.  \n")
	b.WriteString(machine() + "  \n")
	fmt.Fprintf(&b, "Versions: workerd %s. Load of the machine when it began: %s processes for its cores.\n\n", r.Versions["workerd"], figure(r.Beyond.Load))
	fmt.Fprintf(&b, beyondMisleads, content.ShellSize>>10, content.FragmentSize>>10, r.Beyond.Lease[0], r.Beyond.Lease[1])
	leases(&b, r.Beyond.Warm)
	away(&b, r.Beyond.Away)
	below(&b, r.Beyond.Below)
	costs(&b, r.Beyond)
	withLog(&b, parseBench(string(native)))
	return b.String(), nil
}

const beyondMisleads = `The same page as above: a shell of %d KiB with five fragments of %d KiB. Each row is an isolate of its own, several in one
workerd; the purge log is another workerd with its storage on disk, reached through a relay. The data centre's cache and KV are a
Go program's memory on the same machine: what they take themselves is not measured, only what workerd does to ask them. CPU time
is workerd's own. INLAY_LEASE_SOFT is %g s and INLAY_LEASE %g s unless told. What would mislead: all share the machine's cores with
the client, the origin and other work, so compare within a table; and no distance lies between anything. In production a poll
and a find wait for a network, which costs no CPU time.

`

func leases(b *strings.Builder, w *result.Warm) {
	fmt.Fprintf(b, "### A warm page with a lease and without, %d connections that wait for each answer\n\n", w.Connections)
	first := &w.Contestants[0]
	fmt.Fprintf(b, "One workerd with all four, started %d times; %d rounds in all, each of %d requests, in turns; median <sub>minimum–maximum</sub>.\n"+
		"× without is the CPU time over that of the same pages without a log, of all rounds together, and the least and most of one\n"+
		"workerd. Of one page most answers are repeated without asking the core; of so many in turns none is.\n\n", w.Processes, len(first.Rounds), first.Requests)
	b.WriteString("| | requests/s | p50, µs | p99, µs | CPU s per 1,000 requests | × without |\n|---|---|---|---|---|---|\n")
	for i := range w.Contestants {
		c, without := &w.Contestants[i], &w.Contestants[i&^1]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", c.What,
			cell(column(c.Rounds, perSecond)), cell(column(c.Rounds, p50)), cell(column(c.Rounds, p99)),
			seconds(column(c.Rounds, cpu)), ratio(c, without, w.Processes))
	}
	b.WriteByte('\n')
}

func away(b *strings.Builder, a *result.Away) {
	there := &a.Rows[0]
	b.WriteString("### A warm page whose log cannot be reached\n\n")
	fmt.Fprintf(b, "The log was there, and went away. The first column is of one client while the lease ended; all others are of the time after that,\n"+
		"%d connections, %d rounds of %d requests, in turns. Without INLAY_OUTAGE a fragment is used for as long as the lease, and asked\n"+
		"for anew then. Nothing is repeated without the core meanwhile. No data centre's cache.\n\n", a.Connections, len(there.Rounds), there.Requests)
	b.WriteString("| the log | slowest while it went, ms | requests/s | p99, µs | CPU s per 1,000 requests | × the log is there | slowest, ms | fragments asked of the origin |\n|---|---|---|---|---|---|---|---|\n")
	for i := range a.Rows {
		r := &a.Rows[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %d |\n", r.What, figure(r.First),
			cell(column(r.Rounds, perSecond)), cell(column(r.Rounds, p99)), seconds(column(r.Rounds, cpu)),
			three(total(r.Rounds)/total(there.Rounds)), figure(r.Slowest), r.Fills)
	}
	b.WriteByte('\n')
}

func below(b *strings.Builder, ways []result.Below) {
	b.WriteString("### A cold page: from an origin, and from below\n\n")
	fmt.Fprintf(b, "One client at a time; each page is one that its isolate has not had; %d times %d pages each way, in turns. Of those from below\n"+
		"another isolate has put the fragments there before, which is not counted. CPU time is of workerd, so not of a remote origin; with\n"+
		"app.wasm it has all.\n\n", len(ways[0].CPU), ways[0].Pages)
	b.WriteString("| the five fragments are from | CPU ms a page | last byte, ms | fragments asked of the remote origin, a page |\n|---|---|---|---|\n")
	for _, w := range ways {
		fmt.Fprintf(b, "| %s | %s | %s | %.3g |\n", w.What, seconds(w.CPU), seconds(w.Last), float64(w.Hits)/float64(len(w.Last)))
	}
	b.WriteByte('\n')
}

func costs(b *strings.Builder, all *result.Beyond) {
	b.WriteString("### What a poll, a purge and a find cost, in ms\n\n")
	b.WriteString("Of one at a time. A poll is the CPU time of a warm request that has the log polled, less that of one without a log, both 60 ms after the\n" +
		"one before; whoever asked does not wait for it. A purge has its own request, and is answered once the log has it on disk. A find is\n" +
		"of the table before: a fifth of what a page takes more than another.\n\n")
	b.WriteString("| | CPU in the isolate's workerd | CPU in the log's | until the answer |\n|---|---|---|---|\n")
	for _, c := range all.Costs {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.What, seconds(c.CPU), seconds(c.Log), seconds(c.Wall))
	}
	if warm := all.Warm; len(warm.Contestants) > 2 {
		page := median(column(warm.Contestants[2].Rounds, cpu)) // ms
		fmt.Fprintf(b, "| a find that has it, all that follows included: a page from the data centre's cache, less a warm one | %s | – | – |\n",
			seconds(fifths(cpuOf(all.Below, "data-center"), func(int) float64 { return page })))
	}
	origin := cpuOf(all.Below, "origin")
	fmt.Fprintf(b, "| a find that has nothing, and the put after the fill: a page that looks there first, less one without | %s | – | – |\n",
		seconds(fifths(cpuOf(all.Below, "looked"), func(i int) float64 { return origin[i] })))
	b.WriteByte('\n')
}

func cpuOf(ways []result.Below, name string) []float64 {
	i := slices.IndexFunc(ways, func(w result.Below) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return ways[i].CPU
}

// fifths is what each of a page's fragments makes more than another page takes, batch by batch.
func fifths(pages []float64, less func(i int) float64) (each []float64) {
	for i, cpu := range pages {
		each = append(each, (cpu-less(i))/content.Slots)
	}
	return each
}

// withLog are the native handler's own benchmarks.
func withLog(b *strings.Builder, r results) {
	b.WriteString("### Natively, with Options.Log\n\nThe log is a map in the same process, so this is what the handler does itself. In turns, as often as there are rounds.\n\n" +
		"| benchmark | ns | bytes | allocations |\n|---|---|---|---|\n")
	for _, name := range r.names {
		runs := r.runs[name]
		fmt.Fprintf(b, "| %s | %s | %.0f | %.0f |\n", name, cell(runs["ns/op"]), median(runs["B/op"]), median(runs["allocs/op"]))
	}
	b.WriteByte('\n')
}
