package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// contestants are the Workers of the warm comparison. slow ones get fewer requests.
var contestants = []struct {
	name, what string
	slow       bool
}{
	{"constant", "returns one constant Uint8Array", false},
	{"constant-fields", "the same, with inlay's header fields as constants", false},
	{"map", "JavaScript: five look-ups in a Map, one string", false},
	{"map-fields", "the same, with inlay's header fields as constants", false},
	{"lru", "the same as map, with lru-cache and a TTL", false},
	{"stock", "syumai/workers: a Go instance for each request, with a Go map", true},
	{"inlay", "core.wasm and its glue, as shipped", false},
	{"inlay-analytics", "the same, with a dataset bound as INLAY_ANALYTICS", false},
}

// warm runs rounds in each of several workerds, one after another: how an isolate happens to lie in memory makes a percent
// or two, for as long as its process lives.
func warm(p *places, o *origin, only string, processes, rounds, requests, connections int) (*result.Warm, error) {
	found := &result.Warm{Connections: connections, Bytes: content.PageSize, Processes: processes}
	for _, c := range contestants {
		if only != "" && !slices.Contains(strings.Split(only, ","), c.name) {
			continue
		}
		n := requests
		if c.slow {
			n = max(requests/40, turns)
		}
		found.Contestants = append(found.Contestants, result.Contestant{Name: c.name, What: c.what, Requests: n})
	}
	for range processes {
		if err := compare(p, o, rounds, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// compare adds the rounds of one workerd, which has all Workers.
func compare(p *places, o *origin, rounds int, into *result.Warm) error {
	var names []string
	for _, c := range into.Contestants {
		names = append(names, c.Name)
	}
	w, err := p.startWorkerd([]string{"INLAY_ORIGIN=" + o.URL}, nil, names...)
	if err != nil {
		return err
	}
	defer w.stop()
	page := []byte(content.Page())
	var loads []*load
	fields := map[string]http.Header{}
	for i := range into.Contestants {
		c := &into.Contestants[i]
		l, err := newLoad(w.addrs[c.Name], "/page/1", page, into.Connections)
		if err != nil {
			return err
		}
		defer l.close()
		loads = append(loads, l)
		// Every connection is used before the first round, and code is compiled as far as it will be.
		if fields[c.Name], err = warmUp(l, 2*c.Requests); err != nil {
			return fmt.Errorf("%s: %w\n%s", c.Name, err, w.log.Bytes())
		}
		c.Fields = fieldNames(fields[c.Name])
	}
	for _, name := range []string{"constant-fields", "map-fields"} {
		if err := sameFields(fields["inlay"], fields[name]); err != nil {
			return err
		}
	}
	ticks, err := w.ticks()
	if err != nil {
		return err
	}
	cpu, err := w.cpu()
	if err != nil {
		return err
	}
	if err := takeTurns(w, loads, into.Contestants, rounds); err != nil {
		return err
	}
	return checkClocks(w, ticks, cpu)
}

// takeTurns adds rounds, in each of which all make their requests in turns.
func takeTurns(w *workerd, loads []*load, into []result.Contestant, rounds int) error {
	for range rounds {
		tallies := make([]tally, len(loads))
		for turn := range turns {
			for k := range loads {
				i := (k + turn) % len(loads) // nobody goes first each time
				c := &into[i]
				if err := tallies[i].add(w, loads[i], c.Requests/turns); err != nil {
					return fmt.Errorf("%s: %w\n%s", c.Name, err, w.log.Bytes())
				}
			}
		}
		for i := range tallies {
			c := &into[i]
			c.Rounds = append(c.Rounds, tallies[i].round())
		}
	}
	return nil
}

func warmUp(l *load, n int) (fields http.Header, err error) {
	// The first answer may be a cold page's, which is streamed.
	if _, err := l.exchange(l.conns[0]); err != nil {
		return nil, err
	}
	for _, c := range l.conns {
		if fields, err = l.ask(c); err != nil {
			return nil, err
		}
	}
	_, _, err = l.run(n)
	return fields, err
}

// turns is in how many pieces a round is made, in which the Workers take turns: a machine that is slower for a second is so
// for all.
const turns = 10

// tally is what a Worker's turns of a round add up to.
type tally struct {
	each     []time.Duration
	all, cpu time.Duration
}

func (t *tally) add(w *workerd, l *load, n int) error {
	before, err := w.cpu()
	if err != nil {
		return err
	}
	each, all, err := l.run(n)
	if err != nil {
		return err
	}
	after, err := w.cpu()
	t.each = append(t.each, each...)
	t.all += all
	t.cpu += after - before
	return err
}

func (t *tally) round() result.Round {
	slices.Sort(t.each)
	n := float64(len(t.each))
	return result.Round{
		PerSecond: n / t.all.Seconds(),
		P50:       micros(quantile(t.each, 0.5)),
		P99:       micros(quantile(t.each, 0.99)),
		CPU:       micros(t.cpu) / n,
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// checkClocks makes sure that the times that were taken agree with /proc/PID/stat, over all rounds.
func checkClocks(w *workerd, ticks, cpu time.Duration) error {
	ticksNow, err := w.ticks()
	if err != nil {
		return err
	}
	cpuNow, err := w.cpu()
	if err != nil {
		return err
	}
	if a, b := ticksNow-ticks, cpuNow-cpu; (a - b).Abs() > 30*time.Millisecond+b/50 {
		return fmt.Errorf("/proc/PID/stat counts %v of CPU time, the threads %v", a, b)
	}
	return nil
}

// fieldNames are the header fields of an answer but those that workerd adds to every one.
func fieldNames(h http.Header) string {
	var names []string
	for name := range h {
		if name != "Date" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// sameFields checks that a contestant that imitates inlay's header sends what inlay sends, in fields of the same size.
func sameFields(inlay, h http.Header) error {
	if inlay == nil || h == nil {
		return nil // one of them was not asked for
	}
	if fieldNames(h) != fieldNames(inlay) {
		return fmt.Errorf("inlay sends %s; workers/js/fields.mjs has %s", fieldNames(inlay), fieldNames(h))
	}
	for name := range inlay {
		if a, b := len(inlay.Get(name)), len(h.Get(name)); name != "Date" && (a-b > 8 || b-a > 8) {
			return fmt.Errorf("inlay sends %s: %s; workers/js/fields.mjs has %s", name, inlay.Get(name), h.Get(name))
		}
	}
	return nil
}
