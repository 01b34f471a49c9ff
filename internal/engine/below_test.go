package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/purgelog"
)

const both = config.DataCenter | config.KV

// looking is an isolate that knows the log at 10 and looks for both fragments of /p/7, without having found anything yet.
func looking(t *testing.T, tiers config.Tiers) *script {
	s := isolate(t, tiers)
	s.get(1, "/p/7")
	s.polled(10)
	s.take()
	s.takeBody()
	return s
}

// filledElsewhere is what another isolate has put below for the fragment a of /p/7, when the log was at 10.
func filledElsewhere(t *testing.T, change ...func(*answer.Answer)) string {
	return filledAfter(t, 0, change...)
}

func filledAfter(t *testing.T, d time.Duration, change ...func(*answer.Answer)) string {
	s := looking(t, both)
	s.pass(d)
	s.engine.NotFound(s.fills[0], s.now)
	s.pass(100 * time.Millisecond)
	s.fill(0, "<p>A", append(change, func(a *answer.Answer) { a.CacheTag = "own" })...)
	require.Len(t, s.below, 1)
	return s.below[0]
}

func (s *script) found(i int, t config.Tiers, resident time.Duration, bytes string) bool {
	return s.engine.Found(s.fills[i], t, resident, s.NewBlob([]byte(bytes)), len(bytes), s.now)
}

func TestFragmentThatAnotherIsolateFilledIsNotAskedOfTheOrigin(t *testing.T) {
	bytes := filledElsewhere(t)
	s := looking(t, config.DataCenter)
	s.pass(2 * time.Second)
	assert.True(t, s.found(0, config.DataCenter, 2*time.Second, bytes))
	s.engine.NotFound(s.fills[1], s.now)
	s.fill(1, "<p>B</p>")
	s.engine.Resume(1, s.now)
	asks := strings.Join(s.take(), "\n")
	assert.NotContains(t, asks, "/f/a/7")
	assert.Contains(t, s.takeBody(), "<p>A</p>", "mended, as it was there")
	s.pass(7 * time.Second)
	s.engine.config.Debug = true
	s.get(2, "/p/7")
	s.polled(10)
	s.engine.Resume(2, s.now)
	assert.Contains(t, s.head["cache-status"], "inlay/a;hit;ttl=0", "fresh for what was left of it: 10 s less 2 below and 7 here")
	assert.EqualValues(t, 1, s.engine.Stats().FoundDataCenter)
	assert.EqualValues(t, 1, s.engine.Stats().Fills)
	assert.Equal(t, 1, s.engine.PurgeTag("own", s.now), "it has the tags that its origin gave it")
}

func TestWhatLiesBelowIsUsedOnlyAsTheLogAllows(t *testing.T) {
	bytes := filledElsewhere(t)
	for _, c := range []struct {
		name    string
		seq     uint64
		changes []purgelog.Change
		want    bool
	}{
		{"nothing purged", 10, nil, true},
		{"another tag", 11, []purgelog.Change{{Seq: 11, Subject: "tag:x"}}, true},
		{"purged before it was filled", 11, []purgelog.Change{{Seq: 10, Subject: "tag:all"}}, true},
		{"the slot's tag", 11, []purgelog.Change{{Seq: 11, Subject: "tag:all"}}, false},
		{"the origin's tag", 11, []purgelog.Change{{Seq: 11, Subject: "tag:own"}}, false},
		{"its key", 12, []purgelog.Change{{Seq: 12, Subject: "key:/f/a/7"}}, false},
		{"another key", 12, []purgelog.Change{{Seq: 12, Subject: "key:/f/a/8"}}, true},
		{"all", 12, []purgelog.Change{{Seq: 12, Subject: "all"}}, false},
		{"invalidated, within swr", 12, []purgelog.Change{{Seq: 12, Subject: "~all"}}, true},
	} {
		s := isolate(t, config.DataCenter)
		s.get(1, "/p/7")
		s.engine.Polled(s.polls[0], &purgelog.Answer{Log: "L", Seq: c.seq, Changes: c.changes}, s.now)
		assert.Equal(t, c.want, s.found(0, config.DataCenter, 0, bytes), c.name)
		assert.Equal(t, c.want, len(s.engine.flights) == 1 || s.engine.Stats().Fills == 1, c.name)
		if !c.want {
			assert.EqualValues(t, 1, s.engine.Stats().Refused, c.name)
		}
	}
}

