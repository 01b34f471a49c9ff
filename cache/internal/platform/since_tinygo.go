//go:build tinygo

package platform

import "time"

// Since is never of a monotonic clock: there is none that a host could ask. [time.Time.Sub] is half a KiB of a module, gzipped.
func Since(base, t time.Time) int64 { return t.UnixNano() - base.UnixNano() }
