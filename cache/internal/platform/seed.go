//go:build !tinygo

package platform

import (
	"math/rand/v2"
	"time"
)

// RandomSeed comes from the runtime's own random source.
func RandomSeed(func() time.Time) uint64 { return rand.Uint64() }
