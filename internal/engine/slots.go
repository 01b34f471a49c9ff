package engine

import (
	"time"
	"unsafe"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
	"inlay/internal/sum"
	"inlay/internal/wording"
)

// slotState is a slot in a request: what it waits for, or what it has. A fragment may have slots itself, and a slot may be made of
// others, so they are a tree: see body.
type slotState[B any] struct {
	of         *request[B]
	plan       *slotPlan[B]
	in         *plan[B]      // where plan is from
	outer      *slotState[B] // in whose content it stands; nil: in the page itself
	name       string        // in the page: the names of those around it before its own
	around     markup.Mask
	depth      int           // of elements around it
	prev, next *slotState[B] // of those who wait for fill
	state      settled
	personal   bool      // the key has a cookie of the visitor
	entry      *entry[B] // held, if slotReady
	body       *body[B]  // of slots in it; nil: it has none, or they are not there yet
	fill       *fill[B]  // awaited, if slotPending
	watch      FillID    // the attempt that the host was last asked to watch
	err        *answer.FillError
	status     field.Status
	took       int64 // microseconds, and one more, of the fill that it waited for; 0: for none, or it still does; -1: it has a stale one
	// placed says that a streamed page has the slot's placeholder, patched that it has its content, in its place or as a patch.
	placed, patched bool
	gone            bool // what it stood in has given way to something else
}

type settled uint8

const (
	slotPending settled = iota
	slotReady
	slotFailed
)

// body is what a request shows of a plan, or of a group of it: pieces, with a state for each slot among them.
type body[B any] struct {
	pieces []piece[B]
	slots  []*slotState[B] // of those that are slots, in their order
}

// maxNested is how many fragments a fragment may be nested in, beside the page (docs/esi.md).
const maxNested = 5

// maxSlots is how many slots a page may have together with those of the fragments in it, which could each bring as many again.
const maxSlots = 4096

// newBody makes the states of the slots that pieces name. They wait for nothing yet.
func (e *Engine[B]) newBody(q *request[B], in *plan[B], pieces []piece[B], outer *slotState[B]) *body[B] {
	b := &body[B]{pieces: pieces}
	e.addSlots(q, b, in, pieces, outer)
	return b
}

func (e *Engine[B]) addSlots(q *request[B], b *body[B], in *plan[B], pieces []piece[B], outer *slotState[B]) {
	n := 0
	for i := range pieces {
		if pieces[i].kind == slotPiece {
			n++
		}
	}
	states := make([]slotState[B], n)
	for i := range pieces {
		if pieces[i].kind != slotPiece {
			continue
		}
		s := &states[0]
		states = states[1:]
		s.of, s.plan, s.in, s.outer = q, in.slots[pieces[i].slot], in, outer
		s.place()
		b.slots = append(b.slots, s)
		q.slots = append(q.slots, s)
	}
}

// place says where a slot stands in the page.
func (s *slotState[B]) place() {
	s.name, s.around, s.depth = s.plan.Name, s.plan.Around, s.plan.Depth
	o := s.outer
	for o != nil && o.plan.Src == "" {
		o = o.outer // whose slots are of the same text
	}
	if o != nil && !o.plan.Document {
		s.around = s.around.Within(o.around, s.plan.Reach)
		s.depth += o.depth
		s.name = o.name + "." + s.name
		for i := 0; i < len(s.of.slots); i++ {
			if other := s.of.slots[i]; other.name == s.name && other != s && !other.gone {
				s.name += "'" // a page may call its slots as it likes
				i = -1
			}
		}
	}
	s.status.Slot = s.name
}

// inPlace tells whether no patch can bring the slot's content, since it or what it stands in stands where none can.
func (s *slotState[B]) inPlace() bool {
	for ; s != nil; s = s.outer {
		if s.plan.InPlace {
			return true
		}
	}
	return false
}

