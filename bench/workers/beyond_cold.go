package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// below are cold pages: from an origin, from handlers in app.wasm, and from what another isolate has put below. Each page is one
// that its isolate has not had.
func below(p *places, o *origin, b *outskirts, x extent) ([]result.Below, error) {
	// As of an isolate with traffic, whose view of the log is never old, though the others have their turns in between.
	const always = time.Hour
	none := leases(x.soft, always)
	none["INLAY_DATA_CENTER_CACHE"] = "0"
	on := leases(x.soft, always)
	ways := []struct {
		name, what, path string
		other            string // the isolate that asks before
		puts             *store // where the page is put by this one
	}{
		{"origin", "remote origin, at once; no purge log", "/page/", "", nil},
		{"origin-work", "remote origin, 50 ms of work; no purge log", "/busy/", "", nil},
		{"app", "handlers in app.wasm; no purge log", "/page/", "", nil},
		{"looked", "not found in the data centre's cache, remote origin at once, put there", "/page/", "", b.colo},
		{"data-center", "the data centre's cache", "/page/", "filler", nil},
		{"kv", "Workers KV", "/page/", "filler", nil},
	}
	w, err := p.run(o, b,
		isolate{name: "origin"},
		isolate{name: "origin-work"},
		isolate{name: "app", app: "app"},
		isolate{name: "looked", log: b.relay().addr(), colo: true, vars: on},
		isolate{name: "data-center", log: b.relay().addr(), colo: true, vars: on},
		isolate{name: "kv", log: b.relay().addr(), kv: true, vars: none},
		isolate{name: "filler", log: b.relay().addr(), colo: true, kv: true, vars: on},
	)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	var found []result.Below
	for _, way := range ways {
		found = append(found, result.Below{Name: way.name, What: way.what, Pages: x.batch})
	}
	id := 0
	for _, name := range []string{"looked", "data-center", "kv", "filler"} {
		if id, err = b.untilPuts(w, name, id); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", name, err, w.log.Bytes())
		}
	}
	for n := range x.batches + 1 {
		for k := range ways {
			i := (k + n) % len(ways)
			way := ways[i]
			var paths []string
			for range x.batch {
				id++
				paths = append(paths, way.path+strconv.Itoa(id))
			}
			if way.other != "" {
				if err := b.fill(w, way.other, paths); err != nil {
					return nil, fmt.Errorf("%s: %w\n%s", way.name, err, w.log.Bytes())
				}
			}
			cpu, last, hits, err := b.coldBatch(w, o, way.name, paths, way.puts)
			if err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", way.name, err, w.log.Bytes())
			}
			if n > 0 { // the first is for the isolate to be warm
				found[i].CPU = append(found[i].CPU, cpu)
				found[i].Last = append(found[i].Last, last...)
				found[i].Hits += hits
			}
		}
	}
	return found, nil
}

// untilPuts asks an isolate for pages until it puts one below: then it has heard of the log.
func (b *outskirts) untilPuts(w *workerd, isolate string, id int) (last int, err error) {
	before := b.colo.puts.Load() + b.kv.puts.Load()
	for deadline := time.Now().Add(30 * time.Second); b.colo.puts.Load()+b.kv.puts.Load() < before+content.Slots; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return id, errors.New("it puts nothing below")
		}
		id++
		l, err := newLoad(w.addrs[isolate], "/page/"+strconv.Itoa(id), nil, 1)
		if err != nil {
			return id, err
		}
		_, err = l.ask(l.conns[0])
		l.close()
		if err != nil {
			return id, err
		}
	}
	return id, nil
}

// fill has an isolate fill pages, and waits until they lie in the data centre's cache and in KV.
func (b *outskirts) fill(w *workerd, isolate string, paths []string) error {
	l, err := newLoads(w.addrs[isolate], paths, nil, 1)
	if err != nil {
		return err
	}
	defer l.close()
	inCache, inKV := b.colo.puts.Load(), b.kv.puts.Load()
	if _, _, err := l.run(len(paths)); err != nil {
		return err
	}
	fragments := int64(len(paths) * content.Slots)
	if err := b.colo.reached(inCache + fragments); err != nil {
		return err
	}
	return b.kv.reached(inKV + fragments)
}

// reached waits until there were so many puts.
func (s *store) reached(puts int64) error {
	for deadline := time.Now().Add(30 * time.Second); s.puts.Load() < puts; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d puts have come", s.puts.Load(), puts)
		}
	}
	return nil
}

