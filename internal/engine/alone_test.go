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
	"inlay/internal/route"
)

const shopPage = `<!doctype html><html><head><title>t</title></head><body>` +
	`<edge-slot name="price" src="/price/{id}" ttl="30s" swr="5m" sie="1h" tags="all"><i>…</i><edge-error>no price of {id}</edge-error></edge-slot>|` +
	`<edge-slot name="basket" src="/basket" ttl="10s" vary="cookie:session"><i>…</i></edge-slot>|` +
	`<edge-slot name="now" src="/now" ttl="0"></edge-slot></body></html>`

// shop is a script of one page with slots, whose visitor is a script.
func shop(t *testing.T, change ...func(*config.Config)) *script {
	s := newScriptWith(t, func(c *config.Config) {
		for _, f := range change {
			f(c)
		}
	}, pageOf(t, "/products/{id}", shopPage))
	s.fields["sec-fetch-dest"] = "empty"
	return s
}

// method is get for another method.
func (s *script) method(id RequestID, method, target string) {
	s.engine.Handle(&Request{ID: id, Method: method, Target: target, Fields: s}, s.now)
}

// answered takes what a request that waited for the fill of a number gets once that has ended.
func (s *script) answered(id RequestID, i int, html string, change ...func(*answer.Answer)) string {
	s.fill(i, html, change...)
	s.engine.Resume(id, s.now)
	s.take()
	return s.takeBody()
}

func TestASlotHasAURLOfItsOwn(t *testing.T) {
	s := shop(t)
	s.get(1, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"fill 1 /price/7", "wait 1 10.5s"}, s.take(), "nothing else is asked for, and nothing leaves before it is there")
	s.fill(0, "<b>7 €</b>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "send 1 200"}, s.take())
	assert.Equal(t, "<b>7 €</b>", s.takeBody(), "without markers")
	assert.Equal(t, map[string]string{
		"content-type": "text/html; charset=utf-8", "content-length": "12", "etag": s.head["etag"], "cache-status": "inlay/price;fwd=miss",
		"cache-control": "public, max-age=30, stale-while-revalidate=300, stale-if-error=3600",
	}, s.head)
	assert.Len(t, s.head["etag"], 34)
	etag := s.head["etag"]

	s.now = s.now.Add(12500 * time.Millisecond)
	s.get(2, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"send 2 200"}, s.take(), "from the cache, and a host may not repeat it: it says what is left")
	assert.Equal(t, "<b>7 €</b>", s.takeBody())
	assert.Equal(t, "public, max-age=17, stale-while-revalidate=300, stale-if-error=3600", s.head["cache-control"])
	assert.Equal(t, "inlay/price;hit", s.head["cache-status"])
	assert.Equal(t, etag, s.head["etag"])

	s.method(3, "HEAD", "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"send-head 3 200"}, s.take())
	assert.Equal(t, "12", s.head["content-length"])
	assert.Equal(t, etag, s.head["etag"])

	for i, match := range []string{etag, "W/" + etag, "*"} {
		s.fields["if-none-match"] = match
		s.get(RequestID(10+i), "/products/7?inlay-slot=price")
		assert.Equal(t, []string{fmt.Sprintf("send-head %d 304", 10+i)}, s.take())
		assert.Equal(t, etag, s.head["etag"])
		assert.Contains(t, s.head["cache-control"], "public, max-age=17")
		assert.NotContains(t, s.head, "content-length")
	}
	delete(s.fields, "if-none-match")

	s.get(4, "/products/7")
	assert.Equal(t, []string{"/price/7", "/now", "/basket"}, s.srcs(), "and the page has the same fragment")
	stats := s.engine.Stats()
	assert.EqualValues(t, 1, stats.Pages, "who asks for a slot asks for no page")
	assert.EqualValues(t, 6, stats.Slots)
	assert.Zero(t, stats.Warm)
}

