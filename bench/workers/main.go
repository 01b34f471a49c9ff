// Command workers compares inlay's Worker with others in workerd, and writes what it measures to a file that bench/report
// reads. It is run in bench/, on Linux, after ./build.sh build: bench/run.sh does so.
//
// Every Worker serves the page of package content. The load comes from this process over loopback connections, the
// fragments from an HTTP server in this process.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"inlay/bench/workers/result"
)

func main() {
	out := flag.String("out", "../build/bench/workers.json", "file for the results; what the Workers consist of goes beside it")
	short := flag.Bool("short", false, "as little of everything as shows that it runs")
	rounds := flag.Int("rounds", 15, "rounds of the warm comparison")
	flag.Parse()
	if err := run(*out, *short, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "workers:", err)
		os.Exit(1)
	}
}

func run(out string, short bool, rounds int) error {
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
	requests := 2000
	if short {
		rounds, requests = 2, 200
	}
	if found.Warm, err = warm(p, o, rounds, requests, 8); err != nil {
		return err
	}
	return found.Write(out)
}
