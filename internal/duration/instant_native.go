//go:build !tinygo

package duration

import "time"

// Between is to less from.
func Between(from, to time.Time) time.Duration { return to.Sub(from) }

// After is t and d.
func After(t time.Time, d time.Duration) time.Time { return t.Add(d) }
