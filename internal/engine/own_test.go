package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"inlay/internal/answer"
)

const requiredPage = `<body><edge-slot name="a" src="/f/{id}" ttl="1m" required></edge-slot></body>`

// own is the origin's own page for a product that it does not have.
func own(change ...func(*answer.Answer)) func(*answer.Answer) {
	return func(a *answer.Answer) {
		a.Status, a.ContentType = 404, "text/html; charset=iso-8859-1"
		for _, f := range change {
			f(a)
		}
	}
}

func TestOriginsOwnPageIsForAllWhoWait(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", requiredPage))
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/7")
	s.engine.Handle(&Request{ID: 3, Method: "HEAD", Target: "/p/7", Fields: s}, s.now)
	s.fill(0, "<h1>No such product", own())
	for id := RequestID(1); id <= 3; id++ {
		s.engine.Resume(id, s.now)
		assert.Equal(t, "text/html; charset=iso-8859-1", s.head["content-type"], "%d", id)
		assert.Equal(t, "19", s.head["content-length"])
		assert.Equal(t, "no-store", s.head["cache-control"])
	}
	assert.Equal(t, "<h1>No such product<h1>No such product", s.takeBody(), "to HEAD nothing")
	s.take()
	s.get(4, "/p/7")
	assert.Equal(t, []string{"send 4 404"}, s.take(), "remembered as any failure is")
	assert.Equal(t, "<h1>No such product", s.takeBody())
	s.now = s.now.Add(time.Minute)
	s.get(5, "/p/7")
	assert.Len(t, s.fills, 2, "and asked for again")
	s.fill(1, "<b>there</b>")
	s.engine.Resume(5, s.now)
	assert.Equal(t, "<body><b>there</b></body>", s.takeBody())
	s.engine.PurgeAll(s.now)
	assert.Len(t, s.blobs, s.engine.keeps(), "nothing stays")
}

func TestOriginsOwnPageIsForThoseWhoRequireIt(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){
		"a cookie":  func(a *answer.Answer) { a.SetCookie = true },
		"private":   func(a *answer.Answer) { a.CacheControl = "private" },
		"no-store":  func(a *answer.Answer) { a.CacheControl = "no-store" },
		"vary":      func(a *answer.Answer) { a.Vary = "cookie" },
		"untyped":   func(a *answer.Answer) { a.ContentType = "" },
		"forbidden": func(a *answer.Answer) { a.Status = 403 },
	} {
		s := newScript(t, pageOf(t, "/p/{id}", requiredPage))
		s.get(1, "/p/7")
		s.fill(0, "secret", own(change))
		s.engine.Resume(1, s.now)
		assert.NotContains(t, s.takeBody(), "secret", name)
		assert.NotEqual(t, "6", s.head["content-length"], name)
		s.engine.PurgeAll(s.now)
		assert.Len(t, s.blobs, s.engine.keeps(), name)
	}
	s := newScript(t, pageOf(t, "/q/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1m">…</edge-slot></body>`))
	s.get(1, "/q/7")
	s.fill(0, "own", own())
	s.engine.Resume(1, s.now)
	assert.Equal(t, "<body>…</body>", s.takeBody(), "not required")
}

func TestRedirectsOfTheSiteAreTheVisitors(t *testing.T) {
	for location, want := range map[string]bool{
		"/login?x#y":                    true,
		"https://shop.example/login":    true,
		"http://SHOP.example?a":         true,
		"https://other.example/login":   false,
		"https://shop.example.evil/":    false,
		"https://shop.example@evil.com": false,
		"javascript:alert(1)":           false,
		"https://":                      false,
		"":                              false,
	} {
		s := newScript(t, pageOf(t, "/p/{id}", requiredPage))
		s.fields = map[string]string{":authority": "shop.example"}
		s.get(1, "/p/7")
		s.fill(0, "ignored", func(a *answer.Answer) { a.Status, a.Location = 303, location })
		s.engine.Resume(1, s.now)
		if !want {
			assert.Contains(t, s.take(), "send 1 502", location)
			continue
		}
		assert.Contains(t, s.take(), "send 1 303", location)
		assert.Equal(t, location, s.head["location"])
		assert.Equal(t, "0", s.head["content-length"])
		assert.Equal(t, "no-store", s.head["cache-control"])
		assert.Empty(t, s.takeBody())
		s.engine.Handle(&Request{ID: 2, Method: "HEAD", Target: "/p/7", Fields: s}, s.now)
		assert.Equal(t, []string{"send-head 2 303"}, s.take())
	}
	s := newScript(t, pageOf(t, "/p/{id}", requiredPage))
	s.get(1, "/p/7")
	s.fill(0, "", func(a *answer.Answer) { a.Status, a.Location, a.CacheControl = 302, "/login", "private" })
	s.engine.Resume(1, s.now)
	assert.Contains(t, s.take(), "send 1 502", "what is one visitor's is for nobody else")
}
