package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// workers is the part of the Workers; it writes the picture too.
func workers(from, picture string) (string, error) {
	r, err := result.Read(from)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("## Workers, in workerd\n\n")
	b.WriteString("Command: `./build.sh bench`, or this part alone: `bench/run.sh -parts workers`.  \n")
	b.WriteString(machine() + "  \n")
	fmt.Fprintf(&b, "Versions: workerd %s, lru-cache %s, Node %s, syumai/workers %s, built by the same Go.\n\n",
		r.Versions["workerd"], r.Versions["lru-cache"], r.Versions["node"], r.Versions["syumai/workers"])
	fmt.Fprintf(&b, workersMislead, content.ShellSize>>10, content.FragmentSize>>10)
	if r.Warm != nil {
		warm(&b, r.Warm)
	}
	if r.Many != nil {
		many(&b, r.Many)
	}
	if r.Cold != nil {
		cold(&b, r.Cold)
		if err := os.WriteFile(picture, []byte(timeline(r.Cold)), 0o644); err != nil {
			return "", err
		}
	}
	if r.Stampede != nil {
		stampede(&b, r.Stampede)
	}
	if r.Batches != nil {
		batches(&b, r.Batches)
	}
	if r.Memory != nil {
		keptWhole(&b, r.Memory)
	}
	if r.Start != nil {
		start(&b, r.Start)
	}
	return b.String(), nil
}

const workersMislead = `All serve the same page: a shell of %d KiB with five fragments of %d KiB, ASCII, byte for byte the same when whole; every
answer is compared. What would mislead: the client and the origin run on the same cores as workerd, so compare requests/s and
latencies of one table with each other only. CPU time is workerd's own, from the kernel's accounts of its threads, checked
against utime + stime of /proc/PID/stat. Most of a warm request is workerd and the kernel, the same for all. Not measured:
Cloudflare's network, TLS, more than one isolate of a Worker, pages that are not ASCII (which cost who joins strings more), a
Go Worker built by TinyGo, and the 128 MB that a deployed isolate may have: bare workerd lets it grow.

`

func warm(b *strings.Builder, w *result.Warm) {
	fmt.Fprintf(b, "### A warm page, %d connections that wait for each answer\n\n", w.Connections)
	inlay := contestant(w, "inlay")
	if inlay == nil {
		return
	}
	fmt.Fprintf(b, "One workerd with a socket for each Worker, started %d times; %d rounds in all, each of %d requests (%d for `stock`), in turns; median\n"+
		"<sub>minimum–maximum</sub>. ", w.Processes, len(inlay.Rounds), inlay.Requests, fewest(w))
	b.WriteString("× inlay is the Worker's CPU time over inlay's, of all rounds together,\n" +
		"and the least and most of one workerd. The JavaScript Workers give their header fields as one writes them, as an object.\n\n")
	b.WriteString("| Worker | requests/s | p50, µs | p99, µs | CPU s per 1,000 requests | × inlay |\n|---|---|---|---|---|---|\n")
	for i := range w.Contestants {
		c := &w.Contestants[i]
		fmt.Fprintf(b, "| `%s` %s | %s | %s | %s | %s | %s |\n", c.Name, c.What,
			cell(column(c.Rounds, perSecond)), cell(column(c.Rounds, p50)), cell(column(c.Rounds, p99)),
			seconds(column(c.Rounds, cpu)), ratio(c, inlay, w.Processes))
	}
	b.WriteString("\nHeader fields of the answers, besides Date:\n\n")
	for _, c := range w.Contestants {
		fmt.Fprintf(b, "- `%s`: %s\n", c.Name, c.Fields)
	}
	b.WriteByte('\n')
}

func contestant(w *result.Warm, name string) *result.Contestant {
	for i := range w.Contestants {
		if w.Contestants[i].Name == name {
			return &w.Contestants[i]
		}
	}
	return nil
}

func fewest(w *result.Warm) int {
	n := w.Contestants[0].Requests
	for _, c := range w.Contestants {
		n = min(n, c.Requests)
	}
	return n
}

func perSecond(r result.Round) float64 { return r.PerSecond }
func p50(r result.Round) float64       { return r.P50 }
func p99(r result.Round) float64       { return r.P99 }
func cpu(r result.Round) float64       { return r.CPU / 1000 } // µs a request: ms

func column[T any](rows []T, of func(T) float64) []float64 {
	v := make([]float64, len(rows))
	for i := range rows {
		v[i] = of(rows[i])
	}
	return v
}

// seconds is cell for figures below one.
func seconds(v []float64) string {
	if len(v) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s <sub>%s–%s</sub>", three(median(v)), three(slices.Min(v)), three(slices.Max(v)))
}

