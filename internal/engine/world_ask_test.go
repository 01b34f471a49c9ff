package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/purgelog"
)

// What the engine asks of an isolate's host about the log and about what lies below.

// worldPoll is a poll, and who waits for its end.
type worldPoll struct {
	over bool
	then []func()
}

// worldPushed is what was pushed to an isolate, for the alternative in which the log pushes.
type worldPushed struct {
	a purgelog.Answer
}

// polled is the event of a poll's end, which whoever was held for that poll is told of.
func (i *worldIsolate) polled(r *worldRandom, poll PollID, a *purgelog.Answer) {
	var held []RequestID
	if i.engine.lease.polling && i.engine.lease.poll == poll {
		held = slices.Clone(i.engine.heldOrder)
	}
	i.event(r, nil, func(now time.Time) { i.engine.Polled(poll, a, now) })
	for _, id := range held {
		if q := i.contexts[id]; q != nil && i.engine.held[id] != nil && !q.gone && !q.woken {
			i.w.fail("request %d.%d was held for a poll, and is not told that it has ended", i.number, id)
		}
	}
}

// Poll asks the data centre's snapshot of the log, and the log if that is of no use.
func (i *worldIsolate) Poll(id RequestID, poll PollID, log string, seq uint64) {
	w, r := i.w, i.chance
	q := i.own(id, "Poll")
	p := &worldPoll{}
	i.poll = p
	w.say("    %d.%d: poll %d of %s since %d", i.number, id, poll, log, seq)
	start := i.tells()
	end := func(r *worldRandom, a *purgelog.Answer) {
		if q.gone {
			return
		}
		if a != nil && w.wrong.times {
			a.Seq = uint64(worldBegin.Add(i.tells()).UnixMilli())
		}
		w.say("%v: polled %d.%d: %v", w.now, i.number, poll, a)
		i.polled(r, poll, a)
		p.over = true
		for _, then := range p.then {
			then()
		}
		p.then = nil
		if r.once(60) { // once more, and late
			w.send(r, i, r.upTo(4*time.Second), func(r *worldRandom) {
				i.polled(r, poll, a)
			})
		}
	}
	if r.once(200) {
		return // it never ends
	}
	switch {
	case w.wrong.push:
		w.send(r, i, 0, func(r *worldRandom) {
			a := i.heard.a
			if a.Log == "" {
				a = *w.read("", 0) // what it begins with
				i.heard.a = a
			}
			end(r, &a)
		})
		return
	case w.wrong.marksFromKV:
		w.send(r, i, r.upTo(20*time.Millisecond), func(r *worldRandom) {
			a := &purgelog.Answer{Log: w.log.identity(w.wrong)}
			for _, h := range w.log.history {
				if h.at <= w.now-65*time.Second {
					a = h.a
				}
			}
			copied := *a
			end(r, &copied)
		})
		return
	}
	w.send(r, i, r.upTo(10*time.Millisecond), func(r *worldRandom) {
		if q.gone {
			return
		}
		centre := w.centres[i.place]
		if s := &centre.snapshot; s.a != nil && s.ends > w.now && (log == "" || log == s.a.Log) && s.a.Seq >= seq {
			age := (w.now - s.since).Truncate(time.Second) + snapshotSlack + s.made
			if age < w.config.Lease/2 {
				w.snapshots++
				a := *s.a
				if a.Age = age; w.wrong.ageless {
					a.Age = 0
				}
				w.send(r, i, r.upTo(5*time.Millisecond), func(r *worldRandom) { end(r, &a) })
				return
			}
		}
		whole := r.once(2)
		w.ask(r, centre.reach, i, PollTimeout-10*time.Millisecond, func(*worldRandom) *purgelog.Answer {
			if whole {
				return w.read("", 0)
			}
			return w.read(log, seq)
		}, func(r *worldRandom, a *purgelog.Answer) {
			// Its age is counted up to when it is being put there, and that takes up to a second more. One that took less than no
			// time is none: the clock was set back meanwhile.
			if made := i.tells() - start; a != nil && whole && made >= 0 {
				snapshot := worldSnapshot{a: copyOf(a), made: made}
				w.send(r, nil, i.putTakes(r), func(r *worldRandom) {
					snapshot.since = w.now
					snapshot.ends = w.now + time.Second + r.upTo(2*time.Second)
					centre.snapshot = snapshot
				})
			}
			end(r, a)
		})
	})
}

