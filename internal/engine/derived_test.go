package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/page"
)

const sharedPage = `<!doctype html><html><body><edge-slot name="a" src="/a" vary="bucket:price/2" ttl="1h"></edge-slot></body></html>`

// visit asks for a page as somebody with cookies, fills what it needs with what the fill was told, and gives what he sees.
func (s *script) visit(id RequestID, target, cookies string) (body, set string) {
	s.fields["cookie"] = cookies
	n := len(s.fills)
	s.head = nil
	s.get(id, target)
	for ; n < len(s.fills); n++ {
		text := ""
		for _, f := range s.asked[n].Fields {
			text += fmt.Sprintf("[%s: %s]", f.Name, f.Value)
		}
		s.fill(n, text)
	}
	if s.engine.requests[id] != nil {
		s.engine.Resume(id, s.now)
	}
	return s.takeBody(), s.head["set-cookie"]
}

func TestAVisitorGetsAShareAndKeepsIt(t *testing.T) {
	p := pageOf(t, "/p", sharedPage)
	p.CacheControl, p.Mode = publicControl, page.Ordered
	s := newScript(t, p)
	seen := map[string]int{}
	for id := RequestID(1); id < 1000; id++ {
		body, set := s.visit(id, "/p", "session=secret; price=3")
		share, attributes, _ := strings.Cut(set, "; ")
		require.Equal(t, "Path=/; Max-Age=31536000; SameSite=Lax", attributes)
		require.Contains(t, body, "[cookie: "+share+"]", "the page is already that of his share")
		assert.Equal(t, OwnCacheControl, s.head["cache-control"])
		assert.Equal(t, "cookie", s.head["vary"])
		seen[share]++
		again, set := s.visit(id+1000, "/p", "session=other; "+share)
		assert.Empty(t, set, "who has one is told nothing")
		assert.Equal(t, body, again)
		assert.Equal(t, OwnCacheControl, s.head["cache-control"], "for those who have one, too")
	}
	assert.InDelta(t, 500, seen["price=1"], 100, seen)
	assert.Len(t, seen, 2)
	assert.Len(t, s.fills, 2, "one for each share")
	assert.NotContains(t, strings.Join(s.asks, "\n"), "repeat")
}

func TestASecureSiteSetsSecureShares(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", sharedPage))
	s.fields[":scheme"] = "https"
	_, set := s.visit(1, "/p", "")
	assert.True(t, strings.HasSuffix(set, "; SameSite=Lax; Secure"), set)
}

func TestEveryHeadOfAPageHasItsShares(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", strings.Replace(sharedPage, "price/2", "price/2 bucket:other/5", 1)))
	s.fields = browser
	s.get(1, "/p")
	require.Contains(t, s.asks, "respond 1 200", "streamed")
	assert.Contains(t, s.head, "set-cookie")
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	s.fields = map[string]string{}

	s.visit(2, "/p", "other=1")
	s.visit(3, "/p", "price=1; other=1")
	s.visit(4, "/p", "price=2; other=1")
	etags := map[string]string{}
	for share := range 2 {
		pair := fmt.Sprintf("price=%d", share+1)
		s.visit(5, "/p", pair+"; other=1")
		etags[pair] = s.head["etag"]
		assert.NotContains(t, s.head, "set-cookie")
	}
	s.fields["cookie"] = "other=1"
	s.askHead(6, "/p")
	assert.True(t, strings.HasPrefix(s.head["set-cookie"], "price="), "HEAD")
	s.fields["if-none-match"] = etags["price=1"] + ", " + etags["price=2"]
	s.get(7, "/p")
	assert.Contains(t, s.asks[len(s.asks)-1], "send-head 7 304")
	assert.True(t, strings.HasPrefix(s.head["set-cookie"], "price="), "304")
	share, _, _ := strings.Cut(s.head["set-cookie"], "; ")
	assert.Equal(t, etags[share], s.head["etag"], "the page of that share")
}

