package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/config"
	"inlay/internal/purgelog"
)

// isolate is a script whose engine has a purge log, with leases of 1 s and 5 s.
func isolate(t *testing.T, tiers config.Tiers) *script {
	s := newScriptWith(t, func(c *config.Config) { c.Log, c.Tiers, c.Token = true, tiers, secret }, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	return s
}

// polled answers the last poll as the log "L" does.
func (s *script) polled(seq uint64, changes ...purgelog.Change) {
	s.engine.Polled(s.polls[len(s.polls)-1], &purgelog.Answer{Log: "L", Seq: seq, Changes: changes}, s.now)
}

func (s *script) pollFails() { s.engine.Polled(s.polls[len(s.polls)-1], nil, s.now) }

// leased is an isolate without anything below that knows the log at 10 and has /p/7 in memory, composed.
func leased(t *testing.T) *script {
	s := isolate(t, 0)
	s.get(1, "/p/7")
	s.polled(10)
	for _, id := range s.fills {
		s.engine.NotFound(id, s.now)
	}
	s.fill(len(s.fills)-2, "<p>A</p>")
	s.fill(len(s.fills)-1, "<p>B</p>")
	s.engine.Resume(1, s.now)
	s.get(1, "/p/7")
	s.take()
	s.takeBody()
	return s
}

func (s *script) pass(d time.Duration) { s.now = s.now.Add(d) }

func TestFreshIsolateStreamsItsShellBeforeItKnowsTheLog(t *testing.T) {
	s := isolate(t, 0)
	s.get(1, "/p/7")
	assert.Equal(t, []string{"poll 1  0", "find 1 tiers 0 await true", "find 1 tiers 0 await true", "respond 1 200", "write 1", "wait 1 2.5s"}, s.take())
	s.polled(10)
	assert.Empty(t, s.take(), "nobody is held")
	s.engine.NotFound(s.fills[0], s.now)
	s.engine.NotFound(s.fills[0], s.now)
	assert.Equal(t, []string{"fill 1 /f/a/7"}, s.take(), "once")
	s.fill(0, "<p>A</p>")
	s.engine.Resume(1, s.now)
	s.take()
	_, fresh := s.engine.fragments.Stored("/f/a/7")
	assert.True(t, fresh, "that the log was first heard of meanwhile is no purge of what was asked for after it")
}

func TestWithinTheSoftLeaseNothingIsAsked(t *testing.T) {
	s := leased(t)
	for range 3 {
		s.get(2, "/p/7")
		assert.Equal(t, []string{"send 2 200", "repeat 2 1s"}, s.take())
	}
	_, ok := s.engine.Warm(&Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}, s.now)
	assert.True(t, ok)
	s.pass(300 * time.Millisecond)
	s.get(2, "/p/7")
	assert.Equal(t, []string{"send 2 200", "repeat 2 700ms"}, s.take(), "no repeat goes past it")
}

func TestPastTheSoftLeaseThereIsOnePollAndNobodyWaits(t *testing.T) {
	s := leased(t)
	s.pass(time.Second)
	r := &Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}
	_, ok := s.engine.Warm(r, s.now)
	assert.False(t, ok, "only an event can have the log polled")
	s.get(2, "/p/7")
	assert.Equal(t, []string{"poll 2 L 10", "send 2 200", "repeat 2 1.5s"}, s.take())
	_, ok = s.engine.Warm(r, s.now)
	assert.True(t, ok, "while the poll goes on")
	s.get(4, "/p/7")
	assert.Equal(t, []string{"send 4 200", "repeat 4 1.5s"}, s.take())
	s.polled(10)
	s.pass(999 * time.Millisecond)
	s.get(5, "/p/7")
	assert.Equal(t, []string{"send 5 200", "repeat 5 1ms"}, s.take(), "a poll counts from when it was asked for")
	s.pass(time.Millisecond)
	s.get(5, "/p/7")
	assert.Equal(t, "poll 5 L 10", s.take()[0])
}

func TestPollThatIsLostIsAskedAgain(t *testing.T) {
	s := leased(t)
	s.pass(time.Second)
	s.get(2, "/p/7")
	s.take()
	s.pass(pollOverdue)
	s.get(3, "/p/7")
	assert.Equal(t, "poll 3 L 10", s.take()[0])
	s.engine.Polled(s.polls[len(s.polls)-2], &purgelog.Answer{Log: "other", Seq: 1}, s.now)
	s.get(4, "/p/7")
	assert.Equal(t, "send 4 200", s.take()[0], "the first one's answer is late")
}

