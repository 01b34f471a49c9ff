package engine

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/internal/config"
	"inlay/internal/page"
	"inlay/internal/purgelog"
	"inlay/internal/shell"
)

// The world is many isolates in data centres, with one purge log, a cache in each data centre, one KV and one origin, all of it
// from one seed. It drives real engines, and knows of each fragment when its origin was asked for it, by a clock that is nobody's: no request
// that begins more than a hard lease after a purge was acknowledged may be given what was asked for before that purge. What
// happens meanwhile: isolates are born, sleep and die, clocks are off and step, the log is slow, silent, refused, cut short, lost and rolled back,
// messages are lost, late and doubled, contexts end with everything that went on in them, and what lies below is evicted and
// damaged.
//
//	go test ./internal/engine -run TestWorld -sim.seed 7 -sim.events 5000000

const (
	worldIsolates = 6
	worldCentres  = 2
)

// longestHeld is for how long a page's head may be held for the log.
const longestHeld = PollTimeout + 100*time.Millisecond

// world is everything but the engines.
type world struct {
	now        time.Duration
	queue      messages
	sent       uint64
	isolates   [worldIsolates]*worldIsolate
	centres    [worldCentres]*worldCentre
	kv         worldKV
	log        worldLog
	outside    reach // from outside of all data centres
	originDown bool
	versions   [worldSrcs]int

	pages   []page.Page
	targets [][worldIDs]string
	srcs    [][worldIDs][]int
	config  config.Config
	apart   time.Duration // how far clocks are off, at most
	bound   time.Duration
	wrong   *worldWrong

	contents  []worldContent
	current   [worldSrcs][]int // those that no purge has ended
	purges    []*worldPurge    // acknowledged, the latest
	lastPurge *worldPurge

	events, verifyEach int
	trace              *bytes.Buffer
	failure            string

	// What has been seen, for a test that it has.
	checked, repeated, adopted, snapshots, acks, slowHeads int
	statuses                                               [600]int
}

func newWorld(seed uint64, wrong *worldWrong) *world {
	r := worldRandom(seed * 0x9e3779b97f4a7c15)
	w := &world{wrong: wrong, contents: make([]worldContent, 1), verifyEach: 1}
	variables := map[string]string{}
	switch seed % 4 {
	case 1:
		variables["INLAY_LEASE_SOFT"], variables["INLAY_LEASE"] = "200ms", "1s"
	case 2:
		variables["INLAY_OUTAGE"] = "0s"
	case 3:
		variables["INLAY_OUTAGE"] = "20s"
	}
	w.config = worldConfig(variables)
	w.config.Tiers = config.DataCenter | config.KV
	if seed%8 == 5 {
		w.config.Tiers = config.DataCenter
	}
	w.bound = max(w.config.Lease, w.config.Outage)
	if wrong.configure != nil {
		wrong.configure(&w.config)
	}
	w.apart = [...]time.Duration{30 * time.Second, 300 * time.Millisecond, 5 * time.Second}[seed%3]
	w.pages = worldPages(shell.Parse, seed%2 == 0)
	w.targets, w.srcs = make([][worldIDs]string, len(w.pages)), make([][worldIDs][]int, len(w.pages))
	for p := range w.pages {
		for id := range worldIDs {
			w.targets[p][id] = strings.Replace(w.pages[p].Pattern, "{id}", strconv.Itoa(id), 1)
			w.srcs[p][id] = srcsOf(&w.pages[p], strconv.Itoa(id))
		}
	}
	w.log.most, w.log.made = 2+r.n(4)+r.n(2)*r.n(20), 1
	w.kv.writes = map[string][]worldWrite{}
	for i := range w.centres {
		w.centres[i] = &worldCentre{}
		w.centres[i].forget()
	}
	return w
}

func (w *world) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf("at %v: "+format, append([]any{w.now}, args...)...)
	}
}

