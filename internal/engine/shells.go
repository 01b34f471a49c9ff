package engine

import (
	"sync/atomic"
	"time"
	"unsafe"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/duration"
	"inlay/internal/page"
	"inlay/internal/route"
)

// A page of the origin is a page whose shell is a fragment: one with slots, under its URL and what its Vary names, filled from that
// alone. That a URL has one is known from the answer to a visitor's own request, which is composed for that visitor as it arrives and
// kept for nobody, or from the configuration.

// marker is what is known of a URL of the origin: it has a shell.
type marker[B any] struct {
	slot *slotPlan[B] // whose fragment the shell is
	// kept: it can be kept for others. If not, each request goes to the origin with all that its visitor sent.
	kept bool
	// again: if it is not since a fill of it was refused, when that may be tried again.
	again time.Time
	// loose is as a plan's, of each shell of the URL. A marker that takes another's place shares it.
	loose *atomic.Bool
}

// markerTTL is how long a marker may lie unasked; what it says is found out anew by each answer to a visitor.
const markerTTL = 24 * time.Hour

// refusedFor is how long a shell whose fill was refused is not tried again, though answers to visitors say that it could be kept.
const refusedFor = time.Minute

// shellTag is the tag, which nobody else can give, of what is kept of a page of the origin under its URL: its key has more than that.
func shellTag(target string) string { return "\x00" + target }

// shellMark begins it.
const shellMark = '\x00'

// shellName is what a page's shell is called where it is told of as of a slot.
const shellName = "shell"

// markerKey appends the key of the marker of a URL.
func markerKey(dst []byte, authority, target string) []byte {
	return append(append(append(dst, "shell:"...), authority...), target...)
}

// markerOf is what is known of a request's URL, nil if nothing is. It may be called at any time, from any goroutine.
func (e *Engine[B]) markerOf(r *Request, now time.Time) *marker[B] {
	if e.markers.Load() > 0 {
		r.key = markerKey(r.key[:0], r.Fields.Field(":authority"), r.own)
		if v, state := e.fragments.GetAt(unsafe.String(unsafe.SliceData(r.key), len(r.key)), now); state != cache.Miss && v.marker() != nil {
			return v.marker()
		}
	}
	return nil
}

// routeShell is the composed page of a request that no page of the build answers, if it is one of the origin.
func (e *Engine[B]) routeShell(r *Request, now time.Time) *entry[B] {
	m := e.markerOf(r, now)
	if m == nil {
		r.shell = e.declared(r.path)
		return nil
	}
	r.shell = true
	if !m.kept || r.alone {
		return nil
	}
	const prefix = len("page:")
	key, err := e.shellKey(r.key[:0], m.slot, &r.in)
	if err != nil {
		return nil
	}
	r.key = key
	v, state := e.fragments.GetAt(unsafe.String(unsafe.SliceData(key[prefix:]), len(key)-prefix), now)
	if state != cache.Fresh || v.plan() == nil {
		return nil
	}
	if key, err = page.AppendInputs(append(key, '\n'), 0, &v.plan().depends.Load().varies, &r.in); err != nil {
		return nil
	}
	r.key = key
	return e.composedAt(key, now)
}

// shellKey begins the key of a composed page with that of its shell.
func (e *Engine[B]) shellKey(dst []byte, sp *slotPlan[B], in route.Inputs) ([]byte, error) {
	key, err := sp.AppendKey(append(dst, "page:"...), nil, in)
	if err == nil {
		key, err = e.appendHost(key, in)
	}
	return key, err
}

// composedKey is the same for a request whose shell has been found.
func (e *Engine[B]) composedKey(q *request[B]) {
	s := q.slots[0]
	q.keyed = q.plan.depends.Load()
	key, err := e.shellKey(e.key[:0], s.plan, &q.visitor)
	if err == nil {
		key, err = page.AppendInputs(append(key, '\n'), 0, &q.keyed.varies, &q.visitor)
	}
	q.makeshift = q.makeshift || err != nil // which has no key
	q.key, e.key = string(key), key
}

// declared tells whether the configuration says that the pages of a path have slots.
func (e *Engine[B]) declared(path string) bool { return e.shells.Has(path) }

