// Package sum is the hash that names bytes in ETags.
package sum

import "math/bits"

// Sum is 128-bit FNV-1a: the same on every machine, so that a page's ETag survives an isolate. It is hash/fnv's, without
// the interface that keeps all of its methods in core.wasm. The zero value is not ready: see [New].
type Sum struct{ hi, lo uint64 }

// New is the sum of nothing.
func New() Sum { return Sum{0x6c62272e07bb0142, 0x62b821756295c58d} }

// Of is the sum of p.
func Of(p []byte) [16]byte {
	s := New()
	s.Write(p)
	return s.Bytes()
}

// Write adds bytes.
func (s *Sum) Write(p []byte) {
	for _, b := range p {
		s.add(b)
	}
}

// WriteString adds those of a text.
func (s *Sum) WriteString(text string) {
	for i := 0; i < len(text); i++ {
		s.add(text[i])
	}
}

// add takes one more byte: the prime is 1<<88 + 0x13b.
func (s *Sum) add(b byte) {
	s.lo ^= uint64(b)
	hi, lo := bits.Mul64(0x13b, s.lo)
	s.hi, s.lo = hi+s.lo<<24+0x13b*s.hi, lo
}

// Bytes is the sum so far.
func (s *Sum) Bytes() (out [16]byte) {
	for i := range 8 {
		out[i], out[8+i] = byte(s.hi>>(56-8*i)), byte(s.lo>>(56-8*i))
	}
	return out
}