func (w *world) say(format string, args ...any) {
	if w.trace != nil {
		fmt.Fprintf(w.trace, format+"\n", args...)
	}
}

const (
	worldRequests = iota
	worldPurges
	worldOrigins
	worldReaches
	worldSteps
	worldSleeps
	worldDeaths
	worldLeaves
	worldKills
	worldEvictions
	worldOthers
	worldActs

	worldCalm // beside them
)

var worldWeights = [worldActs]int{
	worldRequests: 600, worldPurges: 14, worldOrigins: 2, worldReaches: 6, worldSteps: 3, worldSleeps: 3, worldDeaths: 1, worldLeaves: 10,
	worldKills: 4, worldEvictions: 3, worldOthers: 1,
}

func worldScript(seed uint64, n int) []step { return scriptOf(seed, 4, worldWeights[:], worldCalm, n) }

// step lets some time pass, then something happen.
func (w *world) step(s step) {
	r := worldRandom(s.pick)
	switch n := r.n(2000); {
	case n < 1900:
		w.pass(r.upTo(60 * time.Millisecond))
	case n < 1990:
		w.pass(r.upTo(2 * time.Second))
	case n < 1999:
		w.pass(r.upTo(20 * time.Second))
	default:
		w.pass(r.upTo(2 * time.Minute))
	}
	if w.failure != "" {
		return
	}
	switch s.kind {
	case worldRequests:
		w.request(&r)
	case worldPurges:
		w.purge(&r)
	case worldOrigins:
		if w.originDown = r.once(4); r.once(2) {
			w.versions[r.n(worldSrcs)]++
		}
	case worldReaches:
		where := &w.outside
		if n := r.n(worldCentres + 1); n < worldCentres {
			where = &w.centres[n].reach
		}
		if *where = reachable; r.once(2) {
			*where = reach(r.n(int(reaches)))
		}
		w.say("%v: the log is %d, %d and from outside %d", w.now, w.centres[0].reach, w.centres[1].reach, w.outside)
	case worldSteps:
		// Not while the log is asked: a snapshot of what it says would be older than it tells, by less than the log took.
		if i := w.isolates[r.n(worldIsolates)]; i != nil && (i.poll == nil || i.poll.over) {
			by := w.skew(&r)
			switch r.n(4) {
			case 0:
				by = r.upTo(2*time.Hour) - time.Hour
			case 1:
				by /= 10
			}
			i.stepped += by
			w.say("%v: the clock of isolate %d is set by %v", w.now, i.number, by)
		}
	case worldSleeps:
		if i := w.isolates[r.n(worldIsolates)]; i != nil {
			d := r.between(10*time.Second, 5*time.Minute)
			if r.once(10) {
				d = r.upTo(3 * time.Hour)
			}
			i.sleeps = w.now + d
			w.say("%v: isolate %d sleeps for %v", w.now, i.number, d)
		}
	case worldDeaths:
		if n := r.n(worldIsolates); w.isolates[n] != nil {
			w.say("%v: isolate %d dies", w.now, n)
			w.isolates[n].dead, w.isolates[n] = true, nil
		}
	case worldLeaves, worldKills:
		if i := w.isolates[r.n(worldIsolates)]; i != nil && i.sleeps <= w.now {
			if q := i.pick(&r); q != nil && s.kind == worldLeaves {
				w.say("%v: leave %d.%d", w.now, i.number, q.id)
				i.leave(&r, q, r.once(2))
			} else if q != nil {
				w.say("%v: the context of %d.%d ends", w.now, i.number, q.id)
				i.killed(&r, q)
			}
		}
	case worldEvictions:
		w.centres[r.n(worldCentres)].forget()
	case worldOthers:
		switch r.n(3) {
		case 0:
			w.say("%v: the log is lost", w.now)
			w.newLog(true)
		case 1:
			w.rollBack()
		case 2:
			w.pass(r.upTo(3 * time.Hour))
		}
	case worldCalm:
		w.calm(&r)
	}
}