func TestWarmPageOfAShareAllocatesNothing(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", strings.Replace(sharedPage, "bucket", "language:de,en country:DE,* host bucket", 1)))
	s.fields = map[string]string{"accept-language": "en-GB,en;q=0.5,de;q=0.1", ":country": "AT", ":authority": "shop.example", ":scheme": "https"}
	body, _ := s.visit(1, "/p", "price=2")
	assert.Contains(t, body, "[accept-language: en][cf-ipcountry: *][cookie: price=2][x-forwarded-host: shop.example]")
	s.visit(2, "/p", "price=2")
	r := &Request{Method: "GET", Target: "/p", Fields: s}
	_, ok := s.engine.Warm(r, s.now)
	require.True(t, ok)
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.engine.Warm(r, s.now) }))

	s.fields["cookie"] = ""
	_, ok = s.engine.Warm(r, s.now)
	assert.False(t, ok, "who has no share gets a head of his own")
}

// Nobody is shown what was made for another value than his own, whatever is warm.
func TestVisitorsWithOtherDerivedValuesShareNothing(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="language:de,en,fr country:DE,AT,* host"></edge-slot>`+
		`<edge-slot name="b" src="/b" vary="country header:cf-ipcountry2 bucket:price/3"></edge-slot></body>`)
	p.CacheControl = publicControl
	s := newScript(t, p)
	id := RequestID(0)
	for range 2 {
		for _, language := range []struct{ sent, derived string }{{"", "de"}, {"de-AT", "de"}, {"en;q=0.2", "en"}, {"fr, en", "fr"}, {"it, *;q=0.1", "de"}} {
			for _, country := range []struct{ said, derived string }{{"DE", "DE"}, {"AT", "AT"}, {"CH", "*"}, {"", "*"}, {"T1", "*"}} {
				for _, share := range []string{"price=1", "price=3"} {
					for _, host := range []string{"a.example", "b.example"} {
						id++
						s.fields = map[string]string{"accept-language": language.sent, ":country": country.said, ":authority": host, "host": "no.example"}
						body, set := s.visit(id, "/p", share)
						assert.Empty(t, set)
						assert.Contains(t, body, "[accept-language: "+language.derived+"][cf-ipcountry: "+country.derived+"][x-forwarded-host: "+host+"]")
						own := ""
						if country.said != "" {
							own = "[cf-ipcountry: " + country.said + "]"
						}
						assert.Contains(t, body, own+"[cookie: "+share+"]")
						assert.Equal(t, OwnCacheControl, s.head["cache-control"])
						assert.Equal(t, "*", s.head["vary"])
					}
				}
			}
		}
	}
	assert.Len(t, s.fills, 3*3*2+5*2, "of the first slot: languages, countries, hosts; of the second: countries, shares")
	assert.NotContains(t, strings.Join(s.asks, "\n"), "repeat")
}

func TestALanguageIsPublicAndACountryIsNot(t *testing.T) {
	for vary, want := range map[string]struct{ control, vary string }{
		"language:de,en":      {publicControl, "accept-language"},
		"host":                {publicControl, ""},
		"country":             {OwnCacheControl, "*"},
		"country:AT":          {OwnCacheControl, "*"}, // also for those who are elsewhere
		"country:DE,*":        {OwnCacheControl, "*"},
		"header:cf-ipcountry": {publicControl, "cf-ipcountry"}, // which the visitor sends
	} {
		p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1h" vary="`+vary+`"></edge-slot></body>`)
		p.CacheControl, p.Mode = publicControl, page.Complete
		s := newScript(t, p)
		s.fields = map[string]string{"accept-language": "en", ":country": "DE", ":authority": "shop.example"}
		for id := RequestID(1); id < 5; id++ { // not yet composed; composed; its head again
			s.visit(id, "/p", "")
			assert.Equal(t, want.control, s.head["cache-control"], vary)
			assert.Equal(t, want.vary, s.head["vary"], vary)
			s.askHead(id+10, "/p")
			assert.Equal(t, want.control, s.head["cache-control"], "HEAD: "+vary)
		}
	}
}

func TestAHostIsSaidOnceWhereHostsAreKeptApart(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.Hosts = []string{"shop.example", "shop.test:8080"} },
		pageOf(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1h" vary="host"></edge-slot><edge-slot name="b" src="/b"></edge-slot></body>`))
	for _, host := range []string{"SHOP.example", "shop.example:444", "shop.example"} {
		s.fields = map[string]string{"host": host, ":authority": strings.ToLower(host)}
		s.visit(1, "/p", "")
	}
	require.Len(t, s.fills, 2)
	for _, f := range s.asked {
		assert.Equal(t, []field.Field{{Name: "x-forwarded-host", Value: "shop.example"}}, f.Fields)
	}
}
