//go:build !tinygo

package cache

import (
	"math/rand/v2"
	"time"
)

// randomSeed comes from the runtime's own random source.
func randomSeed(func() time.Time) uint64 { return rand.Uint64() }