// coldBatch asks for pages one after another: CPU time a page, the last byte of each, and what the origin was asked for.
func (b *outskirts) coldBatch(w *workerd, o *origin, isolate string, paths []string, puts *store) (cpu float64, last []float64, hits int, err error) {
	l, err := newLoads(w.addrs[isolate], paths, nil, 1)
	if err != nil {
		return 0, nil, 0, err
	}
	defer l.close()
	o.hits.Store(0)
	var put int64
	if puts != nil {
		put = puts.puts.Load() + int64(len(paths)*content.Slots)
	}
	before, err := w.cpu()
	if err != nil {
		return 0, nil, 0, err
	}
	for range paths {
		begin := time.Now()
		if _, err := l.ask(l.conns[0]); err != nil {
			return 0, nil, 0, err
		}
		last = append(last, millis(time.Since(begin)))
	}
	if puts != nil {
		if err := puts.reached(put); err != nil {
			return 0, nil, 0, err
		}
	}
	after, err := w.cpu()
	return millis(after-before) / float64(len(paths)), last, int(o.hits.Load()), err
}

// costs are those of what the log is asked: polls and purges. A poll is what a warm request takes more than one of an isolate without a
// log, where each request comes after the soft end of the lease.
func costs(p *places, o *origin, b *outskirts, x extent) ([]result.Cost, error) {
	const soft = 50 * time.Millisecond // the least there is
	pause := soft + 10*time.Millisecond
	asks, looks := leases(soft, x.lease), leases(soft, 5*time.Second)
	asks["INLAY_DATA_CENTER_CACHE"] = "0"
	isolates := []isolate{
		{name: "off"},
		{name: "asks", log: b.relay().addr(), vars: asks},
		{name: "looks", log: b.relay().addr(), colo: true, vars: looks},
	}
	w, err := p.run(o, b, isolates...)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	const log, snapshot, purge = 0, 1, 2
	found := []result.Cost{
		{Name: "poll", What: "a poll that asks the log", Count: x.polls},
		{Name: "poll-snapshot", What: "a poll, of which the log is asked once a second, the others find the snapshot in the data centre's cache", Count: x.polls},
		{Name: "purge", What: "a purge of a tag, from the request to the answer", Count: x.purges},
	}
	var loads []*load
	for _, of := range isolates {
		l, err := newLoad(w.addrs[of.name], "/page/0", nil, 1)
		if err != nil {
			return nil, err
		}
		defer l.close()
		loads = append(loads, l)
	}
	spent := func(run func() error) (isolate, ofLog float64, err error) {
		before, err := w.cpu()
		if err != nil {
			return 0, 0, err
		}
		logBefore, err := b.log.cpu()
		if err != nil {
			return 0, 0, err
		}
		if err := run(); err != nil {
			return 0, 0, fmt.Errorf("%w\n%s", err, w.log.Bytes())
		}
		after, err := w.cpu()
		if err != nil {
			return 0, 0, err
		}
		logAfter, err := b.log.cpu()
		return millis(after - before), millis(logAfter - logBefore), err
	}
	purged := 0
	for n := range x.costBatches + 1 {
		var cpu, ofLog, ended [3]float64
		for i, l := range loads {
			polls := 0
			if i > 0 {
				if polls, err = w.count(isolates[i].name, "polls_total"); err != nil {
					return nil, err
				}
			}
			cpu[i], ofLog[i], err = spent(func() error {
				for range x.polls {
					if _, err := l.ask(l.conns[0]); err != nil {
						return err
					}
					time.Sleep(pause)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			if i > 0 {
				now, err := w.count(isolates[i].name, "polls_total")
				if err != nil {
					return nil, err
				}
				if ended[i] = float64(now - polls); now == polls { // fewer than requests if one took its time
					return nil, fmt.Errorf("%s: no polls of %d requests", isolates[i].name, x.polls)
				}
			}
		}
		var wall []float64
		both, ofBoth, err := spent(func() error {
			for range x.purges {
				purged++
				begin := time.Now()
				if _, err := w.administer("asks", "POST", "purge?tag=t"+strconv.Itoa(purged)); err != nil {
					return err
				}
				wall = append(wall, millis(time.Since(begin)))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n == 0 { // for the isolates to be warm
			continue
		}
		for i, of := range []int{log, snapshot} {
			found[of].CPU = append(found[of].CPU, (cpu[i+1]-cpu[0])/ended[i+1])
			found[of].Log = append(found[of].Log, ofLog[i+1]/ended[i+1])
		}
		found[purge].CPU = append(found[purge].CPU, both/float64(x.purges))
		found[purge].Log = append(found[purge].Log, ofBoth/float64(x.purges))
		found[purge].Wall = append(found[purge].Wall, wall...)
	}
	return found, nil
}