func TestNothingIsTakenOverThatNoViewVouchesFor(t *testing.T) {
	bytes := filledElsewhere(t)

	s := isolate(t, config.DataCenter)
	s.get(1, "/p/7")
	assert.False(t, s.found(0, config.DataCenter, 0, bytes), "the log has not been heard of")

	s = isolate(t, config.DataCenter)
	s.get(1, "/p/7")
	s.engine.Polled(s.polls[0], &purgelog.Answer{Log: "other", Seq: 10}, s.now)
	assert.False(t, s.found(0, config.DataCenter, 0, bytes), "another log")

	s = isolate(t, config.DataCenter)
	s.get(1, "/p/7")
	s.engine.Polled(s.polls[0], &purgelog.Answer{Log: "L", Seq: 20, Floor: 11}, s.now)
	assert.False(t, s.found(0, config.DataCenter, 0, bytes), "stamped before what the log still knows")

	s = looking(t, config.DataCenter)
	s.pass(5 * time.Second)
	assert.False(t, s.found(0, config.DataCenter, 0, bytes), "the lease ended while it was looked for")

	s = looking(t, config.DataCenter)
	s.pass(6 * time.Second)
	s.get(2, "/p/8")
	s.pollFails()
	s.take()
	s.get(3, "/p/9")
	assert.Contains(t, s.take(), "fill 3 /f/a/9", "while the log cannot be reached, nothing is looked for")
}

func TestWhatIsFoundIsAsOldAsItWasThere(t *testing.T) {
	bytes := filledElsewhere(t)
	s := looking(t, config.DataCenter)
	s.pass(time.Second)
	require.True(t, s.found(0, config.DataCenter, 3*time.Second, bytes))
	s.engine.NotFound(s.fills[1], s.now)
	s.fill(1, "<p>B</p>")
	s.engine.Resume(1, s.now)
	s.take()
	s.pass(4500 * time.Millisecond)
	s.get(2, "/p/7")
	s.pollFails()
	s.engine.Resume(2, s.now)
	asks := strings.Join(s.take(), "\n")
	assert.Contains(t, asks, "fill 2 /f/a/7", "the log cannot be reached, and it was asked for over five seconds ago")
	assert.NotContains(t, asks, "/f/b/7")
}

func TestDamagedEntryIsAMiss(t *testing.T) {
	bytes := filledElsewhere(t)
	s := looking(t, config.DataCenter)
	for i := range bytes {
		damaged := []byte(bytes)
		damaged[i] ^= 1 << (i % 8)
		require.False(t, s.found(0, config.DataCenter, 0, string(damaged)), "byte %d of %d", i, len(bytes))
		require.False(t, s.found(0, config.DataCenter, 0, bytes[:i]), "cut at %d", i)
	}
	for _, junk := range []string{"", bytes + " ", bytes + bytes, "<p>A</p>", strings.Repeat("\x00", 100)} {
		require.False(t, s.found(0, config.DataCenter, 0, junk), "%q", junk)
	}
	require.False(t, s.found(1, config.DataCenter, 0, bytes), "it is another key's")
	require.True(t, s.found(0, config.DataCenter, 0, bytes))
	require.True(t, s.found(0, config.DataCenter, 0, bytes), "that came twice: there is nothing more to look for")
	for id, b := range s.blobs {
		assert.NotContains(t, b, "inlay\x00", "blob %d was dropped", id)
	}
}

