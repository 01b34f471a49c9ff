package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
)

const hour = time.Hour

// back is a request on each side of the clock's being set back: what passes unseen between them nobody can know.
func (s *script) back(d time.Duration) {
	s.engine.Purge("nothing", s.now)
	s.now = s.now.Add(-d)
	s.engine.Purge("nothing", s.now)
}

func TestAClockThatIsSetBackProlongsNothing(t *testing.T) {
	const slot = `<body><edge-slot name="a" src="/f/{id}" ttl="2s" swr="2s" sie="4s" required>…</edge-slot></body>`
	for _, step := range []time.Duration{time.Millisecond, 3 * time.Second, hour} {
		s := newScript(t, pageOf(t, "/p/{id}", slot))
		s.get(1, "/p/7")
		s.fill(0, "<p>old</p>")
		s.engine.Resume(1, s.now)
		s.get(2, "/p/7")
		s.take()

		s.back(step)
		s.now = s.now.Add(2*time.Second - time.Millisecond)
		s.get(3, "/p/7")
		assert.Equal(t, []string{"send 3 200", "repeat 3 1ms"}, s.take(), "fresh for its ttl")
		s.back(step)
		s.now = s.now.Add(time.Millisecond)
		s.get(4, "/p/7")
		require.Len(t, s.fills, 2, "then stale")
		assert.Contains(t, s.head["cache-status"], "ttl=0")
		s.engine.FillFail(s.fills[1], &answer.FillError{Reason: answer.ConnectError, RetryAfter: time.Second}, s.now)

		s.back(step)
		s.now = s.now.Add(time.Second - time.Millisecond)
		s.get(5, "/p/7")
		require.Len(t, s.fills, 2, "a failure is remembered")
		s.back(step)
		s.now = s.now.Add(time.Millisecond)
		s.get(6, "/p/7")
		require.Len(t, s.fills, 3, "for its time")
		s.back(step)
		s.now = s.now.Add(time.Second)
		s.take()
		s.get(7, "/p/7")
		asks := s.take()
		assert.Equal(t, []string{"watch 7 3", "wait 7 9.5s"}, asks, "past swr the page waits for the refresh in progress")
		s.engine.FillFail(s.fills[2], &answer.FillError{Reason: answer.ConnectError, RetryAfter: 10 * time.Second}, s.now)
		s.engine.Resume(7, s.now)
		assert.Contains(t, s.take(), "send 7 200", "sie")
		s.back(step)
		s.now = s.now.Add(2 * time.Second)
		s.get(8, "/p/7")
		assert.Contains(t, s.take(), "send 8 502", "past sie")
		s.back(step)
		s.now = s.now.Add(8 * time.Second)
		s.get(9, "/p/7")
		require.Len(t, s.fills, 4, "Retry-After is over")
	}
}

func TestWaitsAreToldInTheHostsTime(t *testing.T) {
	p := pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" timeout="2s">…</edge-slot></body>`)
	p.Patience = 100 * time.Millisecond
	s := newScript(t, p)
	s.get(1, "/p/7")
	s.back(hour)
	s.take()
	s.get(2, "/p/7")
	assert.Equal(t, []string{"watch 2 1", "wait 2 100ms"}, s.take(), "patience, by the clock as it is now")
	s.now = s.now.Add(100 * time.Millisecond)
	s.engine.Deadline(2, s.now)
	assert.Equal(t, []string{"respond 2 200", "write 2", "wait 2 2.4s"}, s.take())
	s.now = s.now.Add(2400 * time.Millisecond)
	s.engine.Deadline(2, s.now)
	assert.Contains(t, s.take(), "fill 2 /f/7", "the fill is lost 2.5 s after it began")
}

// Warm can be asked at any time. A time before the latest event's is for an event to judge, unless the monotonic clock can.
func TestWarmLeavesAClockThatWasSetBackToTheEvents(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="2s">…</edge-slot></body>`))
	r := func() *Request { return &Request{ID: 9, Method: "GET", Target: "/p/7", Fields: s} }
	_, ok := s.engine.Warm(r(), s.now)
	require.False(t, ok, "nothing has happened yet")
	s.get(1, "/p/7")
	s.fill(0, "<p>x</p>")
	s.engine.Resume(1, s.now)
	s.get(2, "/p/7")
	_, ok = s.engine.Warm(r(), s.now)
	require.True(t, ok)
	s.now = s.now.Add(-hour)
	_, ok = s.engine.Warm(r(), s.now)
	require.False(t, ok)
	s.get(3, "/p/7")
	_, ok = s.engine.Warm(r(), s.now)
	require.True(t, ok)
	s.now = s.now.Add(2 * time.Second)
	_, ok = s.engine.Warm(r(), s.now)
	require.False(t, ok, "no longer fresh")
}

func TestTheMonotonicClockCountsWhereThereIsOne(t *testing.T) {
	var c clock
	first := time.Now()
	require.Contains(t, first.String(), "m=")
	_, ok := c.between(first)
	require.False(t, ok)
	c.event(first)
	// Held up between reading the clock and asking.
	later := c.event(first.Add(time.Second))
	earlier, ok := c.between(first.Add(time.Millisecond))
	require.True(t, ok)
	assert.Equal(t, 999*time.Millisecond, later.Sub(earlier))
	assert.Zero(t, c.behind.Load())
	assert.Contains(t, later.String(), "m=", "a host may compare it with its own")
}

func TestWarmAndEventsTogether(t *testing.T) {
	var c clock
	c.event(time.Now())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				_, ok := c.between(time.Now())
				assert.True(t, ok)
			}
		})
	}
	for range 1000 {
		c.event(time.Now())
	}
	wg.Wait()
	require.Zero(t, c.behind.Load())
}
