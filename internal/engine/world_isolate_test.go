package engine

import (
	"slices"
	"strconv"
	"time"

	"inlay/internal/config"
	"inlay/internal/page"
)

// worldIsolate is an isolate of the world: an engine, and the host that it has there.
type worldIsolate struct {
	w        *world
	number   int
	place    int // its data centre
	engine   *Engine[*worldBlob]
	verifier *Verifier[*worldBlob]
	dead     bool
	sleeps   time.Duration // until then nothing happens in it

	// The clock: how far it is off, how fast it goes, what it was set back or forth by since it was last read, and what it has lost by
	// that.
	offset, stepped time.Duration
	rate            float64
	read            time.Duration // when, last
	lost            []lostTime
	back            time.Duration // when it was last seen to have gone back
	// What the host makes of it: as core.mjs it never goes back.
	latest, behind time.Duration

	chance   *worldRandom                // of the event in progress
	current  *worldRequest               // whose event it is; nil: nobody's
	requests map[RequestID]*worldRequest // that are not answered
	contexts map[RequestID]*worldRequest // and those before them: what they have begun may go on
	order    []*worldRequest             // oldest first, some of them over
	lastID   RequestID
	fills    map[FillID]*worldFill
	blobs    int // that are not dropped

	repeats  map[string]worldRepeat
	repeatAt time.Time                // the last
	repeated []Repeatable[*worldBlob] // that the engine was not told of

	poll    *worldPoll                  // the last
	passing map[RequestID]*worldRequest // whose purge goes on after they were passed
	heard   worldPushed
}

type lostTime struct{ at, by time.Duration }

// worldRequest is a request at an isolate, and the context that it has there.
type worldRequest struct {
	id         RequestID
	of         *worldIsolate
	began      time.Duration
	srcs       []int
	method     string
	target     string
	agent      string
	authorized bool

	waiting, woken bool
	wait           int  // how often it has waited, to know its deadline from another's
	ended          bool // it is answered
	left           bool // its client has gone
	gone           bool // and its context
	head           *worldBlob
	whole          bool // the end of the page was written
	passed         bool
	admin          bool // what it asks for is the host's to do
	purge          *worldPurge
}

// Field is a header field of the request.
func (q *worldRequest) Field(name string) string {
	switch name {
	case "user-agent":
		return q.agent
	case "authorization":
		if q.authorized {
			return "Bearer 0123456789abcdef"
		}
	}
	return ""
}

// born makes an isolate that knows nothing.
func (w *world) born(r *worldRandom, number int) *worldIsolate {
	i := &worldIsolate{
		w: w, number: number, place: number % worldCentres, requests: map[RequestID]*worldRequest{}, contexts: map[RequestID]*worldRequest{}, fills: map[FillID]*worldFill{},
		repeats: map[string]worldRepeat{}, passing: map[RequestID]*worldRequest{}, offset: w.skew(r), rate: 1 + float64(r.n(401)-200)/1e6, read: w.now,
	}
	if r.once(8) {
		i.rate = 1 + float64(r.n(4001)-2000)/1e5 // 2 % is more than any clock that is looked after
	}
	options := w.config
	options.Seed = r.next()
	var err error
	if i.engine, err = New(w.pages, options, Host[*worldBlob](i)); err != nil {
		panic(err)
	}
	i.verifier = NewVerifier(i.engine)
	i.blobs = 0 // of no page yet
	return i
}

// skew is how far clocks are apart.
func (w *world) skew(r *worldRandom) time.Duration {
	return r.upTo(2*w.apart) - w.apart
}

var worldBegin = time.Unix(1_700_000_000, 0)

// clock reads the isolate's own clock.
func (i *worldIsolate) clock() time.Time {
	gap := i.w.now - i.read
	if i.stepped != 0 {
		if time.Duration(float64(gap)*i.rate)+i.stepped < 0 {
			i.back = i.w.now
		}
		if by := min(gap, -i.stepped); by > 0 {
			i.lost = append(i.lost, lostTime{i.w.now, by})
			if len(i.lost) > 100 {
				i.lost = append(i.lost[:0], i.lost[50:]...)
			}
		}
		i.offset += i.stepped
		i.stepped = 0
	}
	i.read = i.w.now
	return worldBegin.Add(i.tells())
}

