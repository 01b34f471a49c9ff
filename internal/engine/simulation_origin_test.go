package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/page"
	"inlay/internal/shell"
)

// The simulation of an origin whose pages have slots, and whose fragments do: edge-slots, includes, alternatives, attempts, what can only
// be in its place, one in another, some in themselves. What is asked for by a cookie, a query or a field says so, and so does each
// visitor's own page. Of what a visitor got in the end, patches applied, each byte has to be from where it belongs:
// see simOrigin.check.
//
//	go test ./internal/engine -run TestOriginSimulation -sim.seed 7 -sim.events 5000000

func TestOriginSimulationKeepsItsInvariants(t *testing.T) {
	seeds, events := []uint64{1, 2, 3, 4}, 40_000
	if raceDetector {
		events = 2_000
	}
	if *simSeed != 0 {
		seeds = []uint64{*simSeed}
	}
	if *simEvents != 0 {
		events = *simEvents
	}
	all := map[string]int{}
	defer func() {
		for _, what := range []string{"whole", "streamed", "passed", "composed", "broken", "nested", "else", "kept", "hit", "went on", "a slot alone", "a slot for all", "a slot of its visitor's page", "no slot"} {
			if events >= 40_000 && all[what] == 0 && !t.Failed() {
				t.Errorf("nothing was %s", what)
			}
		}
	}()
	for _, seed := range seeds {
		script := scriptOf(seed, 5, originWeights[:], originCalm, events)
		failure, seen := runOrigin(seed, script, false)
		t.Logf("of seed %d was seen %v", seed, seen)
		if failure == "" {
			for what, n := range seen {
				all[what] += n
			}
			continue
		}
		if !*simShrink {
			t.Fatalf("seed %d: %s", seed, failure)
		}
		script = shrinkBy(script, func(s []step) bool { failure, _ := runOrigin(seed, s, false); return failure != "" })
		var trace bytes.Buffer
		simTrace = &trace
		shrunk, _ := runOrigin(seed, script, true)
		simTrace = nil
		t.Fatalf("seed %d: %s\nshrunk to %d events:\n%s", seed, failure, len(script), trace.String()+shrunk)
	}
}

const (
	originRequest = iota
	originPart
	originSettle
	originFail
	originWake
	originDeadline
	originLeave
	originTime
	originPurge
	originLose
	originCrash
	originKinds

	originCalm // beside them
)

var originWeights = [originKinds]int{
	originRequest: 30, originPart: 60, originSettle: 60, originFail: 6, originWake: 60, originDeadline: 6, originLeave: 4, originTime: 8,
	originPurge: 3, originLose: 3, originCrash: 1,
}

// simOrigin is the host, the origin and its visitors.
type simOrigin struct {
	seed     uint64
	repeats  simRepeats
	engine   *Engine[simBlob]
	verifier *Verifier[simBlob]
	pages    []page.Page
	now      time.Time

	nextBlob simBlob
	blobs    map[simBlob]*simBytes

	visits  map[RequestID]*simVisit
	order   []RequestID // those unfinished
	lastID  RequestID
	fills   map[FillID]*originFill
	running []FillID
	texts   []originText
	hasTime map[string]int // how an origin's page is answered, by its path
	// gone is the last text that was asked for before a purge, by its src; of all of them under "".
	gone map[string]int

	current RequestID
	failure string
	trace   bool
	seen    map[string]int
}

// originText is what a fill, or the answer to a visitor's own request, has said.
type originText struct {
	html    string
	of      page.FillRequest
	visitor RequestID // whose own it is; 0: a fill's
	esi     bool
	ended   time.Time
}

type originFill struct {
	id     FillID
	fill   Fill
	text   int
	leader RequestID
	lost   bool
}

// simVisit is a request.
type simVisit struct {
	id      RequestID
	request Request
	fields  map[string]string
	head    *simBytes
	body    []byte
	writes  int // since the head
	waiting bool
	until   time.Time
	woken   bool
	ended   bool
	left    bool
	broken  bool
	whole   bool
	began   time.Time
	gone    map[string]int
	// Of one that was passed on: what the origin says, in parts, and how many of them it has said.
	passed  bool
	answer  *answer.Answer
	parse   Parse
	text    int
	parts   []string
	said    int
	crashed bool

	bare string // the target without what asks for a slot
	slot string // asked for alone; empty: the page is
}

func (q *simVisit) Field(name string) string { return q.fields[name] }

// RawQuery, Header and Share are those of a key's inputs.
func (q *simVisit) RawQuery() string       { return q.request.query }
func (q *simVisit) Header(n string) string { return q.fields[n] }
func (q *simVisit) Share(string, int) int  { return 0 }

func (s *simOrigin) fail(format string, args ...any) {
	if s.failure == "" {
		s.failure = fmt.Sprintf(format, args...)
	}
}

func (s *simOrigin) say(format string, args ...any) {
	if s.trace && simTrace != nil {
		fmt.Fprintf(simTrace, format+"\n", args...)
	}
}

