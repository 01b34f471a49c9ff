package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/handlers"
	"inlay/bench/workers/result"
)

// batchWays are those in which a batch of fills gets to its handlers. All but the last two may run as many instances at once as a
// Worker may be allowed to.
var batchWays = []struct {
	name, what, app string
	vars            map[string]string
}{
	{"serve", "workers.Serve: a Request and a stream for each batch, any number of instances", "serve", map[string]string{"INLAY_MAX_INSTANCES": "64"}},
	{"unlimited", "instance.Serve: bytes and frames, any number of instances", "app", map[string]string{"INLAY_MAX_INSTANCES": "64"}},
	{"fresh", "the same, 8 instances at once, as shipped", "app", nil},
	{"kept", "the same with INLAY_KEEP_INSTANCES=8", "app", map[string]string{"INLAY_KEEP_INSTANCES": "8"}},
}

// batches are cold pages of five fragments each that handlers in app.wasm make: one after another, many at once, and those of the
// example site.
func batches(p *places, o *origin, pages, rounds, burst, bursts int) (*result.Batches, error) {
	found := &result.Batches{Pages: pages, Burst: burst, Wait: millis(handlers.Wait)}
	for _, way := range batchWays {
		found.Ways = append(found.Ways, result.BatchWay{Name: way.name, What: way.what})
	}
	if err := batchesInTurns(p, o, found, rounds); err != nil {
		return nil, err
	}
	if err := siteInTurns(p, found, rounds); err != nil {
		return nil, err
	}
	for range bursts {
		for i := range batchWays {
			for _, of := range []struct {
				path string
				into *[]result.BurstRun
			}{{"/page/", &found.Ways[i].Bursts}, {"/stream/", &found.Ways[i].Waits}} {
				run, err := burstOnce(p, o, i, of.path, burst)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", batchWays[i].name, err)
				}
				*of.into = append(*of.into, run)
			}
		}
	}
	return found, nil
}

// startWay runs some of the ways in one workerd.
func (p *places) startWay(o *origin, ways ...int) (*workerd, error) {
	var all []isolate
	for _, i := range ways {
		vars := map[string]string{"INLAY_DEBUG": "1"}
		for name, value := range batchWays[i].vars {
			vars[name] = value
		}
		all = append(all, isolate{name: batchWays[i].name, app: batchWays[i].app, vars: vars})
	}
	return p.startIsolates(o, "127.0.0.1:9", "127.0.0.1:9", all...) // neither is bound
}

func batchesInTurns(p *places, o *origin, found *result.Batches, rounds int) error {
	w, err := p.startWay(o, 0, 1, 2, 3)
	if err != nil {
		return err
	}
	defer w.stop()
	id := 0
	for n := range rounds + 1 {
		for k := range batchWays {
			i := (k + n) % len(batchWays)
			var paths []string
			for range found.Pages {
				id++
				paths = append(paths, "/page/"+strconv.Itoa(id))
			}
			cpu, last, err := askInTurn(w, batchWays[i].name, paths, func(l *load, c *client) error { _, err := l.ask(c); return err })
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", batchWays[i].name, err, w.log.Bytes())
			}
			if n > 0 { // the first is for the isolate to be warm
				found.Ways[i].CPU = append(found.Ways[i].CPU, cpu)
				found.Ways[i].Last = append(found.Ways[i].Last, last...)
			}
		}
	}
	return nil
}

// askInTurn asks for pages one after another: CPU time a page, and the last byte of each.
func askInTurn(w *workerd, socket string, paths []string, ask func(*load, *client) error) (cpu float64, last []float64, err error) {
	l, err := newLoads(w.addrs[socket], paths, nil, 1)
	if err != nil {
		return 0, nil, err
	}
	defer l.close()
	before, err := w.cpu()
	if err != nil {
		return 0, nil, err
	}
	for range paths {
		begin := time.Now()
		if err := ask(l, l.conns[0]); err != nil {
			return 0, nil, err
		}
		last = append(last, millis(time.Since(begin)))
	}
	after, err := w.cpu()
	return millis(after-before) / float64(len(paths)), last, err
}

// sitePages are some of the example site's.
var sitePages = []string{"net/http", "io", "fmt", "strings", "os", "encoding/json", "html/template", "sort"}

// siteInTurns is the example site, whose main is instance.Serve: each way a workerd of its own, with pages that it has not had.
func siteInTurns(p *places, found *result.Batches, rounds int) error {
	for _, way := range []int{2, 3} {
		for range max(1, rounds/4) {
			env := []string{"SITE_DELAY_MS=0"}
			for name, value := range batchWays[way].vars {
				env = append(env, name+"="+value)
			}
			w, err := p.startWorkerd(env, nil, "site")
			if err != nil {
				return err
			}
			whole := func(l *load, c *client) error {
				response, err := l.exchange(c)
				if err == nil && response.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %d", response.StatusCode)
				}
				return err
			}
			var paths []string
			for _, name := range sitePages {
				paths = append(paths, "/pkg/"+name)
			}
			_, _, err = askInTurn(w, "site", paths[:2], whole) // for the isolate to be warm
			if err == nil {
				var cpu float64
				var last []float64
				cpu, last, err = askInTurn(w, "site", paths[2:], whole)
				found.Ways[way].SiteCPU = append(found.Ways[way].SiteCPU, cpu)
				found.Ways[way].SiteLast = append(found.Ways[way].SiteLast, last...)
			}
			w.stop()
			if err != nil {
				return fmt.Errorf("site: %w\n%s", err, w.log.Bytes())
			}
		}
	}
	return nil
}

// burstOnce asks a fresh workerd, which has answered one page, for many cold pages at once.
func burstOnce(p *places, o *origin, way int, path string, burst int) (r result.BurstRun, err error) {
	w, err := p.startWay(o, way)
	if err != nil {
		return r, err
	}
	defer w.stop()
	addr := w.addrs[batchWays[way].name]
	first, err := newLoad(addr, "/page/0", nil, 1)
	if err != nil {
		return r, err
	}
	defer first.close()
	if _, err := first.ask(first.conns[0]); err != nil {
		return r, fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	var paths []string
	for i := range burst {
		paths = append(paths, path+strconv.Itoa(i+1))
	}
	l, err := newLoads(addr, paths, nil, burst)
	if err != nil {
		return r, err
	}
	defer l.close()
	before, err := w.cpu()
	if err != nil {
		return r, err
	}
	took, whole := make([]time.Duration, burst), make([]bool, burst)
	var running sync.WaitGroup
	ready := make(chan struct{})
	for i, c := range l.conns {
		running.Go(func() {
			<-ready
			start := time.Now()
			response, err := l.exchange(c)
			took[i] = time.Since(start)
			whole[i] = err == nil && response.StatusCode == http.StatusOK && content.IsWhole(c.body.String())
		})
	}
	close(ready)
	running.Wait()
	after, err := w.cpu()
	if err != nil {
		return r, err
	}
	for _, ok := range whole {
		if !ok {
			r.Failed++
		}
	}
	if r.Peak, err = w.memory("VmHWM"); err != nil {
		return r, err
	}
	header, err := first.ask(first.conns[0]) // warm: it starts none
	if err != nil {
		return r, err
	}
	if r.Started, err = strconv.Atoi(header.Get("Inlay-App-Instances")); err != nil {
		return r, err
	}
	slices.Sort(took)
	r.P50, r.P99, r.CPU = millis(quantile(took, 0.5)), millis(quantile(took, 0.99)), millis(after-before)
	return r, nil
}
