package main

import (
	"fmt"
	"strings"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

const memoryIs = `Each of so many pages, a shell of %d KiB with five fragments of %d KiB, is asked for twice, one after another, in a cache of %d MiB.
Whole are those of which all five fragments are there then, as HEAD tells, which starts no fill. Charged is what the engine counts, and
taken what there is more of in JavaScript's heap, its buffers and core.wasm's memory than with one page, after a collection, which Node can
force and workerd not. So its process, which this isolate shares with nobody, shows how much garbage V8 lets lie besides.

`

func keptWhole(b *strings.Builder, m *result.Memory) {
	b.WriteString("### Memory: pages that are kept whole\n\n")
	fmt.Fprintf(b, memoryIs, content.ShellSize>>10, content.FragmentSize>>10, m.Budget>>20)
	b.WriteString("| pages asked for | whole in workerd | charged, MB | RSS of workerd, MB | whole under Node | charged, MB | taken, MB | of it core.wasm, MB | entries |\n" +
		"|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range m.Rows {
		fmt.Fprintf(b, "| %d | %d | %s | %s to %s | %d | %s | %s | %s | %d |\n", r.Pages, r.Whole, megabytes(r.Charged), megabytes(r.Before), megabytes(r.After),
			r.Node.Whole, megabytes(r.Node.Charged), megabytes(r.Node.Taken), megabytes(r.Node.Wasm), r.Node.Entries)
	}
	b.WriteByte('\n')
}

func megabytes(n int) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }
