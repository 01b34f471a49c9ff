package cache

import "math/bits"

// ghosts remembers the frequency of keys that were evicted, so that a key that
// returns does not start again as a newcomer. It is direct-mapped: a slot holds
// ten bits of the key's hash and half its frequency, the last one written stays,
// and a wrong match (one in some hundreds) merely overrates a newcomer.
//
// One of 32 evictions is noted in another slot. Of what is read in a circle the same
// key always comes between an eviction and the return, so where it has the same slot
// neither would ever be remembered.
type ghosts struct {
	slots []ghost
	turn  uint32 // the sum of the hashes that were put
}

type ghost uint16

const (
	ghostFreqBits = 6
	minGhosts     = 64
)

// resize fits the table to the number of entries: one to two slots for each.
func (g *ghosts) resize(entries int) {
	want := max(minGhosts, 1<<bits.Len(uint(entries)))
	switch {
	case len(g.slots) == 0:
		g.slots = make([]ghost, want)
	case want > len(g.slots):
		// A slot's key may belong into either half: it goes into both.
		for len(g.slots) < want {
			g.slots = append(g.slots, g.slots...)
		}
	case want < len(g.slots)/2:
		g.slots = append([]ghost(nil), g.slots[:want]...)
	}
}

func (g *ghosts) slot(h uint64) *ghost { return &g.slots[h>>8&uint64(len(g.slots)-1)] }

func (g *ghosts) second(h uint64) *ghost { return g.slot(h >> 16) }

// ghostPrint is what a slot remembers of a hash: never 0, which is empty.
func ghostPrint(h uint64) ghost { return ghost(h>>48|1) << ghostFreqBits }

// put remembers a key's frequency. Which evictions take the second slot is left to
// the sum of all their hashes, so that it is not always the same ones.
func (g *ghosts) put(h uint64, freq uint32) {
	s := g.slot(h)
	if g.turn += uint32(h); g.turn>>27 == 0 {
		s = g.second(h)
	}
	*s = ghostPrint(h) | ghost(freq/2)
}

// take gives half the frequency that a key had, and forgets it.
func (g *ghosts) take(h uint64) (freq uint32, remembered bool) {
	if len(g.slots) == 0 {
		return 0, false
	}
	s, print := g.slot(h), ghostPrint(h)
	if *s&^(1<<ghostFreqBits-1) != print {
		if s = g.second(h); *s&^(1<<ghostFreqBits-1) != print {
			return 0, false
		}
	}
	freq = uint32(*s & (1<<ghostFreqBits - 1))
	*s = 0
	return freq, true
}
