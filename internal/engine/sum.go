package engine

import "math/bits"

// sum is the hash that names bytes in ETags, 128-bit FNV-1a: the same on every machine, so that a page's ETag survives
// an isolate. It is hash/fnv's, without the interface that keeps all of its methods in core.wasm.
type sum struct{ hi, lo uint64 }

func newSum() sum { return sum{0x6c62272e07bb0142, 0x62b821756295c58d} }

func (s *sum) write(p []byte) {
	for _, b := range p {
		s.add(b)
	}
}

func (s *sum) writeString(text string) {
	for i := 0; i < len(text); i++ {
		s.add(text[i])
	}
}

// add takes one more byte: the prime is 1<<88 + 0x13b.
func (s *sum) add(b byte) {
	s.lo ^= uint64(b)
	hi, lo := bits.Mul64(0x13b, s.lo)
	s.hi, s.lo = hi+s.lo<<24+0x13b*s.hi, lo
}

func (s *sum) bytes() (out [16]byte) {
	for i := range 8 {
		out[i], out[8+i] = byte(s.hi>>(56-8*i)), byte(s.lo>>(56-8*i))
	}
	return out
}
