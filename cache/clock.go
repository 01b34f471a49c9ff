package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"inlay/cache/internal/platform"
)

// scale turns times into ticks: nanoseconds on one scale that never goes back.
// Without Options.Now it is the runtime's monotonic clock, which no change of
// the wall clock moves and which costs half of what time.Now does; with it, Unix
// time, and whenever that is set back, on from the latest that there was.
type scale struct {
	monotonic bool
	base      time.Time

	latest  atomic.Int64 // the latest tick that steady gave
	stepped atomic.Int64 // how far the clock has been set back in all
	mu      sync.Mutex   // for those who find that it was
}

// steady is what a clock says now. The latest is looked at before the clock:
// so a clock that is behind it was set back, however many read it at once.
func (s *scale) steady(clock func() time.Time) int64 {
	latest := s.latest.Load()
	t := clock().UnixNano() + s.stepped.Load()
	if t < latest {
		s.mu.Lock()
		t = clock().UnixNano() + s.stepped.Load()
		if back := s.latest.Load() - t; back > 0 {
			s.stepped.Add(back)
			t += back
		}
		s.mu.Unlock()
	}
	for latest = s.latest.Load(); t > latest; latest = s.latest.Load() {
		if s.latest.CompareAndSwap(latest, t) {
			break
		}
	}
	return t
}

// ticks is a time that a caller gives. One before the latest was read before
// that by another goroutine, or the clock was set back since: the clock tells.
func (c *Cache[V]) ticks(t time.Time) int64 {
	s := &c.clock
	if s.monotonic {
		return platform.Since(s.base, t)
	}
	at := t.UnixNano()
	if n := at + s.stepped.Load(); n >= s.latest.Load() {
		return n
	}
	c.now()
	return max(at+s.stepped.Load(), s.latest.Load())
}
