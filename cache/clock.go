package cache

import "time"

// scale turns times into ticks: nanoseconds on one scale. Without Options.Now it
// is the runtime's monotonic clock, which no change of the wall clock moves and
// which costs half of what time.Now does; with it, Unix time.
type scale struct {
	monotonic bool
	base      time.Time
}

func (s *scale) ticks(t time.Time) int64 {
	if s.monotonic {
		return int64(t.Sub(s.base))
	}
	return t.UnixNano()
}
