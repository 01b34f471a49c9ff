// Command hitratio replays workloads through inlay's cache, the real one, and
// through other policies, and prints how often each had what was asked for.
//
//	go run ./hitratio -traces traces
//
// A row of the output: workload, budget in percent of the footprint, policy,
// percentage of requests hit, of bytes hit, of fill time saved. The whole run is
// counted, cold start included; everything but the cache's own hash seed is
// fixed, so that a run can be repeated.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
)

type result struct {
	workload           *workload
	percent            float64
	policy             string
	object, byte, fill float64
}

func main() {
	dir := flag.String("traces", "traces", "directory of recorded traces (*.trace.xz)")
	objects := flag.Int("objects", 20_000, "objects of the synthetic workloads")
	requests := flag.Int("requests", 300_000, "requests of the synthetic workloads")
	only := flag.String("only", "", "run only workloads whose name contains this")
	policies := flag.String("policies", "", "comma-separated policies; empty: all")
	seed := flag.Uint64("seed", 2, "of the loads of recency.go: the cache was tuned with 1")
	summary := flag.Bool("summary", false, "print means only")
	flag.Parse()

	recorded, err := traces(*dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hitratio:", err)
		os.Exit(1)
	}
	if len(recorded) == 0 {
		fmt.Fprintf(os.Stderr, "hitratio: no *.trace.xz in %q: synthetic workloads only (traces/README.md says where recorded ones come from)\n", *dir)
	}
	all := append(synthetic(*objects, *requests), adaptive(*objects, *requests*2/3, *seed)...)
	all = append(all, recorded...)
	all = slices.DeleteFunc(all, func(w workload) bool { return !strings.Contains(w.name, *only) })
	chosen := contenders()
	if *policies != "" {
		names := strings.Split(*policies, ",")
		chosen = slices.DeleteFunc(chosen, func(c contender) bool { return !slices.Contains(names, c.name) })
	}
	results := runAll(all, chosen)
	if !*summary {
		printRows(results)
	}
	printMeans(results, chosen)
}

var percents = []float64{0.1, 0.5, 1, 5, 20}

func runAll(all []workload, chosen []contender) []result {
	var jobs []result
	for i := range all {
		for _, percent := range percents {
			for _, c := range chosen {
				jobs = append(jobs, result{workload: &all[i], percent: percent, policy: c.name})
			}
		}
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				c := chosen[slices.IndexFunc(chosen, func(c contender) bool { return c.name == jobs[i].policy })]
				jobs[i].run(c)
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wg.Wait()
	return jobs
}

func (r *result) run(c contender) {
	w := r.workload
	var requests, hits, bytes, hitBytes, fill, saved float64
	for range c.runs {
		p := c.make(int64(float64(w.footprint())*r.percent/100), w)
		for _, id := range w.requests {
			o := &w.objects[id]
			requests++
			bytes += float64(o.size)
			fill += o.fill
			if p.request(id, o) {
				hits++
				hitBytes += float64(o.size)
				saved += o.fill
			}
		}
	}
	r.object = 100 * hits / requests
	r.byte = 100 * hitBytes / bytes
	r.fill = 100 * saved / fill
}

func printRows(results []result) {
	for _, r := range results {
		fmt.Printf("%-16s %4g%% %-10s %6.2f %6.2f %6.2f\n", r.workload.name, r.percent, r.policy, r.object, r.byte, r.fill)
	}
}

func printMeans(results []result, chosen []contender) {
	for _, sized := range []bool{true, false} {
		for _, percent := range percents {
			for _, c := range chosen {
				var n, object, byte, fill float64
				for _, r := range results {
					if r.workload.sized == sized && r.percent == percent && r.policy == c.name {
						n++
						object += r.object
						byte += r.byte
						fill += r.fill
					}
				}
				if n > 0 {
					kind := "mean equal"
					if sized {
						kind = "mean sized"
					}
					fmt.Printf("%-16s %4g%% %-10s %6.2f %6.2f %6.2f\n", kind, percent, c.name, object/n, byte/n, fill/n)
				}
			}
		}
	}
}
