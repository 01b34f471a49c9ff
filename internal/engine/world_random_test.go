package engine

import "time"

// worldRandom is where everything that happens by chance comes from, splitmix64. Each step of a script has its own, and so has each
// message, from that of what caused it: what is left out of a script changes nothing of what it did not cause.
type worldRandom uint64

func (r *worldRandom) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *worldRandom) n(n int) int { return int(r.next() >> 33 % uint64(n)) }

// once tells whether something happens that happens once in so many times.
func (r *worldRandom) once(in int) bool { return r.n(in) == 0 }

func (r *worldRandom) upTo(d time.Duration) time.Duration {
	return time.Duration(r.next() >> 1 % uint64(d+1))
}

func (r *worldRandom) between(from, to time.Duration) time.Duration { return from + r.upTo(to-from) }

// message is something that happens later: at an isolate, unless that has died by then, or in the world.
type message struct {
	at     time.Duration
	n      uint64 // breaks ties
	to     *worldIsolate
	chance worldRandom
	do     func(r *worldRandom)
	slept  bool // it would have come before, to an isolate that slept
}

// messages are in the order in which they come: a binary heap.
type messages []message

func (m messages) less(i, j int) bool {
	return m[i].at < m[j].at || m[i].at == m[j].at && m[i].n < m[j].n
}

func (m *messages) push(x message) {
	*m = append(*m, x)
	h := *m
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(i, up) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (m *messages) pop() message {
	h := *m
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], message{}
	h = h[:last]
	*m = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// send has something happen after a time: at an isolate, or if that is nil in the world.
func (w *world) send(r *worldRandom, to *worldIsolate, after time.Duration, do func(r *worldRandom)) {
	w.sent++
	w.queue.push(message{at: w.now + after, n: w.sent, to: to, chance: worldRandom(r.next()), do: do})
}

// pass lets time pass, and whatever happens in it.
func (w *world) pass(d time.Duration) {
	end := w.now + d
	for len(w.queue) > 0 && w.queue[0].at <= end && w.failure == "" {
		m := w.queue.pop()
		w.now = max(w.now, m.at)
		switch {
		case m.to == nil:
		case m.to.dead:
			continue
		case m.to.sleeps > w.now:
			m.at, m.slept = m.to.sleeps, true
			w.queue.push(m)
			continue
		}
		m.do(&m.chance)
	}
	w.now = end
}

// wakeUp ends every sleep.
func (w *world) wakeUp() {
	for _, i := range w.isolates {
		if i != nil {
			i.sleeps = 0
		}
	}
	before := w.queue
	w.queue = make(messages, 0, len(before))
	for _, m := range before {
		if m.slept {
			m.at = min(m.at, w.now)
		}
		w.queue.push(m)
	}
}
