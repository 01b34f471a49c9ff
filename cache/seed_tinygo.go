//go:build tinygo

package cache

import "time"

// randomSeed has nothing random to draw on in a bare Wasm module: it spreads
// the clock's nanoseconds. That is guessable; a host that has random bytes
// should give Options.Seed.
func randomSeed(now func() time.Time) uint64 {
	if now == nil {
		now = time.Now
	}
	s := uint64(now().UnixNano())
	return splitmix(&s) | 1
}
