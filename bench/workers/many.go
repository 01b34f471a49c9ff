package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// manyBudget is INLAY_MAX_BYTES of the comparison of many pages: the most that can be given, so that all of them are warm.
const manyBudget = "96MiB"

// manyExtent is how much the comparison of many pages makes of itself.
type manyExtent struct {
	processes, rounds, requests int
	pages                       []int // in ascending order
}

var (
	wholeExtent = manyExtent{2, 3, 3000, []int{1, 100, 1000, 3000}}
	shortExtent = manyExtent{1, 1, 100, []int{1, 20}}
)

// pageLoad is one load of many pages: who is asked, and for what, in turns.
type pageLoad struct {
	name        string
	contestants []string
	paths       []ask // to be asked for three times before: filled, composed, and once more
	order       []int // of paths, in turns
	apart       bool  // in a workerd of its own: what loads before it have left would take the room
}

// ask is a path, and the cookie of who asks for it.
type ask struct{ path, currency string }

// loadsOf are the loads, of ever more pages.
func (e manyExtent) loads() (all []pageLoad) {
	everybody := []string{"constant", "constant-fields", "map", "map-fields", "lru-fields", "best", "inlay"}
	for _, n := range e.pages {
		paths := make([]ask, n)
		for i := range paths {
			paths[i].path = "/page/" + strconv.Itoa(i+1)
		}
		name := thousands(n) + " in turns"
		if n == 1 {
			name = "1"
		}
		all = append(all, pageLoad{name, everybody, paths, inTurns(n), false})
		if n > 1 {
			all = append(all, pageLoad{thousands(n) + ", Zipf 0.9", everybody, paths, zipf(n, 0.9), false})
		}
	}
	own := []string{"map", "map-fields", "best", "inlay"}
	most := e.pages[len(e.pages)-1] / 10
	var varying []ask
	for i := range most {
		for _, currency := range []string{"EUR", "CHF", "GBP"} {
			varying = append(varying, ask{"/vary/" + strconv.Itoa(100_000+i), currency})
		}
	}
	all = append(all, pageLoad{thousands(most) + " that vary on a cookie of three values, in turns", own, varying, inTurns(len(varying)), true})
	// One request in ten is for a page with a slot that is filled each time.
	mixed := []ask{{path: "/never/200000"}}
	order := []int{}
	for i := range most {
		mixed = append(mixed, ask{path: "/page/" + strconv.Itoa(i+1)})
		if i%9 == 0 {
			order = append(order, 0)
		}
		order = append(order, i+1)
	}
	return append(all, pageLoad{thousands(most) + ` in turns, and a tenth of the requests for a page with a slot of ttl="0"`, own, mixed, order, true})
}

func inTurns(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// zipf draws pages, of which the k-th is asked for 1/k^s times as often as the first. (rand.Zipf wants an s above 1.)
func zipf(n int, s float64) []int {
	sums, sum := make([]float64, n), 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s)
		sums[i] = sum
	}
	r := rand.New(rand.NewPCG(1, 2))
	order := make([]int, 20_000)
	for i := range order {
		order[i] = min(sort.SearchFloat64s(sums, r.Float64()*sum), n-1)
	}
	return order
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// many compares warm pages when there are many of them.
func many(p *places, o *origin, only string, e manyExtent) (*result.Many, error) {
	found := &result.Many{Processes: e.processes, Connections: 8, Bytes: content.PageSize, Budget: manyBudget}
	loads := e.loads()
	for i := range loads {
		c := &loads[i]
		if only != "" {
			c.contestants = slices.DeleteFunc(c.contestants, func(name string) bool { return !slices.Contains(strings.Split(only, ","), name) })
		}
		row := result.Row{Name: c.name, Requests: e.requests, Fills: make([]float64, len(c.contestants))}
		for _, name := range c.contestants {
			row.Contestants = append(row.Contestants, result.Contestant{Name: name, Requests: e.requests})
		}
		found.Rows = append(found.Rows, row)
	}
	for range e.processes {
		for from := 0; from < len(loads); {
			to := from + 1
			for to < len(loads) && !loads[from].apart && !loads[to].apart {
				to++
			}
			if err := compareMany(p, o, e.rounds, loads[from:to], found.Rows[from:to]); err != nil {
				return nil, err
			}
			from = to
		}
	}
	return found, nil
}

// compareMany adds the rounds of one workerd.
func compareMany(p *places, o *origin, rounds int, loads []pageLoad, rows []result.Row) error {
	w, err := p.startWorkerd([]string{"INLAY_ORIGIN=" + o.URL, "INLAY_MAX_BYTES=" + manyBudget}, nil, loads[0].contestants...)
	if err != nil {
		return err
	}
	defer w.stop()
	for i := range loads {
		if err := compareLoad(w, o, rounds, &loads[i], &rows[i]); err != nil {
			return fmt.Errorf("%s: %w\n%s", loads[i].name, err, w.log.Bytes())
		}
	}
	return nil
}

func compareLoad(w *workerd, o *origin, rounds int, c *pageLoad, row *result.Row) error {
	var loads []*load
	fills := make([]int64, len(c.contestants))
	for i, name := range c.contestants {
		all := make([][]byte, len(c.paths))
		for k, a := range c.paths {
			all[k] = a.request(w.addrs[name], k)
		}
		l, err := loadOf(w.addrs[name], all, nil, 8)
		if err != nil {
			return err
		}
		defer l.close()
		if _, err := warmUp(l, 3*len(all)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		// What is asked for more often than others is compiled and repeated by then.
		if _, _, err = l.run(max(2*row.Requests/3, 200)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.requests = nil
		for _, k := range c.order {
			l.requests = append(l.requests, all[k])
		}
		loads = append(loads, l)
		row.Contestants[i].Rounds = slices.Grow(row.Contestants[i].Rounds, rounds)
	}
	for range rounds {
		// A connection that was idle for five seconds is closed.
		for i, l := range loads {
			if err := l.connect(w.addrs[c.contestants[i]], 8); err != nil {
				return err
			}
		}
		tallies := make([]tally, len(loads))
		for turn := range turns {
			for k := range loads {
				i := (k + turn) % len(loads)
				before := o.hits.Load()
				if err := tallies[i].add(w, loads[i], row.Requests/turns); err != nil {
					return fmt.Errorf("%s: %w", c.contestants[i], err)
				}
				fills[i] += o.hits.Load() - before
			}
		}
		for i := range tallies {
			row.Contestants[i].Rounds = append(row.Contestants[i].Rounds, tallies[i].round())
		}
	}
	for i := range fills {
		row.Fills[i] = max(row.Fills[i], 1000*float64(fills[i])/float64(rounds*(row.Requests/turns*turns)))
	}
	return nil
}

// request is a visitor's, who has other cookies besides.
func (a ask) request(addr string, visitor int) []byte {
	text := requestFor(addr, a.path)
	if a.currency == "" {
		return text
	}
	cookie := fmt.Sprintf("Cookie: session=%032x; currency=%s; theme=dark\r\n\r\n", visitor, a.currency)
	return append(text[:len(text)-2], cookie...)
}
