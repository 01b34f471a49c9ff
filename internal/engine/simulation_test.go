package engine

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/shell"
)

// The simulation is the engine's host: it makes random pages, requests, answers and accidents from one seed, hands the
// engine one event after another, and checks what the engine asks after each. A failing run is shrunk to the shortest
// list of events that still fails, and printed with its seed.
//
//	go test ./edge -run TestSimulation -sim.seed 7 -sim.events 5000000

var (
	simSeed   = flag.Uint64("sim.seed", 0, "seed of the simulation; 0: several fixed ones")
	simShrink = flag.Bool("sim.shrink", true, "look for the shortest list of events that fails")
	simEvents = flag.Int("sim.events", 0, "events of each seed; 0: enough for a million and more together")
)

func TestSimulationKeepsItsInvariants(t *testing.T) {
	seeds, events := []uint64{1, 2, 3, 4, 5, 6, 7, 8}, 160_000
	if raceDetector {
		events = 5_000 // one goroutine cannot race, and the detector makes it ten times slower
	}
	if *simSeed != 0 {
		seeds = []uint64{*simSeed}
	}
	if *simEvents != 0 {
		events = *simEvents
	}
	for _, seed := range seeds {
		script := makeScript(seed, events)
		failure := runScript(seed, script, false)
		if failure == "" {
			continue
		}
		if !*simShrink {
			t.Fatalf("seed %d: %s", seed, failure)
		}
		script = shrink(seed, script)
		var trace bytes.Buffer
		simTrace = &trace
		shrunk := runScript(seed, script, true)
		simTrace = nil
		t.Fatalf("seed %d: %s\nshrunk to %d events:\n%s", seed, failure, len(script), trace.String()+shrunk)
	}
}

var simTrace *bytes.Buffer

// sim is the host, and what it knows of the world.
type sim struct {
	repeats  simRepeats
	engine   *Engine[simBlob]
	verifier *Verifier[simBlob]
	pages    []page.Page
	now      time.Time
	skew     time.Duration // of the clock that the engine is told of

	nextBlob simBlob
	blobs    map[simBlob]*simBytes
	requests map[RequestID]*simRequest
	order    []RequestID // those unfinished
	lastID   RequestID
	fills    map[FillID]*simFill
	running  []FillID // not settled, not lost
	// purged is, for a src, the last fill begun before it was purged, or before the first of those that were refused: no
	// request that comes after that may get its fragment, or an older one's.
	purged map[string]FillID
	bySrc  map[string][]FillID // attempts that the engine still awaits

	purges int

	queues  int      // counts fills, some of which are queued
	handing *simFill // let go of in this event

	current RequestID // whose event is in progress, 0 for none
	failure string
	trace   bool
}

type simBlob uint32

type simBytes struct {
	bytes  []byte
	status int
	fields []field.Field
}

type simRequest struct {
	id      RequestID
	page    *page.Page
	fields  Fields
	params  string
	head    *simBytes
	body    []byte
	waiting bool
	until   time.Time
	woken   bool
	ended   bool
	left    bool
	began   time.Time
	passed  bool
	isHead  bool
	target  string
	slot    *page.Slot        // asked for alone; nil: the page is
	after   map[string]FillID // purged, as it was when the request came
}

type simFill struct {
	id      FillID
	fill    Fill
	leader  RequestID
	lost    bool
	stopped bool
	queued  bool      // the leader has not begun it
	handed  bool      // another request has it
	told    bool      // the engine was told that it is lost
	until   time.Time // when it may be taken over
	ended   time.Time
	purges  int  // how many purges there were when it began
	alone   bool // it may be one that is not shared
	// watchers are those who would notice that the leader's context is gone.
	watchers []RequestID
}

func (s *sim) fail(format string, args ...any) {
	if s.failure == "" {
		s.failure = fmt.Sprintf(format, args...)
	}
}

func (s *sim) say(format string, args ...any) {
	if s.trace && simTrace != nil {
		fmt.Fprintf(simTrace, format+"\n", args...)
	}
}

// What a fragment says tells which one it is, so that a page can be checked for having the right ones.
func simFragment(src string, version uint64) string {
	return "<p>[" + src + "#" + strconv.FormatUint(version, 10) + "]</p>"
}

// popular is the page that is warm most of the time.
const popular = 0

