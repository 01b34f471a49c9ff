package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/field/sfvtest"
	"inlay/internal/page"
)

const linkedPage = `<!doctype html><html><head><link rel="stylesheet" href="/site.css"></head><body>` +
	`<edge-slot name="a" src="/f/{id}" vary="cookie:c header:accept-language query:q"></edge-slot></body></html>`

func TestPagesOwnCacheControlIsForWholePagesOnly(t *testing.T) {
	p := pageOf(t, "/p/{id}", linkedPage)
	p.CacheControl = "public, max-age=60"
	s := newScript(t, p)
	s.fields = browser

	s.get(1, "/p/7")
	assert.Equal(t, "private, no-cache, no-transform", s.head["cache-control"], "streamed")
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	s.get(2, "/p/7")
	assert.Equal(t, "public, max-age=60", s.head["cache-control"], "whole")
	assert.Equal(t, "accept-language, cookie", s.head["vary"], "who stores it must know what it depends on")

	s.get(3, "/p/8")
	s.fill(1, "", func(a *answer.Answer) { a.Status = 500 })
	s.engine.Resume(3, s.now)
	s.get(4, "/p/8")
	assert.Equal(t, OwnCacheControl, s.head["cache-control"], "whole, with a failure")
}

func TestPreloadsAreSentWhenThePageAsksForThem(t *testing.T) {
	p := pageOf(t, "/p/{id}", linkedPage)
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
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	assert.NotContains(t, s.head, "server-timing")

	s = newScriptWith(t, func(c *config.Config) { c.Debug = true }, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	assert.Equal(t, "11 0 0", s.head["server-timing"])
	s.engine.Leave(1, s.now)

	s.fields = map[string]string{}
	s.get(2, "/p/7?inlay=complete")
	s.now = s.now.Add(2e6)
	s.fill(0, "A")
	s.now = s.now.Add(3e6)
	s.fill(1, "B")
	s.engine.Resume(2, s.now)
	assert.Equal(t, "35001 2001 5001", s.head["server-timing"], "how long it waited, and for what")
}

func TestHeadsOfAWarmPageAreMadeWhenTheyAreAskedForAndHold(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.warmUp()
	s.get(2, "/p/7")
	blobs := len(s.blobs)
	for range 3 {
		s.get(2, "/p/7")
		assert.Equal(t, "inlay/a;hit, inlay/b;hit", s.head["cache-status"])
		assert.Equal(t, blobs+1, len(s.blobs), "that of a 200 alone")
		s.now = s.now.Add(2e9)
	}
	for range 2 {
		s.fields["if-none-match"] = "*"
		s.get(3, "/p/7")
		assert.Equal(t, "inlay/a;hit, inlay/b;hit", s.head["cache-status"])
		assert.Equal(t, blobs+2, len(s.blobs))
	}
	s.engine.PurgeAll(s.now)
	assert.Equal(t, blobs-3, len(s.blobs), "they go with the page, which goes with its fragments")
}

func TestHowLongFragmentsWillBeFreshIsToldWhereOneDebugs(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.Debug = true }, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.warmUp()
	s.get(2, "/p/7")
	s.get(2, "/p/7")
	blobs := len(s.blobs)
	for second, want := range []string{
		"inlay/a;hit;ttl=10, inlay/b;hit;ttl=10", "inlay/a;hit;ttl=9, inlay/b;hit;ttl=9", "inlay/a;hit;ttl=8, inlay/b;hit;ttl=8",
	} {
		s.get(RequestID(3+second), "/p/7")
		assert.Equal(t, want, s.head["cache-status"])
		assert.Equal(t, blobs, len(s.blobs), "the old heads are dropped")
		s.now = s.now.Add(1e9)
	}
}