func TestASlotsNameIsReadAsFormsWriteIt(t *testing.T) {
	page := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot><edge-slot name="a.b" src="/ab"></edge-slot><edge-slot name="the+price" src="/c"></edge-slot></body>`)
	for query, src := range map[string]string{
		"inlay-slot=a": "/a", "inlay%2Dslot=%61": "/a", "%69nlay-slot=a": "/a", "x=1&inlay-slot=a&y=2": "/a", "inlay-slot=a.b": "/ab", "inlay-slot=a%2Eb": "/ab",
		"inlay-slot=the%2Bprice": "/c", "inlay=stream&inlay-slot=a": "/a", "inlay-slot=a&inlay=ordered": "/a", "&inlay-slot=a": "/a", "inlay-slot=a&": "/a",
	} {
		s := newScriptWith(t, func(c *config.Config) { c.Debug = true }, page)
		s.get(1, "/p?"+query)
		assert.Equal(t, []string{src}, s.srcs(), query)
		s.take()
		assert.Equal(t, "x", s.answered(1, 0, "x"), query)
	}
	for _, query := range []string{
		"inlay-slot=", "inlay-slot", "inlay-slot=b", "inlay-slot=A", "inlay-slot=a+", "inlay-slot=a%20", "inlay-slot=a%zz", "inlay-slot=the+price", "inlay-slot=a.", "inlay-slot=.a",
		"inlay-slot=a&inlay-slot=a", "inlay-slot=a&inlay%2Dslot=a.b", "inlay-slot=a&x=1&inlay-slot", "inlay-slot=a.b.c.",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			s := newScript(t, page)
			s.method(1, method, "/p?"+query)
			if query == "inlay-slot=a." || query == "inlay-slot=a.b.c." { // in its fragment it could be
				require.Len(t, s.fills, 1, query)
				s.fill(0, "x")
				s.engine.Resume(1, s.now)
			} else {
				require.Empty(t, s.fills, query)
			}
			asks := s.take()
			assert.Equal(t, map[string]string{"GET": "send 1 404", "HEAD": "send-head 1 404"}[method], asks[len(asks)-1], query)
			assert.Equal(t, "text/plain; charset=utf-8", s.head["content-type"])
			assert.Equal(t, "no-store", s.head["cache-control"])
			assert.NotContains(t, s.takeBody(), "/ab", "nothing is listed")
		}
	}
	for _, query := range []string{"", "slot=a", "inlay_slot=a", "Inlay-Slot=a", "inlay-slots=a", "inlay-slot%=a", "inlay-slot+=a", "a=inlay-slot=a"} {
		s := newScript(t, page)
		s.get(1, "/p?"+query)
		assert.Len(t, s.fills, 3, "%s: that is the page", query)
	}
}

func TestASlotIsOneParameterThatNothingElseSees(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/a?x=1" vary="query:q query:inlay-slot"></edge-slot></body>`))
	s.get(1, "/p?q=2&inlay-slot=a&z=3")
	require.Equal(t, []string{"/a?x=1&q=2"}, s.srcs())
	s.take()
	assert.Equal(t, "A", s.answered(1, 0, "A"))
	s.get(2, "/p?q=2")
	assert.Equal(t, "<body>A</body>", s.takeBody(), "the page has the same key")
	s.get(3, "/p?inlay-slot=a&q=3")
	assert.Equal(t, []string{"/a?x=1&q=2", "/a?x=1&q=3"}, s.srcs())
}

func TestOtherMethodsOfASlotsURLArePassedAsTheyCame(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "UPGRADE", "OPTIONS"} {
		s := shop(t)
		s.method(1, method, "/products/7?inlay-slot=price")
		assert.Equal(t, []string{"pass 1"}, s.take())
	}
	s := shop(t)
	s.get(1, "/elsewhere?inlay-slot=price")
	assert.Equal(t, []string{"pass 1"}, s.take(), "and what is no page")
	s.get(2, "/products/7%2f8?inlay-slot=price")
	assert.Equal(t, []string{"send 2 400"}, s.take(), "a path that is refused for the page is for its slots")
	s.get(3, "/_inlay/stats?inlay-slot=price")
	assert.Equal(t, []string{"admin 3"}, s.take())
}

