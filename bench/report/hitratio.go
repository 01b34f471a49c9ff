package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// row is one line of the simulator: workload, budget, policy, and percentages of
// objects hit, bytes hit and fill time saved.
type row struct {
	workload, budget, policy string
	of                       [3]float64
}

func parseRows(text string) (rows []row, err error) {
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		n := len(w)
		if n < 6 {
			return nil, fmt.Errorf("hitratio.txt: no row: %q", line)
		}
		r := row{workload: strings.Join(w[:n-5], " "), budget: w[n-5], policy: w[n-4]}
		for i := range r.of {
			if r.of[i], err = strconv.ParseFloat(w[n-3+i], 64); err != nil {
				return nil, fmt.Errorf("hitratio.txt: %w", err)
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func hitRatios(b *strings.Builder, text string) error {
	rows, err := parseRows(text)
	if err != nil || len(rows) == 0 {
		return err
	}
	b.WriteString("### Hit ratios\n\n")
	b.WriteString("The cache itself replays each workload, at a budget of so many percent of what all its objects take; every policy charges\n" +
		"96 bytes an entry besides key and value. `inlay+time` is inlay with WeighFillTime. `otter` is the library with its weigher,\n" +
		"the mean of three runs, since no two are the same; the others are written out in `bench/hitratio`: LRU, SIEVE, S3-FIFO, W-TinyLFU with its hill\n" +
		"climber (which weighs a candidate against all that it would push out), ARC, GDSF with a heap, and LHD, whose model is made anew every 1,024 requests.\n" +
		"`belady` knows the future: with equal sizes nothing is better. How sizes, fill times and the synthetic workloads are made, and where web07 and web12 are from: `bench/hitratio/workload.go`,\n" +
		"`bench/hitratio/recency.go`, `bench/traces/README.md`. The loads of `recency.go` are drawn from another seed than the cache was tuned with.\n\n")
	for i, what := range []string{"Objects hit, in percent", "Bytes hit, means", "Fill time saved, means"} {
		ratioTable(b, what, rows, i)
	}
	verdict(b, rows)
	return nil
}

func ratioTable(b *strings.Builder, what string, rows []row, of int) {
	var policies, lines []string
	values := map[string]float64{}
	for _, r := range rows {
		if of > 0 && !strings.HasPrefix(r.workload, "mean") {
			continue
		}
		line := r.workload + " | " + r.budget
		if !slices.Contains(policies, r.policy) {
			policies = append(policies, r.policy)
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		values[line+r.policy] = r.of[of]
	}
	fmt.Fprintf(b, "%s:\n\n| workload | budget | %s |\n|---|---|%s\n", what, strings.Join(policies, " | "), strings.Repeat("---|", len(policies)))
	for _, line := range lines {
		best := 0.0
		for _, p := range policies {
			if p != "belady" {
				best = max(best, values[line+p])
			}
		}
		fmt.Fprintf(b, "| %s |", line)
		for _, p := range policies {
			v := values[line+p]
			if v == best {
				fmt.Fprintf(b, " **%.1f** |", v)
			} else {
				fmt.Fprintf(b, " %.1f |", v)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

// verdict says by how much inlay is ahead of its best peer where it is least so.
func verdict(b *strings.Builder, rows []row) {
	peers := []string{"lru", "sieve", "s3-fifo", "w-tinylfu", "otter"}
	for _, kind := range []string{"sized", "equal"} {
		least, where := 1000.0, ""
		var behind []string
		for _, r := range rows {
			if r.policy != "inlay" || !strings.HasSuffix(r.workload, kind) || strings.HasPrefix(r.workload, "mean") {
				continue
			}
			best := 0.0
			for _, o := range rows {
				if o.workload == r.workload && o.budget == r.budget && slices.Contains(peers, o.policy) {
					best = max(best, o.of[0])
				}
			}
			d := r.of[0] - best
			if d < least {
				least, where = d, r.workload+", "+r.budget
			}
			if d < -0.5 {
				behind = append(behind, fmt.Sprintf("%s, %s: %+.2f", r.workload, r.budget, d))
			}
		}
		fmt.Fprintf(b, "Objects hit, %s rows: inlay less the best of LRU, SIEVE, S3-FIFO, W-TinyLFU and otter is at least %+.2f points (%s).  \n", kind, least, where)
		if len(behind) > 0 {
			fmt.Fprintf(b, "More than half a point behind: %s.  \n", strings.Join(behind, "; "))
		}
	}
	b.WriteByte('\n')
}