func TestPastTheLeaseWhatIsInMemoryWaitsForThePoll(t *testing.T) {
	s := leased(t)
	s.pass(5 * time.Second)
	s.get(2, "/p/7")
	s.get(3, "/p/7")
	assert.Equal(t, []string{"poll 2 L 10", "wait 2 1s", "wait 3 1s"}, s.take())
	s.get(4, "/p/8")
	assert.Equal(t, []string{"find 4 tiers 0 await true", "find 4 tiers 0 await true", "respond 4 200", "write 4", "wait 4 2.5s"}, s.take(),
		"a page of which nothing is there has nothing to wait for")
	s.polled(11, purgelog.Change{Seq: 11, Subject: purgelog.Tag("all")})
	assert.Equal(t, []string{"wake 2", "wake 3"}, s.take())
	s.takeBody()
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"fill 2 /f/a/7", "respond 2 200", "write 2", "wait 2 10.5s"}, s.take())
	assert.Contains(t, s.takeBody(), "<p>B</p>", "what was not purged is there")
	s.engine.Resume(3, s.now)
	assert.Equal(t, "respond 3 200", s.take()[0])
}

func TestHeldRequestMayLeaveAndItsTimeMayCome(t *testing.T) {
	s := leased(t)
	s.pass(6 * time.Second)
	s.get(2, "/p/7")
	s.get(3, "/p/7")
	s.take()
	assert.Equal(t, 2, s.engine.Stats().Waiting)
	s.engine.Leave(2, s.now)
	s.pass(PollTimeout)
	s.engine.Deadline(3, s.now)
	assert.Equal(t, []string{"fill 3 /f/a/7", "fill 3 /f/b/7", "respond 3 200", "write 3", "wait 3 10.5s"}, s.take(),
		"what is older than an outage allows is not used")
	s.get(4, "/p/7")
	assert.Equal(t, []string{"respond 4 200", "write 4", "watch 4 3", "watch 4 4", "wait 4 10.5s"}, s.take(), "nobody waits for the log again")
	s.pollFails()
	assert.Empty(t, s.take())
}

// TestLogThatCannotBeReached: what is young is served, and only what is.
func TestLogThatCannotBeReached(t *testing.T) {
	s := leased(t)
	at := func(d time.Duration) *script { s.now = time.Unix(1_700_000_000, 0).Add(d); return s }
	at(time.Second).get(2, "/p/7")
	s.pollFails()
	at(1500*time.Millisecond).get(2, "/p/7")
	s.take()
	at(2*time.Second).get(2, "/p/7")
	assert.Equal(t, []string{"poll 2 L 10", "send 2 200", "repeat 2 1.5s"}, s.take(), "it is asked again after a while")
	s.pollFails()
	at(4900*time.Millisecond).get(2, "/p/7")
	s.pollFails()
	s.take()
	at(5*time.Second).get(2, "/p/7")
	assert.Equal(t, []string{"fill 2 /f/a/7", "fill 2 /f/b/7", "respond 2 200", "write 2", "wait 2 10.5s"}, s.take())
	n := len(s.fills)
	at(9*time.Second).get(3, "/p/7")
	s.pollFails()
	s.take()
	s.engine.Leave(3, s.now)
	at(10*time.Second).get(4, "/p/7")
	assert.Contains(t, s.take(), "fill 4 /f/a/7", "a fill that began as long ago is not joined")
	s.fill(n-2, "<p>old A</p>")
	s.fill(n, "<p>A2</p>")
	s.fill(n+1, "<p>B2</p>")
	s.pollFails()
	s.take()
	s.takeBody()
	at(14900*time.Millisecond).get(5, "/p/7")
	assert.Contains(t, s.takeBody(), "<p>A2</p>|<p>B2</p>", "young enough: composed, but not by a repeat")
	assert.NotContains(t, s.take(), "repeat")
	s.pollFails()
	at(15900*time.Millisecond).get(6, "/p/7")
	s.polled(10)
	s.take()
	s.takeBody()
	s.get(7, "/p/7")
	assert.Contains(t, s.takeBody(), "<p>A2</p>|<p>B2</p>", "the log is back, and nothing was purged")
}

func TestOutageMayBeLonger(t *testing.T) {
	s := leased(t)
	s.engine.config.Outage = time.Minute
	s.engine.config.TTL = time.Hour
	s.pass(8 * time.Second)
	s.get(2, "/p/7")
	s.take()
	s.pollFails()
	assert.Equal(t, []string{"wake 2"}, s.take())
	s.engine.Resume(2, s.now)
	assert.Equal(t, "send 2 200", s.take()[0])
	assert.Contains(t, s.takeBody(), "<p>A</p>|<p>B</p>")
}

func TestLogThatLostWhatItKnewEmptiesTheIsolate(t *testing.T) {
	s := leased(t)
	s.pass(time.Second)
	s.get(2, "/p/7")
	s.take()
	s.engine.Polled(s.polls[len(s.polls)-1], &purgelog.Answer{Log: "new", Seq: 2}, s.now)
	assert.Zero(t, s.engine.fragments.Len())
	s.get(3, "/p/7")
	assert.Equal(t, "fill 3 /f/a/7", s.take()[0])
}

func TestAnswersOfALostLogAreNotBelievedAgain(t *testing.T) {
	s := leased(t)
	_, _, asked := s.engine.View(s.now)
	s.pass(time.Second)
	s.get(2, "/p/7")
	s.engine.Polled(s.polls[len(s.polls)-1], &purgelog.Answer{Log: "new", Seq: 2}, s.now)
	s.engine.Told([]string{"tag:x"}, &purgelog.Answer{Log: "L", Seq: 11}, asked, s.now)
	assert.Equal(t, "new", s.engine.view.Log())
}