// lookAt looks for what the cache has for slots that wait for nothing yet.
func (e *Engine[B]) lookAt(slots []*slotState[B]) {
	// First what is the same for everybody: a host may have to queue fills, and others wait for these.
	for _, shared := range [...]bool{true, false} {
		for _, s := range slots {
			if (len(s.plan.Vary) == 0 && len(s.plan.Source.Holes) == 0) == shared {
				e.look(s)
			}
		}
	}
}

// keyOf makes the key of a slot's fragment. It is not to be kept.
func (e *Engine[B]) keyOf(s *slotState[B]) (string, error) {
	q, sp := s.of, s.plan
	params := q.params
	if len(sp.Inputs) > 0 {
		params = make([]string, len(sp.Inputs))
		for i, in := range sp.Inputs {
			if params[i] = route.Value(&q.visitor, in); params[i] == "" {
				params[i] = sp.Defaults[i]
			}
		}
	}
	return e.makeKey(sp, params, &q.visitor)
}

func (e *Engine[B]) makeKey(sp *slotPlan[B], params []string, in route.Inputs) (string, error) {
	key, err := sp.AppendKey(e.key[:0], params, in)
	if err == nil {
		key, err = e.appendHost(key, in)
	}
	if err != nil {
		return "", err
	}
	e.key = key
	return unsafe.String(unsafe.SliceData(key), len(key)), nil
}

// look finds what the cache has for a slot; on a miss, or for a stale fragment, it joins or starts the fill.
func (e *Engine[B]) look(s *slotState[B]) {
	q, sp := s.of, s.plan
	if sp.Src == "" {
		s.body = e.newBody(q, s.in, sp.group, s)
		if !sp.Whole {
			s.state = slotReady
		}
		e.lookAt(s.body.slots)
		return
	}
	key, failure := e.keyFor(s)
	if failure != nil {
		s.failed(failure)
		e.host.Report(sp.Src, failure)
		return
	}
	s.personal = isPersonal(key)
	for _, in := range sp.Inputs {
		s.personal = s.personal || in.Kind == route.Cookie
	}
	if sp.TTL == 0 {
		s.status.Fwd = "bypass"
		q.pending++
		q.cold = true
		if !q.idle || sp.Required {
			e.fillAlone(s, key)
		}
		return
	}
	v, info := e.fragments.Inspect(key, e.now)
	if info.State != cache.Miss && !e.trusts(v.asked) {
		info.State = cache.Miss
	}
	switch info.State {
	case cache.Fresh:
		s.status.Hit = true
		if failure := e.misfit(s, v); failure != nil {
			s.failed(failure)
			return
		}
		e.shownAgain(v, 1)
		e.settled(s, v, info.TTL)
		e.renewEarly(s, key, info.TTL)
		return
	case cache.Stale:
		if e.misfit(s, v) != nil {
			break // the next one may fit
		}
		s.status.Hit = true
		s.took = -1 // the ttl may be 0 still, in whole seconds
		q.stale = true
		e.shownAgain(v, 1)
		e.settled(s, v, info.TTL)
		if !q.idle && e.failureOf(key) == nil {
			e.refresh(s, key, nil)
		}
		return
	}
	s.status.Fwd = "miss"
	if v := e.failureOf(key); v != nil {
		v.hits++
		e.settleFailed(s, key, v.failure(), v)
		q.cold = q.cold || s.state == slotFailed
		return
	}
	q.pending++
	q.cold = true
	if !q.idle || sp.Required {
		e.join(s, key)
	}
}

// keyFor is the key of a slot's fragment, or why nothing is asked for it.
func (e *Engine[B]) keyFor(s *slotState[B]) (string, *answer.FillError) {
	text := s.plan.refused
	if text == "" && s.nested() > maxNested {
		text = wording.Of(wording.NestedTooDeep)
	}
	if text == "" {
		key, err := e.keyOf(s)
		if err == nil {
			return key, nil
		}
		text = err.(*route.RequestError).Error() // all of them are
	}
	return "", &answer.FillError{Reason: answer.RefusedError, Text: text}
}

