package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// results are measurements by benchmark and unit, both in order of appearance.
type results struct {
	names []string
	runs  map[string]map[string][]float64 // name → unit → values
}

// parseBench reads the output of go test -bench, or what looks like it.
func parseBench(text string) results {
	r := results{runs: map[string]map[string][]float64{}}
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) < 4 || !strings.HasPrefix(w[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(w[0], "Benchmark")
		if r.runs[name] == nil {
			r.names = append(r.names, name)
			r.runs[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(w); i += 2 {
			if v, err := strconv.ParseFloat(w[i], 64); err == nil {
				r.runs[name][w[i+1]] = append(r.runs[name][w[i+1]], v)
			}
		}
	}
	return r
}

// part gives the value of key= in a benchmark's name, without the suffixes that
// the testing package adds.
func part(name, key string) string {
	for _, p := range strings.Split(name, "/") {
		if v, ok := strings.CutPrefix(p, key+"="); ok {
			v, _, _ = strings.Cut(v, "#")
			if i := strings.LastIndexByte(v, '-'); i > 0 {
				if _, err := strconv.Atoi(v[i+1:]); err == nil && !strings.HasSuffix(v[:i], "-90") {
					v = v[:i]
				}
			}
			return v
		}
	}
	return ""
}

// distinctParts are the values of key= in order of appearance.
func (r *results) distinctParts(key string) (values []string) {
	for _, name := range r.names {
		if v := part(name, key); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// find gives the measurements of the benchmark with the given parts, as
// key=value.
func (r *results) find(unit string, parts ...string) []float64 {
	for _, name := range r.names {
		fits := true
		for _, p := range parts {
			key, value, _ := strings.Cut(p, "=")
			fits = fits && part(name, key) == value
		}
		if fits {
			return r.runs[name][unit]
		}
	}
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// cell is median, and minimum and maximum in small.
func cell(v []float64) string {
	if len(v) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s <sub>%s–%s</sub>", figure(median(v)), figure(slices.Min(v)), figure(slices.Max(v)))
}

func figure(x float64) string {
	if x >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

func speed(b *strings.Builder, r results) {
	ops := []string{"get", "get-all-cores", "mixed-90-10", "insert-evict"}
	for _, keys := range r.distinctParts("keys") {
		fmt.Fprintf(b, "### %s keys: ns an operation, median <sub>minimum–maximum</sub>\n\n", thousands(keys))
		b.WriteString("| cache | get, one goroutine | × inlay-at | get, all cores | 90 gets, 10 puts, all cores | put with eviction | B/op, allocs of that |\n|---|---|---|---|---|---|---|\n")
		base := r.find("ns/op", "keys="+keys, "cache=inlay-at", "op=get")
		for _, c := range r.distinctParts("cache") {
			fmt.Fprintf(b, "| %s ", c)
			for i, op := range ops {
				v := r.find("ns/op", "keys="+keys, "cache="+c, "op="+op)
				fmt.Fprintf(b, "| %s ", cell(v))
				if i == 0 && len(v) > 0 && len(base) > 0 {
					fmt.Fprintf(b, "| %.2f ", median(v)/median(base))
				}
			}
			bytes := r.find("B/op", "keys="+keys, "cache="+c, "op=insert-evict")
			allocs := r.find("allocs/op", "keys="+keys, "cache="+c, "op=insert-evict")
			if len(bytes) > 0 && len(allocs) > 0 {
				fmt.Fprintf(b, "| %.0f, %.0f |\n", median(bytes), median(allocs))
			} else {
				b.WriteString("| – |\n")
			}
		}
		gets := r.find("allocs/op", "keys="+keys, "cache=inlay-at", "op=get")
		if len(gets) > 0 {
			fmt.Fprintf(b, "\nA get of inlay allocates %.0f times.\n\n", median(gets))
		}
	}
}

func thousands(n string) string {
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}

func memory(b *strings.Builder, r results) {
	if len(r.names) == 0 {
		return
	}
	b.WriteString("### Bytes of heap an entry, beyond the bytes of key and value\n\n")
	b.WriteString("The headers of key and value (16 and 24 bytes) count. `inlay-policy` has TTL, both stale windows and two shared tags on every entry,\n`inlay-own-tags` a tag of its own for each.\n\n")
	sizes := r.distinctParts("entries")
	b.WriteString("| cache |")
	for _, n := range sizes {
		b.WriteString(" " + thousands(n) + " entries |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(sizes)) + "\n")
	for _, c := range r.distinctParts("cache") {
		fmt.Fprintf(b, "| %s |", c)
		for _, n := range sizes {
			if v := r.find("B/entry", "entries="+n, "cache="+c); len(v) > 0 {
				fmt.Fprintf(b, " %.1f |", median(v))
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

func wasm(b *strings.Builder, r results) {
	b.WriteString("### In Wasm, built by TinyGo, run by Node: ns an operation inside the module\n\n")
	if len(r.names) == 0 {
		b.WriteString("Not measured: TinyGo or Node was not there.\n\n")
		return
	}
	b.WriteString("| keys | build | `GetAt` | TinyGo's map | `Put` that replaces |\n|---|---|---|---|---|\n")
	for _, keys := range r.distinctParts("keys") {
		for _, build := range r.distinctParts("build") {
			name := map[string]string{"opt2": "-opt=2", "optz": "-opt=z, as shipped"}[build]
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", thousands(keys), name,
				cell(r.find("ns/op", "keys="+keys, "build="+build, "cache=inlay-at", "op=get")),
				cell(r.find("ns/op", "keys="+keys, "build="+build, "cache=map", "op=get")),
				cell(r.find("ns/op", "keys="+keys, "build="+build, "cache=inlay", "op=replace")))
		}
	}
	b.WriteByte('\n')
}

// pages are the native handler's own benchmarks, as they came.
func pages(b *strings.Builder, r results) {
	if len(r.names) == 0 {
		return
	}
	b.WriteString("### Pages through the native handler\n\n| benchmark | |\n|---|---|\n")
	for _, name := range r.names {
		var list []string
		for _, unit := range []string{"ns/op", "ms-median", "ms-p99"} {
			if v := r.runs[name][unit]; len(v) > 0 {
				list = append(list, cell(v)+" "+unit)
			}
		}
		fmt.Fprintf(b, "| %s | %s |\n", name, strings.Join(list, ", "))
	}
	b.WriteByte('\n')
}
