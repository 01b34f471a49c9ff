package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/config"
)

const secret = "0123456789abcdef"

func (s *script) administer(method, target string) (status string) {
	s.take()
	s.takeBody()
	s.engine.Handle(&Request{ID: 99, Method: method, Target: target, Fields: s}, s.now)
	asks := s.take()
	if len(asks) != 1 {
		s.t.Fatalf("%v", asks)
	}
	return strings.TrimPrefix(asks[0], "send 99 ")
}

func TestAdministrationIsHiddenWithoutASecret(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{"authorization": "Bearer "}
	for _, path := range []string{"purge?all=1", "stats", "metrics", "fills", ""} {
		assert.Equal(t, "404", s.administer("GET", AdminPrefix+path), path)
		assert.Equal(t, "404", s.administer("POST", AdminPrefix+path), path)
	}
}

func TestAdministrationTakesTheSecretAndNothingNearIt(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.Token = secret }, pageOf(t, "/p/{id}", twoSlots))
	for field, want := range map[string]string{
		"Bearer " + secret: "200", "bearer  " + secret: "200", "": "401", secret: "401", "Basic " + secret: "401",
		"Bearer": "401", "Bearer " + secret[1:]: "401", "Bearer " + secret + "x": "401", "Bearer X" + secret[1:]: "401",
	} {
		s.fields = map[string]string{"authorization": field}
		assert.Equal(t, want, s.administer("GET", "/_inlay/stats"), field)
	}
}

func TestAdministrationPurgesInvalidatesAndCounts(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.Token = secret }, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{"authorization": "Bearer " + secret}
	for _, c := range []struct{ method, target, status, body string }{
		{"POST", "/_inlay/purge?key=/f/a/7", "200", "{\"purged\":1}\n"},
		{"POST", "/_inlay/purge?tag=all", "200", "{\"purged\":1}\n"},
		{"POST", "/_inlay/purge?tag=none&key=%2Ff%2Fb%2F7", "200", "{\"purged\":1}\n"},
		{"POST", "/_inlay/purge?all=1", "200", "{\"purged\":2}\n"},
		{"POST", "/_inlay/invalidate?tag=all", "200", "{\"invalidated\":1}\n"},
		{"POST", "/_inlay/purge", "400", "{\"purged\":0,\"error\":\"the query names nothing; expected tag=…, key=… or all=1\"}\n"},
		{"POST", "/_inlay/purge?all=yes", "400", "{\"purged\":0,\"error\":\"the parameter all=yes was not understood; expected tag=…, key=… or all=1\"}\n"},
		{"POST", "/_inlay/invalidate?tag=all&kye=x", "400", "{\"invalidated\":0,\"error\":\"the parameter kye=x was not understood; expected tag=…, key=… or all=1\"}\n"},
		{"POST", "/_inlay/purge?all=1&tag=", "400", "{\"purged\":0,\"error\":\"the parameter tag= was not understood; expected tag=…, key=… or all=1\"}\n"},
		{"POST", "/_inlay/purge?tag=x%00all&tag=all", "400", "{\"purged\":0,\"error\":\"the parameter tag=x%00all was not understood; expected tag=…, key=… or all=1\"}\n"},
		{"GET", "/_inlay/purge?all=1", "405", "This path takes POST only.\n"},
		{"GET", "/_inlay/other", "404", "There is no such path; see purge, invalidate, stats and metrics under /_inlay/.\n"},
	} {
		s.engine.PurgeAll(s.now)
		s.warmUp()
		assert.Equal(t, c.status, s.administer(c.method, c.target), c.target)
		assert.Equal(t, c.body, s.takeBody(), c.target)
	}
	s.administer("GET", "/_inlay/metrics")
	assert.Contains(t, s.takeBody(), "# TYPE inlay_cache_bytes gauge\ninlay_cache_bytes ")
}

func TestCountersAddUp(t *testing.T) {
	s := newSim(11, false)
	for _, st := range makeScript(11, 20_000) {
		s.step(st)
	}
	s.end()
	n := s.engine.Stats()
	assert.Zero(t, n.Waiting)
	assert.Equal(t, uint64(s.lastID), n.Warm+n.Pages+n.Passed+n.BadRequests, "every request is one of these")
	assert.LessOrEqual(t, n.Whole+n.Streamed+n.Failures, n.Pages)
	assert.Equal(t, n.Cache.Gets, n.Cache.Hits+n.Cache.StaleHits+n.Cache.Misses)
	assert.Equal(t, n.Cache.Fills, n.Cache.Commits+n.Cache.Abandons+n.Cache.Flying)
	assert.Equal(t, uint64(n.Flights), n.Cache.Flying, "lost refreshes that nobody waits for")
}