func TestWhoMayKeepASlot(t *testing.T) {
	for _, c := range []struct {
		name, attributes, control, vary string
		fields                          map[string]string
		answer                          string // its Cache-Control
	}{
		{name: "what is in the URL", attributes: `ttl="1m" vary="query:q host"`, control: "public, max-age=60"},
		{name: "a cookie", attributes: `ttl="1m" vary="cookie:c"`, control: "private, max-age=60", vary: "cookie", fields: map[string]string{"cookie": "c=1"}},
		{name: "a cookie that he has not", attributes: `ttl="1m" vary="cookie:c"`, control: "private, max-age=60", vary: "cookie"},
		{name: "a field", attributes: `ttl="1m" vary="header:x-a header:x-b"`, control: "private, max-age=60", vary: "x-a, x-b"},
		{name: "a language", attributes: `ttl="1m" vary="language:de,en"`, control: "private, max-age=60", vary: "accept-language"},
		{name: "a country", attributes: `ttl="1m" vary="country:DE,*"`, control: "private, max-age=60", vary: "*"},
		{name: "a share", attributes: `ttl="1m" vary="bucket:b/2"`, control: "private, max-age=60", vary: "cookie"},
		{name: "never stored", attributes: `ttl="0"`, control: "no-store"},
		{name: "no time of its own", attributes: ``, control: "public, max-age=300"},
		{name: "the origin's", attributes: ``, answer: "max-age=20, stale-while-revalidate=7", control: "public, max-age=20, stale-while-revalidate=7"},
		{name: "asked each time", attributes: ``, answer: "no-cache", control: "public, max-age=0"},
		{name: "an error alone", attributes: `ttl="1m" sie="2m"`, control: "public, max-age=60, stale-if-error=120"},
		{name: "less than a second", attributes: `ttl="500ms" swr="400ms"`, control: "public, max-age=0"},
		{name: "for ever", attributes: `ttl="3650d"`, control: "public, max-age=315360000"},
	} {
		s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/a" `+c.attributes+`></edge-slot><edge-slot name="x" src="/x" vary="cookie:x header:y"></edge-slot></body>`))
		s.fields = map[string]string{":authority": "shop.example", ":country": "DE"}
		for name, value := range c.fields {
			s.fields[name] = value
		}
		s.get(1, "/p?inlay-slot=a&q=1")
		s.take()
		s.answered(1, 0, "A", func(a *answer.Answer) { a.CacheControl, a.ETag = c.answer, `"v"` })
		assert.Equal(t, c.control, s.head["cache-control"], c.name)
		assert.Equal(t, c.vary, s.head["vary"], c.name)
		_, cookie := s.head["set-cookie"]
		assert.Equal(t, strings.Contains(c.attributes, "bucket"), cookie, "%s: the share that was drawn for him", c.name)
	}
}

func TestEachVisitorGetsHisSlot(t *testing.T) {
	s := shop(t)
	for i, session := range []string{"a", "b", ""} {
		s.fields["cookie"] = "session=" + session
		s.get(RequestID(i+1), "/products/7?inlay-slot=basket")
		require.Len(t, s.fills, i+1)
		s.take()
		assert.Equal(t, "of "+session, s.answered(RequestID(i+1), i, "of "+session))
		assert.Equal(t, "private, max-age=10", s.head["cache-control"])
		assert.Equal(t, "cookie", s.head["vary"])
	}
	for i, session := range []string{"b", "a", ""} {
		s.fields["cookie"] = "session=" + session
		s.get(RequestID(i+10), "/products/8?inlay-slot=basket")
		assert.Equal(t, []string{fmt.Sprintf("send %d 200", i+10)}, s.take(), "the product is not in its key")
		assert.Equal(t, "of "+session, s.takeBody())
	}
}

