package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWarmRequestAllocatesNothingInTheEngine(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.warmUp()
	s.get(2, "/p/7")
	r := &Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}
	_, ok := s.engine.Warm(r, s.now)
	require.True(t, ok)
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.engine.Warm(r, s.now) }))
}

func TestIfNoneMatchIsAList(t *testing.T) {
	for field, want := range map[string]bool{
		`"e"`: true, `W/"e"`: true, ` W/"e" `: true, `"a", "e"`: true, `"a","e","b"`: true, `"a",W/"e"`: true, "*": true, "\"a\",\t\"e\"": true,
		"": false, `"a"`: false, `garbage "e"`: false, `w/"e"`: false, `xW/"e"`: false, `"e" garbage`: false, `"e"x`: false, `W/ "e"`: false, "e": false,
	} {
		assert.Equal(t, want, etagMatches(field, `"e"`), "%q", field)
	}
}

// A reader's time may be before that of an event which came between its look at the clock and its look at the caches: of use under -race.
func TestWarmReadsNothingThatAnEventWrites(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.now = time.Now() // with a reading of the monotonic clock
	s.warmUp()
	s.get(2, "/p/7")
	began := s.now
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 1000 {
			s.engine.Warm(&Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}, began)
		}
	})
	for range 1000 {
		s.now = s.now.Add(time.Nanosecond)
		s.engine.InvalidateTag("nobody's", s.now)
	}
	wg.Wait()
}
