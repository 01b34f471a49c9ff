package engine

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/purgelog"
)

// What the simulation of many isolates has found (world_test.go), each by itself.

func TestWholePageIsKeptUnderItsOwnKeyThoughItsFragmentsWereLookedFor(t *testing.T) {
	s := isolate(t, 0)
	s.get(1, "/p/7") // has the log polled, and looks whether there is anything to wait for
	assert.Len(t, s.engine.requests, 1)
	for _, q := range s.engine.requests {
		assert.NotContains(t, q.key, "/f/")
	}
}

func TestHeldRequestThatIsWokenTooLateWaitsForTheNextPoll(t *testing.T) {
	s := leased(t)
	s.pass(5 * time.Second)
	s.get(2, "/p/7")
	s.get(3, "/p/7")
	s.pass(200 * time.Millisecond)
	s.engine.Polled(s.polls[len(s.polls)-1], &purgelog.Answer{Log: "L", Seq: 10, Age: 5 * time.Second}, s.now)
	assert.Equal(t, []string{"poll 2 L 10", "wait 2 1s", "wait 3 1s", "wake 2", "wake 3"}, s.take())
	s.pass(800*time.Millisecond - 1)
	s.get(4, "/p/7")
	s.engine.Resume(3, s.now)
	assert.Equal(t, []string{"poll 4 L 10", "wait 4 1s", "wait 3 1ns"}, s.take(), "each event of a request ends with an answer or a wait")
	s.polled(10)
	assert.Equal(t, []string{"wake 4", "wake 3"}, s.take(), "and who waits again is woken again")
	s.engine.Resume(3, s.now)
	assert.Equal(t, "send 3 200", s.take()[0])
}

func TestAClockThatIsSetBackEndsTheLease(t *testing.T) {
	s := leased(t)
	s.pass(500 * time.Millisecond)
	s.get(2, "/p/7")
	assert.Equal(t, []string{"send 2 200", "repeat 2 500ms"}, s.take())
	s.pass(-time.Hour) // an hour may have passed meanwhile, or none
	_, ok := s.engine.Warm(&Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}, s.now)
	assert.False(t, ok)
	s.get(3, "/p/7")
	assert.Equal(t, []string{"poll 3 L 10", "wait 3 1s"}, s.take())
	s.polled(10)
	s.engine.Resume(3, s.now)
	assert.Equal(t, []string{"wake 3", "send 3 200", "repeat 3 1.000000001s"}, s.take(), "what was asked for after that is relied on")
}

func TestAPollFromBeforeTheClockWasSetBackIsNoLease(t *testing.T) {
	s := leased(t)
	s.pass(time.Second)
	s.get(2, "/p/7")
	s.pass(-time.Hour)
	s.get(3, "/p/7")
	assert.Equal(t, []string{"poll 2 L 10", "send 2 200", "repeat 2 1.5s", "wait 3 1s"}, s.take())
	s.polled(10)
	s.engine.Resume(3, s.now)
	assert.Equal(t, "fill 3 /f/a/7", s.take()[1], "nothing is young for sure")
}

func TestFragmentsThatNobodyAskedForForHoursAreDroppedOnce(t *testing.T) {
	s := newScriptWith(t, func(*config.Config) {}, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/a/{id}" ttl="1m"></edge-slot></body>`))
	s.fields = browser
	v := NewVerifier(s.engine)
	for _, version := range []string{`"1"`, `"2"`} {
		for id := range 60 {
			s.get(1, "/p/"+strconv.Itoa(id))
			s.fill(len(s.fills)-1, "<p>A</p>", func(a *answer.Answer) { a.ETag = version })
			s.engine.Resume(1, s.now)
			require.Empty(t, v.Verify())
		}
		s.pass(3 * time.Hour) // longer than any is kept to be renewed
	}
}

func TestATimeBeforeIsNotLaterAndNotNone(t *testing.T) {
	for now := tick(-3); now < 4; now++ {
		for d := range time.Duration(3) {
			assert.LessOrEqual(t, now.before(d), now-tick(d))
			assert.Greater(t, now.before(d), now-tick(d)-2)
			assert.NotZero(t, now.before(d))
		}
	}
}
