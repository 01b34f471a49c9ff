package engine

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"inlay/internal/page"
	"inlay/internal/purgelog"
)

// What must hold for every answer. A fragment says which fill brought it, so the world knows when its origin was asked for
// it; and of a purge it knows when the log took it and when it was acknowledged. The clocks are nobody's here.

// noEnd is a time that does not come.
const noEnd = time.Duration(1<<63 - 1)

// worldContent is what one fill brought.
type worldContent struct {
	src   int
	asked time.Duration // when its origin was asked, or last said that it has not changed
	tags  uint32
	alone bool // nobody else may have it
	// ends is when the first purge of it was acknowledged that was taken after asked, and endsFresh the same of those that only end its
	// freshness.
	ends, endsFresh time.Duration
}

// worldPurge is a purge, by whoever asked for it.
type worldPurge struct {
	subjects []string
	all      bool
	srcs     uint64
	tags     uint32
	soft     bool
	seqAt    time.Duration // when the log took it first; -1: not yet
	acked    time.Duration // -1: not yet
	void     bool          // the log was rolled back, and it is lost or has another's number
}

// sources of fragments: /f/{kind}/{id}. The first kinds have a tag of their slots', t{id}; of the second the origin alone names
// one, o{id}.
const (
	worldKinds = 5
	worldIDs   = 3
	worldSrcs  = worldKinds * worldIDs
)

func srcOf(src int) string {
	return "/f/" + strconv.Itoa(src/worldIDs) + "/" + strconv.Itoa(src%worldIDs)
}

// srcNamed is the inverse of srcOf, -1 for what is none.
func srcNamed(s string) int {
	if len(s) != len("/f/0/0") || !strings.HasPrefix(s, "/f/") {
		return -1
	}
	return int(s[3]-'0')*worldIDs + int(s[5]-'0')
}

// tagsOf are the tags of a source, as bits: t0, t1, …, o0, o1, …
func tagsOf(src int) uint32 {
	switch kind, id := src/worldIDs, src%worldIDs; kind {
	case 0, 2:
		return 1 << id
	case 1:
		return 1 << (worldIDs + id)
	case 4:
		return 1<<id | 1<<(worldIDs+id)
	}
	return 0
}

func tagNamed(s string) uint32 {
	n := int(s[1] - '0')
	if s[0] == 'o' {
		n += worldIDs
	}
	return 1 << n
}

// newPurge is a purge of something by chance; it is not asked for yet. The origin has something else to say from now on.
func (w *world) newPurge(r *worldRandom) *worldPurge {
	p := &worldPurge{seqAt: -1, acked: -1, soft: r.once(4)}
	for n := 1 + r.n(4)/3; n > 0; n-- {
		subject := ""
		switch r.n(12) {
		case 0:
			subject, p.all = purgelog.All, true
		case 1, 2, 3, 4:
			src := r.n(worldSrcs)
			p.srcs |= 1 << src
			subject = purgelog.Key(srcOf(src))
		default:
			name := string("to"[r.n(2)]) + strconv.Itoa(r.n(worldIDs))
			p.tags |= tagNamed(name)
			subject = purgelog.Tag(name)
		}
		if p.soft {
			subject = purgelog.Soft(subject)
		}
		p.subjects = append(p.subjects, subject)
	}
	w.changed(p)
	return p
}

// changed gives the sources that a purge is of something new to say.
func (w *world) changed(p *worldPurge) {
	for src := range w.versions {
		if p.covers(src) {
			w.versions[src]++
		}
	}
}

func (p *worldPurge) covers(src int) bool {
	return p.all || p.srcs>>src&1 != 0 || p.tags&tagsOf(src) != 0
}

// acknowledged is when whoever asked for a purge hears that it is done.
func (w *world) acknowledged(p *worldPurge, by string) {
	if p.acked >= 0 {
		return
	}
	p.acked = w.now
	w.acks++
	w.say("%s is acknowledged by %s", strings.Join(p.subjects, " "), by)
	if p.seqAt < 0 && !p.void {
		w.fail("%v was acknowledged by %s, and the log has not taken it", p.subjects, by)
	}
	if len(w.purges) >= 400 {
		w.purges = append(w.purges[:0], w.purges[200:]...)
	}
	w.purges, w.lastPurge = append(w.purges, p), p
	for src := range w.current {
		if !p.covers(src) {
			continue
		}
		kept := w.current[src][:0]
		for _, n := range w.current[src] {
			w.contents[n].judge(p)
			if w.contents[n].ends == noEnd {
				kept = append(kept, n)
			}
		}
		w.current[src] = kept
	}
}

func (c *worldContent) judge(p *worldPurge) {
	if p.void || p.seqAt <= c.asked || !p.covers(c.src) {
		return
	}
	if p.soft {
		c.endsFresh = min(c.endsFresh, p.acked)
	} else {
		c.ends = min(c.ends, p.acked)
	}
}

// judgeAnew is for when a purge turns out not to count.
func (w *world) judgeAnew() {
	for i := range w.current {
		w.current[i] = w.current[i][:0]
	}
	for n := max(1, len(w.contents)-2000); n < len(w.contents); n++ {
		w.judgeContent(n)
	}
}

