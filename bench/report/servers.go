package main

import (
	"fmt"
	"slices"
	"strings"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// servers is the part of the native servers.
func servers(from string) (string, error) {
	r, err := result.ReadServers(from)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("## Natively, beside nginx, Varnish and handlers written by hand\n\n")
	b.WriteString("Command: `./build.sh bench`, or this part alone: `bench/run.sh -parts servers`.  \n")
	b.WriteString(machine() + "  \n")
	fmt.Fprintf(&b, "Versions: nginx %s, Varnish %s, both from Debian.\n\n", r.Versions["nginx"], r.Versions["varnishd"])
	fmt.Fprintf(&b, serversMislead, content.ShellSize>>10, content.FragmentSize>>10)
	for i := range r.Warm {
		serversWarm(&b, &r.Warm[i])
	}
	if r.Cold != nil {
		serversCold(&b, r.Cold)
	}
	return b.String(), nil
}

const serversMislead = `Processes of their own on the loopback interface, which serve a shell of %d KiB with five fragments of %d KiB, byte for byte the
same; every answer is compared, and the origin counts that nobody asks it again for what is warm. CPU time is that of all threads of
all of a server's processes, from the kernel's accounts, checked against utime + stime of /proc/PID/stat. What would mislead: the client and the origin
run on the same cores, so compare requests/s and latencies of one table with each other only. Most of a warm request is the kernel's
and, in Go, net/http's work: so the constant handler is what inlay is to be compared with first. nginx is as good as its
configuration: what Debian's says of sending costs it CPU time, and a wait for each answer; who sends the page in one piece pays least, and
does not stream a cold one. All are in the tables. Varnish is as Debian has it, its log in memory included, without which it took a tenth less when that was tried. nginx and Varnish send fewer header fields, and no ETag. Where gzip is
asked for, each has its default level: 6 in Go, 1 in nginx, and Varnish keeps each part compressed. Not measured: TLS, HTTP/2, more than two cores.

`

func serversWarm(b *strings.Builder, w *result.ServersWarm) {
	fmt.Fprintf(b, "### Natively, %s%s: CPU time a request\n\n", pagesInTurns(w.Pages), accepting(w.Accept))
	if len(w.Contestants) == 0 {
		return
	}
	fmt.Fprintf(b, "All servers beside each other, started %d times; %d rounds in all, each of %d requests (%d for `nginx`, which lets each wait) by %d clients that wait for each answer, in turns; median\n"+
		"<sub>minimum–maximum</sub>. × constant is the server's CPU time over the constant handler's, of all rounds together, and the least and most of one start.\n\n",
		w.Processes, len(w.Contestants[0].Rounds), w.Contestants[0].Requests, fewest(&w.Warm), w.Connections)
	b.WriteString("| server | CPU µs a request | × constant | requests/s | p50, µs | p99, µs |\n|---|---|---|---|---|---|\n")
	base := contestant(&w.Warm, "constant")
	for i := range w.Contestants {
		c := &w.Contestants[i]
		times := "–"
		if base != nil {
			times = ratio(c, base, w.Processes)
		}
		fmt.Fprintf(b, "| `%s` %s | %s | %s | %s | %s | %s |\n", c.Name, c.What, cell(column(c.Rounds, func(r result.Round) float64 { return r.CPU })), times,
			cell(column(c.Rounds, perSecond)), cell(column(c.Rounds, p50)), cell(column(c.Rounds, p99)))
	}
	b.WriteByte('\n')
}

func pagesInTurns(n int) string {
	if n == 1 {
		return "a warm page"
	}
	return thousands(fmt.Sprint(n)) + " warm pages in turns"
}

func accepting(encodings string) string {
	if encodings == "" {
		return ""
	}
	return ", Accept-Encoding: " + encodings
}

func serversCold(b *strings.Builder, c *result.Cold) {
	fmt.Fprintf(b, "### Natively, a cold page: when what is there, in ms\n\nThe origin takes %s for the fragments, in the order of the shell. Each page is one that nobody has asked for, by a browser; one client at a\n"+
		"time, %d pages each, in turns; median <sub>minimum–maximum</sub>. Varnish has to ask the origin for the shell too, and asks for one fragment after the other.\n\n",
		delays(c.Delays), len(c.Ways[0].Samples))
	b.WriteString("| server | first byte |")
	for i, d := range c.Delays {
		fmt.Fprintf(b, " fragment %d (%d ms) |", i+1, d)
	}
	b.WriteString(" whole shell | last byte |\n|---|---|" + strings.Repeat("---|", len(c.Delays)) + "---|---|\n")
	for _, w := range c.Ways {
		fmt.Fprintf(b, "| `%s` %s | %s ", w.Name, w.What, cell(column(w.Samples, func(s result.Sample) float64 { return s.FirstByte })))
		for i := range c.Delays {
			fmt.Fprintf(b, "| %s ", figure(median(column(w.Samples, func(s result.Sample) float64 { return s.Fragments[i] }))))
		}
		fmt.Fprintf(b, "| %s ", cell(column(w.Samples, func(s result.Sample) float64 { return slices.Max(s.Parts) })))
		fmt.Fprintf(b, "| %s |\n", cell(column(w.Samples, func(s result.Sample) float64 { return s.LastByte })))
	}
	b.WriteByte('\n')
}
