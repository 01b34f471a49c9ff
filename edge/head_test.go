package edge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const linkedPage = `<!doctype html><html><head><link rel="stylesheet" href="/site.css"></head><body>` +
	`<edge-slot name="a" src="/f/{id}" vary="cookie:c header:accept-language query:q"></edge-slot></body></html>`

func TestPagesOwnCacheControlIsForWholePagesOnly(t *testing.T) {
	p := page(t, "/p/{id}", linkedPage)
	p.CacheControl = "public, max-age=60"
	s := newScript(t, p)
	s.fields = browser

	s.get(1, "/p/7")
	assert.Equal(t, ownCacheControl, s.head["cache-control"], "streamed")
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	s.get(2, "/p/7")
	assert.Equal(t, "public, max-age=60", s.head["cache-control"], "whole")
	assert.Equal(t, "cookie, accept-language", s.head["vary"], "who stores it must know what it depends on")

	s.get(3, "/p/8")
	s.fill(1, "", func(a *Answer) { a.Status = 500 })
	s.engine.Resume(3, s.now)
	s.get(4, "/p/8")
	assert.Equal(t, ownCacheControl, s.head["cache-control"], "whole, with a failure")
}

func TestPreloadsAreSentWhenThePageAsksForThem(t *testing.T) {
	p := page(t, "/p/{id}", linkedPage)
	s := newScript(t, p)
	s.fields = browser
	s.get(1, "/p/7")
	assert.NotContains(t, s.head, "link")

	p.Preload = true
	s = newScript(t, p)
	s.fields = browser
	s.get(1, "/p/7")
	assert.Equal(t, `</site.css>; rel=preload; as=style`, s.head["link"], "with the shell")
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	s.get(2, "/p/7")
	assert.Equal(t, `</site.css>; rel=preload; as=style`, s.head["link"], "and with the whole page")
}

func TestServerTimingIsForDebugging(t *testing.T) {
	s := newScript(t, page(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	assert.NotContains(t, s.head, "server-timing")

	s = newScriptWith(t, func(c *Config) { c.Debug = true }, page(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	assert.Equal(t, "inlay;dur=0, mode;desc=stream, slot1;desc=pending, slot2;desc=pending", s.head["server-timing"])
}

func TestHeadsOfAWarmPageFollowTheSeconds(t *testing.T) {
	s := newScript(t, page(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.warmUp()
	s.get(2, "/p/7")
	blobs := len(s.blobs)
	for second, want := range []string{
		"inlay/a;hit;ttl=10, inlay/b;hit;ttl=10", "inlay/a;hit;ttl=9, inlay/b;hit;ttl=9", "inlay/a;hit;ttl=8, inlay/b;hit;ttl=8",
	} {
		s.get(RequestID(3+second), "/p/7")
		assert.Equal(t, want, s.head["cache-status"])
		assert.Equal(t, blobs+2, len(s.blobs), "the old heads are dropped")
		s.now = s.now.Add(1e9)
	}
}

func TestWarmPageDoesNotListenToUndeclaredInputs(t *testing.T) {
	s := newScript(t, page(t, "/p/{id}", linkedPage))
	s.fields = map[string]string{"cookie": "c=1; session=alice", "accept-language": "de"}
	s.get(1, "/p/7?q=x")
	s.fill(0, "for c=1 and de")
	s.engine.Resume(1, s.now)
	s.takeBody()

	s.fields = map[string]string{"cookie": "session=bob; c=1", "accept-language": "de", "authorization": "Bearer b"}
	s.get(2, "/p/7?q=x&utm_source=y")
	assert.Contains(t, s.takeBody(), "for c=1 and de", "what is not declared makes no difference")
	for _, fields := range []map[string]string{
		{"cookie": "c=2", "accept-language": "de"}, {"cookie": "c=1", "accept-language": "fr"}, {"accept-language": "de"},
	} {
		s.fields = fields
		s.get(3, "/p/7?q=x")
		assert.NotContains(t, s.takeBody(), "for c=1 and de", "what is declared does")
		s.engine.Leave(3, s.now)
	}
	s.fields = map[string]string{"cookie": "c=1", "accept-language": "de"}
	s.get(4, "/p/7?q=z")
	assert.NotContains(t, s.takeBody(), "for c=1 and de")
}