func TestAVisitorsShareIsDrawnForTheSlotsThatDependOnIt(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="bucket:one/2"></edge-slot><edge-slot name="b" src="/b" vary="bucket:two/2"></edge-slot></body>`))
	s.fields[":scheme"] = "https"
	s.get(1, "/p?inlay-slot=a")
	share := strings.TrimPrefix(fieldsOf(s.asked[0]), "cookie: ")
	s.take()
	s.answered(1, 0, "A")
	assert.Equal(t, share+"; Path=/; Max-Age=31536000; SameSite=Lax; Secure", s.head["set-cookie"])
	s.fields["cookie"] = share
	s.get(2, "/p?inlay-slot=a")
	assert.NotContains(t, s.head, "set-cookie")
}

func fieldsOf(f Fill) string {
	var all []string
	for _, field := range f.Fields {
		all = append(all, field.Name+": "+field.Value)
	}
	return strings.Join(all, "\n")
}

func TestASlotIsStaleAsThePageHasIt(t *testing.T) {
	s := shop(t)
	s.get(1, "/products/7?inlay-slot=price")
	s.take()
	s.answered(1, 0, "old")
	s.now = s.now.Add(40 * time.Second)

	s.get(2, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"fill 2 /price/7", "send 2 200"}, s.take(), "at once, and one fill renews it")
	assert.Equal(t, "old", s.takeBody())
	assert.Equal(t, "public, max-age=0, stale-while-revalidate=290, stale-if-error=3590", s.head["cache-control"])
	assert.Equal(t, "inlay/price;hit;ttl=-10", s.head["cache-status"])
	s.get(3, "/products/7")
	assert.NotContains(t, s.srcs()[2:], "/price/7", "which the page does not ask for again")
	s.take()

	s.engine.FillFail(s.fills[1], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.now = s.now.Add(10 * time.Minute)
	s.takeBody()
	s.get(4, "/products/7?inlay-slot=price")
	fill := len(s.fills) - 1
	require.Equal(t, "/price/7", s.asked[fill].Src)
	s.engine.FillFail(s.fills[fill], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.engine.Resume(4, s.now)
	assert.Equal(t, "old", s.takeBody(), "and stands in for an outage")
	assert.Equal(t, "public, max-age=0, stale-if-error=2990", s.head["cache-control"])
	assert.Equal(t, "inlay/price;fwd=stale;detail=connect", s.head["cache-status"])
	assert.NotEmpty(t, s.head["etag"])
}

func TestASlotIsRenewedEarlyAndPurgedAsThePageHasIt(t *testing.T) {
	s := shop(t, func(c *config.Config) { c.Early = 100_000 })
	s.get(1, "/products/7?inlay-slot=price")
	s.take()
	s.now = s.now.Add(time.Second)
	s.answered(1, 0, "old")
	s.now = s.now.Add(28500 * time.Millisecond)
	s.get(2, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"fill 2 /price/7", "send 2 200"}, s.take())
	assert.Equal(t, "inlay/price;hit;detail=early", s.head["cache-status"])
	s.fill(1, "new")
	s.takeBody()
	s.get(3, "/products/7?inlay-slot=price")
	assert.Equal(t, "new", s.takeBody())

	s.engine.PurgeTag("all", s.now)
	s.take()
	n := len(s.fills)
	s.get(4, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"fill 4 /price/7", "wait 4 10.5s"}, s.take())
	s.engine.PurgeTag("all", s.now)
	assert.Equal(t, "newer", s.answered(4, n, "newer"))
	assert.Equal(t, "no-store", s.head["cache-control"], "it was purged on its way")
}

func TestAFailedSlotSaysSo(t *testing.T) {
	const oops = "no price of 7"
	for _, c := range []struct {
		slot, answer    string
		change          func(*answer.Answer)
		status, control string
	}{
		{"price", oops, func(a *answer.Answer) { a.Status = 404 }, "404", ""},
		{"price", oops, func(a *answer.Answer) { a.Status = 410 }, "410", ""},
		{"price", oops, func(a *answer.Answer) { a.Status, a.RetryAfter = 503, "7" }, "502", "7"},
		{"price", oops, func(a *answer.Answer) { a.SetCookie = true }, "502", ""},
		{"basket", "The slot cannot be shown: its fragment failed.\n", func(a *answer.Answer) { a.Status = 404 }, "404", ""},
		{"now", "The slot cannot be shown: its fragment failed.\n", func(a *answer.Answer) { a.Status = 500 }, "502", ""},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			s := shop(t)
			s.method(1, method, "/products/7?inlay-slot="+c.slot)
			require.Len(t, s.fills, 1)
			s.fill(0, "x", c.change)
			s.engine.Resume(1, s.now)
			asks := s.take()
			if method == "GET" {
				assert.Equal(t, "send 1 "+c.status, asks[len(asks)-1])
				assert.Equal(t, c.answer, s.takeBody())
			} else {
				assert.Equal(t, "send-head 1 "+c.status, asks[len(asks)-1])
			}
			kind := "text/html; charset=utf-8"
			if c.slot != "price" {
				kind = "text/plain; charset=utf-8"
			}
			assert.Equal(t, kind, s.head["content-type"])
			assert.Equal(t, fmt.Sprint(len(c.answer)), s.head["content-length"])
			assert.Equal(t, c.control, s.head["retry-after"])
			assert.Equal(t, "no-store", s.head["cache-control"])
			assert.NotContains(t, s.head, "etag")
			assert.Contains(t, s.head["cache-status"], "inlay/"+c.slot+";fwd=")
			if c.slot != "now" {
				s.get(2, "/products/7?inlay-slot="+c.slot)
				assert.Len(t, s.fills, 1, "and is not asked for again at once")
			}
		}
	}
	s := shop(t, func(c *config.Config) { c.Dev = true })
	s.get(1, "/products/7?inlay-slot=basket")
	s.take()
	assert.Contains(t, s.answered(1, 0, "x", func(a *answer.Answer) { a.Status = 500 }), "the origin answered 500")
}

func TestARequiredSlotAnswersAsThePageDoes(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", requiredPage))
	s.fields[":authority"] = "shop.example"
	s.get(1, "/p/7?inlay-slot=a")
	s.take()
	assert.Equal(t, "<h1>No such product", s.answered(1, 0, "<h1>No such product", own()))
	assert.Equal(t, "text/html; charset=iso-8859-1", s.head["content-type"], "the origin's own page")
	s.get(2, "/p/8?inlay-slot=a")
	s.take()
	s.answered(2, 1, "", func(a *answer.Answer) { a.Status, a.Location = 302, "/login" })
	assert.Equal(t, "/login", s.head["location"])
	s.get(3, "/p/9?inlay-slot=a")
	s.take()
	assert.Equal(t, "A", s.answered(3, 2, "A"))
}

func TestHEADOfASlotAsksForIt(t *testing.T) {
	s := shop(t)
	s.method(1, "HEAD", "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"fill 1 /price/7", "wait 1 10.5s"}, s.take(), "there is no telling its status without")
	s.fill(0, "x")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "send-head 1 200"}, s.take())
	assert.Equal(t, "1", s.head["content-length"])
}

func TestASlotOfAnotherHostIsOfNone(t *testing.T) {
	s := shop(t, func(c *config.Config) { c.Hosts = []string{"shop.example"} })
	s.fields["host"] = "other.example"
	s.get(1, "/products/7?inlay-slot=price")
	assert.Equal(t, []string{"send 1 421"}, s.take())
	s.fields["host"] = "shop.example"
	s.get(2, "/products/7?inlay-slot=price")
	assert.Equal(t, "x-forwarded-host: shop.example", fieldsOf(s.asked[0]))
	s.take()
	s.answered(2, 0, "x")
	assert.Equal(t, "public, max-age=30, stale-while-revalidate=300, stale-if-error=3600", s.head["cache-control"], "the host is in the URL")
}

func TestASlotThatIsTooLongToNameIsRefused(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="query:q"></edge-slot><edge-slot name="b" src="/b"></edge-slot></body>`))
	long := strings.Repeat("x", 9<<10)
	s.get(1, "/p?inlay-slot=a&q="+long)
	assert.Equal(t, []string{"send 1 400"}, s.take())
	s.get(2, "/p?inlay-slot=b&q="+long)
	assert.Equal(t, []string{"/b"}, s.srcs(), "another slot does not depend on it")
}

