package engine

import (
	"sync/atomic"
	"time"

	"inlay/internal/duration"
)

// clock turns the times that events carry into one that never goes back, so that a wall clock which is set back makes no
// ttl, no deadline and no memory of a failure last longer: it goes on from the latest event. Times that carry a reading of
// the monotonic clock, as time.Now gives, are compared by that.
type clock struct {
	base   time.Time    // the first event's; not to be read before latest says so
	latest atomic.Int64 // of the events so far, in nanoseconds since base and 1; 0: none yet
	behind atomic.Int64 // how far the events' clock has been set back in all, in nanoseconds
	back   tick         // when that was last
	limit  atomic.Int64 // from when on only an event can tell anything, as latest; 0: it never is
}

// event is the time of an event. Events come one at a time.
func (c *clock) event(now time.Time) time.Time {
	latest := c.latest.Load()
	if latest == 0 {
		c.base = now
		latest = 1
	}
	t := int64(duration.Between(c.base, now)) + c.behind.Load() + 1
	if t < latest {
		c.behind.Add(latest - t)
		t = latest
		c.back = tick(t)
		if c.limit.Load() != 0 {
			c.limit.Store(1)
		}
	}
	c.latest.Store(t)
	return duration.After(c.base, time.Duration(t-1))
}

// now is the latest event's time, at any time, from any goroutine: a reader that comes with an earlier one than the caches
// have seen asks them, and they ask here.
func (c *clock) now() time.Time { return duration.After(c.base, time.Duration(c.latest.Load()-1)) }

// tick is a time of the engine's in nanoseconds, as latest: what is compared often is kept as one. 0: none.
type tick int64

func (t tick) add(d time.Duration) tick { return t + tick(d) }

// before is a time before t, to a nanosecond, so that it is not none.
func (t tick) before(d time.Duration) tick { return (t - tick(d) - 1) | 1 }

// between is a time at any time, from any goroutine. It reports false if only an event can tell: before the first, from the limit
// on, and when the time has no monotonic reading and is before the latest event's.
func (c *clock) between(now time.Time) (t time.Time, ok bool) {
	latest := c.latest.Load()
	if latest == 0 {
		return now, false
	}
	d := int64(duration.Between(c.base, now)) + c.behind.Load() + 1
	if limit := c.limit.Load(); limit != 0 && d >= limit || d < latest && now == now.Round(0) {
		return now, false
	}
	return duration.After(c.base, time.Duration(d-1)), true
}

// outside is one of the engine's times as the clock of its events has it.
func (c *clock) outside(t time.Time) time.Time {
	return duration.After(t, -time.Duration(c.behind.Load()))
}
