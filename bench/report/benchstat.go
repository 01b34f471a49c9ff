package main

import (
	"encoding/csv"
	"fmt"
	"strings"
)

// verdicts writes what benchstat says of each cache against inlay-at: its CSV has a line for each operation, and four
// columns for each cache but the first, which has two.
func verdicts(b *strings.Builder, text string) error {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("benchstat.csv: %w", err)
	}
	var caches []string
	var ops []string
	said := map[string]string{} // by cache and operation
	for _, line := range lines {
		switch {
		case len(line) < 7 || line[0] == "geomean":
		case line[0] == "" && caches == nil:
			for i := 3; i < len(line); i += 4 {
				caches = append(caches, line[i])
			}
		case line[0] == "": // units
		default:
			ops = append(ops, line[0])
			for i, c := range caches {
				at := 3 + 4*i
				if at+3 >= len(line) {
					return fmt.Errorf("benchstat.csv: %s has no figures for %s", line[0], c)
				}
				said[c+" "+line[0]] = line[at+2] + " <sub>" + line[at+3] + "</sub>"
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	b.WriteString("### 10,000 keys: time against inlay-at, by benchstat\n\n")
	b.WriteString("`~` is no difference at p < 0.05 (Mann-Whitney). Plus is slower than `inlay-at`.\n\n| cache |")
	for _, op := range ops {
		b.WriteString(" " + op + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(ops)) + "\n")
	for _, c := range caches {
		b.WriteString("| " + c + " |")
		for _, op := range ops {
			b.WriteString(" " + said[c+" "+op] + " |")
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return nil
}