// nested is how many fragments a slot stands in.
func (s *slotState[B]) nested() (n int) {
	for o := s.outer; o != nil; o = o.outer {
		if o.plan.Src != "" && !o.plan.Document {
			n++
		}
	}
	return n
}

// unfold goes on with what has settled since: with the slots of fragments that have some, with what takes the place of slots that
// have failed, and with groups of which all has settled. It runs in events of q's own.
func (e *Engine[B]) unfold(q *request[B]) {
	for again := true; again; {
		again = false
		for i := 0; i < len(q.slots); i++ {
			s := q.slots[i]
			switch {
			case s.state == slotReady && s.body == nil && s.entry != nil && s.entry.plan() != nil:
				e.enter(s)
			case s.state == slotFailed && s.plan.Else != 0:
				e.replace(s)
			default:
				continue
			}
			again = true
		}
		// Inner groups come after those they stand in.
		for i := len(q.slots) - 1; i >= 0; i-- {
			if s := q.slots[i]; s.plan.Src == "" && s.state == slotPending && !s.gone {
				again = e.settleGroup(s) || again
			}
		}
		if again {
			q.tidy()
		}
	}
}

// enter looks at the slots of a fragment that has some.
func (e *Engine[B]) enter(s *slotState[B]) {
	q, pl := s.of, s.entry.plan()
	bad, why := !s.plan.Document && len(q.slots)+len(pl.slots) > maxSlots, wording.TooManySlots
	for o := s.outer; o != nil; o = o.outer {
		if o.entry == s.entry {
			bad, why = true, wording.ContainsItself
		}
	}
	if bad {
		failure := &answer.FillError{Reason: answer.RefusedError, Text: wording.Of(why)}
		e.host.Report(s.plan.Src, failure)
		e.letGo(s)
		s.failed(failure)
		return
	}
	if s.plan.Document {
		e.count(q)
		q.plan = pl
		e.composedKey(q)
		q.leaves(e)
	} else if q.plan.grow(&pl.depends.Load().varies) {
		e.host.EndRepeats() // the heads of the page's others say less in Vary
	}
	s.body = e.newBody(q, pl, q.piecesIn(s, pl), s)
	if s.plan.Document {
		q.body = s.body
	}
	e.lookAt(s.body.slots)
}

// replace puts what a slot has for this in the place of one that has failed. The page is a makeshift: the next may have the slot itself.
func (e *Engine[B]) replace(s *slotState[B]) {
	q := s.of
	e.abandon(s)
	q.makeshift = true
	placed := s.placed
	name := s.name
	*s = slotState[B]{of: q, plan: s.in.slots[s.plan.Else], in: s.in, outer: s.outer, placed: placed}
	s.place()
	s.name = name // under which its placeholder was sent
	e.look(s)
}

// settleGroup has a group settle of which all has to be there, once all has settled or anything has failed.
func (e *Engine[B]) settleGroup(s *slotState[B]) bool {
	for _, inner := range s.body.slots {
		if inner.state == slotFailed && inner.plan.Else == 0 {
			failure := inner.err
			e.abandon(s)
			s.failed(failure)
			return true
		}
	}
	for _, inner := range s.body.slots {
		if inner.state == slotPending || !inner.entered() {
			return false
		}
	}
	s.state = slotReady
	return true
}

// entered tells whether the slots of a slot's fragment, if it has any, have been looked at.
func (s *slotState[B]) entered() bool {
	return s.state != slotReady || s.body != nil || s.entry == nil || s.entry.plan() == nil
}

// abandon forgets the slots in a slot's content.
func (e *Engine[B]) abandon(s *slotState[B]) {
	if s.body == nil {
		return
	}
	for _, inner := range s.body.slots {
		e.abandon(inner)
		if inner.state == slotPending && inner.plan.Src != "" {
			s.of.pending--
		}
		e.quit(inner)
		inner.gone = true
	}
	s.body = nil
}