func lasts(control string) func(*answer.Answer) {
	return func(a *answer.Answer) { a.CacheControl = control }
}

func TestSlotsInASlotComeWithIt(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="out" src="/out" ttl="1m"></edge-slot></body>`))
	const outer = `<ul><edge-slot name="in" src="/in" vary="cookie:c"></edge-slot></ul><edge-slot name="other" src="/other"><i>…</i></edge-slot>`
	s.get(1, "/p?inlay-slot=out")
	s.take()
	s.answered(1, 0, outer, func(a *answer.Answer) { a.InlaySlots = "edge-slot" })
	assert.Equal(t, []string{"/out", "/other", "/in"}, s.srcs())
	assert.Equal(t, "", s.answered(1, 1, "O", lasts("max-age=20")), "it waits for all")
	assert.Equal(t, "<ul>I</ul>O", s.answered(1, 2, "I", lasts("max-age=5, stale-while-revalidate=2")), "each in its place")
	assert.Equal(t, "private, max-age=5, stale-while-revalidate=2", s.head["cache-control"], "by all that is in it")
	assert.Equal(t, "cookie", s.head["vary"])
	assert.Equal(t, "inlay/out;fwd=miss, inlay/out.in;fwd=miss, inlay/out.other;fwd=miss", s.head["cache-status"])
	whole := s.head["etag"]

	s.get(2, "/p?inlay-slot=out.other")
	assert.Equal(t, []string{"send 2 200"}, s.take())
	assert.Equal(t, "O", s.takeBody(), "and has a URL too")
	assert.Equal(t, "public, max-age=20", s.head["cache-control"], "which depends on the slots around it, and none beside it")
	assert.NotEqual(t, whole, s.head["etag"])
	s.get(3, "/p?inlay-slot=out.none")
	assert.Equal(t, []string{"send 3 404"}, s.take())
	s.takeBody()

	s.now = s.now.Add(8 * time.Second)
	s.get(4, "/p?inlay-slot=out.in")
	assert.Equal(t, "/in", s.asked[len(s.asked)-1].Src)
	s.take()
	s.answered(4, 3, "x", func(a *answer.Answer) { a.Status = 404 })
	assert.Equal(t, "text/plain; charset=utf-8", s.head["content-type"])
	s.get(5, "/p?inlay-slot=out")
	assert.Equal(t, "<ul></ul>O", s.takeBody(), "in another it shows what it shows in the page")
	assert.Equal(t, "no-store", s.head["cache-control"])
	assert.NotContains(t, s.head, "etag")

	s.engine.PurgeAll(s.now)
	s.get(6, "/p?inlay-slot=out.in")
	assert.Equal(t, "/out", s.asked[len(s.asked)-1].Src)
	s.take()
	s.answered(6, len(s.fills)-1, "x", func(a *answer.Answer) { a.Status = 410 })
	assert.Equal(t, "no-store", s.head["cache-control"], "what it stands in has failed")
	s.engine.PurgeAll(s.now)
	assert.Len(t, s.blobs, s.engine.keeps(), "nothing stays")
}

func TestWhoAsksForASlotAndWhoForThePageShareAFill(t *testing.T) {
	s := shop(t)
	for id := range RequestID(50) {
		s.get(3*id+1, "/products/7?inlay-slot=price")
		s.get(3*id+2, "/products/7?inlay-slot=price&utm_source=x")
		s.get(3*id+3, "/products/7")
	}
	n := 0
	for _, src := range s.srcs() {
		if src == "/price/7" {
			n++
		}
	}
	assert.Equal(t, 1, n)
	s.engine.Leave(1, s.now) // who leads it
	s.take()
	s.fill(0, "P")
	s.engine.Resume(2, s.now)
	s.takeBody()
	s.engine.Resume(4, s.now)
	assert.Equal(t, "P", s.takeBody())
	assert.Equal(t, "inlay/price;fwd=miss;collapsed", s.head["cache-status"])
}

// Pages of the origin.

func TestTheTagOfAnAttemptIsOfItsTextToo(t *testing.T) {
	const page = `<html><head></head><body><p>%s</p><esi:try><esi:attempt>%s<esi:include src="/x"/></esi:attempt><esi:except>no</esi:except></esi:try></body></html>`
	tags := func(texts ...any) (tags [2]string) {
		s := kept(t, fmt.Sprintf(page, texts...), map[string]string{"/x": "X"})
		for i, name := range []string{"esi-1", "esi-3"} {
			s.get(10, "/a?inlay-slot="+name)
			assert.Equal(t, "public, max-age=60", s.head["cache-control"])
			tags[i] = s.head["etag"]
		}
		return tags
	}
	old := tags("a", "old")
	assert.Equal(t, old, tags("a", "old"))
	changed := tags("a", "new")
	assert.NotEqual(t, old[0], changed[0], "who has the old text does not have the new one, though the fragment is the same")
	assert.Equal(t, old[1], changed[1], "which alone is just that")
}

func TestASlotOfAPageOfTheOrigin(t *testing.T) {
	s := kept(t, originsPage, map[string]string{"/f": "<i>F</i>", "/g": "<i>G</i>"})
	s.takeBody()
	s.get(2, "/a?inlay-slot=esi-1")
	assert.Equal(t, []string{"send 2 200"}, s.take())
	assert.Equal(t, "<i>F</i>", s.takeBody())
	assert.Equal(t, "public, max-age=60", s.head["cache-control"], "the shell, which says what it is, is fresh for so long")
	assert.Equal(t, "inlay/shell;hit, inlay/esi-1;hit", s.head["cache-status"])
	assert.NotContains(t, s.head, "vary")
	for i, name := range []string{"esi-3", "shell", "", "shell.esi-1"} {
		s.get(RequestID(10+i), "/a?inlay-slot="+name)
		assert.Equal(t, []string{fmt.Sprintf("send %d 404", 10+i)}, s.take(), name)
	}
	s.takeBody()
	n := len(s.fills)
	s.get(3, "/a?x=1&inlay-slot=esi-2")
	assert.Equal(t, []string{"fill 3 /a?x=1", "wait 3 10.5s"}, s.take(), "of a path that is declared the shell is waited for")
	s.shellFill(n, originsPage)
	s.engine.Resume(3, s.now)
	s.take()
	assert.Equal(t, "<i>G</i>", s.takeBody())
	s.method(4, "HEAD", "/a?x=2&inlay-slot=esi-2")
	assert.Equal(t, []string{"fill 4 /a?x=2", "wait 4 10.5s"}, s.take(), "for HEAD too")
	s.shellFill(n+1, originsPage)
	s.engine.Resume(4, s.now)
	assert.Equal(t, []string{"wake 4", "send-head 4 200"}, s.take())

	s.engine.PurgeAll(s.now)
	s.get(5, "/a?inlay-slot=esi-2")
	s.take()
	s.shellFill(n+2, originsPage)
	s.engine.Resume(5, s.now)
	assert.Equal(t, []string{"/g"}, s.srcs()[n+3:], "of its slots the one alone is asked for")
}

func TestASlotOfAPageThatVariesIsNotForEverybody(t *testing.T) {
	s := visited(t)
	varied := func(a *answer.Answer) { a.Vary = "Accept-Language" }
	s.fields["accept-language"] = "de"
	s.get(2, "/a")
	p := s.passHead(2, "/a", answers(varied))
	s.passPart(2, "<body></body>", p, true)
	s.shellFill(0, originsPage, varied)
	s.take()
	s.takeBody()
	s.get(3, "/a?inlay-slot=esi-1")
	require.Equal(t, []string{"/a", "/f"}, s.srcs())
	s.take()
	s.answered(3, 1, "F")
	assert.Equal(t, "accept-language", s.head["vary"], "which slot it is, depends on the shell")
	assert.Contains(t, s.head["cache-control"], "private, max-age=")
}

func TestASlotOfAVisitorsOwnPageIsHis(t *testing.T) {
	private := func(a *answer.Answer) { a.CacheControl = "private" }
	s := visited(t)
	s.get(1, "/a?q=1&inlay-slot=esi-2")
	assert.Equal(t, []string{"pass 1"}, s.take(), "of which nothing is known: as it came")
	p := s.passHead(1, "/a?q=1&inlay-slot=esi-2", answers(private))
	require.Equal(t, Parse{Document: true, ESI: true, Base: "/a?q=1"}, p)
	cut := strings.Index(originsPage, "<p>mid")
	s.passPart(1, originsPage[:cut], p, false)
	assert.Empty(t, s.fills, "the first slot is not asked for")
	s.passPart(1, originsPage[cut:], p, true)
	require.Empty(t, s.fills, "nor is what the rest of a page has by itself")
	s.take()
	s.takeBody()

	s.get(2, "/a?q=1&inlay-slot=esi-1")
	assert.Equal(t, []string{"pass 2 as /a?q=1"}, s.take(), "now it is known that there are slots, and the origin is not told")
	p = s.passHead(2, "/a?q=1&inlay-slot=esi-1", answers(private))
	s.passPart(2, originsPage[:cut], p, false)
	require.Equal(t, []string{"/f"}, s.srcs())
	s.take()
	s.fill(0, "F", func(a *answer.Answer) { a.CacheControl = "max-age=9" })
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"wake 2", "send 2 200"}, s.take(), "what comes behind it is not waited for")
	assert.Equal(t, "F", s.takeBody())
	assert.Equal(t, "private, no-cache", s.head["cache-control"])
	assert.NotContains(t, s.head, "etag")
	s.passPart(2, originsPage[cut:], p, true)
	assert.Empty(t, s.take())

	s.get(3, "/a?q=1&inlay-slot=none")
	s.take()
	p = s.passHead(3, "/a?q=1&inlay-slot=none", answers(private))
	s.passPart(3, originsPage[:cut], p, false)
	assert.NotContains(t, strings.Join(s.take(), "\n"), "send")
	s.passPart(3, originsPage[cut:], p, true)
	assert.Equal(t, []string{"send 3 404"}, s.take())
	s.takeBody()

	s.get(4, "/a?q=1&inlay-slot=esi-1")
	s.take()
	p = s.passHead(4, "/a?q=1&inlay-slot=esi-1", answers(private))
	s.passPart(4, originsPage[:cut], p, false)
	s.engine.PassBroken(4, s.now)
	s.take()
	assert.Equal(t, "F", s.takeBody(), "it was there before the rest broke off")
	s.get(5, "/a?q=1")
	assert.Equal(t, []string{"pass 5"}, s.take())
	s.engine.PurgeAll(s.now)
	assert.Len(t, s.blobs, s.engine.keeps(), "nothing stays")
	assert.EqualValues(t, 0, s.engine.Stats().Pages)
}

func TestASlotThatIsNoHTMLByItselfHasNoURL(t *testing.T) {
	const page = `<html><head></head><body><script>var x = "<esi:attr src="/x"/>"</script><a href="<esi:attr src="/y"/>">y</a><esi:include src="/z"/></body></html>`
	s := kept(t, page, map[string]string{"/x": "<img onerror=alert(1)>", "/y": "y", "/z": "z"})
	s.takeBody()
	n := len(s.fills)
	for i, status := range []string{"404", "404", "200"} {
		s.get(RequestID(10+i), fmt.Sprintf("/a?inlay-slot=esi-%d", i+1))
		assert.Equal(t, []string{fmt.Sprintf("send %d %s", 10+i, status)}, s.take())
	}
	assert.True(t, strings.HasSuffix(s.takeBody(), "z"))
	assert.Len(t, s.fills, n)
}

func TestASlotOfAnAttempt(t *testing.T) {
	const page = `<html><head></head><body><esi:try><esi:attempt><esi:include src="/x"/>!</esi:attempt><esi:except>no</esi:except></esi:try><esi:include src="/a1" alt="/a2"/></body></html>`
	s := kept(t, page, map[string]string{"/x": "X", "/a1": "1"})
	s.takeBody()
	for name, want := range map[string]string{"esi-1": "X!", "esi-3": "X", "esi-4": "1"} {
		s.get(10, "/a?inlay-slot="+name)
		assert.Equal(t, want, s.takeBody(), name)
		assert.Equal(t, "public, max-age=60", s.head["cache-control"])
	}
	s.engine.PurgeAll(s.now)
	s.get(20, "/a?inlay-slot=esi-4")
	s.take()
	s.shellFill(len(s.fills)-1, page)
	s.engine.Resume(20, s.now)
	require.Equal(t, "/a1", s.asked[len(s.asked)-1].Src)
	s.answered(20, len(s.fills)-1, "", func(a *answer.Answer) { a.Status = 500 })
	require.Equal(t, "/a2", s.asked[len(s.asked)-1].Src)
	assert.Equal(t, "2", s.answered(20, len(s.fills)-1, "2"))
	assert.Equal(t, "no-store", s.head["cache-control"], "the next may have the other")
}

func TestASlotIsHeldForTheLog(t *testing.T) {
	s := shop(t, func(c *config.Config) { c.Log = true })
	s.get(1, "/products/7?inlay-slot=price")
	s.take()
	s.answered(1, 0, "P")
	s.now = s.now.Add(time.Minute)
	s.get(2, "/products/7?inlay-slot=price")
	asks := s.take()
	require.NotEmpty(t, asks)
	assert.Contains(t, asks[len(asks)-1], "wait 2", "what is in memory is not used before it is known to hold")
	assert.Empty(t, s.takeBody())
}

// FuzzSlotOfAQuery: whatever the query, what it is without the slot has neither that parameter nor anything of another.
func FuzzSlotOfAQuery(f *testing.F) {
	for _, query := range []string{"a=1&inlay-slot=x&b=2", "inlay-slot", "&&inlay-slot=&", "inlay%2dslot=1&%zz&slot%", "a=+&inlay-slot=%20"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsAny(query, "#") {
			return
		}
		r := Request{Target: "/p?" + query}
		r.path, r.query = route.SplitTarget(r.Target)
		r.findSlot()
		var rest []string
		n := 0
		for _, pair := range strings.Split(query, "&") {
			name, _, _ := strings.Cut(pair, "=")
			if decoded, ok := route.DecodeQuery(name); ok && decoded == "inlay-slot" {
				n++
				continue
			}
			rest = append(rest, pair)
		}
		assert.Equal(t, n > 0, r.alone)
		if n == 0 {
			assert.Equal(t, r.Target, r.own)
			assert.Equal(t, query, r.query)
			return
		}
		assert.Equal(t, strings.Join(rest, "&"), r.query)
		if r.query == "" {
			assert.Equal(t, "/p", r.own)
		} else {
			assert.Equal(t, "/p?"+r.query, r.own)
		}
		if n > 1 {
			assert.Empty(t, r.slot)
		}
	})
}
