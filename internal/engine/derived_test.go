package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

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
	for _, ask := range s.asks {
		var id int
		if n, _ := fmt.Sscanf(ask, "repeat %d ", &id); n > 0 {
			assert.Greater(t, id, 1000, "an answer that gives somebody his share is repeated to nobody")
		}
	}
	assert.Contains(t, strings.Join(s.asks, "\n"), "repeat")
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
	repeated := map[string]string{} // by what a host reads of a request, what it may answer
	for range 3 {
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
						if s.varies == nil {
							continue
						}
						sources, ok := sourcesOf(s.varies, s)
						require.True(t, ok)
						if again, is := repeated[sources]; is {
							assert.Equal(t, body, again)
						}
						if strings.HasPrefix(s.asks[len(s.asks)-1], fmt.Sprintf("repeat %d ", id)) {
							repeated[sources] = body
						}
					}
				}
			}
		}
	}
	assert.Len(t, s.fills, 3*3*2+5*2, "of the first slot: languages, countries, hosts; of the second: countries, shares")
	assert.Len(t, repeated, 5*5*2*2, "each who comes again")
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

// visitors is a host that keeps apart what each request is answered.
type visitors struct {
	*script
	bodies map[RequestID]string
	sent   map[RequestID]map[string]string
	woken  []RequestID
}

func (v *visitors) Send(id RequestID, head, body int) {
	v.sent[id], v.bodies[id] = v.heads[head], v.bodies[id]+v.blobs[body]
}
func (v *visitors) SendHead(id RequestID, head int) { v.sent[id] = v.heads[head] }
func (v *visitors) Respond(id RequestID, head int)  { v.sent[id] = v.heads[head] }
func (v *visitors) Write(id RequestID, b int)       { v.bodies[id] += v.blobs[b] }
func (v *visitors) Wake(id RequestID)               { v.woken = append(v.woken, id) }

type visitorsFields map[string]string

func (f visitorsFields) Field(name string) string { return f[name] }

// Whatever comes when, cold, warm, stale and purged in between, each visitor sees what was made for his own values.
func TestRandomVisitorsSeeWhatIsTheirs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pages := []page.Page{
		pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" vary="language:de,en country:DE,*" ttl="2s" swr="1m"></edge-slot>`+
			`<edge-slot name="b" src="/b" vary="bucket:x/2 cookie:c" ttl="3s"></edge-slot></body>`),
		pageOf(t, "/q/{id}", `<body><edge-slot name="a" src="/a/{id}" vary="country:DE,* language:de,en" ttl="1s" tags="t"></edge-slot>`+
			`<edge-slot name="b" src="/b" vary="language:en,fr,de host header:accept" swr="1h" ttl="1s"></edge-slot>`+
			`<edge-slot name="c" src="/c" vary="bucket:x/2 bucket:y/3"></edge-slot></body>`),
	}
	v := &visitors{script: newScript(t, pages...), bodies: map[RequestID]string{}, sent: map[RequestID]map[string]string{}}
	config, err := config.Parse(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	v.engine, err = New(pages, config, Host[int](v))
	require.NoError(t, err)

	one := func(of ...string) string { return of[random.IntN(len(of))] }
	asked := map[RequestID]*Request{}
	open := []int{} // fills
	answer := func() {
		i := random.IntN(len(open))
		n := open[i]
		open = slices.Delete(open, i, i+1)
		text := "[" + v.asked[n].Src
		for _, f := range v.asked[n].Fields {
			text += "|" + f.Name + "=" + f.Value
		}
		v.fill(n, text+"]")
		for len(v.woken) > 0 {
			id := v.woken[0]
			v.woken = v.woken[1:]
			v.engine.Resume(id, v.now)
		}
	}
	warm := 0
	for id := RequestID(1); id <= 4000; id++ {
		fields := visitorsFields{
			"accept-language": one("", "de-CH", "en;q=0.3,fr;q=0.2", "fr", "it"), ":country": one("", "DE", "AT"), ":authority": one("s.example", "t.example"),
			"cookie": one("", "x=1", "x=2; y=3; c=1", "y=1; c=2", "c=1; x=3"), "accept": one("", "text/html"), "user-agent": one("curl/8", "Mozilla/5.0"),
		}
		r := &Request{ID: id, Method: "GET", Target: one("/p/1", "/q/1", "/p/2"), Fields: fields}
		asked[id] = r
		n := len(v.asked)
		if whole, ok := v.engine.Warm(r, v.now); ok {
			warm++
			v.sent[id], v.bodies[id] = v.heads[whole.Head], v.blobs[whole.Body]
		} else {
			v.engine.Handle(r, v.now)
		}
		for ; n < len(v.asked); n++ {
			open = append(open, n)
		}
		for len(open) > 0 && random.IntN(3) > 0 {
			answer()
		}
		switch random.IntN(20) {
		case 0:
			v.now = v.now.Add(time.Second)
		case 1:
			v.engine.PurgeTag("t", v.now)
		}
	}
	for len(open) > 0 {
		answer()
	}
	assert.Greater(t, warm, 200)
	for id, r := range asked {
		fields, body := r.Fields.(visitorsFields), v.bodies[id]
		language := map[string]string{"": "de", "de-CH": "de", "en;q=0.3,fr;q=0.2": "en", "fr": "de", "it": "de"}[fields["accept-language"]]
		country := map[string]string{"DE": "DE", "AT": "*", "": "*"}[fields[":country"]]
		jar := map[string]string{}
		for _, pair := range strings.Split(fields["cookie"]+"; "+v.setCookies(id), "; ") {
			if name, value, ok := strings.Cut(pair, "="); ok && (jar[name] == "" || jar[name] == "3" && name == "x") {
				jar[name] = value
			}
		}
		want := []string{"/a" + r.Target[2:] + "|accept-language=" + language + "|cf-ipcountry=" + country}
		if strings.HasPrefix(r.Target, "/p") {
			line := "/b|cookie="
			if jar["c"] != "" {
				line += "c=" + jar["c"] + "; "
			}
			want = append(want, line+"x="+jar["x"])
		} else {
			line := "/b"
			if fields["accept"] != "" {
				line += "|accept=" + fields["accept"]
			}
			language := map[string]string{"": "en", "de-CH": "de", "en;q=0.3,fr;q=0.2": "en", "fr": "fr", "it": "en"}[fields["accept-language"]]
			want = append(want, line+"|accept-language="+language+"|x-forwarded-host="+fields[":authority"], "/c|cookie=x="+jar["x"]+"; y="+jar["y"])
		}
		for _, fragment := range want {
			require.Contains(t, body, "["+fragment+"]", "%d: %v %v", id, fields, v.sent[id])
		}
		require.Equal(t, len(want), strings.Count(body, "[/"), body)
	}
}

// setCookies are the pairs that an answer sets.
func (v *visitors) setCookies(id RequestID) string {
	all := ""
	for _, line := range strings.Split(v.sent[id]["set-cookie"], "\n") {
		pair, _, _ := strings.Cut(line, "; ")
		all += pair + "; "
	}
	return all
}

// NewHead keeps all of several cookies.
func (v *visitors) NewHead(status int, fields []field.Field) int {
	head := v.script.NewHead(status, fields)
	var lines []string
	for _, f := range fields {
		if f.Name == "set-cookie" {
			lines = append(lines, f.Value)
		}
	}
	v.heads[head]["set-cookie"] = strings.Join(lines, "\n")
	return head
}
