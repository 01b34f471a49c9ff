// Command workers compares inlay's Worker with others in workerd, and writes what it measures to a file that bench/report
// reads. It is run in bench/, on Linux, after ./build.sh build: bench/run.sh does so.
//
// Every Worker serves the page of package content. The load comes from this process over loopback connections, the
// fragments from an HTTP server in this process.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inlay/bench/workers/result"
)

func main() {
	out := flag.String("out", "../build/bench/workers.json", "file for the results; what the Workers consist of goes beside it")
	short := flag.Bool("short", false, "as little of everything as shows that it runs")
	rounds := flag.Int("rounds", 6, "rounds of the warm comparison in each of its workerds")
	parts := flag.String("parts", "", "what to run, with commas between: warm, many, cold, stampede, memory, instances, start, beyond; all unless told")
	only := flag.String("only", "", "contestants of the warm comparisons, with commas between; all unless told")
	flag.Parse()
	if err := run(*out, *parts, *only, *short, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "workers:", err)
		os.Exit(1)
	}
}

func run(out, parts, only string, short bool, rounds int) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(filepath.Join(filepath.Dir(out), "workers"))
	if err != nil {
		return err
	}
	p := &places{
		root:    root,
		out:     dir,
		workerd: filepath.Join(root, "node_modules", ".bin", "workerd"),
		node:    filepath.Join(root, "node_modules", "node", "bin", "node"),
	}
	if err := p.prepare(); err != nil {
		return err
	}
	o := startOrigin()
	defer o.Close()
	found := &result.Results{}
	if found.Versions, err = versions(p); err != nil {
		return err
	}
	processes, requests, samples, clients, crowdRuns, starts := 5, 3200, 15, 200, 5, 15
	batchPages, batchRounds, burst, bursts := 10, 12, 50, 5
	far, several, pages := whole, wholeExtent, []int{3000, 3300, 4900}
	if short {
		batchPages, batchRounds, burst, bursts = 2, 1, 10, 1
		processes, rounds, requests, samples, clients, crowdRuns, starts = 1, 2, 200, 1, 20, 1, 1
		far, several, pages = smallest, shortExtent, []int{30}
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"warm", func() (err error) { found.Warm, err = warm(p, o, only, processes, rounds, requests, 8); return err }},
		{"many", func() (err error) { found.Many, err = many(p, o, only, several); return err }},
		{"cold", func() (err error) { found.Cold, err = cold(p, o, samples); return err }},
		{"stampede", func() (err error) { found.Stampede, err = stampede(p, o, clients, crowdRuns); return err }},
		{"memory", func() (err error) { found.Memory, err = memory(p, o, memoryBudget, pages...); return err }},
		{"start", func() (err error) { found.Start, err = start(p, o, starts); return err }},
		{"instances", func() (err error) {
			found.Batches, err = batches(p, o, batchPages, batchRounds, burst, bursts)
			return err
		}},
		{"beyond", func() (err error) { found.Beyond, err = beyond(p, o, far); return err }},
	} {
		if parts != "" && !slices.Contains(strings.Split(parts, ","), part.name) {
			continue
		}
		begin := time.Now()
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Printf("%s: %.1f s\n", part.name, time.Since(begin).Seconds())
	}
	return found.Write(out)
}

// versions are those of what is compared, and of what runs it.
func versions(p *places) (map[string]string, error) {
	found := map[string]string{}
	for name, file := range map[string]string{
		"workerd":   filepath.Join(p.root, "node_modules", "workerd", "package.json"),
		"lru-cache": filepath.Join(p.out, "node_modules", "lru-cache", "package.json"),
		"node":      filepath.Join(p.root, "node_modules", "node", "package.json"),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w; run ./build.sh bench, which installs it", err)
		}
		var description struct{ Version string }
		if err := json.Unmarshal(text, &description); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		found[name] = description.Version
	}
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/syumai/workers").Output()
	if err != nil {
		return nil, err
	}
	found["syumai/workers"] = strings.TrimSpace(string(version))
	return found, nil
}
