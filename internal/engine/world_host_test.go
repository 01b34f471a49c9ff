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

// What the engine asks of an isolate's host: requests and fills. What it asks about the log and about what lies below is in
// world_ask_test.go.

// worldBlob is bytes, or a head.
type worldBlob struct {
	bytes    []byte
	contents []int // the fragments in it
	status   int
	fresh    uint32 // a head's: which slots have a fresh fragment
	end      bool   // it ends a page
	dropped  bool
}

// worldFill is an attempt of a fill.
type worldFill struct {
	leader   *worldRequest
	watchers []*worldRequest
	content  int
	over     bool // it has reported, or will not
	stopped  bool
}

type worldRepeat struct {
	head, body *worldBlob
	until      time.Duration
	parts      []*uint32
	were       []uint32 // parts, then
	page       Repeatable[*worldBlob]
}

var pageEnd = []byte("</body></html>")

func (i *worldIsolate) blob(text []byte) *worldBlob {
	i.blobs++
	return &worldBlob{bytes: text, contents: contentsIn(text), end: bytes.HasSuffix(text, pageEnd)}
}

func (i *worldIsolate) get(b *worldBlob) *worldBlob {
	if b.dropped {
		i.w.fail("a blob is used after it was dropped: %s", b.bytes)
	}
	return b
}

func (i *worldIsolate) NewBlob(p []byte) *worldBlob { return i.blob(append([]byte(nil), p...)) }
func (i *worldIsolate) NewHead(status int, fields []field.Field) *worldBlob {
	i.blobs++
	b := &worldBlob{status: max(status, -status)}
	for _, f := range fields {
		if f.Name == "cache-status" {
			b.fresh = freshIn(f.Value)
		}
	}
	return b
}
func (i *worldIsolate) Join(parts []*worldBlob) *worldBlob {
	i.blobs++
	b := &worldBlob{}
	size := 0
	for _, p := range parts {
		size += len(i.get(p).bytes)
	}
	b.bytes = make([]byte, 0, size)
	for _, p := range parts {
		b.bytes, b.contents, b.end = append(b.bytes, p.bytes...), append(b.contents, p.contents...), p.end
	}
	return b
}
func (i *worldIsolate) Slice(b *worldBlob, from, to int) *worldBlob {
	return i.blob(i.get(b).bytes[from:to])
}

func (i *worldIsolate) Parse(b *worldBlob, p Parse) []byte { return parse(i.get(b).bytes, p) }

func (i *worldIsolate) Inspect(b *worldBlob, o markup.InspectOptions) (markup.Inspection, *worldBlob) {
	found, kept := inspect(i.get(b).bytes, o)
	return found, mendedBlob(&found, kept, i.NewBlob)
}

func (i *worldIsolate) Judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	return judge(q, a)
}

func (i *worldIsolate) Break(RequestID) { panic("nothing is composed as it comes") }
func (i *worldIsolate) Read(b *worldBlob, off int, p []byte) int {
	return copy(p, i.get(b).bytes[min(off, len(b.bytes)):])
}
func (i *worldIsolate) Drop(b *worldBlob) {
	if b.dropped {
		i.w.fail("a blob is dropped twice: %s", b.bytes)
	}
	b.dropped = true
	i.blobs--
}

// own is the request of an ask, whose event must be in progress.
func (i *worldIsolate) own(id RequestID, ask string) *worldRequest {
	q := i.current
	if q == nil || q.id != id || q.left || q.gone || q.ended {
		i.w.fail("%s of request %d.%d, which is over or whose event it is not", ask, i.number, id)
		return &worldRequest{of: i, id: id}
	}
	return q
}

func (i *worldIsolate) respond(q *worldRequest, head *worldBlob) {
	if q.head != nil {
		i.w.fail("request %d.%d is answered twice", i.number, q.id)
	}
	if q.head = i.get(head); head.status == 0 {
		i.w.fail("request %d.%d: its head is none", i.number, q.id)
	}
	if wait := i.w.now - q.began; wait > longestHeld && head.status == 200 && strings.HasPrefix(q.target, "/a/") {
		i.w.slowHeads++
	}
}