func TestClockThatGoesBackProlongsNoLease(t *testing.T) {
	s := leased(t)
	s.pass(4 * time.Second)
	s.get(2, "/p/7")
	s.pollFails()
	s.back(time.Hour)
	s.get(3, "/p/7")
	s.take()
	s.pass(1100 * time.Millisecond)
	s.get(4, "/p/7")
	assert.Contains(t, s.take(), "fill 4 /f/a/7")
}

func TestPurgeThatTheHostToldTheLogOfHoldsHere(t *testing.T) {
	s := leased(t)
	log, seq, asked := s.engine.View(s.now)
	assert.Equal(t, "L", log)
	assert.EqualValues(t, 10, seq)
	assert.Equal(t, 2, s.engine.fragments.Len()-1, "nothing goes before the log has it")
	n := s.engine.Told([]string{"tag:all", "key:/f/b/7"}, &purgelog.Answer{Log: "L", Seq: 12, Changes: []purgelog.Change{
		{Seq: 12, Subject: "tag:all"}, {Seq: 12, Subject: "key:/f/b/7"}, {Seq: 11, Subject: "tag:others"},
	}}, asked, s.now)
	assert.Equal(t, 2, n)
	assert.EqualValues(t, 12, s.engine.view.Seq(), "it is a poll as well")
	assert.Empty(t, s.take(), "whom that answers is the host's affair")
	assert.Zero(t, s.engine.Stats().Waiting)
}

func TestOriginPurgesByItsAnswers(t *testing.T) {
	s := leased(t)
	s.engine.config.PurgeField = "surrogate-key"
	s.passEnd(4, `"all", "x y";p`, "k1 k2")
	assert.Equal(t, []string{`purge 4 L 10 ["tag:all" "tag:x y" "tag:k1" "tag:k2"]`}, s.take())
	s.get(5, "/p/7")
	assert.Equal(t, "fill 5 /f/a/7", s.take()[0], "here it holds at once")
	_, _, asked := s.engine.View(s.now)
	assert.Equal(t, asked, s.purges[0].Asked)
	s.engine.Told(s.purges[0].Subjects, &purgelog.Answer{Log: "L", Seq: 11, Changes: []purgelog.Change{{Seq: 11, Subject: "tag:all"}}}, asked, s.now)
	assert.EqualValues(t, 11, s.engine.view.Seq())
	assert.False(t, s.passEnd(6, `"unfinished`, ""))
	assert.False(t, s.passEnd(6, "product:7", ""))
	assert.Empty(t, s.take())
}

func TestPurgeWhileItIsLookedForBelowIsNoneOfWhatIsFilledThen(t *testing.T) {
	s := isolate(t, config.DataCenter)
	s.get(1, "/p/7")
	s.polled(10)
	s.pass(time.Second)
	s.get(2, "/p/8")
	s.polled(11, purgelog.Change{Seq: 11, Subject: purgelog.Tag("all")})
	s.take()
	s.engine.NotFound(s.fills[0], s.now)
	s.fill(0, "<p>new</p>")
	_, ok := s.engine.fragments.Stored("/f/a/7")
	require.True(t, ok)
	assert.Contains(t, s.take(), "put tiers 1 for 1m10s")
}

// TestInvalidationIsHeardOfLate: its swr would count from then, and it may have been long ago.
func TestInvalidationIsHeardOfLate(t *testing.T) {
	for _, c := range []struct {
		slept time.Duration
		asks  string
	}{
		{4900 * time.Millisecond, "send 2 200"},
		{5 * time.Second, "fill 2 /f/a/7"},
	} {
		s := leased(t)
		s.pass(c.slept)
		s.get(3, "/p/7")
		s.polled(11, purgelog.Change{Seq: 11, Subject: purgelog.Soft(purgelog.Tag("all"))})
		s.engine.Resume(3, s.now)
		s.take()
		s.engine.Leave(3, s.now)
		s.get(2, "/p/7")
		if c.asks == "send 2 200" {
			assert.Contains(t, s.take(), c.asks, "within the lease it may be shown stale")
			continue
		}
		_, there := s.engine.fragments.Stored("/f/a/7")
		assert.False(t, there)
	}
}

func TestOwnInvalidationIsSoftThoughTheIsolateSlept(t *testing.T) {
	s := leased(t)
	s.pass(6 * time.Second)
	_, _, asked := s.engine.View(s.now)
	own := purgelog.Change{Seq: 12, Subject: purgelog.Soft(purgelog.Tag("all"))}
	s.engine.Told([]string{own.Subject}, &purgelog.Answer{Log: "L", Seq: 12, Changes: []purgelog.Change{own, {Seq: 11, Subject: "~key:/f/b/7"}}}, asked, s.now)
	_, there := s.engine.fragments.Stored("/f/a/7")
	assert.True(t, there, "that was now")
	_, there = s.engine.fragments.Stored("/f/b/7")
	assert.False(t, there, "that was whenever")
}
