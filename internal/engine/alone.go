package engine

import (
	"time"

	"inlay/cache"
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// A slot at a URL of its own: the page's with one parameter more, which names it. It is a request of the page of which one slot is
// looked at, so its fragment has the same key, is looked for, filled, renewed and judged as it is for the page, and nothing else is
// asked for. What it is answered with is the fragment, with the slots in it, once all of it is there.

// slotParameter names the slot. It is taken out of the query before anybody else reads that: no key has it, and no origin is told.
const slotParameter = "inlay-slot"

// findSlot reads which slot of its page a request is for.
func (r *Request) findSlot() {
	r.own, r.alone, r.slot = r.Target, false, ""
	named, rest := 0, r.key[:0]
	for query, more := r.query, r.query != ""; more; {
		var pair string
		if pair, query, more = ascii.Cut(query, "&"); !route.IsQueryName(pair, slotParameter) {
			rest = append(append(rest, '&'), pair...)
		} else if named++; named == 1 {
			_, pair, _ = ascii.Cut(pair, "=")
			r.slot, _ = route.DecodeQuery(pair)
		} else {
			r.slot = "" // two are none
		}
	}
	if r.key = rest; named == 0 {
		return
	}
	r.alone, r.own, r.query = true, r.path, ""
	if len(rest) > 1 {
		r.query = string(rest[1:])
		r.own += "?" + r.query
	}
}

// onlySlot is, as all that is shown of a plan, the slot of a name, or the one in whose fragment that is: nothing if there is neither. What
// stands in an attribute or a script is no HTML by itself.
func onlySlot[B any](in *plan[B], name string) (found []piece[B]) {
	most := 0
	for i, sp := range in.slots {
		n := len(sp.Name)
		if sp.InPlace || n <= most || n > len(name) || name[:n] != sp.Name || n < len(name) && name[n] != '.' {
			continue
		}
		most, found = n, []piece[B]{{kind: slotPiece, slot: i}}
	}
	return found
}

// piecesIn are the pieces of a slot's fragment that a request shows: all, unless it is for a slot in it.
func (q *request[B]) piecesIn(s *slotState[B], pl *plan[B]) []piece[B] {
	name := q.slot
	switch {
	case !q.alone:
		return pl.pieces
	case s.plan.Document:
	case len(s.name) < len(name):
		name = name[len(s.name)+1:]
	default:
		return pl.pieces
	}
	return onlySlot(pl, name)
}

// onlySlotOf is the slot that a request is for among those that have just come of a visitor's own page. The page's text is dropped.
func (e *Engine[B]) onlySlotOf(q *request[B]) (found []piece[B]) {
	if len(q.body.slots) == 0 {
		found = onlySlot(q.plan, q.slot)
		q.body.pieces = found
	}
	dropPieces(e.host, q.plan.pieces)
	q.plan.pieces = nil
	return found
}

// shownSlot is the slot that a request is for, or one that it stands in, as long as that is awaited or has failed: nil if there is none.
func (q *request[B]) shownSlot() *slotState[B] {
	for b := q.body; b != nil && len(b.slots) > 0; {
		s := b.slots[0]
		if s.state != slotReady || s.name == q.slot {
			return s
		}
		b = s.body
	}
	return nil
}

// writeSlot answers a request for one slot once that has settled, with all in it. It reports whether it is finished.
func (e *Engine[B]) writeSlot(q *request[B]) bool {
	s := q.shownSlot()
	switch {
	case s == nil && q.more || s != nil && !s.showable(false):
		return false
	case s == nil:
		e.sendText(q.id, 404, wording.Of(wording.NoSuchSlot), 0)
	case s.state == slotFailed:
		e.sendFailure(q, s)
	default:
		e.sendSlot(q, s)
	}
	return true
}

func (e *Engine[B]) sendSlot(q *request[B], s *slotState[B]) {
	etag, vary := q.etag(), q.dependsOn().vary
	e.content(s, false)
	a := &e.made
	status, length := 200, a.size
	if etagMatches(q.visitor.fields.Field("if-none-match"), etag) {
		status, length = 304, -1
	}
	fields := headFields(q.plan.Header, q.statuses(), etag, length, e.slotControl(q, etag, vary), vary, "")
	head := e.host.NewHead(status, e.timed(q, e.forVisitor(q, fields)))
	if q.head || length < 0 {
		e.host.SendHead(q.id, head)
	} else {
		body := e.host.Join(a.parts)
		e.host.Send(q.id, head, body)
		e.host.Drop(body)
	}
	e.discards()
	e.host.Drop(head)
}

// hasGroup tells whether a group is among the slots, in which the text of what they stand in is shown.
func (b *body[B]) hasGroup() bool {
	for _, s := range b.slots {
		if s.plan.Src == "" {
			return true
		}
	}
	return false
}

// count counts a request that is being answered.
func (e *Engine[B]) count(q *request[B]) {
	n := &e.counts.Pages
	if q.alone {
		n = &e.counts.Slots
	}
	*n++
}

// dependsOn is what all that a request shows depends on.
func (q *request[B]) dependsOn() *depends {
	if !q.alone {
		return q.plan.depends.Load()
	}
	d := &depends{}
	for _, s := range q.slots {
		d.varies.Add(s.plan.Vary)
		d.varies.Add(s.plan.Inputs)
	}
	d.vary = varyField(&d.varies)
	return d
}

// slotControl is the Cache-Control of a slot: for how long others may use what it shows, by what is left of all in it and of the shell
// that says what it is. It is everybody's if nothing but the URL is in their keys. What has failed or is not stored is not to be stored.
func (e *Engine[B]) slotControl(q *request[B], etag, vary string) string {
	if q.passed {
		return OwnCacheControl
	}
	left, stored := cache.Left{Fresh: 1 << 62, Stale: 1 << 62, OnError: 1 << 62}, etag != ""
	for _, s := range q.slots {
		if s.entry == nil {
			continue // a group: what is in it is among them
		}
		l, ok := e.fragments.Left(&s.entry.ref, e.now)
		left.Fresh, left.Stale, left.OnError = min(left.Fresh, l.Fresh), min(left.Stale, l.Stale), min(left.OnError, l.OnError)
		stored = stored && ok
	}
	if !stored {
		return "no-store"
	}
	control := "public"
	if vary != "" {
		control = "private"
	}
	age := seconds(left.Fresh)
	control += ", max-age=" + decimal.String(age)
	if n := seconds(left.Stale) - age; n > 0 {
		control += ", stale-while-revalidate=" + decimal.String(n)
	}
	if n := seconds(left.OnError) - age; n > 0 {
		control += ", stale-if-error=" + decimal.String(n)
	}
	return control
}

// seconds are whole ones, up to 2³¹ (RFC 9111, section 1.2.2).
func seconds(d time.Duration) int { return int(min(max(d/time.Second, 0), 1<<31-1)) }
