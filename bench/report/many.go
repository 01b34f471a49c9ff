package main

import (
	"fmt"
	"slices"
	"strings"

	"inlay/bench/workers/result"
)

// manyColumns are the Workers of the table of many pages, and what they are.
var manyColumns = []struct{ name, what string }{
	{"inlay", "core.wasm and its glue, as shipped"},
	{"constant", "one constant Uint8Array, whatever is asked for"},
	{"constant-fields", "the same, with inlay's header fields"},
	{"map", "five look-ups in a Map, one string"},
	{"map-fields", "the same, with inlay's header fields"},
	{"lru-fields", "the same, with lru-cache and a TTL"},
	{"best", "written for this by hand: whole pages as bytes, a prepared header, inlay's header fields, `If-None-Match`, a TTL; no limit, no purge, no single flight"},
}

// many is a row for each load: the CPU time of each Worker, and how inlay's compares.
func many(b *strings.Builder, m *result.Many) {
	b.WriteString("### Many warm pages\n\n")
	fmt.Fprintf(b, "Each page is of %d KiB, with five fragments of its own. One workerd with a socket for each Worker, started %d times, %d rounds in each, of %d requests, in\n"+
		"turns, over %d connections. CPU time of a request in µs, all rounds together, and in brackets inlay's over it. Every page was asked for three times before. `INLAY_MAX_BYTES` is %s.\n\n",
		m.Bytes>>10, m.Processes, roundsOf(m), m.Rows[0].Requests, m.Connections, m.Budget)
	for _, c := range manyColumns {
		fmt.Fprintf(b, "- `%s`: %s\n", c.name, c.what)
	}
	b.WriteString("\n| pages |")
	for _, c := range manyColumns {
		fmt.Fprintf(b, " `%s` |", c.name)
	}
	b.WriteString(" fills of inlay's in 1,000 requests |\n|---|" + strings.Repeat("--:|", len(manyColumns)+1) + "\n")
	for i := range m.Rows {
		row := &m.Rows[i]
		inlay := slices.IndexFunc(row.Contestants, func(c result.Contestant) bool { return c.Name == "inlay" })
		if inlay < 0 {
			continue
		}
		own := total(row.Contestants[inlay].Rounds)
		fmt.Fprintf(b, "| %s |", row.Name)
		for _, column := range manyColumns {
			k := slices.IndexFunc(row.Contestants, func(c result.Contestant) bool { return c.Name == column.name })
			switch {
			case k < 0:
				b.WriteString(" – |")
			case k == inlay:
				fmt.Fprintf(b, " %s |", figure(own))
			default:
				cpu := total(row.Contestants[k].Rounds)
				fmt.Fprintf(b, " %s (%s) |", figure(cpu), three(own/cpu))
			}
		}
		fmt.Fprintf(b, " %s |\n", figure(row.Fills[inlay]))
	}
	b.WriteByte('\n')
}

func roundsOf(m *result.Many) int { return len(m.Rows[0].Contestants[0].Rounds) / max(m.Processes, 1) }
