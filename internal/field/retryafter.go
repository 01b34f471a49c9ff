package field

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
)

// maxRetryAfter bounds how long an origin can have a slot left alone.
const maxRetryAfter = 5 * time.Minute

// ParseRetryAfter reads a Retry-After field (RFC 9110, section 10.2.3): seconds, or a date, from which now is taken. What
// is neither, or past, is 0.
func ParseRetryAfter(v string, now time.Time) time.Duration {
	v = ascii.TrimOWS(v)
	if d, ok := ParseDeltaSeconds(v); ok {
		return min(d, maxRetryAfter)
	}
	if t, ok := ParseDate(v, now); ok {
		return min(max(0, duration.Between(now, t)), maxRetryAfter)
	}
	return 0
}