func TestWindowsGoOnBelow(t *testing.T) {
	sie := func(a *answer.Answer) { a.CacheControl = "max-age=60, stale-if-error=600" } // the slot's ttl and swr count
	for _, c := range []struct {
		name     string
		resident time.Duration
		found    bool
		state    string
	}{
		{"fresh", 9 * time.Second, true, "inlay/a;hit;ttl=0"},
		{"stale, used while it is renewed", 30 * time.Second, true, "inlay/a;hit;ttl=0"},
		{"only for when the origin fails", 5 * time.Minute, false, "inlay/a;fwd=stale"},
		{"of no use any more", 20 * time.Minute, false, "inlay/a;fwd=miss"},
	} {
		bytes := filledElsewhere(t, sie)
		s := looking(t, config.DataCenter)
		assert.Equal(t, c.found, s.found(0, config.DataCenter, c.resident, bytes), c.name)
		s.engine.NotFound(s.fills[1], s.now)
		s.fill(1, "<p>B</p>")
		if !c.found {
			s.engine.NotFound(s.fills[0], s.now)
			s.engine.FillFail(s.fills[0], &answer.FillError{Reason: answer.ConnectError}, s.now)
			s.engine.Resume(1, s.now)
		} else {
			s.engine.Resume(1, s.now)
			s.pass(800 * time.Millisecond)
			s.engine.config.Debug = true
			s.get(2, "/p/7")
		}
		if c.name == "only for when the origin fails" {
			assert.Contains(t, s.takeBody(), "<p>A</p>", c.name)
			continue
		}
		if c.found {
			assert.Contains(t, s.head["cache-status"], c.state, c.name)
			continue
		}
		assert.Contains(t, s.takeBody(), "no a", c.name)
	}
}

func TestStaleFragmentFromBelowIsRenewedAtOnce(t *testing.T) {
	bytes := filledElsewhere(t)
	s := looking(t, config.DataCenter)
	s.found(0, config.DataCenter, 30*time.Second, bytes)
	assert.Equal(t, []string{"wake 1", "fill 1 /f/a/7"}, s.take(), "of the origin: below there is nothing better")
	assert.Len(t, s.engine.flights, 2)
}

func TestStaleFragmentIsNotRenewedByOneThatIsStaleToo(t *testing.T) {
	bytes := filledAfter(t, 11*time.Second)
	s := leased(t)
	s.engine.config.Tiers = config.DataCenter
	s.pass(12 * time.Second)
	s.get(2, "/p/7")
	s.polled(10)
	s.engine.Resume(2, s.now)
	asks := s.take()
	assert.Contains(t, asks, "find 2 tiers 1 await false")
	refresh := len(s.fills) - 2
	assert.False(t, s.found(refresh, config.DataCenter, 11*time.Second, bytes))
	v, _ := s.engine.fragments.Stored("/f/a/7")
	require.NotNil(t, v)
	assert.True(t, s.found(refresh, config.DataCenter, time.Second, bytes), "but by one that is fresh")
	renewed, _ := s.engine.fragments.Stored("/f/a/7")
	assert.NotSame(t, v, renewed)
}

func TestFragmentFromKVIsPutIntoTheDataCentersCache(t *testing.T) {
	slow := func(p string) string { return strings.ReplaceAll(p, `ttl="10s"`, `ttl="10m"`) }
	bound := func(tiers config.Tiers) *script {
		s := newScriptWith(t, func(c *config.Config) { c.Log, c.Tiers = true, tiers }, pageOf(t, "/p/{id}", slow(twoSlots)))
		s.fields = browser
		s.get(1, "/p/7")
		s.polled(10)
		return s
	}
	isolate := func() *script { return bound(both) }
	a := isolate()
	a.engine.NotFound(a.fills[0], a.now)
	a.take()
	a.fill(0, "<p>A</p>")
	assert.Equal(t, []string{"put tiers 3 for 11m0s", "wake 1"}, a.take())

	b := isolate()
	b.take()
	b.pass(2 * time.Minute)
	assert.False(t, b.found(0, config.KV, -1, a.below[0]), "past its lease")
	b.get(2, "/p/8")
	b.polled(10)
	b.take()
	assert.True(t, b.found(0, config.KV, -1, a.below[0]))
	assert.Equal(t, []string{"put tiers 1 for 9m0s", "wake 1"}, b.take())

	c := isolate()
	c.pass(3 * time.Minute)
	c.get(2, "/p/8")
	c.polled(10)
	assert.True(t, c.found(0, config.DataCenter, time.Minute, b.below[0]))
	c.engine.NotFound(c.fills[1], c.now)
	c.fill(1, "<p>B</p>")
	c.engine.Resume(1, c.now)
	c.engine.config.Debug = true
	c.get(3, "/p/7")
	assert.Contains(t, c.head["cache-status"], "inlay/a;hit;ttl=420", "as old as it is, over both")
	assert.True(t, c.engine.verified(), "the lease holds")

	without := bound(config.KV)
	without.take()
	assert.True(t, without.found(0, config.KV, -1, a.below[0]))
	assert.Equal(t, []string{"wake 1"}, without.take(), "where the data centre's cache is off, nothing is put there")
}

