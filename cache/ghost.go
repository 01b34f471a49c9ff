package cache

import "math/bits"

// ghosts remembers the frequency of keys that were evicted, so that a key that
// returns does not start again as a newcomer. It is direct-mapped: a slot holds
// ten bits of the key's hash and half its frequency, the last one written stays,
// and a wrong match (one in a thousand) merely overrates a newcomer.
type ghosts struct {
	slots []ghost
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

// ghostPrint is what a slot remembers of a hash: never 0, which is empty.
func ghostPrint(h uint64) ghost { return ghost(h>>48|1) << ghostFreqBits }

// put remembers a key's frequency.
func (g *ghosts) put(h uint64, freq uint32) {
	*g.slot(h) = ghostPrint(h) | ghost(freq/2)
}

// take gives half the frequency that a key had, and forgets it.
func (g *ghosts) take(h uint64) (freq uint32, remembered bool) {
	if len(g.slots) == 0 {
		return 0, false
	}
	s := g.slot(h)
	if *s&^(1<<ghostFreqBits-1) != ghostPrint(h) {
		return 0, false
	}
	freq = uint32(*s & (1<<ghostFreqBits - 1))
	*s = 0
	return freq, true
}
