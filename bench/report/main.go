// Command report writes RESULTS.md from what bench/run.sh left in a directory:
// medians, minima and maxima, and where the figures are from. Each part lies
// between two marker lines; the rest of the file is not touched. Beside it goes
// timeline.svg, the picture of a cold page.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	in := flag.String("in", "", "directory with native.txt, benchstat.csv, memory.txt, wasm.txt, hitratio.txt, edge.txt, servers.json, workers.json, beyond.json and beyond.txt")
	into := flag.String("into", "RESULTS.md", "file to write into")
	rounds := flag.String("rounds", "", "how many rounds of the native part were run")
	parts := flag.String("parts", "native,servers,workers,beyond", "what was run")
	flag.Parse()
	if err := run(*in, *into, *rounds, strings.Split(*parts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(in, into, rounds string, parts []string) error {
	old, err := os.ReadFile(into)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	text := string(old)
	for _, name := range parts {
		var part string
		switch name {
		case "native":
			part, err = native(in, rounds)
		case "beyond":
			part, err = beyond(in)
		case "servers":
			part, err = servers(filepath.Join(in, "servers.json"))
		case "workers":
			part, err = workers(filepath.Join(in, "workers.json"), filepath.Join(filepath.Dir(into), "timeline.svg"))
		default:
			err = fmt.Errorf("there is no part %q", name)
		}
		if err != nil {
			return err
		}
		text = splice(text, name, part)
	}
	return os.WriteFile(into, []byte(text), 0o644)
}

// native is the part of the caches and of the native handler.
func native(in, rounds string) (string, error) {
	read := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(in, name)) // what was not run is left out
		return string(b)
	}
	versions, err := peerVersions("go.mod")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("## The cache, natively and in Wasm\n\n")
	b.WriteString("Command: `./build.sh bench`, or this part alone: `bench/run.sh -parts native` (" + rounds + " rounds).  \n")
	b.WriteString(machine() + "  \n")
	b.WriteString("Peers: " + versions + ".\n\n")
	b.WriteString(misleading)
	speed(&b, parseBench(read("native.txt")))
	if err := verdicts(&b, read("benchstat.csv")); err != nil {
		return "", err
	}
	memory(&b, parseBench(read("memory.txt")))
	wasm(&b, parseBench(read("wasm.txt")))
	if err := hitRatios(&b, read("hitratio.txt")); err != nil {
		return "", err
	}
	pages(&b, parseBench(read("edge.txt")))
	return b.String(), nil
}

const misleading = `What would mislead: the machine is a small virtual one and not idle, so compare figures of one table with each other, and
look at the minimum beside the median. Rounds alternate between the caches. A get is of a key that is there, chosen by a
Zipf distribution from keys of 29 bytes that were built anew; values are 16 bytes, so that the caches and not the values fill the CPU's caches.
` + "`inlay-at`" + ` is ` + "`GetAt`" + `, which is given the time, as the engine calls it; ` + "`inlay`" + ` is ` + "`Get`" + `, which reads the clock: most of the
difference is this machine's clock. Not measured: more than two cores, a heap with much else on it, pauses.

`

// marks are the lines before and after a part.
func marks(name string) (begin, end string) {
	return "<!-- " + name + ": begin; written by bench/report -->\n", "<!-- " + name + ": end -->\n"
}

// splice puts the part between its markers, or at the end of a file without.
func splice(old, name, part string) string {
	begin, end := marks(name)
	if old == "" {
		old = "# Results\n\n"
	}
	before, rest, found := strings.Cut(old, begin)
	if !found {
		return strings.TrimRight(old, "\n") + "\n\n" + begin + part + end
	}
	_, after, _ := strings.Cut(rest, end)
	return before + begin + part + end + after
}

func machine() string {
	cpu := "unknown CPU"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	commit := "unknown"
	if out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("Machine: %d × %s, %s/%s, %s. Commit: %s. Date: %s.",
		runtime.NumCPU(), cpu, runtime.GOOS, runtime.GOARCH, runtime.Version(), commit, time.Now().UTC().Format(time.DateOnly))
}

// peerVersions lists what go.mod requires directly.
func peerVersions(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var list []string
	for line := range strings.Lines(string(b)) {
		w := strings.Fields(line)
		if len(w) == 2 && strings.HasPrefix(w[1], "v") && strings.Contains(w[0], "/") && !strings.Contains(w[0], "ulikunitz") && !strings.Contains(w[0], "syumai") {
			list = append(list, strings.TrimPrefix(w[0], "github.com/")+" "+w[1])
		}
	}
	return strings.Join(list, ", "), nil
}
