// Command servers compares inlay's native handler with what one would put there in its place: nginx with SSI, Varnish with ESI, and
// handlers of net/http that somebody writes by hand. All are processes of their own on the loopback interface and serve the page of
// bench/workers/content, byte for byte. It is run in bench/, on Linux, and wants Debian's nginx and varnish: bench/run.sh does so.
//
// The load comes from this process, and so does the origin: what is counted is the time of the servers' processes alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

func main() {
	out := flag.String("out", "../build/bench/servers.json", "file for the results")
	short := flag.Bool("short", false, "as little of everything as shows that it runs")
	only := flag.String("only", "", "contestants, with commas between; all unless told")
	parts := flag.String("parts", "warm,gzip,cold", "what to run, with commas between")
	flag.Parse()
	if err := run(*out, *only, strings.Split(*parts, ","), *short); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

// sizes are how much of everything is done.
type sizes struct {
	processes, rounds, requests, samples, many int
}

func run(out, only string, parts []string, short bool) error {
	size := sizes{processes: 3, rounds: 4, requests: 8000, samples: 11, many: 1000}
	if short {
		size = sizes{processes: 1, rounds: 1, requests: 200, samples: 1, many: 20}
	}
	p, err := newPlaces()
	if err != nil {
		return err
	}
	defer p.close()
	found := &result.Servers{}
	if found.Versions, err = versions(); err != nil {
		return err
	}
	among := func(all []contestant) (wanted []contestant) {
		for _, c := range all {
			if only == "" || slices.Contains(strings.Split(only, ","), c.name) {
				wanted = append(wanted, c)
			}
		}
		return wanted
	}
	wanted := among(contestants)
	for _, part := range parts {
		begin := time.Now()
		switch part {
		case "warm":
			for _, pages := range []int{1, size.many} {
				table, err := warm(p, wanted, pages, size)
				if err != nil {
					return err
				}
				found.Warm = append(found.Warm, table)
			}
		case "gzip":
			few := size
			few.requests = max(size.requests/3, 200) // some take a millisecond each
			table, err := compare(&contest{places: p, pages: 1, accept: "gzip", sizes: few}, among(coded))
			if err != nil {
				return err
			}
			found.Warm = append(found.Warm, table)
		case "cold":
			if found.Cold, err = cold(p, wanted, size.samples); err != nil {
				return err
			}
		default:
			return fmt.Errorf("there is no part %q", part)
		}
		fmt.Printf("%s: %.1f s\n", part, time.Since(begin).Seconds())
	}
	return found.Write(out)
}

// versions are those of what is compared.
func versions() (map[string]string, error) {
	found := map[string]string{"Go": runtime.Version()}
	for name, args := range map[string][]string{"nginx": {"-v"}, "varnishd": {"-V"}} {
		text, err := exec.Command(program(name), args...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w; ./build.sh bench installs it: %s", name, err, text)
		}
		version := regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+`).Find(text)
		if version == nil {
			return nil, fmt.Errorf("%s says no version: %s", name, text)
		}
		found[name] = string(version)
	}
	return found, nil
}

// program is where a server is, which may lie beside the PATH of those who are not root.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

// places are the folders of a run, and the program with the handlers.
type places struct {
	dir     string // removed at the end
	handler string
}

func newPlaces() (*places, error) {
	dir, err := os.MkdirTemp("", "servers") // short: Varnish makes sockets in it
	if err != nil {
		return nil, err
	}
	p := &places{dir: dir, handler: filepath.Join(dir, "handler")}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are nobody's
		return nil, err
	}
	if text, err := exec.Command("go", "build", "-o", p.handler, "./servers/handler").CombinedOutput(); err != nil {
		p.close()
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return p, nil
}

func (p *places) close() { _ = os.RemoveAll(p.dir) }

// folder is a new one that everybody may read.
func (p *places) folder(name string) (string, error) {
	dir, err := os.MkdirTemp(p.dir, name)
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// page is what everybody answers.
var page = []byte(content.Page())
