//go:build !tinygo

package platform

import "time"

// Since is how long after base t is, by a monotonic clock, in nanoseconds.
func Since(base, t time.Time) int64 { return int64(t.Sub(base)) }