// declares has both kinds of slots read in what the configuration says has some.
func (e *Engine[B]) declares(p *Parse) {
	if path, _ := route.SplitTarget(p.Base); e.declared(path) {
		p.EdgeSlots, p.ESI = true, true
	}
}

// beginShell begins the request of a page of the origin, if its shell is, or could be, in memory. It reports whether the request is
// in hand: else it is to be passed on.
func (e *Engine[B]) beginShell(r *Request) bool {
	m := e.markerOf(r, e.now)
	if m == nil && e.declared(r.path) {
		m = e.mark(r, nil, true)
	}
	if m == nil || !m.kept || r.Method != "GET" && r.Method != "HEAD" {
		return false
	}
	key, err := e.makeKey(m.slot, nil, &r.in)
	if err != nil {
		return false
	}
	if _, there := e.fragments.Stored(key); r.Method == "HEAD" && !there && !r.alone {
		return false
	}
	q := e.newRequest(r, nil)
	q.loose = m.loose
	e.requests[q.id] = q
	s := &slotState[B]{of: q, plan: m.slot}
	s.place()
	q.slots = append(q.slots, s)
	e.look(s)
	e.advance(q)
	return true
}

// withoutShell goes on with a page of the origin that has no shell yet: there is one to wait for, or the request is passed on. It
// reports whether the request is finished.
func (e *Engine[B]) withoutShell(q *request[B]) bool {
	if q.slots[0].state == slotPending && q.slots[0].fill != nil {
		return false
	}
	e.counts.Passed++
	e.host.Pass(q.id, e.visitorsHost(&q.visitor), q.slots[0].plan.Src, true)
	return true
}

// mark notes of a request's URL that it has a shell, which can be kept for others or not, and on which fields it varies.
func (e *Engine[B]) mark(r *Request, vary []route.Input, kept bool) *marker[B] {
	inputs := make([]route.Input, 0, len(vary)+2)
	inputs = append(inputs, route.Input{Kind: route.Proto})
	if len(e.config.Hosts) == 0 { // else it is in all keys
		inputs = append(inputs, route.Input{Kind: route.Host})
	}
	inputs = append(inputs, vary...)
	s := &page.Slot{
		Name: shellName, Src: r.own, TTL: duration.Unset, StaleWhileRevalidate: duration.Unset, StaleIfError: duration.Unset, Timeout: duration.Unset,
		Vary: inputs, Place: page.Place{Source: route.Template{Literal: []string{r.own}}},
		Origins: page.Origins{Document: true, Lenient: true},
	}
	s.Varies.Add(inputs)
	m := &marker[B]{slot: &slotPlan[B]{Slot: s}, kept: kept}
	e.putMarker(r.Fields.Field(":authority"), r.own, m)
	return m
}

func (e *Engine[B]) putMarker(authority, target string, m *marker[B]) {
	e.markers.Store(1)
	e.key = markerKey(e.key[:0], authority, target)
	m.loose = new(atomic.Bool)
	if old, state := e.fragments.GetAt(string(e.key), e.now); state != cache.Miss && old.marker() != nil {
		m.loose = old.marker().loose
	}
	v := &entry[B]{rare: &rare[B]{marker: m}, cost: markerCost + (keyFactor+2)*len(e.key)}
	v.refs.Store(1)
	// One that there is no room for only costs another look at the origin.
	_ = e.fragments.Put(string(e.key), v, cache.Policy{TTL: markerTTL})
}

// markerCost is what a marker is taken to hold beside its URL.
const markerCost = 1 << 10

// PassHead is the event that a GET which was passed on is being answered with HTML. Where the answer has slots it is composed for its
// visitor: p says what has to be read in it, and its pieces come by PassPart. The zero Parse is that it is not, and for the host alone.
func (e *Engine[B]) PassHead(r *Request, a *answer.Answer, now time.Time) (p Parse) {
	e.event(now)
	e.know(r)
	if r.Method != "GET" {
		return p
	}
	p.Base = r.own
	e.declares(&p)
	question := e.question(answer.ToVisitor, &page.Slot{})
	question.Declared = p.EdgeSlots || p.ESI
	v := e.host.Judge(question, a)
	if !v.Readable {
		return Parse{}
	}
	p.Document, p.EdgeSlots, p.ESI = true, p.EdgeSlots || v.EdgeSlots, p.ESI || v.ESI
	e.asksLog(r.ID)
	m := e.noteShell(r, v.Vary, v.Shared)
	r.params = r.params[:0]
	q := e.newRequest(r, newOutlined[B](&page.Page{}))
	q.passed, q.more, q.plan.arriving = true, true, true
	q.loose = m.loose
	q.leaves(e)
	q.sent = q.skip > 0
	e.count(q)
	e.requests[q.id] = q
	q.body = &body[B]{}
	if m.kept {
		e.fillShell(q, m)
	}
	e.advance(q)
	return p
}

