// Command gen writes the documentation that the site serves: it reads the
// public packages of the machine's own GOROOT and renders each into the
// fragments of its page.
//
//	go run ./gen [-goroot DIR] [-out DIR]
//
// The output depends on nothing but the sources in GOROOT: the same Go release
// gives the same bytes on every machine.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	goroot := flag.String("goroot", "", "root of the Go tree to read (default: what `go env GOROOT` says)")
	out := flag.String("out", "data", "folder to write")
	flag.Parse()
	if err := run(*goroot, *out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "site/gen:", err)
		os.Exit(1)
	}
}

func run(goroot, out string, progress io.Writer) error {
	start := time.Now()
	if goroot == "" {
		said, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("asking go env GOROOT: %w", err)
		}
		goroot = strings.TrimSpace(string(said))
	}
	if info, err := os.Stat(out); err != nil || !info.IsDir() {
		return fmt.Errorf("output folder %q does not exist: run from the folder of the site, or give -out", out)
	}

	lib, err := load(goroot)
	if err != nil {
		return err
	}
	fmt.Fprintf(progress, "site/gen: read %d packages of %s\n", len(lib.packages), lib.version)

	written, err := write(out, lib.render())
	if err != nil {
		return err
	}
	fmt.Fprintf(progress, "site/gen: wrote %d files, %d KB of text in %d KB, in %.1f s\n",
		written.files, written.text/1000, written.packed/1000, time.Since(start).Seconds())
	return nil
}