// tidy takes out of q's slots what is gone.
func (q *request[B]) tidy() {
	kept := q.slots[:0]
	for _, s := range q.slots {
		if !s.gone {
			kept = append(kept, s)
		}
	}
	clear(q.slots[len(kept):])
	q.slots = kept
}

// quit ends a slot's part in what it has and waits for.
func (e *Engine[B]) quit(s *slotState[B]) {
	e.letGo(s)
	if f := s.fill; f != nil {
		s.fill = nil
		f.remove(s)
		if f.front == nil {
			e.leaveAlone(f)
		}
	}
}

// settled gives a slot a fragment that is there. How long it will be fresh is told where one debugs, and how long it has been stale
// always: a head that says neither can be kept.
func (e *Engine[B]) settled(s *slotState[B], v *entry[B], ttl time.Duration) {
	v.hold()
	s.state, s.entry, s.fill = slotReady, v, nil
	s.status.TTL, s.status.HasTTL = int64(ttl/time.Second), e.config.Debug || ttl <= 0
}

// settleFailed gives a slot the stale fragment that may stand in for its failed fill, if it failed by an outage, else the
// failure: with it comes the origin's own page, where own has one.
func (e *Engine[B]) settleFailed(s *slotState[B], key string, failure *answer.FillError, own *entry[B]) {
	s.failed(failure)
	if failure.Type != "" && own != nil && s.plan.Required {
		own.hold()
		s.entry = own
	}
	if v, ok := e.fragments.OnError(key, e.now); ok && failure.Outage() && e.trusts(v.asked) && e.misfit(s, v) == nil {
		s.status.Fwd = "stale"
		s.of.stale = true
		v.hold()
		s.state, s.entry, s.err, s.fill = slotReady, v, nil, nil
	}
}

func (s *slotState[B]) failed(failure *answer.FillError) {
	s.status.FwdStatus = failure.Status
	s.status.Detail = failure.Reason.String()
	s.state, s.err, s.fill = slotFailed, failure, nil
}

// showable tells whether a settled slot's content can be written now: of what in it can only be in its place, all has settled; in a
// page that is not streamed, all has.
func (s *slotState[B]) showable(streamed bool) bool {
	if s.state == slotPending {
		return false
	}
	if !s.entered() {
		return false
	}
	if s.body == nil || s.state == slotFailed {
		return true
	}
	for _, inner := range s.body.slots {
		if inner.state == slotPending && streamed && !inner.inPlace() {
			continue
		}
		if !inner.showable(streamed) && (!streamed || inner.inPlace()) {
			return false
		}
	}
	return true
}

// assembly is what is put together to be written as one.
type assembly[B any] struct {
	parts []B
	own   []B // of them, those that were made for it
	size  int
}

// placeholder adds a slot's.
func (e *Engine[B]) placeholder(s *slotState[B]) {
	b := s.plan.placeholder
	if s.name != s.plan.Name || s.of.visit {
		text := patch.AppendPlaceholder(nil, s.name, s.plan.Skeleton)
		b = e.host.NewBlob(text)
		e.made.own = append(e.made.own, b)
		e.made.size += len(text)
	}
	e.made.parts = append(e.made.parts, b)
}

// writeMade writes what was put together, as one.
func (e *Engine[B]) writeMade(q *request[B]) {
	a := &e.made
	if len(a.parts) == 1 {
		e.emit(q, a.parts[0])
	} else {
		whole := e.host.Join(a.parts)
		e.emit(q, whole)
		e.host.Drop(whole)
	}
	e.discards()
}

// discards ends what was made to be put together.
func (e *Engine[B]) discards() {
	a := &e.made
	for _, b := range a.own {
		e.host.Drop(b)
	}
	clear(a.parts)
	clear(a.own)
	a.parts, a.own, a.size = a.parts[:0], a.own[:0], 0
}

