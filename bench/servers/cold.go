package main

import (
	"fmt"
	"strconv"

	"inlay/bench/client"
	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// cold asks each server that has fragments for pages that nobody has asked for, one at a time, in turns.
func cold(p *places, wanted []contestant, samples int) (*result.Cold, error) {
	o := startOrigin()
	defer o.Close()
	found := &result.Cold{Delays: content.Delays[:]}
	var servers []*process
	for _, w := range wanted {
		if w.handler {
			continue
		}
		s, err := w.start(p, o, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		defer s.stop()
		servers = append(servers, s)
		found.Ways = append(found.Ways, result.Way{Name: w.name, What: w.what})
	}
	for n := range samples + 1 {
		for i, s := range servers {
			sample, err := client.WatchPage(s.addr, "/cold/"+strconv.Itoa(n))
			if err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", found.Ways[i].Name, err, s.log.String())
			}
			if n > 0 { // the first is for connections to the origin, and code
				found.Ways[i].Samples = append(found.Ways[i].Samples, sample)
			}
		}
	}
	return found, nil
}
