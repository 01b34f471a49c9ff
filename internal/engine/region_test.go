package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

const regional = `<body><edge-slot name="a" src="/f/{id}" ttl="10s" share="region">…</edge-slot><edge-slot name="b" src="/g/{id}" ttl="10s">…</edge-slot></body>`

// inRegion is an engine that can share fills and knows the log "L" at 10, unless it has none.
func inRegion(t *testing.T, change func(*config.Config)) *script {
	s := newScriptWith(t, func(c *config.Config) {
		c.Log, c.Token = true, secret
		change(c)
	}, pageOf(t, "/p/{id}", regional))
	s.fields = browser
	return s
}

// began says how long before it was asked for the fill had begun.
func began(before time.Duration) func(*answer.Answer) {
	return func(a *answer.Answer) { a.Before = before }
}

func TestOnlySlotsThatSaySoShareFills(t *testing.T) {
	s := inRegion(t, func(c *config.Config) { c.Log = false })
	s.get(1, "/p/7")
	require.Len(t, s.asked, 2)
	assert.Equal(t, Share{Region: true, MaxAge: maxFillTimeout}, s.asked[0].Share)
	assert.Zero(t, s.asked[1].Share)
}

func TestAFillIsSharedUnderTheNumberThatIsKnown(t *testing.T) {
	s := inRegion(t, func(*config.Config) {})
	s.get(1, "/p/7")
	s.polled(10)
	s.engine.NotFound(s.fills[0], s.now)
	assert.Equal(t, Share{Region: true, Log: "L", Stamp: 10, MaxAge: maxFillTimeout}, s.asked[0].Share)
}

func TestAPurgeHereJoinsNothingFromBeforeIt(t *testing.T) {
	s := inRegion(t, func(c *config.Config) { c.Log = false })
	s.told("tag:t")
	s.get(1, "/p/7")
	assert.Zero(t, s.asked[0].Share.MaxAge)
	s.fill(0, "<p>A</p>")
	s.pass(3 * time.Second)
	s.get(2, "/p/8")
	assert.Equal(t, 3*time.Second, s.asked[2].Share.MaxAge)
}

func TestWithTheLogOutOfReachOnlyYoungFillsAreJoined(t *testing.T) {
	s := inRegion(t, func(c *config.Config) { c.Outage = 6 * time.Second })
	s.get(1, "/p/7")
	s.pollFails()
	s.engine.NotFound(s.fills[0], s.now)
	assert.Equal(t, Share{Region: true, MaxAge: 3 * time.Second}, s.asked[0].Share)

	// What it joined may be 3 s older than it: others join it for 3 s more, and no longer.
	asked := len(s.asked)
	s.pass(2999 * time.Millisecond)
	s.get(2, "/p/7")
	for _, f := range s.asked[asked:] {
		assert.Equal(t, "/g/7", f.Src)
	}
	asked = len(s.asked)
	s.pass(time.Millisecond)
	s.get(3, "/p/7")
	require.Len(t, s.asked, asked+1)
	assert.Equal(t, "/f/7", s.asked[asked].Src)
}

func TestAFillThatIsSharedIsAsOldAsItIs(t *testing.T) {
	for _, before := range []time.Duration{0, 4 * time.Second} {
		s := inRegion(t, func(c *config.Config) { c.Log, c.Early = false, 0 })
		s.get(1, "/p/7")
		s.pass(time.Second)
		s.fill(0, "<p>A</p>", began(before))
		s.pass(9*time.Second - before - time.Millisecond) // ttl is 10s
		s.get(2, "/p/7")
		assert.Len(t, s.asked, 2, "it is fresh: %v", before)
		s.pass(time.Millisecond)
		s.get(3, "/p/7")
		assert.Len(t, s.asked, 3, "and now it is not: %v", before)
	}
}

// With the log out of reach what is in memory is used while it is younger than Outage, from when its fill began.
func TestInAnOutageASharedFillCountsFromItsBeginning(t *testing.T) {
	s := inRegion(t, func(c *config.Config) { c.Outage, c.Lease, c.LeaseSoft = 8*time.Second, time.Second, time.Second })
	s.get(1, "/p/7")
	s.polled(10)
	s.engine.NotFound(s.fills[0], s.now)
	s.engine.NotFound(s.fills[1], s.now)
	s.fill(2, "<p>A</p>", began(5*time.Second))
	s.fill(3, "<p>B</p>")
	asked := len(s.asked)
	s.pass(time.Second)
	s.get(2, "/p/7")
	s.pollFails()
	s.engine.Resume(2, s.now)
	assert.Len(t, s.asked, asked, "both are used")
	s.pass(2 * time.Second)
	s.get(3, "/p/7")
	require.Len(t, s.asked, asked+1)
	assert.Equal(t, "/f/7", s.asked[asked].Src, "eight seconds old, the other three")
}

// A slot that is never shared is not shared in a region either.
func TestWhatIsNeverSharedHasAFillOfItsOwn(t *testing.T) {
	p := pageOf(t, "/p/{id}", regional)
	p.Slots[0].TTL = 0 // as Go may say
	s := newScriptWith(t, func(*config.Config) {}, p)
	s.get(1, "/p/7")
	assert.Zero(t, s.asked[0].Share)
}
