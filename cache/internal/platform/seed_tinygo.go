//go:build tinygo

package platform

import "time"

// RandomSeed has nothing random to draw on in a bare Wasm module: it takes
// the clock's nanoseconds. They are guessable; a host that has random bytes should
// give Options.Seed.
func RandomSeed(now func() time.Time) uint64 {
	if now == nil {
		now = time.Now
	}
	return uint64(now().UnixNano()) | 1
}