// noteShell notes what a visitor's answer tells of its URL.
func (e *Engine[B]) noteShell(r *Request, vary []route.Input, kept bool) *marker[B] {
	m := e.markerOf(r, e.now)
	switch {
	case m == nil:
	case kept && !m.kept && e.now.Before(m.again):
		return m
	case m.kept == kept && (!kept || len(join(m.slot.Vary, vary)) == len(m.slot.Vary)):
		return m
	default:
		vary = join(vary, m.slot.Vary)
		e.host.EndRepeats() // which are of what was known of it
	}
	return e.mark(r, vary, kept)
}

func missing(all, some []route.Input) (n int) {
	for _, in := range some {
		found := false
		for _, have := range all {
			found = found || have == in
		}
		if !found {
			n++
		}
	}
	return n
}

// join adds to inputs the header fields among others that they do not have.
func join(inputs, others []route.Input) []route.Input {
	for _, in := range others {
		if in.Kind == route.Header && missing(inputs, []route.Input{in}) > 0 {
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// fillShell begins a fill of a shell that nobody waits for, unless there is one, or one is not needed.
func (e *Engine[B]) fillShell(q *request[B], m *marker[B]) {
	s := &slotState[B]{of: q, plan: m.slot}
	key, err := e.keyOf(s)
	if err != nil || e.failureOf(key) != nil {
		return
	}
	if v, info := e.fragments.Inspect(key, e.now); info.State == cache.Fresh && e.trusts(v.asked) {
		return
	}
	e.refresh(s, key, nil)
}

// noteFilled notes what the end of a fill of a shell has said of its URL: that it is for others, or that it is not, or is none. What
// was known of one that is may be gone by a purge of everything, or know more by now.
func (e *Engine[B]) noteFilled(f *fill[B], kept bool) {
	authority := ""
	for _, field := range page.ReadKey(f.key).Fields {
		if field.Name == page.HostField {
			authority = field.Value
		}
	}
	if kept {
		if _, there := e.fragments.Stored(string(markerKey(nil, authority, f.slot.Src))); there {
			return
		}
	}
	e.putMarker(authority, f.slot.Src, &marker[B]{slot: &slotPlan[B]{Slot: f.slot}, kept: kept, again: duration.After(e.now, refusedFor)})
}

// PassPart is the event that more of an answer has come whose pieces are an outline of text, which is the engine's from here on; done
// says that this was the end.
func (e *Engine[B]) PassPart(id RequestID, outline []byte, text B, size int, done bool, now time.Time) {
	q := e.requests[id]
	if q == nil || !q.more {
		e.host.Drop(text)
		return
	}
	e.event(now)
	o, err := page.DecodeOutline(outline)
	if err != nil || !e.outline(q.plan, &o, text, size, q.visitor.fields.Field(route.AuthorityField)) {
		e.host.Drop(text)
		e.breakOff(q)
		return
	}
	e.host.Drop(text)
	pieces := q.plan.pieces[len(q.body.pieces):]
	if q.alone {
		pieces = e.onlySlotOf(q)
	} else {
		q.body.pieces = q.plan.pieces
	}
	q.more = !done
	q.running = true
	first := len(q.body.slots)
	e.addSlots(q, q.body, q.plan, pieces, nil)
	e.lookAt(q.body.slots[first:])
	e.advance(q)
}

// PassBroken is the event that such an answer broke off.
func (e *Engine[B]) PassBroken(id RequestID, now time.Time) {
	if q := e.requests[id]; q != nil && q.more {
		e.event(now)
		e.breakOff(q)
	}
}

func (e *Engine[B]) breakOff(q *request[B]) {
	e.host.Break(q.id)
	q.running = true
	e.forget(q)
}
