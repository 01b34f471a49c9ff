package engine

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/field"
	"inlay/internal/markup"
)

// The host.

func (s *sim) add(b *simBytes) simBlob {
	s.nextBlob++
	s.blobs[s.nextBlob] = b
	return s.nextBlob
}

func (s *sim) get(b simBlob) *simBytes {
	v := s.blobs[b]
	if v == nil {
		s.fail("blob %d was used after it was dropped, or never was", b)
		return &simBytes{}
	}
	return v
}

func (s *sim) NewBlob(p []byte) simBlob { return s.add(&simBytes{bytes: append([]byte(nil), p...)}) }
func (s *sim) NewHead(status int, fields []field.Field) simBlob {
	return s.add(&simBytes{status: max(status, -status), fields: append([]field.Field(nil), fields...)})
}
func (s *sim) Join(parts []simBlob) simBlob {
	var all []byte
	for _, p := range parts {
		all = append(all, s.get(p).bytes...)
	}
	return s.add(&simBytes{bytes: all})
}
func (s *sim) Slice(b simBlob, from, to int) simBlob {
	return s.add(&simBytes{bytes: s.get(b).bytes[from:to]})
}
func (s *sim) Parse(b simBlob, p Parse) []byte { return parse(s.get(b).bytes, p) }
func (s *sim) Inspect(b simBlob, o markup.InspectOptions) (markup.Inspection, simBlob) {
	found, kept := inspect(s.get(b).bytes, o)
	return found, mendedBlob(&found, kept, s.NewBlob)
}
func (s *sim) Judge(q *answer.Question, a *answer.Answer) answer.Verdict { return judge(q, a) }
func (s *sim) Break(id RequestID)                                        { s.fail("break of request %d", id) }
func (s *sim) Read(b simBlob, off int, p []byte) int                     { return copy(p, s.get(b).bytes[off:]) }
func (s *sim) Drop(b simBlob) {
	if s.blobs[b] == nil {
		s.fail("blob %d was dropped twice", b)
	}
	s.repeats.drop(b)
	delete(s.blobs, b)
}

// own is the request of an ask; only the request whose event it is may be asked of.
func (s *sim) own(id RequestID, ask string) *simRequest {
	q := s.requests[id]
	switch {
	case q == nil:
		s.fail("%s of request %d, which never was", ask, id)
		return &simRequest{}
	case id != s.current:
		s.fail("%s of request %d during an event of %d", ask, id, s.current)
	case q.left:
		s.fail("%s of request %d after it left", ask, id)
	case q.ended:
		s.fail("%s of request %d after its end", ask, id)
	}
	return q
}

func (s *sim) respond(q *simRequest, head simBlob) {
	if q.head != nil {
		s.fail("request %d was answered twice", q.id)
	}
	q.head = s.get(head)
	if q.head.status == 0 {
		s.fail("request %d: its head is no head", q.id)
	}
}

func (s *sim) Send(id RequestID, head, body simBlob) {
	q := s.own(id, "Send")
	s.respond(q, head)
	q.body, q.ended = append(q.body, s.get(body).bytes...), true
}
func (s *sim) Repeat(id RequestID, r *Repeat[simBlob]) {
	q, head, body := s.requests[id], s.get(r.Head), s.get(r.Body)
	if q.id != s.current || !q.ended || q.head != head || !bytes.Equal(q.body, body.bytes) {
		s.fail("request %d: repeat what was not sent", q.id)
	}
	if left := r.Until.Sub(s.wall()); left <= 0 {
		s.fail("request %d: may be repeated for %v", q.id, left)
	}
	if q.slot != nil {
		s.fail("request %d for a slot may be repeated", id)
	}
	s.repeats.last = q.id
	s.repeats.add(r, q.target, q.fields, head, body.bytes, r.Until.Add(-s.skew))
}
func (s *sim) EndRepeats() { s.repeats.end() }
func (s *sim) SendHead(id RequestID, head simBlob) {
	q := s.own(id, "SendHead")
	s.respond(q, head)
	q.ended = true
}
func (s *sim) Respond(id RequestID, head simBlob) { s.respond(s.own(id, "Respond"), head) }
func (s *sim) Write(id RequestID, b simBlob) {
	q := s.own(id, "Write")
	if q.head == nil {
		s.fail("request %d was written to before its head", id)
	}
	q.body = append(q.body, s.get(b).bytes...)
}
func (s *sim) Finish(id RequestID) {
	q := s.own(id, "Finish")
	if q.head == nil {
		s.fail("request %d was finished before its head", id)
	}
	q.ended = true
}
func (s *sim) Pass(id RequestID, _, _ string, _ bool) {
	q := s.own(id, "Pass")
	q.passed, q.ended = true, true
}
func (s *sim) Wait(id RequestID, until time.Time) {
	q := s.own(id, "Wait")
	q.waiting, q.until = true, until.Add(-s.skew)
	if until.IsZero() {
		s.fail("request %d waits without an end", id)
	}
	for _, slot := range s.engine.requests[id].slotsOf() {
		if slot.state == slotPending && slot.fill != nil && until.Add(-s.skew).After(s.engine.clock.outside(slot.fill.deadline).Add(-s.skew)) {
			s.fail("request %d waits until %v, past the deadline of a fill", id, until)
		}
	}
}
func (*sim) Shown(RequestID, *Shown) {}

