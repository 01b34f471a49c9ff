package cache

import "math/bits"

// Eviction is GreedyDual-Size-Frequency in constant time, with a weight of
// recency that adapts itself. An entry's worth is (frequency + recency) × cost /
// size; its priority is its worth plus the level at which it was last used; the
// entry of lowest priority goes, and the level rises to that priority, so that what
// was worth much once grows old too.
//
// Instead of a heap there are 64 queues, one for each class of worth: an
// exponent and one bit of mantissa. Inside a queue all count as worth the same
// and the level only rises, so the tail has the lowest priority of its queue,
// and the victim is the lowest of at most 64 tails. A hit moves nothing: it
// adds to a small counter and notes the epoch, which are looked at when the entry
// is a tail. A tail that was hit is queued again by what its worth was at that
// epoch's level and has left now, if it has any. So with much recency all live
// equally long since their last use, as in LRU, and with none the frequency decides,
// as in LFU with ageing; adapt.go sets how much there is.
//
// Priorities are compared as distances from the level in wrapping 32-bit
// arithmetic. No priority is more than 1<<31 above the level or ever below it,
// so nothing has to be renormalised however long the cache runs.

const (
	classes  = 64
	maxWorth = 1<<31 - 1

	// Frequencies are in eighths of a hit. A newcomer has an eighth: most of
	// what is asked for once is not asked for again. One that the ghosts
	// remember has half of what it had, and nearly a hit for its return.
	perHit    = 8
	newcomer  = 1
	perReturn = 7

	// requeueLimit bounds the tails that one eviction may spare, and so its time.
	requeueLimit = 32
)

// Five numbers share entry.meta: hits since the entry was last queued, class,
// frequency, cost (costCode) and the epoch of its last use; and a bit that says
// that the entry has left.
const (
	hitsMax = 3

	classShift = 2
	classMask  = classes - 1

	freqShift = 8
	freqMax   = 127

	costShift = 16

	gone = 1 << 24

	epochShift = 25
)

// leave notes that the entry is not stored any more, for who still points at it.
func (e *entry[V]) leave() {
	for {
		m := e.meta.Load()
		if e.meta.CompareAndSwap(m, m|gone) {
			return
		}
	}
}

// hit counts a hit, up to hitsMax, and the first of an epoch only: who reads a
// thing twice in a row has told no more than who reads it once. The low maximum
// forgets what was popular once sooner, and a popular entry is only read, so readers
// on several cores do not pull its line to and fro.
func (e *entry[V]) hit(epoch uint32) {
	for {
		m := e.meta.Load()
		if m>>epochShift == epoch {
			return
		}
		n := m&(1<<epochShift-1) | epoch<<epochShift
		if n&hitsMax != hitsMax {
			n++
		}
		if e.meta.CompareAndSwap(m, n) {
			return
		}
	}
}

// takeHits empties the counter into the frequency, of which an eighth is
// forgotten, and tells whether there were hits.
func (e *entry[V]) takeHits() bool {
	for {
		m := e.meta.Load()
		hits := m & hitsMax
		if hits == 0 {
			return false
		}
		freq := m >> freqShift & freqMax
		freq = min(freq-freq/8+perHit*hits, freqMax)
		n := m&^(hitsMax|freqMax<<freqShift) | freq<<freqShift
		if e.meta.CompareAndSwap(m, n) {
			return true
		}
	}
}

func (e *entry[V]) frequency() uint32 { return e.meta.Load() >> freqShift & freqMax }

func (e *entry[V]) class() uint32 { return e.meta.Load() >> classShift & classMask }

func (e *entry[V]) setClass(c uint32) {
	for {
		m := e.meta.Load()
		if e.meta.CompareAndSwap(m, m&^(classMask<<classShift)|c<<classShift) {
			return
		}
	}
}

// queue is a FIFO of the entries of one class: in at the head, out at the tail.
type queue[V any] struct{ head, tail *entry[V] }

