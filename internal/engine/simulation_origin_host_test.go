package engine

import (
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/field"
	"inlay/internal/markup"
)

// The host.

func (s *simOrigin) add(b *simBytes) simBlob {
	s.nextBlob++
	s.blobs[s.nextBlob] = b
	return s.nextBlob
}

func (s *simOrigin) get(b simBlob) *simBytes {
	v := s.blobs[b]
	if v == nil {
		s.fail("blob %d was used after it was dropped, or never was", b)
		return &simBytes{}
	}
	return v
}

func (s *simOrigin) NewBlob(p []byte) simBlob {
	return s.add(&simBytes{bytes: append([]byte(nil), p...)})
}
func (s *simOrigin) NewHead(status int, fields []field.Field) simBlob {
	return s.add(&simBytes{status: max(status, -status), fields: append([]field.Field(nil), fields...)})
}
func (s *simOrigin) Join(parts []simBlob) simBlob {
	var all []byte
	for _, p := range parts {
		all = append(all, s.get(p).bytes...)
	}
	return s.add(&simBytes{bytes: all})
}
func (s *simOrigin) Slice(b simBlob, from, to int) simBlob {
	return s.add(&simBytes{bytes: s.get(b).bytes[from:to]})
}
func (s *simOrigin) Parse(b simBlob, p Parse) []byte { return parse(s.get(b).bytes, p) }
func (s *simOrigin) Inspect(b simBlob, o markup.InspectOptions) (markup.Inspection, simBlob) {
	found, kept := inspect(s.get(b).bytes, o)
	return found, mendedBlob(&found, kept, s.NewBlob)
}
func (s *simOrigin) Judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	return judge(q, a)
}
func (s *simOrigin) Read(b simBlob, off int, p []byte) int { return copy(p, s.get(b).bytes[off:]) }
func (s *simOrigin) Drop(b simBlob) {
	if s.blobs[b] == nil {
		s.fail("blob %d was dropped twice", b)
	}
	s.repeats.drop(b)
	delete(s.blobs, b)
}

// own is the request of an ask; only the request whose event it is may be asked of.
func (s *simOrigin) own(id RequestID, ask string) *simVisit {
	q := s.visits[id]
	switch {
	case q == nil:
		s.fail("%s of request %d, which never was", ask, id)
		return &simVisit{}
	case id != s.current:
		s.fail("%s of request %d during an event of %d", ask, id, s.current)
	case q.left:
		s.fail("%s of request %d after it left", ask, id)
	case q.ended:
		s.fail("%s of request %d after its end", ask, id)
	}
	return q
}

func (s *simOrigin) respond(q *simVisit, head simBlob) {
	if q.head != nil {
		s.fail("request %d was answered twice", q.id)
	}
	q.head = s.get(head)
}

func (s *simOrigin) Send(id RequestID, head, body simBlob) {
	q := s.own(id, "Send")
	s.respond(q, head)
	q.body, q.ended, q.whole = append(q.body, s.get(body).bytes...), true, true
}
func (s *simOrigin) Repeat(id RequestID, r *Repeat[simBlob]) {
	s.repeats.add(r, s.visits[id].request.Target, s.visits[id].request.Fields, s.get(r.Head), s.get(r.Body).bytes, r.Until)
}
func (s *simOrigin) EndRepeats() { s.repeats.end() }
func (s *simOrigin) SendHead(id RequestID, head simBlob) {
	q := s.own(id, "SendHead")
	s.respond(q, head)
	q.ended, q.whole = true, true
}
func (s *simOrigin) Respond(id RequestID, head simBlob) { s.respond(s.own(id, "Respond"), head) }
func (s *simOrigin) Write(id RequestID, b simBlob) {
	q := s.own(id, "Write")
	if q.head == nil {
		s.fail("request %d was written to before its head", id)
	}
	q.writes++
	q.body = append(q.body, s.get(b).bytes...)
}
func (s *simOrigin) Finish(id RequestID) {
	q := s.own(id, "Finish")
	if q.head == nil {
		s.fail("request %d was finished before its head", id)
	}
	q.ended = true
}
func (s *simOrigin) Break(id RequestID) {
	q := s.own(id, "Break")
	q.ended, q.broken = true, true
}
func (s *simOrigin) Pass(id RequestID, _, target string, _ bool) {
	q := s.own(id, "Pass")
	if q.head != nil {
		s.fail("request %d was passed on after its head", id)
	}
	if q.passed {
		s.fail("request %d was passed on twice", id)
	}
	if strings.Contains(target, "inlay") || target != "" && target != q.bare {
		s.fail("request %d was passed on as %s", id, target)
	}
	q.passed = true
}
func (s *simOrigin) Wait(id RequestID, until time.Time) {
	q := s.own(id, "Wait")
	q.waiting, q.until = true, until
	if until.IsZero() {
		s.fail("request %d waits without an end", id)
	}
}
func (*simOrigin) Shown(RequestID, *Shown) {}

func (s *simOrigin) Report(string, *answer.FillError)       {}
func (s *simOrigin) Watch(id RequestID, _ FillID) bool      { s.own(id, "Watch"); return false }
func (s *simOrigin) Poll(RequestID, PollID, string, uint64) { panic("there is no purge log here") }
func (s *simOrigin) Purge(RequestID, Purge)                 { panic("there is no purge log here") }
func (s *simOrigin) Admin(RequestID)                        { panic("nobody asks for administration") }
func (s *simOrigin) Find(RequestID, FillID, Find)           { panic("there is nothing below") }
func (s *simOrigin) Put(FillID, Put[simBlob])               { panic("there is nothing below") }
func (s *simOrigin) Stop(fill FillID) {
	if s.fills[fill] == nil {
		s.fail("fill %d was stopped, which never was", fill)
	}
}
func (s *simOrigin) Wake(id RequestID) {
	q := s.visits[id]
	if q == nil || q.ended || q.left {
		s.fail("request %d was woken though it is over", id)
		return
	}
	if id == s.current {
		s.fail("request %d was woken by its own event", id)
	}
	q.woken = true
}
func (s *simOrigin) Fill(id RequestID, fill FillID, f Fill) {
	s.own(id, "Fill")
	if s.fills[fill] != nil {
		s.fail("fill %d was asked for twice", fill)
	}
	if strings.Contains(f.Src, "inlay") {
		s.fail("fill %d is of %s", fill, f.Src)
	}
	s.fills[fill] = &originFill{id: fill, fill: f, text: len(s.texts), leader: id}
	s.texts = append(s.texts, originText{of: f.FillRequest})
	s.running = append(s.running, fill)
	s.say("    fill %d, text %d, of %s %v led by %d", fill, len(s.texts)-1, f.Src, f.Fields, id)
}