func (s *sim) Report(string, *answer.FillError) {}

func (s *sim) Watch(id RequestID, fill FillID) bool {
	s.own(id, "Watch")
	f := s.fills[fill]
	if f == nil || f.leader == id || f.handed {
		s.fail("request %d watches fill %d, which is its own or none", id, fill)
		return false
	}
	if f.queued && !f.lost && !f.stopped {
		s.say("    fill %d goes from %d to %d", fill, f.leader, id)
		f.handed, s.handing = true, f
		s.running = slices.DeleteFunc(s.running, func(other FillID) bool { return other == fill })
		return true
	}
	f.watchers = append(f.watchers, id)
	return false
}
func (s *sim) Wake(id RequestID) {
	q := s.requests[id]
	if q == nil || q.ended || q.left {
		s.fail("request %d was woken though it is over", id)
		return
	}
	if id == s.current {
		s.fail("request %d was woken by its own event", id)
	}
	q.woken = true
}
func (s *sim) Poll(RequestID, PollID, string, uint64) { panic("there is no purge log here") }
func (s *sim) Purge(RequestID, Purge)                 { panic("there is no purge log here") }
func (s *sim) Admin(RequestID)                        { panic("nobody asks for administration") }
func (s *sim) Find(RequestID, FillID, Find)           { panic("there is nothing below") }
func (s *sim) Put(FillID, Put[simBlob])               { panic("there is nothing below") }
func (s *sim) Stop(fill FillID) {
	f := s.fills[fill]
	if f == nil || f.stopped || f.handed {
		s.fail("fill %d was stopped, which never was, or twice", fill)
		return
	}
	f.stopped = true
	for _, id := range s.order {
		q := s.requests[id]
		for i := range s.engine.requests[id].slotsOf() {
			if at := s.engine.requests[id].slots[i].fill; at != nil && !q.left && !q.ended && at.key == f.fill.Src && at.last().id == fill {
				s.fail("fill %d was stopped though request %d waits for it", fill, id)
			}
		}
	}
}
func (s *sim) Fill(id RequestID, fill FillID, f Fill) {
	q := s.own(id, "Fill")
	if q.slot != nil && !q.left && f.Src != strings.Replace(q.slot.Src, "{id}", q.params, 1) {
		s.fail("request %d for slot %s asks for %s", id, q.slot.Name, f.Src)
	}
	if s.fills[fill] != nil {
		s.fail("fill %d was asked for twice", fill)
	}
	handed := s.handing
	if s.handing = nil; handed != nil && (handed.fill.Src != f.Src || s.engine.attempts[handed.id] != nil) {
		s.fail("fill %d was let go of, and not begun anew", handed.id)
	}
	mine := &simFill{queued: handed == nil && s.queues%3 == 0, id: fill, fill: f, leader: id, until: s.now.Add(f.Timeout + grace), purges: s.purges, alone: s.mayBeAlone(id, f.Src)}
	s.queues++
	if handed != nil {
		mine.purges = handed.purges
	} else if first := s.fills[s.engine.attempts[fill].attempts[0].id]; first != nil {
		mine.purges = first.purges // a flight that a purge cut off goes on apart, for those who waited
	}
	for _, other := range s.bySrc[f.Src] {
		o := s.fills[other]
		if s.engine.attempts[other] != nil && !o.alone && !mine.alone && !o.told && o.purges == mine.purges && s.now.Before(o.until) {
			s.fail("fill %d of %s begins while fill %d of it runs", fill, f.Src, other)
		}
	}
	s.fills[fill] = mine
	s.running = append(s.running, fill)
	s.bySrc[f.Src] = append(slices.DeleteFunc(s.bySrc[f.Src], func(id FillID) bool { return s.engine.attempts[id] == nil }), fill)
	s.say("    fill %d of %s led by %d", fill, f.Src, id)
}

// mayBeAlone says whether a fill of src that request id leads may be one that nobody shares.
func (s *sim) mayBeAlone(id RequestID, src string) bool {
	q := s.requests[id]
	for i := range q.page.Slots {
		slot := &q.page.Slots[i]
		if slot.TTL == 0 && strings.Replace(slot.Src, "{id}", q.params, 1) == src {
			return true
		}
	}
	return false
}
