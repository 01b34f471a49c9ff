package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/config"
)

const secret = "0123456789abcdef"

// A path of inlay's own, or one that could be read so, is the host's, whatever is asked for and whoever asks.
func TestPathsOfInlaysOwnAreTheHosts(t *testing.T) {
	for _, c := range []string{"", secret} {
		s := newScriptWith(t, func(o *config.Config) { o.Token = c }, pageOf(t, "/{all...}", `<body><edge-slot name="a" src="/f"></edge-slot></body>`))
		for _, method := range []string{"GET", "HEAD", "POST", "OTHER"} {
			for _, target := range []string{"/_inlay/stats", "/_inlay/", "/_inlay", "/%5finlay/purge?all=1", "//_inlay", "/x/../_inlay/fills"} {
				s.engine.Handle(&Request{ID: 99, Method: method, Target: target, Fields: s}, s.now)
				assert.Equal(t, []string{"admin 99"}, s.take(), "%s %s", method, target)
			}
		}
		assert.Zero(t, s.engine.Stats().Passed)
	}
}

func TestHostIsToldHowManyEntriesAPurgeReached(t *testing.T) {
	for _, c := range []struct {
		subjects []string
		n        int
	}{
		{[]string{"key:/f/a/7"}, 1},
		{[]string{"tag:all"}, 1},
		{[]string{"tag:none", "key:/f/b/7"}, 1},
		{[]string{"all"}, 2},
		{[]string{"~tag:all"}, 1},
	} {
		s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
		s.warmUp()
		assert.Equal(t, c.n, s.engine.Told(c.subjects, nil, 0, s.now), c.subjects)
	}
}

func TestCountersAddUp(t *testing.T) {
	s := newSim(11, false)
	for _, st := range makeScript(11, 20_000) {
		s.step(st)
	}
	s.end()
	n := s.engine.Stats()
	assert.Zero(t, n.Waiting)
	assert.Equal(t, uint64(s.lastID), n.Warm+n.Pages+n.Slots+n.Passed+n.BadRequests, "every request is one of these")
	assert.LessOrEqual(t, n.Whole+n.Streamed+n.Failures, n.Pages)
	assert.Equal(t, n.Cache.Gets, n.Cache.Hits+n.Cache.StaleHits+n.Cache.Misses)
	assert.Equal(t, n.Cache.Fills, n.Cache.Commits+n.Cache.Abandons+n.Cache.Flying)
	assert.Equal(t, uint64(n.Flights), n.Cache.Flying, "lost refreshes that nobody waits for")
}