func (i *worldIsolate) Send(id RequestID, head, body *worldBlob) {
	q := i.own(id, "Send")
	i.respond(q, head)
	q.ended, q.whole = true, i.get(body).end
	if strings.Contains(q.target, "?inlay-slot=") && head.status == 200 {
		if q.whole = len(body.contents) == 1; body.end {
			i.w.fail("request %d.%d is for a slot and has a page", i.number, id)
		}
	}
	i.w.say("    %d.%d: send %d: #%v", i.number, id, head.status, body.contents)
	if head.status == 200 {
		i.w.answered(q, body)
		i.w.answeredFresh(q, head, body)
	}
	if q.purge != nil {
		q.whole = true
	}
}
func (i *worldIsolate) SendHead(id RequestID, head *worldBlob) {
	q := i.own(id, "SendHead")
	i.respond(q, head)
	q.ended = true
}
func (i *worldIsolate) Repeat(id RequestID, r *Repeat[*worldBlob]) {
	q := i.current
	if q == nil || q.id != id || !q.ended || q.head != r.Head {
		i.w.fail("request %d.%d: repeat what was not sent", i.number, id)
		return
	}
	if r.Varies != nil {
		return // no two of these visitors are alike
	}
	i.repeats[q.target] = worldRepeat{i.get(r.Head), i.get(r.Body), r.Until.Sub(worldBegin) + i.behindNow(), slices.Clone(r.Parts), numbers(r.Parts), r.Page}
}
func (i *worldIsolate) EndRepeats() { clear(i.repeats) }

// behindNow is how far the host's own time is ahead of its clock.
func (i *worldIsolate) behindNow() time.Duration { return i.steady() - i.tells() }

func (i *worldIsolate) Respond(id RequestID, head *worldBlob) { i.respond(i.own(id, "Respond"), head) }
func (i *worldIsolate) Write(id RequestID, b *worldBlob) {
	q := i.own(id, "Write")
	if q.head == nil {
		i.w.fail("request %d.%d is written to before its head", i.number, id)
		return
	}
	i.w.answered(q, i.get(b))
	if len(b.contents) > 0 {
		i.w.say("    %d.%d: write #%v", i.number, id, b.contents)
		i.w.answeredFresh(q, q.head, b)
	}
	q.whole = b.end
}
func (i *worldIsolate) Finish(id RequestID) { i.own(id, "Finish").ended = true }
func (i *worldIsolate) Pass(id RequestID, _, _ string, _ bool) {
	q := i.own(id, "Pass")
	q.ended, q.passed = true, true
	if q.purge != nil {
		i.passed(q)
	}
}

// Admin is that a purge was asked for: once the event is over, the host sees to it.
func (i *worldIsolate) Admin(id RequestID) { i.own(id, "Admin").admin = true }

func (i *worldIsolate) Wait(id RequestID, until time.Time) {
	q := i.own(id, "Wait")
	q.waiting = true
	q.wait++
	wait := q.wait
	left := until.Sub(worldBegin) - i.tells()
	if left > maxFillTimeout+grace || left < 0 && left < -time.Hour {
		i.w.fail("request %d.%d waits for %v", i.number, id, left)
	}
	i.w.say("    %d.%d: wait %v", i.number, id, left)
	late := i.chance.upTo(20 * time.Millisecond)
	i.w.send(i.chance, i, max(left, 0)+late, func(r *worldRandom) {
		if q.waiting && q.wait == wait && !q.left && !q.gone {
			q.waiting = false
			i.w.say("%v: deadline %d.%d", i.w.now, i.number, id)
			i.event(r, q, func(now time.Time) { i.engine.Deadline(id, now) })
		}
	})
}
func (i *worldIsolate) Wake(id RequestID) {
	q := i.contexts[id]
	switch {
	case q == nil || q.ended || q.left:
		i.w.fail("request %d.%d is woken, which is over", i.number, id)
		return
	case q.gone:
		return // the engine does not know yet
	}
	if q == i.current {
		i.w.fail("request %d.%d is woken by its own event", i.number, id)
	}
	q.woken = true
	i.w.send(i.chance, i, i.chance.upTo(5*time.Millisecond), func(r *worldRandom) {
		if q.woken && !q.left && !q.gone && !q.ended {
			q.woken, q.waiting = false, false
			i.w.say("%v: resume %d.%d", i.w.now, i.number, id)
			i.event(r, q, func(now time.Time) { i.engine.Resume(id, now) })
		}
	})
}
func (i *worldIsolate) Watch(id RequestID, fill FillID) bool {
	if f := i.fills[fill]; f != nil {
		f.watchers = append(f.watchers, i.own(id, "Watch"))
	}
	return false
}
func (i *worldIsolate) Stop(fill FillID) {
	if f := i.fills[fill]; f != nil {
		f.stopped = true
		f.over = f.over || i.chance.once(2)
	}
}
func (*worldIsolate) Shown(RequestID, *Shown) {}