// tells is what the clock says, without an event's having read it.
func (i *worldIsolate) tells() time.Duration {
	return time.Duration(float64(i.w.now)*i.rate) + i.offset + i.stepped
}

// steady is the same, as core.mjs keeps it for itself.
func (i *worldIsolate) steady() time.Duration {
	now := i.tells() + i.behind
	if now < i.latest {
		i.behind += i.latest - now
		clear(i.repeats) // how long ago they were let be is not known any more
	} else {
		i.latest = now
	}
	return i.latest
}

// event lets the engine hear of something. q is whose event it is, nil for nobody's.
func (i *worldIsolate) event(r *worldRandom, q *worldRequest, do func(now time.Time)) {
	w := i.w
	w.events++
	i.chance, i.current = r, q
	if len(i.repeated) > 0 {
		i.engine.Repeated(i.repeatAt)
		for _, p := range i.repeated {
			i.engine.Touch(p, 1)
		}
		i.repeated = i.repeated[:0]
	}
	do(i.clock())
	i.chance, i.current = nil, nil
	if w.events%w.verifyEach == 0 {
		if broken := i.verifier.Verify(); broken != "" {
			w.fail("isolate %d: %s", i.number, broken)
		}
	}
	if q == nil {
		return
	}
	if q.admin {
		q.waiting, q.admin = true, false
		i.administer(r, q)
	}
	if !q.ended && !q.waiting && !q.woken {
		w.fail("request %d.%d neither waits nor is answered", i.number, q.id)
	}
	if q.ended {
		q.waiting, q.woken = false, false
		w.ended(q)
	}
}

// ended checks a request that is over.
func (w *world) ended(q *worldRequest) {
	delete(q.of.requests, q.id)
	if q.passed {
		return
	}
	if q.head == nil {
		w.fail("request %d.%d ends without a head", q.of.number, q.id)
		return
	}
	if q.head.status == 200 && q.method == "GET" && !q.whole {
		w.fail("request %d.%d is not whole", q.of.number, q.id)
	}
	if q.purge != nil && q.head.status == 200 {
		w.acknowledged(q.purge, "isolate "+strconv.Itoa(q.of.number))
	}
	w.statuses[q.head.status]++
}

// contextsKept is how many requests come at least while something of one goes on.
const contextsKept = 4000

// request lets a request come.
func (i *worldIsolate) request(r *worldRandom, q *worldRequest) {
	w := i.w
	i.lastID++
	q.id, q.of, q.began = i.lastID, i, w.now
	now := i.steady()
	if again, ok := i.repeats[q.target]; ok && q.method == "GET" && now < again.until && !again.head.dropped && slices.Equal(again.were, numbers(again.parts)) {
		i.repeated = append(i.repeated, again.page)
		i.repeatAt = worldBegin.Add(i.tells())
		w.repeated++
		w.say("%v: request %d.%d for %s is answered as the last", w.now, i.number, q.id, q.target)
		w.answered(q, again.body)
		w.answeredFresh(q, again.head, again.body)
		return
	}
	i.requests[q.id], i.contexts[q.id] = q, q
	if old := i.contexts[q.id-min(contextsKept, q.id)]; old != nil && (old.left || !old.gone) { // the others the engine does not know to have gone
		delete(i.contexts, old.id)
	}
	i.order = append(i.order, q)
	w.say("%v: request %d.%d: %s %s", w.now, i.number, q.id, q.method, q.target)
	i.event(r, q, func(now time.Time) {
		i.engine.Handle(&Request{ID: q.id, Method: q.method, Target: q.target, Fields: q}, now)
	})
}