func newOrigin(seed uint64, trace bool) *simOrigin {
	s := &simOrigin{
		seed: seed, now: time.Unix(1_700_000_000, 0), visits: map[RequestID]*simVisit{}, texts: make([]originText, 1),
		hasTime: map[string]int{}, gone: map[string]int{}, trace: trace, seen: map[string]int{},
	}
	for i, html := range []string{
		`<edge-slot name="s0" src="/f/0">…</edge-slot>|<edge-slot name="s3" src="/f/3" vary="cookie:u">…</edge-slot>`,
		`<edge-slot name="s1" src="/f/1">…</edge-slot>`,
		`<edge-slot name="s2" src="/f/2">…</edge-slot>|<edge-slot name="s1" src="/f/1">…</edge-slot>`,
	} {
		p, err := shell.Parse("/p"+strconv.Itoa(i), "<html><head></head><body>"+html+"</body></html>")
		if err != nil {
			panic(err)
		}
		p.Mode = [...]page.Mode{page.Auto, page.Complete, page.Auto}[i]
		p.CacheControl = [...]string{"", "", "public, max-age=5"}[i]
		s.pages = append(s.pages, p)
	}
	s.start()
	return s
}

// start makes an engine, which knows nothing.
func (s *simOrigin) start() {
	c, err := config.Parse(func(string) (string, bool) { return "", false })
	if err != nil {
		panic(err)
	}
	c.Origin, c.Seed, c.StaleIfError, c.MaxFragment = "https://origin.example", s.seed, 20*time.Second, 8<<10
	c.MaxBytes = [...]int64{64 << 10, 4 << 20}[s.seed%2]
	if s.seed%4 == 3 {
		c.Shells = []string{"/a", "/c"}
	}
	s.blobs, s.fills, s.running = map[simBlob]*simBytes{}, map[FillID]*originFill{}, nil
	if s.engine, err = New(s.pages, c, Host[simBlob](s)); err != nil {
		panic(err)
	}
	s.verifier = NewVerifier(s.engine)
}

func runOrigin(seed uint64, script []step, trace bool) (failure string, seen map[string]int) {
	s := newOrigin(seed, trace)
	defer func() {
		if p := recover(); p != nil {
			failure = fmt.Sprint("panic: ", p)
		}
	}()
	for i, st := range script {
		s.step(st)
		if broken := s.verifier.Verify(); broken != "" {
			s.fail("%s", broken)
		}
		if s.failure != "" {
			return fmt.Sprintf("event %d: %s", i, s.failure), s.seen
		}
	}
	s.calm(rand.New(rand.NewPCG(9, 9)))
	s.event(0, "the end")
	s.now = s.now.Add(time.Hour)
	s.engine.now = s.engine.clock.event(s.now)
	for before := len(s.engine.attempts) + 1; s.engine.unattended.oldest != nil && len(s.engine.attempts) < before; {
		before = len(s.engine.attempts)
		s.engine.sweep()
	}
	s.engine.PurgeAll(s.now)
	if keeps := s.engine.keeps(); len(s.blobs) != keeps {
		s.fail("%d blobs are left, the pages have %d", len(s.blobs), keeps)
	}
	if n := len(s.engine.requests); n != 0 {
		s.fail("%d requests are left", n)
	}
	return s.failure, s.seen
}

func (s *simOrigin) step(st step) {
	r := rand.New(rand.NewPCG(st.pick, 3))
	switch st.kind {
	case originRequest:
		s.request(r)
	case originPart:
		if q := s.pick(r, func(q *simVisit) bool { return q.passed }); q != nil {
			s.part(q, r)
		}
	case originSettle:
		if f := s.pickFill(r); f != nil {
			s.settle(f, r)
		}
	case originFail:
		if f := s.pickFill(r); f != nil {
			s.event(0, "fill %d fails", f.id)
			s.engine.FillFail(f.id, &answer.FillError{Reason: answer.ConnectError, Text: "no"}, s.now)
		}
	case originWake:
		if q := s.pick(r, func(q *simVisit) bool { return q.woken }); q != nil {
			s.goOn(q)
		}
	case originDeadline:
		if q := s.pick(r, func(q *simVisit) bool { return q.waiting && !q.until.After(s.now) }); q != nil {
			s.goOn(q)
		}
	case originLeave:
		if q := s.pick(r, func(q *simVisit) bool { return true }); q != nil {
			s.event(0, "leave %d", q.id)
			q.left = true
			s.engine.Leave(q.id, s.now)
			if q.passed && q.said > 0 && r.IntN(2) == 0 {
				s.sayPart(q, q.said) // it was on its way
			}
		}
	case originTime:
		d := time.Duration(r.IntN(2000)) * time.Millisecond
		if r.IntN(15) == 0 {
			d *= 60
		}
		s.now = s.now.Add(d)
		s.say("time + %v", d)
	case originPurge:
		s.purge(r)
	case originLose:
		if f := s.pickFill(r); f != nil {
			s.event(0, "fill %d is lost", f.id)
			f.lost = true
			if q := s.visits[f.leader]; r.IntN(2) == 0 && s.engine.attempts[f.id] != nil {
				if q != nil {
					q.left = true
				}
				s.engine.FillLost(f.id, s.now)
			}
		}
	case originCrash:
		if r.IntN(8) == 0 {
			s.crash()
		}
	case originCalm:
		s.calm(r)
	}
}