// request has a request come to an isolate, which is born if it is not.
func (w *world) request(r *worldRandom) {
	n := 0 // the last ones have whole seconds between their requests
	for of := r.n(100); n < worldIsolates-1 && of >= [...]int{50, 78, 90, 96, 98}[n]; n++ {
	}
	q := &worldRequest{method: "GET", agent: [...]string{"Mozilla/5.0", "Mozilla/5.0", "Mozilla/5.0", "curl/8"}[r.n(4)]}
	for tries := r.n(4); ; tries-- {
		id := [...]int{0, 0, 0, 0, 1, 1, 2}[r.n(7)]
		p := [...]int{0, 0, 1, 1, 2, 3, 3, 3, 4}[r.n(9)]
		q.target, q.srcs = w.targets[p][id], w.srcs[p][id]
		if w.lastPurge == nil || tries <= 0 || slices.ContainsFunc(q.srcs, w.lastPurge.covers) {
			break // what was purged is asked for more often
		}
	}
	if r.once(40) {
		q.method = "HEAD"
	}
	if r.once(10) { // one of its slots, which the same holds for
		q.target += "?inlay-slot=s" + strconv.Itoa(r.n(len(q.srcs)))
	}
	w.come(r, n, q)
}

func (w *world) come(r *worldRandom, n int, q *worldRequest) {
	i := w.isolates[n]
	if i == nil {
		i = w.born(r, n)
		w.isolates[n] = i
		w.say("%v: isolate %d is born, its clock is %v off", w.now, n, i.offset)
	}
	if i.sleeps > w.now {
		return // nobody comes to it, or it would not sleep
	}
	i.request(r, q)
}

// purge has somebody purge something: by a request to an isolate, by a request that changes something at the origin, or at the log itself.
func (w *world) purge(r *worldRandom) {
	p := w.newPurge(r)
	switch r.n(4) {
	case 0:
		w.say("%v: %s is purged from outside", w.now, strings.Join(p.subjects, " "))
		w.ask(r, w.outside, nil, PurgeTimeout, func(r *worldRandom) (a *purgelog.Answer) {
			w.take(r, p, p.subjects)
			return w.read("", 0)
		}, func(_ *worldRandom, a *purgelog.Answer) {
			if a != nil {
				w.acknowledged(p, "the log")
			}
		})
	case 1:
		*p = worldPurge{seqAt: -1, acked: -1}
		for range 1 + r.n(2) {
			name := string("to"[r.n(2)]) + strconv.Itoa(r.n(worldIDs))
			if tag := tagNamed(name); p.tags&tag == 0 {
				p.tags |= tag
				p.subjects = append(p.subjects, "tag:"+name)
			}
		}
		w.changed(p)
		w.come(r, r.n(worldIsolates), &worldRequest{method: "POST", target: "/form", purge: p})
	default:
		target := "/_inlay/purge?"
		if p.soft {
			target = "/_inlay/invalidate?"
		}
		for _, s := range p.subjects {
			s = strings.TrimPrefix(s, "~")
			if s == "all" {
				s = "all:1"
			}
			target += strings.Replace(s, ":", "=", 1) + "&"
		}
		w.come(r, r.n(worldIsolates), &worldRequest{method: "POST", target: target, purge: p, authorized: true})
	}
}

// calm is a phase in which nothing goes wrong any more. Every request has to end in it that nobody ended.
func (w *world) calm(r *worldRandom) {
	w.say("%v: calm", w.now)
	w.outside, w.originDown = reachable, false
	for _, c := range w.centres {
		c.reach = reachable
	}
	w.wakeUp()
	// Two attempts of a fill, for what it looks below first and for being held.
	w.pass(2*(maxFillTimeout+grace) + 10*time.Second)
	for _, i := range w.isolates {
		if i != nil {
			if q := i.pick(r); q != nil {
				w.fail("request %d.%d of %v does not end, though nothing goes wrong any more", i.number, q.id, q.began)
			}
		}
	}
}