// pick is one of the requests that go on, nil if there is none.
func (i *worldIsolate) pick(r *worldRandom) *worldRequest {
	kept := i.order[:0]
	for _, q := range i.order {
		if !q.ended && !q.left && !q.gone {
			kept = append(kept, q)
		}
	}
	clear(i.order[len(kept):])
	if i.order = kept; len(kept) == 0 {
		return nil
	}
	return kept[r.n(len(kept))]
}

// leave is that a request's client goes, and perhaps its context with everything that goes on in it.
func (i *worldIsolate) leave(r *worldRandom, q *worldRequest, kill bool) {
	q.left = true
	if q.gone = kill; kill {
		i.w.say("    and its context ends")
	}
	delete(i.requests, q.id)
	i.event(r, nil, func(now time.Time) { i.engine.Leave(q.id, now) })
}

// killed is that a request's context ends without a word to anybody. Whoever watches one of its fills may notice it.
func (i *worldIsolate) killed(r *worldRandom, q *worldRequest) {
	q.gone = true
	delete(i.requests, q.id)
	for _, id := range i.led(q) {
		for _, by := range i.fills[id].watchers {
			if by.ended || by.left || by.gone {
				continue
			}
			i.w.send(r, i, r.upTo(50*time.Millisecond), func(r *worldRandom) {
				if !by.ended && !by.left && !by.gone {
					i.w.say("%v: fill %d.%d is lost", i.w.now, i.number, id)
					i.event(r, nil, func(now time.Time) { i.engine.FillLost(id, now) })
				}
			})
		}
	}
	// A context that was ended is known to the engine as one whose client has left, or by nothing but its fills.
	if r.once(2) {
		i.event(r, nil, func(now time.Time) { i.engine.Leave(q.id, now) })
		q.left = true
	}
}

// led are the fills that a request leads and that go on, in order.
func (i *worldIsolate) led(q *worldRequest) (ids []FillID) {
	for id := FillID(1); id <= i.engine.lastFill; id++ {
		if f := i.fills[id]; f != nil && f.leader == q && !f.over {
			ids = append(ids, id)
		}
	}
	return ids
}

// worldPages are the pages of every isolate.
func worldPages(parse func(pattern, html string) (page.Page, error), longTTL bool) (pages []page.Page) {
	long := `ttl="20s" swr="20s" sie="1m"`
	if longTTL {
		long = `ttl="3m" swr="1m" sie="5m"`
	}
	slot := [...]string{
		`src="/f/0/{id}" ` + long + ` tags="t{id}"`,
		`src="/f/1/{id}" ` + long,
		`src="/f/2/{id}" ttl="3s" swr="4s" tags="t{id}"`,
		`src="/f/3/{id}" ttl="0"`,
		`src="/f/4/{id}" tags="t{id}" timeout="3s"`, // its origin says for how long
	}
	for _, p := range [...]struct {
		pattern string
		slots   []int
		mode    page.Mode
	}{
		{"/a/{id}", []int{0, 1}, page.Auto},
		{"/b/{id}", []int{2, 3, 0}, page.Auto},
		{"/c/{id}", []int{1, 4}, page.Complete},
		{"/d/{id}", []int{0}, page.Auto},
		{"/e/{id}", []int{4}, page.Auto},
	} {
		html := "<!doctype html><html><head><title>t</title></head><body>"
		for n, s := range p.slots {
			required := ""
			if p.pattern == "/e/{id}" {
				required = " required"
			}
			html += `<div><edge-slot name="s` + strconv.Itoa(n) + `" ` + slot[s] + required + `><i>…</i></edge-slot></div>`
		}
		parsed, err := parse(p.pattern, html+"</body></html>")
		if err != nil {
			panic(err)
		}
		parsed.Mode = p.mode
		pages = append(pages, parsed)
	}
	return pages
}

// worldConfig is the configuration of every isolate.
func worldConfig(variables map[string]string) config.Config {
	c, err := config.Parse(func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	})
	if err != nil {
		panic(err)
	}
	c.MaxBytes, c.MaxFragment, c.Token, c.Log = 96<<10, 4<<10, "0123456789abcdef", true
	return c
}