// snapshotSlack is what a reader of a snapshot adds to its age: the cache tells that in whole seconds, from when it had it
// whole.
const snapshotSlack = 2 * time.Second

// putTakes is how long it takes until something that is put below is there. A host gives up after a second.
func (i *worldIsolate) putTakes(r *worldRandom) time.Duration {
	if r.once(10) {
		return r.upTo(time.Second)
	}
	return r.upTo(30 * time.Millisecond)
}

func copyOf(a *purgelog.Answer) *purgelog.Answer {
	b := *a
	return &b
}

// push has the log tell everybody of its last purge, who is awake, and whom the message reaches.
func (w *world) push(r *worldRandom) {
	a := w.read("", 0)
	for _, i := range w.isolates {
		if i == nil || i.sleeps > w.now || r.once(20) {
			continue
		}
		w.send(r, i, r.upTo(200*time.Millisecond), func(r *worldRandom) {
			if i.heard.a.Log != a.Log || i.heard.a.Seq < a.Seq {
				i.heard.a = *a
			}
		})
	}
}

// Find looks below, in the tiers that it is asked for.
func (i *worldIsolate) Find(id RequestID, fill FillID, f Find) {
	w, r := i.w, i.chance
	at := i.attempt(id, fill)
	w.say("    %d.%d: find %d.%d in %d, await %v", i.number, id, i.number, fill, f.Tiers, f.AwaitView)
	if r.once(200) {
		at.over = true // it never ends
		return
	}
	chance := worldRandom(r.next())
	begun := false
	begin := func() {
		if !begun {
			begun = true
			i.look(&chance, fill, at, f, config.DataCenter)
		}
	}
	if p := i.poll; f.AwaitView && p != nil && !p.over {
		p.then = append(p.then, begin)
		w.send(r, i, PollTimeout, func(*worldRandom) { begin() })
		return
	}
	begin()
}

// tierTimeout is how long a host waits for one tier.
const tierTimeout = 500 * time.Millisecond

// look looks in a tier, then in the next.
func (i *worldIsolate) look(r *worldRandom, fill FillID, at *worldFill, f Find, t config.Tiers) {
	w := i.w
	over := func() bool { return at.over || at.leader.gone }
	for t <= config.KV && f.Tiers&t == 0 {
		t <<= 1
	}
	if t > config.KV {
		w.send(r, i, 0, func(r *worldRandom) {
			if !over() {
				w.say("%v: not found %d.%d", w.now, i.number, fill)
				i.event(r, nil, func(now time.Time) { i.engine.NotFound(fill, now) })
			}
		})
		return
	}
	there, home := r.upTo(8*time.Millisecond), r.upTo(8*time.Millisecond)
	if r.once(30) {
		there, home = r.upTo(tierTimeout), r.upTo(tierTimeout)
	}
	var bytes []byte
	var resident time.Duration
	w.send(r, nil, there, func(r *worldRandom) {
		if t == config.DataCenter {
			bytes, resident = w.readCache(i.place, f.Name)
		} else {
			bytes, resident = w.readKV(r, i.place, f.Name), -1
		}
	})
	w.send(r, i, min(there+home, tierTimeout), func(r *worldRandom) {
		if over() {
			return
		}
		if bytes == nil || there+home >= tierTimeout {
			i.look(r, fill, at, f, t<<1)
			return
		}
		if r.once(100) { // what lies there may be damaged
			bytes = append([]byte(nil), bytes...)
			if bytes[r.n(len(bytes))] ^= byte(1 + r.n(255)); r.once(3) {
				bytes = bytes[:r.n(len(bytes))]
			}
		}
		taken := false
		if w.wrong.rewrite != nil {
			bytes = w.wrong.rewrite(i, bytes)
		}
		i.event(r, nil, func(now time.Time) { taken = i.engine.Found(fill, t, resident, i.blob(bytes), len(bytes), now) })
		w.say("%v: found %d.%d in %d, there for %v: %v", w.now, i.number, fill, t, resident, taken)
		if taken {
			at.over = true
			w.adopted++
			return
		}
		if !over() {
			i.look(r, fill, at, f, t<<1)
		}
	})
}

