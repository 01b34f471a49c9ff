package cache

import "math/bits"

// hasher hashes keys eight bytes at a time with multiplications folded to 64
// bits. All its constants come from the seed: keys are made of URLs, so
// whoever chooses URLs could otherwise choose keys that collide.
type hasher struct{ a, b, c uint64 }

func newHasher(seed uint64) hasher {
	var h hasher
	// Odd, so that none of them can be zero and wipe out what it multiplies.
	h.a = splitmix(&seed) | 1
	h.b = splitmix(&seed) | 1
	h.c = splitmix(&seed) | 1
	return h
}

// splitmix is the generator of Steele, Lea and Flood (SplitMix64), which turns
// any seed, small ones too, into well spread words.
func splitmix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (h *hasher) sum(s string) uint64 {
	n := len(s)
	x := h.a ^ uint64(n)
	for len(s) > 16 {
		x = fold(word(s)^h.b, word(s[8:])^x)
		s = s[16:]
	}
	var lo, hi uint64
	switch {
	case len(s) >= 8:
		lo, hi = word(s), word(s[len(s)-8:])
	case len(s) >= 4:
		lo, hi = half(s), half(s[len(s)-4:])
	case len(s) > 0:
		lo = uint64(s[0])<<16 | uint64(s[len(s)>>1])<<8 | uint64(s[len(s)-1])
	}
	return fold(h.c^uint64(n), fold(lo^h.b, hi^x))
}

func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