func TestWhatIsNotStoredDoesNotLieBelowEither(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){
		"cookie":   func(a *answer.Answer) { a.SetCookie = true },
		"private":  func(a *answer.Answer) { a.CacheControl = "private" },
		"no-store": func(a *answer.Answer) { a.CacheControl = "no-store" },
		"vary":     func(a *answer.Answer) { a.Vary = "accept-language" },
		"failure":  func(a *answer.Answer) { a.Status = 500 },
		"stale":    func(a *answer.Answer) { a.Age = "11" },
	} {
		s := looking(t, both)
		s.engine.NotFound(s.fills[0], s.now)
		s.fill(0, "<p>A</p>", change)
		assert.Empty(t, s.below, name)
	}
	s := newScriptWith(t, func(c *config.Config) { c.Log, c.Tiers = true, both },
		pageOf(t, "/p", `<!doctype html><title>t</title><body><edge-slot name="a" src="/f" ttl="0"></edge-slot>`))
	s.fields = browser
	s.get(1, "/p")
	assert.Contains(t, s.take(), "fill 1 /f", "nobody shares it: it is not looked for")
	s.polled(10)
	s.fill(0, "<p>A</p>")
	assert.Empty(t, s.below)
}

func TestFillThatAPurgeOvertakesIsNotPutBelow(t *testing.T) {
	s := looking(t, both)
	s.engine.NotFound(s.fills[0], s.now)
	s.engine.InvalidateTag("all", s.now)
	s.fill(0, "<p>A</p>")
	assert.Empty(t, s.below)
}

func TestFillThatIsLostWhileItIsLookedForIsTakenOver(t *testing.T) {
	s := looking(t, config.DataCenter)
	s.get(2, "/p/7")
	assert.Equal(t, []string{"respond 2 200", "write 2", "watch 2 1", "watch 2 2", "wait 2 2.5s"}, s.take())
	s.engine.FillLost(s.fills[0], s.now)
	assert.Equal(t, []string{"wake 2"}, s.take())
	s.engine.Resume(2, s.now)
	assert.Contains(t, s.take(), "find 2 tiers 1 await false")
	s.engine.NotFound(s.fills[0], s.now)
	assert.Empty(t, s.take(), "the lost one says something after all: another looks")
	s.pass(FindTimeout + grace)
	s.engine.Deadline(2, s.now)
	assert.NotEmpty(t, s.take())
	s.engine.NotFound(s.fills[len(s.fills)-1], s.now)
	s.take()
}

func TestHeadTellsWhichTierAFragmentCameFrom(t *testing.T) {
	bytes := filledElsewhere(t)
	s := isolate(t, both)
	s.engine.config.Patience = time.Second
	s.get(1, "/p/7")
	s.polled(10)
	s.found(0, config.DataCenter, 0, bytes)
	s.engine.NotFound(s.fills[1], s.now)
	s.fill(1, "<p>B</p>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, "inlay-data-center/a;hit, inlay/a;fwd=miss, inlay/b;fwd=miss", s.head["cache-status"], "nearest to the origin first")
}

func TestWhatAnOriginPurgedDoesNotComeBackFromBelowBeforeTheLogKnows(t *testing.T) {
	bytes := filledElsewhere(t)
	s := looking(t, config.DataCenter)
	s.passEnd(9, `"all"`, "")
	assert.False(t, s.found(0, config.DataCenter, 0, bytes))
}