func (i *worldIsolate) Report(string, *answer.FillError) {}

// attempt is a fill of the engine's, whether it looks below or asks the origin.
func (i *worldIsolate) attempt(id RequestID, fill FillID) *worldFill {
	f := i.fills[fill]
	if f == nil {
		f = &worldFill{leader: i.contexts[id]}
		i.fills[fill] = f
	}
	if f.leader == nil || f.leader.id != id || f.leader.gone {
		i.w.fail("fill %d.%d is led by request %d, whose context is gone, or by another", i.number, fill, id)
	}
	if f.over && !f.stopped {
		i.w.fail("fill %d.%d goes on after its end", i.number, fill)
	}
	return f
}

// Fill asks the origin.
func (i *worldIsolate) Fill(id RequestID, fill FillID, a Fill) {
	w, r := i.w, i.chance
	f := i.attempt(id, fill)
	src := srcNamed(a.Src)
	asked, version := w.now, w.versions[src]
	said, text := w.origin(r, src)
	f.content = w.newContent(src, !shareable(src, said))
	if text {
		said.ETag = `"` + string(rune('a'+version%26)) + `"`
	}
	for _, c := range a.Conditions {
		if c.Name == "if-none-match" && c.Value == said.ETag && said.Status == 200 {
			said.Status, said.ContentType = 304, ""
		}
	}
	w.say("    %d.%d: fill %d.%d of %s, brings #%d", i.number, id, i.number, fill, a.Src, f.content)
	var takes time.Duration
	switch n := r.n(100); {
	case n < 80:
		takes = r.between(2*time.Millisecond, 200*time.Millisecond)
	case n < 96:
		takes = r.upTo(3 * time.Second)
	case n < 98:
		takes = r.upTo(30 * time.Second)
	default:
		f.over = true // nobody will hear of it
		return
	}
	if takes > a.Timeout {
		w.send(r, i, a.Timeout, func(r *worldRandom) {
			if f.over || f.leader.gone {
				return
			}
			f.over = true
			w.say("%v: fill %d.%d times out", w.now, i.number, fill)
			i.event(r, nil, func(now time.Time) {
				i.engine.FillFail(fill, &answer.FillError{Reason: answer.TimeoutError, Text: "late"}, now)
			})
		})
		return
	}
	w.send(r, i, takes, func(r *worldRandom) {
		if f.over || f.leader.gone {
			return
		}
		f.over = true
		var text []byte
		if said.Status != 304 {
			text = worldText(src, f.content)
		} else if e := i.engine.attempts[fill]; e != nil && e.stored != nil {
			for _, n := range i.get(e.stored.blob).contents {
				w.unchanged(n, asked)
			}
		}
		said.Size = len(text)
		w.say("%v: fill %d.%d of %s ends: %d %s #%d", w.now, i.number, fill, a.Src, said.Status, said.CacheControl, f.content)
		i.event(r, nil, func(now time.Time) { i.engine.FillEnd(fill, said, i.blob(text), now) })
	})
}

// origin is what the origin says of a source, and whether with an ETag.
func (w *world) origin(r *worldRandom, src int) (a *answer.Answer, tagged bool) {
	a = &answer.Answer{Status: 200, ContentType: "text/html"}
	if w.originDown {
		a.Status = 503
		return a, false
	}
	switch kind := src / worldIDs; {
	case r.once(40):
		a.Status = 503
	case r.once(60):
		a.Status = 404
	case kind == 4:
		a.CacheControl = [...]string{
			"max-age=90, stale-while-revalidate=20", "max-age=4", "private", "no-store", "max-age=120, stale-if-error=600", "max-age=70",
		}[r.n(6)]
		a.SetCookie = r.once(10)
	}
	tag := "o" + string(rune('0'+src%worldIDs))
	if tags := tagsOf(src); tags >= 1<<worldIDs {
		if r.once(2) {
			a.CacheTag = tag
		} else {
			a.SurrogateKey = tag
		}
	}
	if r.once(100) {
		w.versions[src]++
	}
	return a, r.once(3)
}

// shareable tells whether others than who asked for it may have what an origin says.
func shareable(src int, a *answer.Answer) bool {
	return src/worldIDs != 3 && !a.SetCookie && a.CacheControl != "private" && a.CacheControl != "no-store" && a.Status == 200
}
