package engine

import (
	"math/bits"
	"sync/atomic"
	"time"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/page"
	"inlay/internal/route"
)

// What is asked for often is renewed before it is stale, so that nobody meets it stale or cold: each request that finds a fragment
// fresh draws whether its fill is to begin. That gets likelier towards the end of its freshness, the more so the longer its last fill
// took; and how many draw is how popular it is. What nobody asks for, nobody draws for. The rule is that of Vattani, Chierichetti and
// Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (PVLDB 8(8), 2015): renew if what is left of the freshness is less than
// took * factor * -ln(random).
//
// Outside of a window before the end of freshness nobody draws: it begins where a draw says so to one in four, so that what is very hot
// is not renewed much too early, and pages are repeated up to then; and it is half of the life at most, or where that is short against
// the fill the next would begin as soon as one has ended. Within it one fill is begun, and if that fails the next may begin in the
// second half of what is left then, and so on.

// early is what an entry notes for this, as one word that Warm reads at any time: in the lower byte how long its fill took, in the next
// how long before the end of its freshness draws begin; 0: there are none.
type early struct{ word atomic.Uint32 }

const (
	// drawLimit is how many times half as likely as at its end a draw may be where the window begins: there it is one in four. Without
	// such a limit what is asked for very often is renewed too soon: with 100 visits a second, a ttl of 10 s and fills of 200 ms, 9% more
	// fills were asked for at the factor 1, where 0.06% of the visits were cold; with it, at the factor 2, 4% and 0.04%.
	drawLimit = 2
	// ln2 is the natural logarithm of 2, in 1/1024.
	ln2 = 710
	// mostEarly is how many fills a request may begin early. What is due besides is left to the next, so that what was stored together
	// is not asked for all at once.
	mostEarly = 8
)

// set notes how long the fill of a fragment took that is fresh for a time from now on; factor is in hundredths, 0: no draws.
func (y *early) set(took, life time.Duration, factor int64) {
	y.word.Store(inByte(min(drawLimit*halving(took, factor), life/2))<<8 | inByte(took))
}

// halving is how much earlier a draw is half as likely.
func halving(took time.Duration, factor int64) time.Duration {
	return took * time.Duration(factor) / 100 * ln2 / 1024
}

// took is how long the fill took.
func (y *early) took() time.Duration { return ofByte(y.word.Load()) }

// window is how long before the end of freshness draws begin.
func (y *early) window() time.Duration { return ofByte(y.word.Load() >> 8) }

// setWindow has the draws begin at another time before the end; 0: there are no more.
func (y *early) setWindow(d time.Duration) {
	y.word.Store(inByte(d)<<8 | y.word.Load()&0xff)
}

// due tells whether the draw of a request says that a fragment is to be renewed for whose freshness so much is left.
func (y *early) due(left time.Duration, factor int64, lot uint64) bool {
	return left < y.window() && int64(left)<<8 < int64(halving(y.took(), factor))*draw(lot)
}

// draw is -log2 of a random number between 0 and 1, in 1/256 and drawLimit at most. Between whole numbers it is a straight line, which
// is at most 0.09 off.
func draw(lot uint64) int64 {
	const distance = 1 << 8 // a byte gives those of shares
	lot = route.Lot(lot, distance)
	n := bits.LeadingZeros64(lot | 1<<(63-drawLimit))
	return int64(n)<<8 | int64(^(lot<<(n+1))>>56)
}

// A duration in a byte: three bits after the highest one, and how far they are shifted. It is rounded down, by an eighth at most;
// what is below 9.2 µs is 0.
const byteUnit = 10 // bits: nanoseconds to a unit

func inByte(d time.Duration) uint32 {
	u := uint64(max(d, 0)) >> byteUnit
	n := bits.Len64(u) - 4
	if n < 0 {
		return 0
	}
	return uint32(min(n<<3|int(u>>n)&7, 255))
}

func ofByte(b uint32) time.Duration {
	if b &= 0xff; b == 0 {
		return 0
	}
	return time.Duration(8|b&7) << (b>>3 + byteUnit)
}

// isWarm tells whether each fragment of a composed page is fresh, and is not to be renewed by this request's draw. calm is for how long
// that will be so whatever others draw, if nothing else happens.
func (e *Engine[B]) isWarm(c *composed[B], r *Request, now time.Time) (calm time.Duration, ok bool) {
	calm = composedTTL
	for i := range c.parts {
		part := &c.parts[i]
		info := e.fragments.LookInfo(&part.ref, now)
		if info.State != cache.Fresh {
			return 0, false
		}
		if part.early.due(info.TTL, e.config.Early, r.in.lot) && r.Method == "GET" {
			return 0, false
		}
		calm = min(calm, info.TTL-part.early.window())
	}
	return calm, true
}

// filledIn notes how long a fragment's fill took, for the rest of its life. What has changed again after a 304 may take as long as it
// did before; but of one fill that was slow once, each 304 leaves an eighth less.
func (e *Engine[B]) filledIn(v *entry[B], s *page.Slot, took, life time.Duration) {
	factor := e.config.Early
	if s.NoEarly || life <= answer.InstantlyStale {
		factor = 0
	}
	v.early.set(max(took, v.early.took()/8*7), life, factor)
}

// renewEarly begins the fill of a fragment that a slot shows as a fresh one, if its request's draw says so. It goes on as any that
// nobody waits for does.
func (e *Engine[B]) renewEarly(s *slotState[B], key string, left time.Duration) {
	q, v := s.of, s.entry
	if q.idle || q.early == mostEarly || !v.early.due(left, e.config.Early, q.visitor.lot) || e.failureOf(key) != nil {
		return
	}
	if e.refresh(s, key, v) {
		e.counts.Early++
		q.early++
		s.status.Detail = earlyDetail
	}
}

// earlyDetail is what Cache-Status says of a fragment whose fill was begun early.
const earlyDetail = "early"

// goOnEarly is that a fill which was begun early has ended without a fragment: the one that there is stays, and the next may be begun
// in the second half of what is left of its freshness, if that is long enough for one.
func (e *Engine[B]) goOnEarly(f *fill[B]) {
	v := f.early
	if f.early = nil; v == nil {
		return
	}
	info := e.fragments.LookInfo(&v.ref, e.now)
	if half := info.TTL / 2; info.State == cache.Fresh && half >= v.early.took() {
		v.early.setWindow(half)
		v.changes++ // what was repeated meanwhile is so until then
	}
}