// judgeContent finds out anew until when a fragment may be had.
func (w *world) judgeContent(n int) {
	c := &w.contents[n]
	c.ends, c.endsFresh = noEnd, noEnd
	for _, p := range w.purges {
		c.judge(p)
	}
	if c.ends == noEnd {
		w.current[c.src] = append(w.current[c.src], n)
	}
}

// newContent is what a fill will bring that begins now.
func (w *world) newContent(src int, alone bool) int {
	n := len(w.contents)
	w.contents = append(w.contents, worldContent{src: src, asked: w.now, tags: tagsOf(src), alone: alone, ends: noEnd, endsFresh: noEnd})
	w.current[src] = append(w.current[src], n)
	return n
}

// unchanged is that an origin which was asked at a time has said that a fragment is as it was.
func (w *world) unchanged(n int, asked time.Duration) {
	c := &w.contents[n]
	if asked <= c.asked {
		return
	}
	c.asked = asked
	if c.ends != noEnd {
		w.judgeContent(n)
		return
	}
	c.endsFresh = noEnd
	for _, p := range w.purges {
		c.judge(p)
	}
}

// worldText is a fragment's text, which says who it is.
func worldText(src, n int) []byte {
	text := make([]byte, 0, 48)
	text = append(append(text, "<p>["...), srcOf(src)...)
	text = append(strconv.AppendInt(append(text, '#'), int64(n), 10), "]</p>"...)
	return text
}

var contentMark = []byte("[/f/")

// contentsIn finds the fragments in a text.
func contentsIn(text []byte) (found []int) {
	for {
		at := bytes.Index(text, contentMark)
		if at < 0 {
			return found
		}
		text = text[at+len(contentMark):]
		n, j := 0, bytes.IndexByte(text, '#')+1
		for ; j < len(text) && text[j] != ']'; j++ {
			n = 10*n + int(text[j]-'0')
		}
		found = append(found, n)
	}
}

// relied is the earliest time at which an isolate may have asked for what it relies on in an answer to a request that began at a
// time. It is as much before that as the bound says by its own clock, and more by what that has lost in between by having been set back
// by less than has passed since it was last read: that cannot be seen. What can be seen ends every lease.
func (i *worldIsolate) relied(began time.Duration) time.Duration {
	t := began - time.Duration(float64(i.w.bound)/min(i.rate, 1)) - time.Millisecond
	for k := len(i.lost) - 1; k >= 0 && i.lost[k].at > t; k-- {
		t -= i.lost[k].by
	}
	if began >= i.back {
		t = max(t, i.back)
	}
	return t
}

// answered checks what a request has been given.
func (w *world) answered(q *worldRequest, blob *worldBlob) {
	for _, n := range blob.contents {
		w.checked++
		c := &w.contents[n]
		if !q.has(c.src) {
			w.fail("request %d.%d is for another page than %s's", q.of.number, q.id, srcOf(c.src))
		}
		if c.ends == noEnd {
			continue
		}
		if relied := q.of.relied(q.began); relied > c.ends {
			w.fail("request %d.%d of %v has fill %d's fragment of %s, which was asked for at %v and purged at %v: %v more than the bound of %v later",
				q.of.number, q.id, q.began, n, srcOf(c.src), c.asked, c.ends, relied-c.ends, w.bound)
		}
	}
}

// answeredFresh checks what a head says of a request's fragments, which its body has.
func (w *world) answeredFresh(q *worldRequest, head *worldBlob, body *worldBlob) {
	if body == nil || head.fresh == 0 {
		return
	}
	for _, n := range body.contents {
		c := &w.contents[n]
		if c.endsFresh == noEnd || q.of.relied(q.began) <= c.endsFresh {
			continue
		}
		for s, src := range q.srcs {
			if src == c.src && head.fresh>>s&1 != 0 {
				w.fail("request %d.%d of %v has fill %d's fragment of %s as a fresh one, which was asked for at %v and invalidated at %v",
					q.of.number, q.id, q.began, n, srcOf(c.src), c.asked, c.endsFresh)
			}
		}
	}
}

// freshIn reads in Cache-Status which of a page's slots are fresh, as bits.
func freshIn(status string) (fresh uint32) {
	for _, member := range strings.Split(status, ", ") {
		rest, ok := strings.CutPrefix(member, "inlay/s")
		if !ok {
			continue
		}
		if strings.HasSuffix(rest, ";hit") { // a stale one says for how long it has been that
			fresh |= 1 << (rest[0] - '0')
		}
	}
	return fresh
}

// srcsOf are the sources of a page's slots.
func srcsOf(p *page.Page, id string) (srcs []int) {
	for i := range p.Slots {
		srcs = append(srcs, srcNamed(strings.Replace(p.Slots[i].Src, "{id}", id, 1)))
	}
	return srcs
}

func (q *worldRequest) has(src int) bool {
	for _, s := range q.srcs {
		if s == src {
			return true
		}
	}
	return false
}
