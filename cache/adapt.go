package cache

// Time for the policy is counted in epochs: a 32nd of the entries is stored anew in
// each. An entry notes the epoch of its last use in seven bits, so one that was not
// used for 128 of them, four times as long as all entries take to be stored anew,
// counts as used later than it was.
type epochs struct {
	now    uint32                         // Cache.epoch is a copy for readers
	stores uint32                         // in this epoch
	levels [1 << (32 - epochShift)]uint32 // the policy's level when each began
}

const perTurn = 32

// store counts a value that is stored, and tells whether an epoch begins with it.
func (c *epochs) store(level uint32, entries int) bool {
	if c.stores++; c.stores < uint32(entries)/perTurn {
		return false
	}
	c.stores = 0
	c.now = (c.now + 1) % uint32(len(c.levels))
	c.levels[c.now] = level
	return true
}

// balance is how much recency counts beside frequency. The more of it, the longer
// newcomers stay, and the shorter what was hit before. Right is what makes both
// leave at a time when they are equally likely to be asked for again: the ghosts
// know how many of either were. Where newcomers return more often than those that
// had hits, they left too early, and recency counts for more; and the other way
// round.
//
// A step is a factor of 1.4 or 1.5, and is made after so many evictions that half of
// all entries could have left. So a change of what is asked for is followed within
// some turnovers, and nothing an origin or a visitor does brings the balance out of
// its bounds.
type balance struct {
	step    int32
	counted int32 // ghosts that returned
	young   since // what left without ever having been hit, as far as is known
	proven  since
}

type since struct{ left, returned int32 }

const (
	leastRecency = 2 // a quarter of a hit's worth
	firstRecency = 8 // two hits
	mostRecency  = 26

	leastLeft     = 128
	leastReturned = 8
)

// recency is in 16ths of a hit.
func (b *balance) recency() uint32 {
	s := uint32(b.step + firstRecency)
	return (2 + s&1) << (s / 2)
}

// kind gives the count of what has had a frequency in eighths of a hit.
func (b *balance) kind(freq uint32) *since {
	if freq >= perHit {
		return &b.proven
	}
	return &b.young
}

// evicted counts an entry that was evicted, of so many.
func (b *balance) evicted(freq uint32, entries int) {
	b.kind(freq).left++
	left := b.young.left + b.proven.left
	if left < max(leastLeft, int32(min(entries/2, 1<<20))) || b.counted < leastReturned {
		return
	}
	// Few that had hits leave where these are the right ones to stay: so they begin
	// with one of four that returned.
	young := int64(b.young.returned) * int64(b.proven.left+4)
	proven := int64(b.proven.returned+1) * int64(b.young.left)
	if young > proven {
		b.step = min(b.step+1, mostRecency-firstRecency)
	} else if young < proven {
		b.step = max(b.step-1, leastRecency-firstRecency)
	}
	b.counted /= 2
	b.young = since{b.young.left / 2, b.young.returned / 2}
	b.proven = since{b.proven.left / 2, b.proven.returned / 2}
}

// back counts a ghost that returned, with half the frequency that it had.
func (b *balance) back(half uint32) {
	b.kind(2*half).returned++
	b.counted++
}