func (s *simOrigin) purge(r *rand.Rand) {
	what := r.IntN(4)
	s.event(0, "purge %d", what)
	gone := map[string]int{}
	for src, n := range s.gone {
		gone[src] = n
	}
	last := len(s.texts) - 1
	switch what {
	case 0:
		s.engine.PurgeAll(s.now)
		gone[""] = last
	case 1:
		s.engine.InvalidateTag("t", s.now)
	case 2:
		src := "/f/" + strconv.Itoa(r.IntN(3))
		s.engine.Purge(src, s.now)
		gone[src] = last
	case 3:
		src := originPaths[r.IntN(len(originPaths))]
		s.engine.Purge(src, s.now) // a page, whatever it varies on
		gone[src] = last
	}
	s.gone = gone
}

// crash has another engine go on, which knows nothing but what each exchange remembers.
func (s *simOrigin) crash() {
	s.event(0, "crash")
	s.repeats.end()
	s.start()
	for _, id := range slices.Clone(s.order) {
		q := s.visits[id]
		if q.ended || q.left {
			continue
		}
		q.woken, q.waiting, q.crashed = false, false, q.head != nil
		q.request.Sent = q.writes
		if q.head != nil && q.writes == 0 {
			q.left = true // its host breaks it off
			continue
		}
		s.seen["went on"]++
		s.event(id, "again %d, %d sent", id, q.writes)
		switch {
		case !q.passed:
			s.engine.Handle(&q.request, s.now)
		case q.answer != nil:
			s.passHead(q)
			for i := 0; i < q.said && !q.ended; i++ {
				s.sayPart(q, i)
			}
		}
		s.settled(q)
	}
}

func (s *simOrigin) goOn(q *simVisit) {
	woken := q.woken
	q.woken, q.waiting = false, false
	s.event(q.id, "go on with %d", q.id)
	if woken {
		s.engine.Resume(q.id, s.now)
	} else {
		s.engine.Deadline(q.id, s.now)
	}
	s.settled(q)
}

func (s *simOrigin) event(current RequestID, format string, args ...any) {
	s.current = current
	s.repeats.events++
	s.say("%v "+format, append([]any{s.now.Sub(time.Unix(1_700_000_000, 0))}, args...)...)
}

func (s *simOrigin) pick(r *rand.Rand, ok func(*simVisit) bool) *simVisit {
	var fit []*simVisit
	s.order = slices.DeleteFunc(s.order, func(id RequestID) bool {
		q := s.visits[id]
		if q.ended || q.left {
			return true
		}
		if ok(q) {
			fit = append(fit, q)
		}
		return false
	})
	if len(fit) == 0 {
		return nil
	}
	return fit[r.IntN(len(fit))]
}

func (s *simOrigin) pickFill(r *rand.Rand) *originFill {
	for len(s.running) > 0 {
		i := r.IntN(len(s.running))
		f := s.fills[s.running[i]]
		s.running = slices.Delete(s.running, i, i+1)
		if !f.lost || r.IntN(4) == 0 {
			return f
		}
	}
	return nil
}

// calm is a phase in which nothing goes wrong any more; every request has to end in it.
func (s *simOrigin) calm(r *rand.Rand) {
	s.say("calm")
	for round := 0; s.failure == "" && s.pick(r, func(*simVisit) bool { return true }) != nil; round++ {
		if round == 40 { // one for each fragment in another, and two for each fill
			s.fail("request %d does not end, though nothing goes wrong any more", s.order[0])
			return
		}
		for q := s.pick(r, func(q *simVisit) bool { return q.passed && (q.answer == nil || q.said < len(q.parts)) }); q != nil && s.failure == ""; {
			s.part(q, r)
			q = s.pick(r, func(q *simVisit) bool { return q.passed && (q.answer == nil || q.said < len(q.parts)) })
		}
		for f := s.pickFill(r); f != nil && s.failure == ""; f = s.pickFill(r) {
			s.settle(f, r)
		}
		s.now = s.now.Add(5 * time.Second)
		due := func(q *simVisit) bool { return q.woken || q.waiting && !q.until.After(s.now) }
		for n := 0; s.failure == ""; n++ {
			q := s.pick(r, due)
			if q == nil {
				break
			}
			s.goOn(q)
			if n > 10_000 {
				s.fail("request %d is woken without end", q.id)
			}
		}
		if broken := s.verifier.Verify(); broken != "" {
			s.fail("%s", broken)
		}
	}
}
