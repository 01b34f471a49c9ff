package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// extent is how much of what lies beyond the isolates is measured.
type extent struct {
	processes, rounds, requests, connections int // of warm pages
	pages, urls                              int // in turns
	awayRounds                               int
	soft, lease                              time.Duration
	batches, batch                           int // of cold pages
	costBatches, polls, purges               int
}

var (
	whole = extent{
		processes: 6, rounds: 5, requests: 3200, connections: 8, pages: 240, urls: 1200,
		awayRounds: 10, soft: time.Second, lease: 5 * time.Second,
		batches: 10, batch: 20, costBatches: 6, polls: 25, purges: 25,
	}
	smallest = extent{
		processes: 1, rounds: 1, requests: 100, connections: 4, pages: 6, urls: 30,
		awayRounds: 1, soft: 100 * time.Millisecond, lease: 400 * time.Millisecond,
		batches: 1, batch: 2, costBatches: 1, polls: 3, purges: 3,
	}
)

const token = "of-the-benchmark-only-0123456789"

// outskirts is what lies beyond the isolates of a workerd.
type outskirts struct {
	log      *workerd
	colo, kv *store
	relays   []*relay
}

func (p *places) startOutskirts() (*outskirts, error) {
	log, err := p.startLog()
	if err != nil {
		return nil, err
	}
	return &outskirts{log: log, colo: startStore(serveCache), kv: startStore(serveKV)}, nil
}

func (b *outskirts) stop() {
	for _, r := range b.relays {
		r.stop()
	}
	b.colo.Close()
	b.kv.Close()
	b.log.stop()
}

// relay is another way to the log.
func (b *outskirts) relay() *relay {
	r := startRelay(b.log)
	b.relays = append(b.relays, r)
	return r
}

func (p *places) run(o *origin, b *outskirts, isolates ...isolate) (*workerd, error) {
	return p.startIsolates(o, b.colo.addr(), b.kv.addr(), isolates...)
}

// leases are the variables of a lease.
func leases(soft, hard time.Duration) map[string]string {
	return map[string]string{"INLAY_LEASE_SOFT": soft.String(), "INLAY_LEASE": hard.String(), "INLAY_TOKEN": token}
}

func beyond(p *places, o *origin, x extent) (*result.Beyond, error) {
	b, err := p.startOutskirts()
	if err != nil {
		return nil, err
	}
	defer b.stop()
	found := &result.Beyond{Lease: [2]float64{x.soft.Seconds(), x.lease.Seconds()}, Load: loadAverage()}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"lease", func() (err error) { found.Warm, err = leaseOnAndOff(p, o, b, x); return err }},
		{"away", func() (err error) { found.Away, err = away(p, o, b, x); return err }},
		{"below", func() (err error) { found.Below, err = below(p, o, b, x); return err }},
		{"costs", func() (err error) { found.Costs, err = costs(p, o, b, x); return err }},
	} {
		begin := time.Now()
		if err := part.run(); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Printf("beyond, %s: %.1f s\n", part.name, time.Since(begin).Seconds())
	}
	return found, nil
}