type policy[V any] struct {
	queues    [classes]queue[V]
	tailLevel [classes]uint32 // level of each tail, so that choosing touches no entry
	filled    uint64          // bit c: queue c is not empty
	level     uint32
	clock     epochs
	balance   balance
	ghosts    ghosts
}

// worth is (frequency + recency) × cost / size in fixed point, so that 32 bits hold
// what there is before they are clamped: from 1<<22 for a whole hit, 128 bytes and
// mean cost. Below one hit the frequency counts by its square: what was never hit is
// to leave first.
func (p *policy[V]) worth(e *entry[V]) uint32 {
	m := e.meta.Load()
	f := m >> freqShift & freqMax
	w := f * perHit
	if f < perHit {
		w = f * f
	}
	x := uint64(2*w+p.balance.recency()) * costOf(uint8(m>>costShift)) << 15 / uint64(e.charge)
	return uint32(max(1, min(x, maxWorth)))
}

func classOf(worth uint32) uint32 {
	n := uint32(bits.Len32(worth)) - 1
	if n == 0 {
		return 0
	}
	return 2*n + worth>>(n-1)&1
}

// classWorth is the least worth in a class.
func classWorth(c uint32) uint32 {
	n := c / 2
	if n == 0 {
		return 1
	}
	return (2 + c&1) << (n - 1)
}

// add queues an entry by its worth, of which it has used up a part.
func (p *policy[V]) add(e *entry[V], worth uint32) {
	c := classOf(worth)
	e.setClass(c)
	e.level = p.level
	q := &p.queues[c]
	e.prev, e.next = nil, q.head
	if q.head != nil {
		q.head.prev = e
	} else {
		q.tail = e
		p.tailLevel[c] = e.level
		p.filled |= 1 << c
	}
	q.head = e
}

// remove takes an entry out of its queue.
func (p *policy[V]) remove(e *entry[V]) {
	c := e.class()
	q := &p.queues[c]
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		q.head = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		q.tail = e.prev
		if q.tail != nil {
			p.tailLevel[c] = q.tail.level
		} else {
			p.filled &^= 1 << c
		}
	}
	e.prev, e.next = nil, nil
}

// victim chooses the entry to go and takes it out of its queue. There must be
// at least one. A dead one is not spared for its hits, and raises no level. Nor is one
// whose last hit is so long ago that it would have gone by now.
func (p *policy[V]) victim(t int64) (e *entry[V], dead bool) {
	for spared := 0; ; spared++ {
		c, above := p.lowest()
		e = p.queues[c].tail
		p.remove(e)
		if e.dead(t) {
			return e, true
		}
		if spared < requeueLimit && e.takeHits() {
			since := p.level - p.clock.levels[e.meta.Load()>>epochShift]
			if worth := p.worth(e); worth > since {
				p.add(e, worth-since)
				continue
			}
		}
		p.level += above
		return e, false
	}
}

// lowest gives the class whose tail has the lowest priority, and how far that
// is above the level.
func (p *policy[V]) lowest() (class, above uint32) {
	above = 1<<32 - 1
	for m := p.filled; m != 0; m &= m - 1 {
		c := uint32(bits.TrailingZeros64(m))
		if d := p.tailLevel[c] + classWorth(c) - p.level; d < above {
			class, above = c, d
		}
	}
	return class, above
}

// Costs are kept in eight bits, four of exponent and four of mantissa, in units
// of 1/256 of the mean cost: from a sixteenth of the mean to 3,968 times it.

const meanCost = 4 << 4

func costOf(c uint8) uint64 { return uint64(16+c&15) << (c >> 4) }

func costCode(cost256 uint64) uint8 {
	cost256 = max(16, min(cost256, 31<<15))
	e := bits.Len64(cost256) - 5
	return uint8(e)<<4 | uint8(cost256>>e)&15
}
