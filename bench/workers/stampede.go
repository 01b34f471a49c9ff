package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// crowds are the Workers of the stampede.
var crowds = []struct{ name, what, path string }{
	{"map", "JavaScript with a Map, no single flight", "/complete/"},
	{"stock", "syumai/workers: a Go instance for each request", "/complete/"},
	{"inlay", "core.wasm and its glue, as shipped, streaming", "/stream/"},
}

func stampede(p *places, o *origin, clients, runs int) (*result.Stampede, error) {
	found := &result.Stampede{Clients: clients}
	for _, c := range crowds {
		found.Crowds = append(found.Crowds, result.Crowd{Name: c.name, What: c.what})
	}
	for range runs {
		for i, c := range crowds {
			run, err := crowd(p, o, c.name, c.path, clients)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			found.Crowds[i].Runs = append(found.Crowds[i].Runs, run)
		}
	}
	return found, nil
}

// crowd lets clients ask all at once for the same cold page of a fresh workerd, whose isolate has answered one other
// request.
func crowd(p *places, o *origin, name, path string, clients int) (r result.CrowdRun, err error) {
	w, err := p.startWorkerd([]string{"INLAY_ORIGIN=" + o.URL}, nil, name)
	if err != nil {
		return r, err
	}
	defer w.stop()
	first, err := newLoad(w.addrs[name], "/page/0", nil, 1)
	if err != nil {
		return r, err
	}
	defer first.close()
	if _, err := first.exchange(first.conns[0]); err != nil {
		return r, fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	l, err := newLoad(w.addrs[name], path+"1", nil, clients)
	if err != nil {
		return r, err
	}
	defer l.close()
	if r.Before, err = w.memory("VmRSS"); err != nil {
		return r, err
	}
	before, err := w.cpu()
	if err != nil {
		return r, err
	}
	o.hits.Store(0)

	took := make([]time.Duration, clients)
	whole := make([]bool, clients)
	ready := make(chan struct{})
	var running sync.WaitGroup
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
	if r.Peak, err = w.memory("VmHWM"); err != nil {
		return r, err
	}
	for _, ok := range whole {
		if !ok {
			r.Failed++
		}
	}
	slices.Sort(took)
	r.P50, r.P99 = millis(quantile(took, 0.5)), millis(quantile(took, 0.99))
	r.CPU = millis(after - before)
	r.Hits = int(o.hits.Load())
	return r, nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