// Put puts something below, and has not done so yet when it returns.
func (i *worldIsolate) Put(fill FillID, p Put[*worldBlob]) {
	w, r := i.w, i.chance
	b := i.get(p.Blob)
	for _, n := range b.contents {
		if w.contents[n].alone {
			w.fail("fill %d.%d's fragment #%d is put below, and nobody else may have it", i.number, fill, n)
		}
	}
	if len(b.contents) != 1 || p.Keep <= 0 {
		w.fail("fill %d.%d: %q is put below for %v", i.number, fill, b.bytes, p.Keep)
	}
	w.say("    put %d.%d: #%v in %d for %v", i.number, fill, b.contents, p.Tiers, p.Keep)
	bytes := b.bytes
	if p.Tiers&config.DataCenter != 0 && !r.once(30) {
		w.send(r, nil, 3*i.putTakes(r), func(*worldRandom) {
			w.centres[i.place].cache[p.Name] = worldEntry{bytes: bytes, since: w.now, ends: w.now + p.Keep}
		})
	}
	if p.Tiers&config.KV != 0 && !r.once(30) {
		w.send(r, nil, i.putTakes(r), func(r *worldRandom) { w.writeKV(r, p.Name, bytes, p.Keep) })
	}
}

// Purge tells the log what an origin's answer has named.
func (i *worldIsolate) Purge(id RequestID, p Purge) {
	q := i.passing[id]
	if q == nil || len(p.Subjects) != len(q.purge.subjects) {
		i.w.fail("request %d.%d purges %q, and nobody has asked it to", i.number, id, p.Subjects)
		return
	}
	i.tell(i.chance, q, p, func(a *purgelog.Answer) {
		delete(i.passing, id)
		if a != nil {
			i.w.acknowledged(q.purge, "the log, after a request was passed")
		}
	})
}

// administer is what a host does for a request of administration: it purges.
func (i *worldIsolate) administer(r *worldRandom, q *worldRequest) {
	p := Purge{Subjects: q.purge.subjects}
	i.event(r, nil, func(now time.Time) { p.Log, p.Seq, p.Asked = i.engine.View(now) })
	i.tell(r, q, p, func(a *purgelog.Answer) {
		if q.ended || q.left {
			return
		}
		q.ended, q.waiting, q.whole, q.head = true, false, true, &worldBlob{status: 200}
		if a == nil {
			q.head.status = 503
		}
		i.w.ended(q)
	})
}

// tell has the log told, and the engine of what it said; done is for when that is over, nil if the log has not answered.
func (i *worldIsolate) tell(r *worldRandom, q *worldRequest, p Purge, done func(a *purgelog.Answer)) {
	w := i.w
	w.say("    %d.%d: purge %q, of %s since %d", i.number, q.id, p.Subjects, p.Log, p.Seq)
	double := r.once(30)
	w.ask(r, w.centres[i.place].reach, i, PurgeTimeout, func(r *worldRandom) *purgelog.Answer {
		w.take(r, q.purge, p.Subjects)
		if double {
			w.send(r, nil, r.upTo(3*time.Second), func(r *worldRandom) { w.take(r, q.purge, p.Subjects) })
		}
		a := w.read(p.Log, p.Seq)
		if w.wrong.times {
			a.Seq = 0
		}
		return a
	}, func(r *worldRandom, a *purgelog.Answer) {
		if q.gone {
			return
		}
		w.say("%v: purged %d.%d: %v", w.now, i.number, q.id, a)
		if a != nil {
			i.event(r, nil, func(now time.Time) { i.engine.Told(p.Subjects, a, p.Asked, now) })
		}
		done(a)
	})
}

// passed is that the origin has a request, of which its answer will say what it has changed.
func (i *worldIsolate) passed(q *worldRequest) {
	w := i.w
	w.send(i.chance, i, i.chance.upTo(100*time.Millisecond), func(r *worldRandom) {
		if q.gone {
			return
		}
		groups := make([]string, len(q.purge.subjects))
		for n, s := range q.purge.subjects {
			groups[n] = strconv.Quote(strings.TrimPrefix(s, "tag:"))
		}
		i.passing[q.id] = q
		i.event(r, nil, func(now time.Time) { i.engine.PassEnd(q.id, answer.Purged(strings.Join(groups, ", "), "", ""), now) })
	})
}
