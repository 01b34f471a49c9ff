package engine

import (
	"strconv"
	"time"

	"inlay/internal/purgelog"
)

// worldLog is the purge log of the world: what the Durable Object has in its storage.
type worldLog struct {
	made       int // how many identities there were
	seq, floor uint64
	marks      []purgelog.Change // oldest first, one for each subject
	most       int               // subjects
	records    []numbered        // the purges that it took under this identity
	before     *worldLog         // what a rollback goes back to
	rolledBack uint64            // the number that it had before a rollback that nobody has noticed yet

	history []worldAnswer // for who hears of purges late
}

type numbered struct {
	seq uint64
	of  *worldPurge
}

type worldAnswer struct {
	at time.Duration
	a  *purgelog.Answer
}

func (l *worldLog) identity(wrong *worldWrong) string {
	if wrong.noIdentity {
		return "log"
	}
	return "log" + strconv.Itoa(l.made)
}

// take is a POST: each subject is purged, under a number of its own or all under one.
func (w *world) take(r *worldRandom, p *worldPurge, subjects []string) {
	l := &w.log
	if r.once(200) {
		l.before = &worldLog{seq: l.seq, floor: l.floor, marks: append([]purgelog.Change(nil), l.marks...)}
	}
	apart := r.once(4)
	l.seq++
	for i, s := range subjects {
		if i > 0 && apart {
			l.seq++
		}
		for j := range l.marks {
			if l.marks[j].Subject == s {
				l.marks = append(l.marks[:j], l.marks[j+1:]...)
				break
			}
		}
		l.marks = append(l.marks, purgelog.Change{Seq: l.seq, Subject: s})
	}
	for len(l.marks) > l.most {
		l.floor = l.marks[0].Seq
		l.marks = l.marks[1:]
	}
	if p.seqAt < 0 {
		p.seqAt = w.now
	}
	if l.rolledBack >= l.seq {
		p.void = true // its number was another's
	}
	l.records = append(l.records, numbered{l.seq, p})
	if w.wrong.marksFromKV {
		l.history = append(l.history, worldAnswer{w.now, w.read("", 0)})
	}
	if w.wrong.push {
		w.push(r)
	}
}

// read is the answer to who knew a log up to a number.
func (w *world) read(log string, since uint64) *purgelog.Answer {
	l := &w.log
	if log == l.identity(w.wrong) && since > l.seq && !w.wrong.noIdentity {
		w.say("the log sees that it was rolled back")
		w.newLog(false)
	}
	if log != l.identity(w.wrong) || since < l.floor && !w.wrong.noFloor {
		since = 0
	}
	a := &purgelog.Answer{Log: l.identity(w.wrong), Seq: l.seq, Floor: l.floor}
	if w.wrong.noFloor {
		a.Floor = 0
	}
	for i := len(l.marks) - 1; i >= 0 && l.marks[i].Seq > since; i-- {
		a.Changes = append(a.Changes, l.marks[i])
	}
	return a
}

// newLog gives the log another identity; lost: it has forgotten everything as well.
func (w *world) newLog(lost bool) {
	l := &w.log
	l.made++
	l.rolledBack, l.before, l.records = 0, nil, nil
	if lost {
		l.seq, l.floor, l.marks = 0, 0, nil
	}
}

// rollBack is what the log's storage may be by an operator: as it was some time ago. The log itself cannot know, before somebody
// tells it of a number that it has not given yet. What it lost, and what it takes until its numbers are new ones, is not held
// against anybody.
func (w *world) rollBack() {
	l := &w.log
	if l.before == nil || l.before.seq == l.seq || l.rolledBack >= l.seq {
		return
	}
	w.say("the log is rolled back from %d to %d", l.seq, l.before.seq)
	l.rolledBack = l.seq
	for _, n := range l.records {
		if n.seq > l.before.seq {
			n.of.void = true
		}
	}
	l.seq, l.floor, l.marks = l.before.seq, l.before.floor, l.before.marks
	l.before = nil
	w.judgeAnew()
}

// reach is how the log is reached from a place.
type reach uint8

const (
	reachable reach = iota
	slow            // a good part of the time that a host gives it, and more
	refused         // fails at once
	silent          // does not answer
	reaches
)

// ask has the log asked for something, and the answer brought back: at an isolate, or in the world if that is nil. It is nil where the log was not
// reached, or did not answer in time; it may have been told nevertheless.
func (w *world) ask(r *worldRandom, by reach, back *worldIsolate, most time.Duration, ask func(r *worldRandom) *purgelog.Answer, end func(r *worldRandom, a *purgelog.Answer)) {
	start := w.now
	there, home := r.upTo(30*time.Millisecond), r.upTo(30*time.Millisecond)
	switch by {
	case slow:
		there, home = r.upTo(most*2/3), r.upTo(most*2/3)
	case refused:
		w.send(r, back, r.upTo(20*time.Millisecond), func(r *worldRandom) { end(r, nil) })
		return
	case silent:
		if r.once(2) { // it hears, and the answer is lost
			w.send(r, nil, there, func(r *worldRandom) { ask(r) })
		}
		w.send(r, back, most, func(r *worldRandom) { end(r, nil) })
		return
	}
	if r.once(100) {
		home += r.upTo(most)
	}
	w.send(r, nil, there, func(r *worldRandom) {
		a := ask(r)
		if late := w.now - start + home - most; late > 0 {
			w.send(r, back, home-late, func(r *worldRandom) { end(r, nil) })
			return
		}
		w.send(r, back, home, func(r *worldRandom) { end(r, a) })
	})
}