// three writes three significant digits without an exponent.
func three(x float64) string {
	decimals := 0
	for limit := 100.0; x < limit && decimals < 5; limit /= 10 {
		decimals++
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// ratio is CPU time over inlay's, all rounds together, and the least and most of a workerd. Together, since a round in
// which garbage was collected is dearer by half, and not every round has one.
func ratio(c, inlay *result.Contestant, processes int) string {
	rounds := len(c.Rounds) / max(processes, 1)
	if rounds == 0 || len(inlay.Rounds) != len(c.Rounds) {
		return "–"
	}
	var each []float64
	for i := range processes {
		from, to := i*rounds, (i+1)*rounds
		each = append(each, total(c.Rounds[from:to])/total(inlay.Rounds[from:to]))
	}
	return fmt.Sprintf("%s <sub>%s–%s</sub>", three(total(c.Rounds)/total(inlay.Rounds)), three(slices.Min(each)), three(slices.Max(each)))
}

// total is the CPU time of rounds that had the same number of requests, in no particular unit.
func total(rounds []result.Round) (sum float64) {
	for _, r := range rounds {
		sum += r.CPU
	}
	return sum / float64(len(rounds))
}

func cold(b *strings.Builder, c *result.Cold) {
	fmt.Fprintf(b, "### A cold page: when what is there, in ms\n\nThe origin takes %s for the fragments, in the order of the shell. Each page is one that nobody has asked for; one client at a\n"+
		"time, %d pages each way, in turns; median <sub>minimum–maximum</sub>.\n\n", delays(c.Delays), len(c.Ways[0].Samples))
	b.WriteString("![When the parts of a cold page arrive](timeline.svg)\n\n")
	b.WriteString("| | first byte | whole shell |")
	for i, d := range c.Delays {
		fmt.Fprintf(b, " fragment %d (%d ms) |", i+1, d)
	}
	b.WriteString(" last byte |\n|---|---|---|" + strings.Repeat("---|", len(c.Delays)) + "---|\n")
	for _, w := range c.Ways {
		fmt.Fprintf(b, "| %s | %s ", w.What, cell(column(w.Samples, func(s result.Sample) float64 { return s.FirstByte })))
		fmt.Fprintf(b, "| %s ", cell(column(w.Samples, func(s result.Sample) float64 { return slices.Max(s.Parts) })))
		for i := range c.Delays {
			fmt.Fprintf(b, "| %s ", figure(median(column(w.Samples, func(s result.Sample) float64 { return s.Fragments[i] }))))
		}
		fmt.Fprintf(b, "| %s |\n", cell(column(w.Samples, func(s result.Sample) float64 { return s.LastByte })))
	}
	b.WriteByte('\n')
}

func delays(all []int) string {
	var text []string
	for _, d := range all {
		text = append(text, strconv.Itoa(d))
	}
	return strings.Join(text, ", ") + " ms"
}

func stampede(b *strings.Builder, s *result.Stampede) {
	fmt.Fprintf(b, "### %d clients at once on a cold page\n\n", s.Clients)
	fmt.Fprintf(b, "The page of the table before. A workerd of its own for each Worker and run, which has answered one other request; %d runs, in\n"+
		"turns; median <sub>minimum–maximum</sub>. Latency is to the last byte. The peak is VmHWM, workerd's own memory included.\n\n", len(s.Crowds[0].Runs))
	b.WriteString("| Worker | fills at the origin | p50, ms | p99, ms | CPU, ms | memory before, MB | peak, MB | without a whole page |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range s.Crowds {
		fmt.Fprintf(b, "| `%s` %s |", c.Name, c.What)
		hits := column(c.Runs, func(r result.CrowdRun) float64 { return float64(r.Hits) })
		fmt.Fprintf(b, " %.0f <sub>%.0f–%.0f</sub> |", median(hits), slices.Min(hits), slices.Max(hits))
		for _, of := range []func(result.CrowdRun) float64{
			func(r result.CrowdRun) float64 { return r.P50 },
			func(r result.CrowdRun) float64 { return r.P99 },
			func(r result.CrowdRun) float64 { return r.CPU },
			func(r result.CrowdRun) float64 { return float64(r.Before) / 1e6 },
			func(r result.CrowdRun) float64 { return float64(r.Peak) / 1e6 },
		} {
			fmt.Fprintf(b, " %s |", cell(column(c.Runs, of)))
		}
		failed := column(c.Runs, func(r result.CrowdRun) float64 { return float64(r.Failed) })
		fmt.Fprintf(b, " %.0f |\n", slices.Max(failed))
	}
	b.WriteByte('\n')
}

func start(b *strings.Builder, s *result.Start) {
	b.WriteString("### Size and start\n\n| | bytes | by Go's gzip at level 9 |\n|---|---|---|\n")
	for _, f := range s.Files {
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.Name, thousands(strconv.Itoa(f.Raw)), thousands(strconv.Itoa(f.Gzipped)))
	}
	if len(s.Instances) > 0 {
		fmt.Fprintf(b, "\nMaking the modules ready under Node, a fresh one each time, %d times; ms, median <sub>minimum–maximum</sub>. A Go instance counts until it takes requests.\n\n", len(s.Instances[0].First))
		b.WriteString("| | compiling | first instance | next instance |\n|---|---|---|---|\n")
		for _, i := range s.Instances {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", i.Name, seconds(i.Compile), seconds(i.First), seconds(i.Next))
		}
	}
	if len(s.Processes) > 0 {
		fmt.Fprintf(b, "\nThe first answer of a fresh workerd, %d starts; ms, median <sub>minimum–maximum</sub>. workerd compiles modules before it listens.\n\n", len(s.Processes[0].Listen))
		b.WriteString("What is done until the port is open, module scope among it, a Worker at Cloudflare does while its visitor's TLS handshake goes on\n" +
			"([Eliminating Cold Starts 2](https://blog.cloudflare.com/eliminating-cold-starts-2-shard-and-conquer/)); on a connection that is open already, the sum counts. CPU is of all of workerd's threads.\n\n")
		b.WriteString("| Worker | until its port is open | then to the first byte | the sum | to the last byte | CPU until then | CPU to the first byte |\n|---|---|---|---|---|---|---|\n")
		for _, p := range s.Processes {
			fmt.Fprintf(b, "| `%s` %s | %s | %s | %s | %s | %s | %s |\n", p.Name, p.What, cell(p.Listen), seconds(p.FirstByte), cell(p.Sum), seconds(p.LastByte),
				cell(p.ListenCPU), seconds(p.FirstCPU))
		}
	}
	b.WriteByte('\n')
}