// content adds what a slot shows. In a streamed page that is a placeholder as long as there is nothing else.
func (e *Engine[B]) content(s *slotState[B], streamed bool) {
	a := &e.made
	sp := s.plan
	from := a.size
	switch {
	case streamed && !s.showable(true):
		s.placed = true
		e.placeholder(s)
		e.shown(s, from)
		return
	case s.body != nil && s.state == slotReady:
		e.bodyOf(s.body, streamed)
	case s.state == slotReady:
		b, size := s.entry.blob, s.entry.size
		if raw := s.entry.loose(); raw != nil && raw.size > 0 && (!streamed || s.inPlace()) {
			b, size = raw.raw, raw.size
		}
		a.parts = append(a.parts, b)
		a.size += size
	case sp.HasError:
		a.parts = append(a.parts, sp.failed)
		a.size += len(sp.Error)
	default:
		a.parts = append(a.parts, sp.skeleton)
		a.size += len(sp.Skeleton)
	}
	s.patched = true
	e.shown(s, from)
}

func (e *Engine[B]) bodyOf(b *body[B], streamed bool) {
	n := 0
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.kind == slotPiece {
			e.content(b.slots[n], streamed)
			n++
		} else if p.inWhole {
			e.made.parts = append(e.made.parts, p.whole)
			e.made.size += p.size
		}
	}
}

// written lets go of what was written of a slot, and of what it stands in, where that is all of it: what in it is still to be written
// is of the same blob.
func (e *Engine[B]) written(s *slotState[B]) {
	for ; s != nil && e.letGoOf(s); s = s.outer {
	}
}

// letGoOf lets go of what was written of a slot, and of all in it. It reports whether that is all of it.
func (e *Engine[B]) letGoOf(s *slotState[B]) bool {
	all := s.patched
	if s.body != nil {
		for _, inner := range s.body.slots {
			all = e.letGoOf(inner) && all
		}
	}
	if all {
		e.letGo(s)
	}
	return all
}

func (e *Engine[B]) letGo(s *slotState[B]) {
	if s.entry != nil {
		v := s.entry
		s.entry = nil
		e.release(v)
	}
}

// appendEntries adds what a page has, in the order of its text.
func appendEntries[B any](dst []part[B], b *body[B]) []part[B] {
	for _, s := range b.slots {
		if s.entry != nil {
			dst = append(dst, part[B]{s.entry, s.name})
		}
		if s.body != nil && s.state == slotReady {
			dst = appendEntries(dst, s.body)
		}
	}
	return dst
}

// sumEntries takes what a page has into a sum, in the same order.
func sumEntries[B any](h *sum.Sum, b *body[B]) {
	for _, s := range b.slots {
		if s.entry != nil {
			h.Write(s.entry.sum[:])
		}
		if s.body != nil && s.state == slotReady {
			sumEntries(h, s.body)
		}
	}
}

// misfit tells why a fragment may not stand in a slot; nil if it may. The slot alone fails by it: the fragment is good for
// others.
func (e *Engine[B]) misfit(s *slotState[B], v *entry[B]) *answer.FillError {
	if s.inPlace() || s.plan.Document {
		return nil
	}
	sp := s.plan
	why := s.around & v.conflicts
	if why == 0 && s.depth+int(v.depth) <= markup.MaxDepth && v.loose() == nil {
		return nil
	}
	if sp.Lenient {
		// In order it stands there as it came. Where the page has begun to stream it comes as a patch, and those after it in order.
		q := s.of
		q.loose.Store(true)
		if q.mode == page.Stream && !q.sent {
			q.mode = page.Ordered
		}
		if l := v.loose(); l != nil && q.mode == page.Stream {
			return l.fault
		}
		return nil
	}
	if sp.misfit != nil && sp.misfitSum == v.sum {
		return sp.misfit
	}
	found, _ := e.host.Inspect(v.blob, markup.InspectOptions{Watch: why})
	if found.Fault == "" {
		found.Fault = wording.Of(wording.TooDeepInPage)
	}
	sp.misfit, sp.misfitSum = markupError(found.Fault), v.sum
	e.host.Report(sp.Src, sp.misfit)
	return sp.misfit
}
