package cache

import "math/bits"

// ghosts remembers the frequency of keys that were evicted, so that a key that
// returns does not start again as a newcomer. It is direct-mapped: a slot holds
// a fingerprint of the key and its frequency, the last one written stays, and a
// wrong match merely gives a newcomer a wrong frequency.
type ghosts struct {
	slots []ghost
}

type ghost uint32

const (
	ghostFreqBits = freqBits
	minGhosts     = 64
)

// resize fits the table to the number of entries: between one and two slots
// for each.
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

func ghostPrint(h uint64) ghost { return ghost(h>>44|1) << ghostFreqBits }

// put remembers a key's frequency.
func (g *ghosts) put(h uint64, freq uint32) {
	*g.slot(h) = ghostPrint(h) | ghost(freq)
}

// take gives the frequency a key had, 0 if it is not remembered.
func (g *ghosts) take(h uint64) uint32 {
	if len(g.slots) == 0 {
		return 0
	}
	s := g.slot(h)
	if *s>>ghostFreqBits != ghostPrint(h)>>ghostFreqBits {
		return 0
	}
	f := uint32(*s & freqMax)
	*s = 0
	return f
}