// end ends a run: when everything was let go of, no blob is left but what the pages hold.
func (w *world) end() {
	r := worldRandom(9)
	w.calm(&r)
	for _, i := range w.isolates {
		if i == nil || w.failure != "" {
			continue
		}
		e := i.engine
		for id := RequestID(1); id <= i.lastID; id++ {
			if q := i.contexts[id]; q != nil && q.gone && !q.left {
				i.event(&r, nil, func(now time.Time) { e.Leave(id, now) })
			}
		}
		i.event(&r, nil, func(time.Time) {
			e.now = e.clock.event(i.clock())
			for before := len(e.attempts) + 1; e.unattended.oldest != nil && len(e.attempts) < before; {
				before = len(e.attempts)
				e.sweep()
			}
			e.PurgeAll(i.clock())
		})
		if left := i.blobs + 1 - e.keeps(); left != 0 {
			w.fail("isolate %d has %d blobs left", i.number, left)
		}
		if n := len(e.requests); n != 0 {
			w.fail("isolate %d has %d requests left", i.number, n)
		}
	}
}

func runWorld(seed uint64, script []step, wrong *worldWrong, trace *bytes.Buffer) (w *world) {
	w = newWorld(seed, wrong)
	w.trace = trace
	defer func() {
		if p := recover(); p != nil {
			w.failure = fmt.Sprintf("at %v: panic: %v\n%s", w.now, p, debug.Stack())
			if trace == nil && !*simShrink {
				panic(p)
			}
		}
	}()
	for n, s := range script {
		if w.step(s); w.failure != "" {
			w.failure = fmt.Sprintf("step %d, event %d: %s", n, w.events, w.failure)
			return w
		}
	}
	w.end()
	return w
}

func TestWorldKeepsTheBound(t *testing.T) {
	seeds, steps := []uint64{1, 2, 3, 4, 5, 6, 7, 8}, 75_000
	if raceDetector {
		steps = 2_000
	}
	if *simSeed != 0 {
		seeds = []uint64{*simSeed}
	}
	if *simEvents != 0 {
		steps = *simEvents
	}
	events := 0
	for _, seed := range seeds {
		script := worldScript(seed, steps)
		w := runWorld(seed, script, &worldWrong{}, nil)
		events += w.events
		t.Logf("seed %d: %d steps, %d events, %v; %d fragments checked, %d repeats, %d fills, %d adopted, %d snapshots, %d purges acknowledged, %d slow heads; %d 200, %d 502, %d 503",
			seed, steps, w.events, w.now, w.checked, w.repeated, len(w.contents), w.adopted, w.snapshots, w.acks, w.slowHeads, w.statuses[200], w.statuses[502], w.statuses[503])
		if w.failure == "" {
			continue
		}
		reportWorld(t, seed, script, w)
	}
}

// reportWorld shrinks a failing run and shows it.
func reportWorld(t *testing.T, seed uint64, script []step, w *world) {
	t.Helper()
	if !*simShrink {
		t.Fatalf("seed %d: %s", seed, w.failure)
	}
	script = shrinkBy(script, func(s []step) bool { return runWorld(seed, s, w.wrong, nil).failure != "" })
	var trace bytes.Buffer
	shrunk := runWorld(seed, script, w.wrong, &trace)
	t.Fatalf("seed %d: %s\nshrunk to %d steps:\n%s%s", seed, w.failure, len(script), trace.String(), shrunk.failure)
}

func TestWorldsAreReproducible(t *testing.T) {
	script := worldScript(3, 500)
	var a, b bytes.Buffer
	runWorld(3, script, &worldWrong{}, &a)
	runWorld(3, script, &worldWrong{}, &b)
	require.Equal(t, a.String(), b.String())
}
