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
	n := uint64(len(s))
	x := h.a
	for len(s) > 32 {
		x = fold(word(s)^h.b, word(s[8:])^x)
		s = s[16:]
	}
	var lo, hi uint64
	switch {
	case len(s) > 16:
		// Two products that do not wait for each other; their words overlap.
		end := s[len(s)-16:]
		lo, hi = fold(word(s)^h.b, word(s[8:])^x), fold(word(end)^h.c, word(end[8:])^x)
	case len(s) >= 8:
		lo, hi = fold(word(s)^h.b, word(s[len(s)-8:])^x), h.c
	case len(s) >= 4:
		lo, hi = fold(half(s)^h.b, half(s[len(s)-4:])^x), h.c
	case len(s) > 0:
		lo, hi = fold((uint64(s[0])<<16|uint64(s[len(s)>>1])<<8|uint64(s[len(s)-1]))^h.b, x), h.c
	}
	// The length comes in here, after the products: before them whoever chooses
	// keys could make up for one length by a byte of another key.
	return fold(lo^h.b^n, hi^x)
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