// loadAverage is how many processes wanted to run in the last minute, on average.
func loadAverage() float64 {
	text, _ := os.ReadFile("/proc/loadavg") // 0 where there is none
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

// leaseOnAndOff asks isolates with a purge log and without for one page, and others for many pages in turns, by URLs whose query
// nothing of the page depends on: so many that no answer is repeated before it is forgotten.
func leaseOnAndOff(p *places, o *origin, b *outskirts, x extent) (*result.Warm, error) {
	found := &result.Warm{Processes: x.processes, Connections: x.connections, Bytes: content.PageSize}
	var many []string
	for i := range x.urls {
		many = append(many, fmt.Sprintf("/page/%d?from=%d", i%x.pages, i/x.pages))
	}
	on := leases(x.soft, x.lease)
	isolates := []isolate{
		{name: "off"},
		{name: "on", log: b.relay().addr(), colo: true, vars: on},
		{name: "off-many"},
		{name: "on-many", log: b.relay().addr(), colo: true, vars: on},
	}
	for i, what := range []string{
		"one page, no purge log",
		"one page, with a lease",
		fmt.Sprintf("%d pages by %d URLs in turns, no purge log", x.pages, x.urls),
		fmt.Sprintf("%d pages by %d URLs in turns, with a lease", x.pages, x.urls),
	} {
		found.Contestants = append(found.Contestants, result.Contestant{Name: isolates[i].name, What: what, Requests: x.requests})
	}
	for range x.processes {
		if err := func() error {
			w, err := p.run(o, b, isolates...)
			if err != nil {
				return err
			}
			defer w.stop()
			var loads []*load
			for i := range isolates {
				paths := []string{"/page/0"}
				if i >= 2 {
					paths = many
				}
				l, err := newLoads(w.addrs[isolates[i].name], paths, []byte(content.Page()), x.connections)
				if err != nil {
					return err
				}
				defer l.close()
				loads = append(loads, l)
				if err := fillAll(l); err != nil {
					return fmt.Errorf("%s: %w\n%s", isolates[i].name, err, w.log.Bytes())
				}
				if _, _, err := l.run(2 * x.requests); err != nil {
					return fmt.Errorf("%s: %w\n%s", isolates[i].name, err, w.log.Bytes())
				}
			}
			o.hits.Store(0)
			ticks, err := w.ticks()
			if err != nil {
				return err
			}
			cpu, err := w.cpu()
			if err != nil {
				return err
			}
			if err := takeTurns(w, loads, found.Contestants, x.rounds); err != nil {
				return fmt.Errorf("%w\n%s", err, w.log.Bytes())
			}
			if n := o.hits.Load(); n > 0 {
				return fmt.Errorf("pages that are warm asked the origin %d times", n)
			}
			return checkClocks(w, ticks, cpu)
		}(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// fillAll asks for each page once, over all connections; those are streamed, so that they are not compared byte for byte.
func fillAll(l *load) error {
	want := l.want
	l.want = nil
	defer func() { l.want = want }()
	_, _, err := l.run(max(len(l.requests), len(l.conns)))
	return err
}

// away compares an isolate whose log is there with some whose log has gone away after it was.
func away(p *places, o *origin, b *outskirts, x extent) (*result.Away, error) {
	found := &result.Away{Connections: x.connections}
	outage := leases(x.soft, x.lease)
	outage["INLAY_OUTAGE"] = "1h"
	rows := []struct {
		name, what string
		state      int32
		vars       map[string]string
	}{
		{"there", "the log is there", handsOn, leases(x.soft, x.lease)},
		{"refused", "connections to it are ended", ends, leases(x.soft, x.lease)},
		{"silent", "it answers nothing", hangs, leases(x.soft, x.lease)},
		{"silent-1h", "it answers nothing, INLAY_OUTAGE = 1h", hangs, outage},
	}
	var isolates []isolate
	var relays []*relay
	var contestants []result.Contestant
	for _, row := range rows {
		relays = append(relays, b.relay())
		isolates = append(isolates, isolate{name: row.name, log: relays[len(relays)-1].addr(), colo: true, vars: row.vars})
		contestants = append(contestants, result.Contestant{Name: row.name, What: row.what, Requests: x.requests})
	}
	// Each has a data centre of its own: from the snapshot of one whose log is there the others would know all.
	w, err := p.startApart(o, b, isolates)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	var loads []*load
	for _, row := range rows {
		l, err := newLoad(w.addrs[row.name], "/page/0", nil, x.connections)
		if err != nil {
			return nil, err
		}
		defer l.close()
		loads = append(loads, l)
		if _, _, err := l.run(2 * x.requests); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", row.name, err, w.log.Bytes())
		}
	}
	for i, row := range rows {
		relays[i].state.Store(row.state)
	}
	first, err := untilOver(loads, x.lease+x.soft)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	for i := range rows {
		failed, err := w.count(rows[i].name, "polls_failed_total")
		if err != nil {
			return nil, err
		}
		if (failed > 0) != (rows[i].state != handsOn) {
			return nil, fmt.Errorf("%s: %d polls have failed\n%s", rows[i].name, failed, w.log.Bytes())
		}
		found.Rows = append(found.Rows, result.AwayRow{First: first[i]})
	}
	slowest := make([]float64, len(rows))
	fills := make([]int, len(rows))
	for range x.awayRounds {
		tallies := make([]tally, len(rows))
		for turn := range turns {
			for k := range rows {
				i := (k + turn) % len(rows)
				o.hits.Store(0)
				if err := tallies[i].add(w, loads[i], x.requests/turns); err != nil {
					return nil, fmt.Errorf("%s: %w\n%s", rows[i].name, err, w.log.Bytes())
				}
				fills[i] += int(o.hits.Load())
			}
		}
		for i := range tallies {
			contestants[i].Rounds = append(contestants[i].Rounds, tallies[i].round())
			slowest[i] = max(slowest[i], millis(slices.Max(tallies[i].each)))
		}
	}
	for i := range rows {
		row := &found.Rows[i]
		row.Contestant, row.Slowest, row.Fills = contestants[i], slowest[i], fills[i]
	}
	return found, nil
}

// startApart runs isolates none of which shares a cache with another.
func (p *places) startApart(o *origin, b *outskirts, isolates []isolate) (*workerd, error) {
	for i := range isolates {
		isolates[i].vars["INLAY_DATA_CENTER_CACHE"] = "0"
		isolates[i].colo = false
	}
	return p.run(o, b, isolates...)
}

// untilOver asks all, each for itself and on one connection, for so long, and gives the slowest request of each.
func untilOver(loads []*load, d time.Duration) (slowest []float64, err error) {
	slowest = make([]float64, len(loads))
	errs := make([]error, len(loads))
	end := time.Now().Add(d)
	var running sync.WaitGroup
	for i, l := range loads {
		running.Go(func() {
			for errs[i] == nil && time.Now().Before(end) {
				begin := time.Now()
				_, errs[i] = l.ask(l.conns[0])
				slowest[i] = max(slowest[i], millis(time.Since(begin)))
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	running.Wait()
	for _, e := range errs {
		if e != nil {
			return nil, e
		}
	}
	return slowest, nil
}

// count is one of the counters of an isolate.
func (w *workerd) count(name, counter string) (int, error) {
	text, err := w.administer(name, http.MethodGet, "stats")
	if err != nil {
		return 0, err
	}
	var counters map[string]any
	if err := json.Unmarshal(text, &counters); err != nil {
		return 0, err
	}
	n, ok := counters[counter].(float64)
	if !ok {
		return 0, fmt.Errorf("no %q in the counters: %s", counter, text)
	}
	return int(n), nil
}

// administer asks for a path below /_inlay/.
func (w *workerd) administer(name, method, what string) ([]byte, error) {
	r, err := http.NewRequest(method, "http://"+w.addrs[name]+"/_inlay/"+what, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d for %s: %s", response.StatusCode, what, bytes.TrimSpace(text))
	}
	return text, err
}