func TestWarmPageDoesNotListenToUndeclaredInputs(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", linkedPage))
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

const publicControl = "public, max-age=600"

func TestOnlyWhatOthersMayKeepIsPublic(t *testing.T) {
	const slot = `<body><edge-slot name="a" src="/f/{id}" ttl="10s" swr="1m" sie="1h"></edge-slot></body>`
	fill := func(change ...func(*answer.Answer)) func(*script) {
		return func(s *script) {
			s.get(1, "/p/7")
			for i := range s.fills {
				s.fill(i, "A", change...)
			}
			s.engine.Resume(1, s.now)
		}
	}
	after := func(d time.Duration) func(*script) {
		return func(s *script) {
			fill()(s)
			s.now = s.now.Add(d)
		}
	}
	for _, c := range []struct {
		name, shell string
		given       func(*script)
		cookie      string
		control     string // of the origin
		want        string
	}{
		{name: "fresh", shell: slot, given: fill(), want: publicControl},
		{name: "no slots", shell: `<body></body>`, given: func(*script) {}, want: publicControl},
		{name: "at the end of its freshness", shell: slot, given: after(10 * time.Second), want: OwnCacheControl},
		{name: "stale", shell: slot, given: after(30 * time.Second), want: OwnCacheControl},
		{name: "invalidated", shell: strings.Replace(slot, "ttl", `tags="t" ttl`, 1), given: func(s *script) { fill()(s); s.engine.InvalidateTag("t", s.now) }, want: OwnCacheControl},
		{name: "standing in for a failure", shell: slot, given: func(s *script) {
			after(time.Hour)(s)
			s.get(2, "/p/7")
			s.fill(1, "", func(a *answer.Answer) { a.Status = 503 })
			s.engine.Resume(2, s.now)
		}, want: OwnCacheControl},
		{name: "the skeleton of a failure", shell: slot, given: fill(func(a *answer.Answer) { a.Status = 500 }), want: OwnCacheControl},
		{name: "ttl=0", shell: `<body><edge-slot name="a" src="/f/{id}" ttl="0"></edge-slot></body>`, given: func(s *script) {}, want: OwnCacheControl},
		{name: "one of two is ttl=0", shell: `<body><edge-slot name="a" src="/f/{id}"></edge-slot><edge-slot name="b" src="/g/{id}" ttl="0"></edge-slot></body>`, given: fill(), want: OwnCacheControl},
		{name: "never stored", shell: `<body><edge-slot name="a" src="/f/{id}"></edge-slot></body>`, given: func(*script) {}, control: "max-age=0", want: OwnCacheControl},
		{name: "no-cache, used stale", shell: `<body><edge-slot name="a" src="/f/{id}" swr="1m"></edge-slot></body>`, given: func(*script) {}, control: "no-cache", want: OwnCacheControl},
		{name: "a cookie", shell: `<body><edge-slot name="a" src="/f/{id}" vary="cookie:session"></edge-slot></body>`, given: fill(), cookie: "session=alice", want: OwnCacheControl},
		{name: "another cookie", shell: `<body><edge-slot name="a" src="/f/{id}" vary="cookie:session"></edge-slot></body>`, given: fill(), cookie: "seen=1", want: publicControl},
		{name: "a language", shell: `<body><edge-slot name="a" src="/f/{id}" vary="header:accept-language"></edge-slot></body>`, given: fill(), want: publicControl},
	} {
		for _, mode := range []page.Mode{page.Ordered, page.Complete} {
			p := pageOf(t, "/p/{id}", c.shell)
			p.CacheControl, p.Mode = publicControl, mode
			s := newScript(t, p)
			s.fields = map[string]string{"cookie": c.cookie, "authorization": "Bearer x", "accept-language": "de"}
			c.given(s)
			for id := RequestID(10); id < 13; id++ { // not yet composed; composed; its head again
				n := len(s.fills)
				s.askHead(id+10, "/p/7")
				if n == len(s.fills) {
					assert.Equal(t, c.want, s.head["cache-control"], "HEAD: "+c.name)
				}
				s.get(id, "/p/7")
				if len(s.fills) > n && s.engine.requests[id] != nil {
					for i := n; i < len(s.fills); i++ {
						s.fill(i, "A", func(a *answer.Answer) { a.CacheControl = c.control })
					}
					s.engine.Resume(id, s.now)
				}
				assert.Equal(t, c.want, s.head["cache-control"], c.name)
				if etag := s.head["etag"]; etag != "" {
					s.fields["if-none-match"] = etag
					s.get(id+20, "/p/7")
					assert.Equal(t, c.want, s.head["cache-control"], "304: "+c.name)
					delete(s.fields, "if-none-match")
				}
			}
		}
	}
}

func TestAnswersThatComeBitByBitSayThatTheyAreToBePassedOn(t *testing.T) {
	for mode, control := range map[page.Mode]string{page.Stream: "private, no-cache, no-transform", page.Ordered: OwnCacheControl} {
		p := pageOf(t, "/p/{id}", twoSlots)
		p.Mode = mode
		s := newScript(t, p)
		s.get(1, "/p/7")
		assert.Equal(t, "?1", s.head["incremental"], mode)
		assert.Equal(t, "no", s.head["x-accel-buffering"], mode)
		assert.Equal(t, control, s.head["cache-control"], mode)
		s.fill(0, "A")
		s.fill(1, "B")
		s.engine.Resume(1, s.now)
		s.get(2, "/p/7")
		assert.NotContains(t, s.head, "incremental", "whole")
		assert.NotContains(t, s.head, "x-accel-buffering", "whole")
	}
}

// crowded is a page whose head would be as large as a page's can be.
func crowded(t *testing.T, slots int, name func(i int) string) page.Page {
	t.Helper()
	var html strings.Builder
	html.WriteString(`<!doctype html><html><head>`)
	for i := range 100 {
		fmt.Fprintf(&html, `<link rel="stylesheet" href="/styles/%060d.css">`, i)
	}
	html.WriteString(`</head><body>`)
	for i := range slots {
		fmt.Fprintf(&html, `<edge-slot name="%s" src="/f/%d/{id}" ttl="30s" swr="1m" vary="header:x-%060d"></edge-slot>`, name(i), i, i)
	}
	p := pageOf(t, "/p/{id}", html.String()+`</body></html>`)
	p.Preload, p.CacheControl = true, "public, max-age=600, stale-while-revalidate=86400"
	return p
}

func TestHeadOfAnyPageFitsIntoFourKilobytes(t *testing.T) {
	long := func(i int) string { return fmt.Sprintf("%064d", i) }
	odd := func(i int) string { return fmt.Sprintf("%s%02x", strings.Repeat("é", 31), i) }
	for _, c := range []struct {
		slots int
		name  func(int) string
	}{{140, long}, {256, long}, {256, odd}, {12, odd}, {1, odd}} {
		s := newScriptWith(t, func(c *config.Config) { c.Debug = true }, crowded(t, c.slots, c.name))
		look := func(what string, rest string) {
			t.Helper()
			size := len("HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov 2026 09:00:00 GMT\r\nConnection: keep-alive\r\nServer: 12345678\r\nTransfer-Encoding: chunked\r\nInlay-App-Instances: 1234567\r\n\r\n")
			for name, value := range s.head {
				size += len(name) + len(": ") + len(value) + len("\r\n")
			}
			assert.Less(t, size, 4096, "%s of %d slots: %v", what, c.slots, s.head)
			list, err := sfvtest.ParseList(s.head["cache-status"])
			require.NoError(t, err)
			if c.slots <= 2 {
				return
			}
			assert.LessOrEqual(t, len(s.head["cache-status"]), 2048)
			last := list[len(list)-1]
			if assert.Equal(t, sfvtest.Token("inlay"), last.Value, what) {
				detail := last.Params[len(last.Params)-1].Value.(string)
				assert.Equal(t, fmt.Sprintf("%d more slots%s", c.slots-len(list)+1, rest), detail, what)
			}
		}
		s.fields = browser
		s.get(1, "/p/7")
		look("streamed", "")
		assert.Contains(t, s.head["cache-status"], ";fwd=miss")
		s.engine.Handle(&Request{ID: 2, Method: "HEAD", Target: "/p/7", Fields: s}, s.now)
		look("HEAD", "")
		for i := range s.fills {
			s.fill(i, "A")
		}
		s.engine.Resume(1, s.now)
		for id := RequestID(3); id < 6; id++ {
			s.get(id, "/p/7")
			look("whole", "")
			assert.Contains(t, s.head["cache-status"], ";hit")
		}
		s.fields = map[string]string{"sec-fetch-dest": "document", "if-none-match": "*"}
		s.get(6, "/p/7")
		look("304", "")
		s.fields = browser
		s.now = s.now.Add(40 * time.Second)
		s.get(7, "/p/7")
		look("stale", "")
	}
}

func TestFragmentsThatThereIsNoRoomForAreSummedUp(t *testing.T) {
	states := make([]field.Status, 100)
	for i := range states {
		states[i] = field.Status{Slot: fmt.Sprintf("%032d", i), Hit: true, HasTTL: true, TTL: int64(1000 - i)}
	}
	rest := func() string {
		value := cacheStatus(states).Value
		return value[strings.LastIndex(value, ", inlay;")+2:]
	}
	assert.Equal(t, `inlay;hit;ttl=901;detail="63 more slots"`, rest())
	states[90] = field.Status{Slot: "x", Fwd: "bypass"}
	states[95] = field.Status{Slot: "y", Fwd: "miss"}
	assert.Equal(t, `inlay;fwd=bypass;ttl=901;detail="63 more slots, 61 of them hits"`, rest())
}