func newSim(seed uint64, trace bool) *sim {
	s := &sim{
		now: time.Unix(1_700_000_000, 0), blobs: map[simBlob]*simBytes{}, requests: map[RequestID]*simRequest{},
		fills: map[FillID]*simFill{}, purged: map[string]FillID{}, bySrc: map[string][]FillID{}, trace: trace,
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for p := range 4 {
		html := "<!doctype html><html><head><title>t</title></head><body>"
		slots := 1 + r.IntN(5)
		if p == popular {
			slots = 1
		}
		for i := range slots {
			attrs := ""
			switch r.IntN(6) {
			case 0:
				attrs += ` ttl="5s" swr="10s" sie="1m"`
			case 1:
				attrs += ` ttl="2s"`
			case 2:
				attrs += ` ttl="0"`
			case 3:
				attrs += ` ttl="30s" tags="t{id} all"`
			}
			if p == popular {
				attrs = ` ttl="1h" tags="t{id} all"`
			}
			if r.IntN(8) == 0 {
				attrs += ` required`
			}
			if r.IntN(3) == 0 {
				attrs += ` timeout="2s"`
			}
			inner := "<i>skeleton</i>"
			if r.IntN(2) == 0 {
				inner += "<edge-error><b>failed</b></edge-error>"
			}
			html += fmt.Sprintf(`<div><edge-slot name="s%d" src="/f/%d/{id}"%s>%s</edge-slot></div>`, i, r.IntN(6), attrs, inner)
		}
		html += "</body></html>"
		parsed, err := shell.Parse(fmt.Sprintf("/p%d/{id}", p), html)
		if err != nil {
			panic(err)
		}
		parsed.Mode = page.Mode(r.IntN(4))
		if r.IntN(3) == 0 {
			parsed.Patience = 100 * time.Millisecond
		}
		s.pages = append(s.pages, parsed)
	}
	config, err := config.Parse(func(name string) (string, bool) { return "", false })
	if err != nil {
		panic(err)
	}
	config.MaxBytes, config.MaxFragment, config.Seed = 24<<10, 4<<10, seed
	config.StaleIfError = 20 * time.Second
	if s.engine, err = New(s.pages, config, Host[simBlob](s)); err != nil {
		panic(err)
	}
	s.verifier = NewVerifier(s.engine)
	return s
}

func runScript(seed uint64, script []step, trace bool) (failure string) {
	s := newSim(seed, trace)
	defer func() {
		if p := recover(); p != nil {
			failure = fmt.Sprint("panic: ", p)
		}
	}()
	for i, st := range script {
		s.step(st)
		s.check()
		if s.failure != "" {
			return fmt.Sprintf("event %d: %s", i, s.failure)
		}
	}
	s.end()
	return s.failure
}

type simFields struct{ agent string }

func (f *simFields) Field(name string) string {
	switch name {
	case "user-agent":
		return f.agent
	case "if-none-match":
		return ""
	}
	return ""
}

func (s *sim) step(st step) {
	r := rand.New(rand.NewPCG(st.pick, 3))
	switch st.kind {
	case stepRequest:
		s.request(r)
	case stepSettle:
		if f := s.pickFill(r); f != nil {
			s.settle(f, r)
		}
	case stepFail:
		if f := s.pickFill(r); f != nil {
			if f.queued || r.IntN(4) == 0 {
				s.event(0, "fill %d was held up", f.id)
				s.engine.FillHeldUp(f.id, &answer.FillError{Reason: answer.TimeoutError, Text: "late"}, s.wall())
				break
			}
			s.event(0, "fill %d fails", f.id)
			s.engine.FillFail(f.id, &answer.FillError{Reason: answer.ConnectError, Text: "no"}, s.wall())
		}
	case stepWake:
		if q := s.pickRequest(r, func(q *simRequest) bool { return q.woken }); q != nil {
			q.woken, q.waiting = false, false
			s.event(q.id, "resume %d", q.id)
			s.engine.Resume(q.id, s.wall())
			s.settled(q)
		}
	case stepDeadline:
		if q := s.pickRequest(r, func(q *simRequest) bool { return q.waiting && !q.until.After(s.now) }); q != nil {
			q.waiting = false
			s.event(q.id, "deadline %d", q.id)
			s.engine.Deadline(q.id, s.wall())
			s.settled(q)
		}
	case stepLeave:
		if q := s.pickRequest(r, func(*simRequest) bool { return true }); q != nil {
			s.event(0, "leave %d", q.id)
			q.left = true
			s.engine.Leave(q.id, s.wall())
			if r.IntN(2) == 0 { // its context is gone at once, with the fills that it leads
				s.loseFillsOf(q.id)
			}
		}
	case stepTime:
		d := time.Duration(r.IntN(1500)) * time.Millisecond
		if r.IntN(20) == 0 {
			d *= 40
		}
		s.now = s.now.Add(d)
		s.say("time + %v", d)
	case stepPurge:
		s.event(0, "purge")
		s.purges++
		switch r.IntN(4) {
		case 0:
			s.engine.PurgeTag("all", s.wall())
			for i := range 6 {
				if s.tagged(fmt.Sprintf("/f/%d/{id}", i)) {
					for j := range 4 {
						s.purge(fmt.Sprintf("/f/%d/%d", i, j))
					}
				}
			}
		case 1:
			s.engine.InvalidateTag("t"+strconv.Itoa(r.IntN(4)), s.wall())
		case 2:
			src := fmt.Sprintf("/f/%d/%d", r.IntN(6), r.IntN(4))
			s.engine.Purge(src, s.wall())
			s.purge(src)
		case 3:
			s.engine.PurgeAll(s.wall())
			for i := range 6 {
				for j := range 4 {
					s.purge(fmt.Sprintf("/f/%d/%d", i, j))
				}
			}
		}
	case stepClock:
		// The engine hears of the moments before and after it, or could not know how much time has passed between.
		s.event(0, "the clock is set back")
		s.engine.Purge("nothing", s.wall())
		s.skew -= time.Duration(r.IntN(7200)) * time.Second
		s.repeats.end() // by the host itself, which has that clock
		s.engine.Purge("nothing", s.wall())
		s.purges++
	case stepCalm:
		s.calm(r)
	case stepLose:
		if f := s.pickFill(r); f != nil {
			s.event(0, "fill %d is lost", f.id)
			f.lost = true
			if r.IntN(2) == 0 {
				s.loseContextOf(f, r)
			}
		}
	}
}

// loseContextOf ends the context of a fill's leader, if somebody is there to notice it.
func (s *sim) loseContextOf(f *simFill, r *rand.Rand) {
	alive := slices.DeleteFunc(slices.Clone(f.watchers), func(id RequestID) bool {
		q := s.requests[id]
		return q == nil || q.ended || q.left
	})
	if len(alive) == 0 || s.engine.attempts[f.id] == nil {
		return
	}
	s.loseFillsOf(f.leader)
	if q := s.requests[f.leader]; q != nil && !q.ended {
		q.left = true
	}
	f.told = true
	for range 1 + r.IntN(len(alive)) {
		s.engine.FillLost(f.id, s.wall())
	}
}

// wall is what the clock says that the engine is told of.
func (s *sim) wall() time.Time { return s.now.Add(s.skew) }

// longest is for how long a fragment of a src may be used at all, by the slot that allows most.
func (s *sim) longest(src string) (d time.Duration) {
	for i := range s.pages {
		for j := range s.pages[i].Slots {
			slot := &s.pages[i].Slots[j]
			if slot.Src != src {
				continue
			}
			ttl := given(slot.TTL, s.engine.config.TTL)
			d = max(d, ttl+max(slot.StaleWhileRevalidate, given(slot.StaleIfError, s.engine.config.StaleIfError), 5*time.Second))
		}
	}
	return d
}

// given is what a slot says, else what holds where none does.
func given(slot, fallback time.Duration) time.Duration {
	if slot != duration.Unset {
		return slot
	}
	return fallback
}

// tagged tells whether each slot of a src has the tag that is purged.
func (s *sim) tagged(src string) bool {
	for i := range s.pages {
		for j := range s.pages[i].Slots {
			if slot := &s.pages[i].Slots[j]; slot.Src == src && len(slot.TagTemplates) == 0 {
				return false
			}
		}
	}
	return true
}

func (s *sim) purge(src string) {
	s.purged = maps.Clone(s.purged)
	s.purged[src] = FillID(len(s.fills))
}

func (s *sim) event(current RequestID, format string, args ...any) {
	s.current = current
	s.repeats.events++
	s.say("%v "+format, append([]any{s.now.Sub(time.Unix(1_700_000_000, 0))}, args...)...)
}

func (s *sim) request(r *rand.Rand) {
	s.lastID++
	page := &s.pages[r.IntN(len(s.pages))]
	id := strconv.Itoa(r.IntN(4))
	if r.IntN(4) == 0 {
		page, id = &s.pages[popular], "0"
	}
	if last := s.requests[s.repeats.last]; last != nil && r.IntN(3) == 0 {
		page, id = last.page, last.params // or it would seldom be asked for again in time
	}
	method := "GET"
	if r.IntN(10) == 0 {
		method = "HEAD"
	}
	agents := []string{"Mozilla/5.0", "curl/8", "Googlebot"}
	q := &simRequest{id: s.lastID, page: page, params: id, isHead: method == "HEAD", after: s.purged, began: s.now}
	s.requests[q.id] = q
	s.order = append(s.order, q.id)
	target := strings.Replace(page.Pattern, "{id}", id, 1)
	switch r.IntN(20) {
	case 0:
		target = "/elsewhere"
	case 1:
		target = page.Pattern[:3] + "/%2e%2e"
	}
	if target[1] == 'p' && r.IntN(8) == 0 {
		q.slot = &page.Slots[r.IntN(len(page.Slots))]
		target += "?inlay-slot=" + q.slot.Name
	}
	q.target, q.fields = target, &simFields{agents[r.IntN(3)]}
	s.event(q.id, "request %d: %s %s", q.id, method, target)
	req := &Request{ID: q.id, Method: method, Target: target, HTTP10: r.IntN(10) == 0, Fields: q.fields}
	repeat := s.repeats.find(s.engine, req, s.now)
	s.engine.Handle(req, s.wall())
	s.settled(q)
	if repeat != nil {
		if wrong := s.repeats.compare(repeat, q.head, q.body); wrong != "" {
			s.fail("request %d for %s %s: %v %q, %v %q", q.id, q.target, wrong, q.head, q.body, repeat.head.fields, repeat.body)
		}
	}
}

// settled checks a request after its event: it waits, or it is answered, completely.
func (s *sim) settled(q *simRequest) {
	s.say("    %d: waiting %v ended %v body %d", q.id, q.waiting, q.ended, len(q.body))
	if !q.ended && !q.waiting {
		s.fail("request %d neither waits nor is answered", q.id)
	}
	if q.ended {
		q.waiting = false
		if !q.passed {
			s.checkAnswer(q)
		}
	}
}

func (s *sim) checkAnswer(q *simRequest) {
	if q.head.status != 200 {
		if status := q.head.status; status != 400 && status != 502 && status != 404 {
			s.fail("request %d has status %d", q.id, status)
		}
		return
	}
	for _, f := range q.head.fields {
		if f.Name == "content-length" && !q.isHead && f.Value != strconv.Itoa(len(q.body)) {
			s.fail("request %d announced %s bytes and has %d", q.id, f.Value, len(q.body))
		}
	}
	if q.isHead {
		return
	}
	body := string(q.body)
	if q.slot != nil {
		src := strings.Replace(q.slot.Src, "{id}", q.params, 1)
		if !strings.HasPrefix(body, "<p>["+src+"#") || strings.Count(body, "[") != 1 {
			s.fail("request %d for slot %s has another's fragment, or none: %s", q.id, q.slot.Name, body)
		}
		s.checkFragment(q, q.slot, src, body)
		return
	}
	if !strings.HasSuffix(body, "</body></html>") || strings.Count(body, "</body>") != 1 {
		s.fail("request %d is not whole: %s", q.id, body)
	}
	for i := range q.page.Slots {
		slot := &q.page.Slots[i]
		mark := "[" + strings.Replace(slot.Src, "{id}", q.params, 1) + "#"
		start := strings.Index(body, `<?start name="`+slot.Name+`">`)
		patch := strings.Index(body, `<template for="`+slot.Name+`">`)
		if strings.Count(body, `<template for="`+slot.Name+`">`) > 1 {
			s.fail("request %d has two patches for %s: %s", q.id, slot.Name, body)
		}
		if start < 0 && patch >= 0 {
			s.fail("request %d has a patch for %s without a placeholder: %s", q.id, slot.Name, body)
		}
		if patch >= 0 && patch < start {
			s.fail("request %d has the patch of %s before its placeholder: %s", q.id, slot.Name, body)
		}
		// The fragment of the slot, or what stands for it, and nothing of another key.
		at := strings.Index(body, "<div>")
		for range i {
			at += 1 + strings.Index(body[at+1:], "<div>")
		}
		place := body[at : at+strings.Index(body[at:], "</div>")]
		content := place
		if patch >= 0 {
			content = body[patch : patch+strings.Index(body[patch:], "</template>")]
		}
		if !strings.Contains(content, mark) && !strings.Contains(content, "failed") && !strings.Contains(content, "skeleton") {
			s.fail("request %d: slot %s has neither its fragment nor what stands for it: %s", q.id, slot.Name, body)
		}
		s.checkFragment(q, slot, strings.Replace(slot.Src, "{id}", q.params, 1), content)
		if n := strings.Count(content, "["); n > 1 || n == 1 && !strings.Contains(content, mark) {
			s.fail("request %d: slot %s has another's fragment: %s", q.id, slot.Name, body)
		}
	}
}

// checkFragment holds that a slot's fragment is one that its visitor could still get.
func (s *sim) checkFragment(q *simRequest, slot *page.Slot, src, content string) {
	_, version, ok := strings.Cut(content, "["+src+"#")
	if !ok {
		return
	}
	number, _, _ := strings.Cut(version, "]")
	n, err := strconv.Atoi(number)
	if err != nil || FillID(n) <= q.after[src] {
		s.fail("request %d: slot %s has fill %s's fragment, which was purged with fill %d", q.id, slot.Name, number, q.after[src])
	}
	if age := q.began.Sub(s.fills[FillID(n)].ended); age > s.longest(slot.Src) {
		s.fail("request %d: slot %s has fill %s's fragment, which was %v old when the request came", q.id, slot.Name, number, age)
	}
}

func (s *sim) pickFill(r *rand.Rand) *simFill {
	for len(s.running) > 0 {
		i := r.IntN(len(s.running))
		f := s.fills[s.running[i]]
		s.running = append(s.running[:i], s.running[i+1:]...)
		if !f.lost {
			return f
		}
		if r.IntN(4) == 0 {
			return f // a lost one that reports late after all
		}
	}
	return nil
}

func (s *sim) settle(f *simFill, r *rand.Rand) {
	text := simFragment(f.fill.Src, uint64(f.id))
	a := &answer.Answer{Status: 200, ContentType: "text/html"}
	removes := false // what the answer says ends what the fragment was before
	switch r.IntN(16) {
	case 0:
		a.Status = 503
		a.RetryAfter = "2"
	case 1:
		text += "</template>"
	case 2:
		a.SetCookie, removes = true, true
	case 3:
		text += strings.Repeat("x", r.IntN(6<<10))
	case 4:
		a.CacheControl = "max-age=3, stale-while-revalidate=5"
	case 5:
		a.CacheControl, removes = "no-store", true
	case 6:
		a.CacheControl = "max-age=0"
	case 7:
		a.Status, removes = 404, true
	case 8:
		a.Redirects, removes = []answer.Answer{{Status: 302, CacheControl: "private"}}, true
	case 9:
		a.Status = 429
	}
	if r.IntN(2) == 0 {
		a.ETag = `"` + strconv.Itoa(r.IntN(3)) + `"`
	}
	if asked := len(f.fill.Conditions) > 0; asked && r.IntN(2) == 0 || r.IntN(40) == 0 {
		text, a.Status, a.ContentType = "", 304, ""
		// Whether it is refused or only does not fit is for the engine to say: only what is sure is held against it.
		fits := asked && !slices.ContainsFunc(f.fill.Conditions, func(c field.Field) bool { return a.ETag != "" && c.Value != a.ETag })
		removes = removes && fits && (a.SetCookie || a.CacheControl != "" || a.Redirects != nil)
		if fill := s.engine.attempts[f.id]; fill != nil && fill.stored != nil && fits && !removes {
			s.renews(fill.stored.blob)
		}
	}
	a.Size = len(text)
	f.ended = s.now
	s.event(0, "fill %d ends: %d, %d bytes, %s", f.id, a.Status, a.Size, a.CacheControl)
	if fill := s.engine.attempts[f.id]; fill != nil && fill.flight != nil && removes && f.purges == s.purges {
		s.removed(f.fill.Src, fill.attempts[0].id)
	}
	s.engine.FillEnd(f.id, a, s.add(&simBytes{bytes: []byte(text)}), s.wall())
}

// renews notes that a fragment is as good as one that the fill of its number has brought just now.
func (s *sim) renews(blob simBlob) {
	_, version, _ := strings.Cut(string(s.get(blob).bytes), "#")
	number, _, _ := strings.Cut(version, "]")
	n, err := strconv.Atoi(number)
	if err != nil {
		s.fail("a fragment without a number is renewed: %s", s.get(blob).bytes)
		return
	}
	s.fills[FillID(n)].ended = s.now
}

// removed notes that a fill was refused, which no purge may have cut off since it began: no request that comes after that may get what an older fill brought.
func (s *sim) removed(src string, by FillID) {
	if before := by - 1; before > s.purged[src] {
		s.purged = maps.Clone(s.purged)
		s.purged[src] = before
	}
}

func (s *sim) loseFillsOf(id RequestID) {
	for _, f := range s.running {
		if s.fills[f].leader == id {
			s.fills[f].lost = true
		}
	}
}

func (s *sim) pickRequest(r *rand.Rand, ok func(*simRequest) bool) *simRequest {
	alive := s.order[:0]
	var fit []*simRequest
	for _, id := range s.order {
		q := s.requests[id]
		if q.ended || q.left {
			delete(s.requests, id)
			continue
		}
		alive = append(alive, id)
		if ok(q) {
			fit = append(fit, q)
		}
	}
	s.order = alive
	if len(fit) == 0 {
		return nil
	}
	return fit[r.IntN(len(fit))]
}

// check holds what must be true after every event.
func (s *sim) check() {
	if broken := s.verifier.Verify(); broken != "" {
		s.fail("%s", broken)
	}
}

func (q *request[B]) slotsOf() []*slotState[B] {
	if q == nil {
		return nil
	}
	return q.slots
}

// calmRounds is how often 20 s pass in a calm phase before each request has ended. Two are for its fills: one attempt may
// have been lost, and the second is not.
const calmRounds = 3

// calm is a phase in which nothing goes wrong any more, whatever did before it: each fill that is under way ends, each
// request is woken that was to be, and each deadline is kept. Every request has to end in it.
func (s *sim) calm(r *rand.Rand) {
	s.say("calm")
	due := func(q *simRequest) bool { return q.woken || !q.until.After(s.now) }
	for round := 0; s.failure == "" && s.pickRequest(r, func(*simRequest) bool { return true }) != nil; round++ {
		if round == calmRounds {
			s.fail("request %d does not end, though nothing goes wrong any more", s.order[0])
			return
		}
		for f := s.pickFill(r); f != nil; f = s.pickFill(r) {
			s.settle(f, r)
		}
		s.now = s.now.Add(20 * time.Second)
		n := 0
		for q := s.pickRequest(r, due); q != nil; q = s.pickRequest(r, due) {
			woken := q.woken
			q.woken, q.waiting = false, false
			s.event(q.id, "calm %d", q.id)
			if woken {
				s.engine.Resume(q.id, s.wall())
			} else {
				s.engine.Deadline(q.id, s.wall())
			}
			s.settled(q)
			if n++; n > 10_000 {
				s.fail("request %d is woken without end", q.id)
				return
			}
		}
		s.check()
	}
}

// end ends a run: after a calm phase, and when everything was purged, nothing is left but what the pages hold.
func (s *sim) end() {
	s.calm(rand.New(rand.NewPCG(9, 9)))
	s.engine.now = s.engine.clock.event(s.wall())
	for s.engine.unattended.oldest != nil && len(s.engine.attempts) > 0 { // those that were lost, whom nobody awaits
		before := len(s.engine.attempts)
		if s.engine.sweep(); len(s.engine.attempts) == before {
			break
		}
	}
	s.engine.PurgeAll(s.wall())
	if keeps := s.engine.keeps(); len(s.blobs) != keeps && s.failure == "" {
		s.fail("%d blobs are left, the pages hold %d", len(s.blobs), keeps)
	}
	if n := len(s.engine.requests); n != 0 {
		s.fail("%d requests are left in the engine", n)
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}

func TestScriptsAreReproducible(t *testing.T) {
	require.Equal(t, makeScript(3, 100), makeScript(3, 100))
}
