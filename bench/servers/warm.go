package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"inlay/bench/client"
	"inlay/bench/workers/result"
)

// connections is how many clients wait for answers at a time.
const connections = 8

// turns is in how many pieces a round is made, in which the servers take turns: a machine that is slower for a second is so for all.
// But where there are many pages a piece is each of them several times: who has just lost the CPU's caches to eight others would pay
// for that with each page, and a machine has one server.
func (c *contest) turns() int {
	if c.pages == 1 {
		return 10
	}
	return max(1, c.requests/(4*c.pages))
}

// contest is one comparison of servers that are all warm.
type contest struct {
	places *places
	origin *origin
	accept string // Accept-Encoding of the requests
	pages  int
	sizes
}

// warm runs rounds of requests for so many pages in turns, with servers that are started anew several times: how a process happens
// to lie in memory makes a percent or two, for as long as it lives.
func warm(p *places, wanted []contestant, pages int, size sizes) (table result.ServersWarm, err error) {
	return compare(&contest{places: p, pages: pages, sizes: size}, wanted)
}

func compare(c *contest, wanted []contestant) (table result.ServersWarm, err error) {
	c.origin = startOrigin()
	defer c.origin.Close()
	if err := c.learn(); err != nil {
		return table, err
	}
	table = result.ServersWarm{Accept: c.accept, Pages: c.pages, Warm: result.Warm{Connections: connections, Bytes: len(page), Processes: c.processes}}
	for _, w := range wanted {
		table.Contestants = append(table.Contestants, result.Contestant{Name: w.name, What: w.what, Requests: c.asks(w)})
	}
	for range c.processes {
		if err := c.once(wanted, &table); err != nil {
			return table, err
		}
	}
	return table, nil
}

// server is a contestant that runs.
type server struct {
	contestant
	*process
	load *client.Load
	into *result.Contestant
	cpu0 time.Duration // when the rounds began
	tick time.Duration
}

// once adds the rounds of servers that are started for it.
func (c *contest) once(wanted []contestant, table *result.ServersWarm) error {
	var all []*server
	for i, w := range wanted {
		s, err := c.open(w)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		defer s.stop()
		defer s.load.Close()
		s.into = &table.Contestants[i]
		all = append(all, s)
		header, err := c.warmUp(s)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", w.name, err, s.log.String())
		}
		s.into.Fields = fieldNames(header)
	}
	asked := c.origin.asked.Load()
	for _, s := range all {
		var err error
		if s.cpu0, err = s.cpu(); err != nil {
			return err
		}
		if s.tick, err = s.ticks(); err != nil {
			return err
		}
	}
	for range c.rounds {
		if err := c.round(all); err != nil {
			return err
		}
	}
	if n := c.origin.asked.Load() - asked; n > 0 {
		return fmt.Errorf("the origin was asked %d times for what should have been warm", n)
	}
	for _, s := range all {
		if err := s.checkClocks(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// open starts a contestant and connects to it.
func (c *contest) open(w contestant) (*server, error) {
	process, err := w.start(c.places, c.origin, c.pages)
	if err != nil {
		return nil, err
	}
	paths := make([]string, c.pages)
	for id := range paths {
		paths[id] = "/page/" + strconv.Itoa(id)
	}
	load, err := client.New(process.addr, paths, c.accept, page, connections)
	if err != nil {
		process.stop()
		return nil, err
	}
	return &server{contestant: w, process: process, load: load}, nil
}

// warmUp asks for each page often enough for it to be there, whole if its server keeps whole pages, and for code to be as fast as it
// will be.
func (c *contest) warmUp(s *server) (http.Header, error) {
	if err := s.load.Visit(c.pages); err != nil { // cold pages may be streamed
		return nil, err
	}
	if s.slow {
		return s.load.WarmUp(c.asks(s.contestant))
	}
	return s.load.WarmUp(max(3*c.pages, c.requests))
}

// asks is how many requests a contestant gets in a round.
func (c *contest) asks(w contestant) int {
	if w.slow {
		return max(c.requests/20, c.turns())
	}
	return c.requests
}

// round is one in which all make their requests in turns.
func (c *contest) round(all []*server) error {
	tallies := make([]tally, len(all))
	for turn := range c.turns() {
		for k := range all {
			i := (k + turn) % len(all) // nobody goes first each time
			if err := tallies[i].add(all[i], c.asks(all[i].contestant)/c.turns()); err != nil {
				return fmt.Errorf("%s: %w\n%s", all[i].name, err, all[i].log.String())
			}
		}
	}
	for i := range tallies {
		all[i].into.Rounds = append(all[i].into.Rounds, tallies[i].round())
	}
	return nil
}

// tally is what a server's turns of a round add up to.
type tally struct {
	each     []time.Duration
	all, cpu time.Duration
}

func (t *tally) add(s *server, n int) error {
	before, err := s.cpu()
	if err != nil {
		return err
	}
	each, all, err := s.load.Run(n)
	if err != nil {
		return err
	}
	after, err := s.cpu()
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
		P50:       micros(client.Quantile(t.each, 0.5)),
		P99:       micros(client.Quantile(t.each, 0.99)),
		CPU:       micros(t.cpu) / n,
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// checkClocks makes sure that the times that were taken agree with /proc/PID/stat, over all rounds.
func (s *server) checkClocks() error {
	tick, err := s.ticks()
	if err != nil {
		return err
	}
	cpu, err := s.cpu()
	if err != nil {
		return err
	}
	if a, b := tick-s.tick, cpu-s.cpu0; (a - b).Abs() > time.Duration(len(s.pids()))*30*time.Millisecond+b/50 {
		return fmt.Errorf("/proc/PID/stat counts %v of CPU time, the threads %v", a, b)
	}
	return nil
}

// learn asks inlay which header fields a warm page has.
func (c *contest) learn() error {
	one := *c
	one.pages, one.requests = 1, 10
	s, err := one.open(contestants[0])
	if err != nil {
		return err
	}
	defer s.stop()
	defer s.load.Close()
	header, err := one.warmUp(s)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.log.String())
	}
	header.Del("Date") // which net/http adds
	text, err := json.Marshal(header)
	c.origin.fields = string(text)
	return err
}

// fieldNames are the header fields of an answer but Date, which all have.
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
