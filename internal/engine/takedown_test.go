package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"inlay/internal/answer"
)

// ending is how a fill ends.
type ending struct {
	change func(*answer.Answer)
	fail   *answer.FillError
	heard  []answer.Answer // before that
	html   string
}

func (s *script) end(i int, how ending) {
	if how.fail != nil {
		s.engine.FillFail(s.fills[i], how.fail, s.now, how.heard...)
		return
	}
	html := how.html
	if html == "" {
		html = "new"
	}
	s.fill(i, html, func(a *answer.Answer) {
		if how.change != nil {
			how.change(a)
		}
	})
}

func status(code int) ending { return ending{change: func(a *answer.Answer) { a.Status = code }} }

// takedowns end what a fragment was; outages do not, and what is neither may not be stood in for.
var (
	takedowns = map[string]ending{
		"404": status(404), "410": status(410), "401": status(401), "403": status(403), "451": status(451), "400": status(400),
		"204": status(204), "206": status(206), "301": status(301), "302": status(302),
		"a cookie":                {change: func(a *answer.Answer) { a.SetCookie = true }},
		"private":                 {change: func(a *answer.Answer) { a.CacheControl = "private" }},
		"no-store":                {change: func(a *answer.Answer) { a.CacheControl = "public; no-store" }},
		"CDN no-store":            {change: func(a *answer.Answer) { a.CDNCacheControl = "no-store" }},
		"an undeclared Vary":      {change: func(a *answer.Answer) { a.Vary = "x-country" }},
		"a private redirect":      {change: func(a *answer.Answer) { a.Redirects = []answer.Answer{{Status: 302, CacheControl: "private"}} }},
		"private, and too large":  {change: func(a *answer.Answer) { a.CacheControl, a.Size = "private", 64<<20 }},
		"private, and broken off": {fail: &answer.FillError{Reason: answer.ConnectError}, heard: []answer.Answer{{Status: 200, CacheControl: "private"}}},
		"a cookie, and too large": {fail: &answer.FillError{Reason: answer.TooLargeError}, heard: []answer.Answer{{Status: 302}, {Status: 200, SetCookie: true}}},
		"a no-store redirect to nobody": {
			fail: &answer.FillError{Reason: answer.ConnectError}, heard: []answer.Answer{{Status: 302, CacheControl: "no-store"}},
		},
		"a redirect's cookie": {change: func(a *answer.Answer) { a.Redirects = []answer.Answer{{Status: 302, SetCookie: true}} }},
	}
	outages = map[string]ending{
		"500": status(500), "502": status(502), "503": status(503), "504": status(504), "522": status(522),
		"a time-out":           {fail: &answer.FillError{Reason: answer.TimeoutError}},
		"a failed connection":  {fail: &answer.FillError{Reason: answer.ConnectError}},
		"a redirect to nobody": {fail: &answer.FillError{Reason: answer.ConnectError}, heard: []answer.Answer{{Status: 302, CacheControl: "max-age=1"}}},
		"broken off":           {fail: &answer.FillError{Reason: answer.ConnectError}, heard: []answer.Answer{{Status: 200, ContentType: "text/html"}}},
		"too large":            {fail: &answer.FillError{Reason: answer.TooLargeError}},
		"broken markup":        {html: "<!--"},
		"another type":         {change: func(a *answer.Answer) { a.ContentType = "application/json" }},
	}
	neither = map[string]ending{"429": status(429), "408": status(408), "501": status(501), "507": status(507)}
)

const keptLong = `<body><edge-slot name="a" src="/f" ttl="10s" swr="1m" sie="1h"><edge-error>none</edge-error></edge-slot></body>`

func TestFragmentThatWasTakenDownIsNotShownAgain(t *testing.T) {
	for name, how := range takedowns {
		t.Run("past its swr, "+name, func(t *testing.T) {
			s := newScript(t, pageOf(t, "/p", keptLong))
			s.get(1, "/p")
			s.fill(0, "old")
			s.engine.Resume(1, s.now)
			s.get(2, "/p") // composed
			s.now = s.now.Add(5 * time.Minute)
			s.takeBody()
			s.get(3, "/p")
			s.end(1, how)
			s.engine.Resume(3, s.now)
			assert.Equal(t, "<body>none</body>", s.takeBody())
		})
		t.Run("in the background, "+name, func(t *testing.T) {
			s := newScript(t, pageOf(t, "/p", keptLong), pageOf(t, "/other", keptLong))
			for id, path := range []string{"/p", "/other"} {
				s.get(RequestID(id+1), path)
				if id == 0 {
					s.fill(0, "old")
					s.engine.Resume(1, s.now)
				}
				s.get(RequestID(id+10), path) // composed
			}
			s.now = s.now.Add(15 * time.Second)
			s.takeBody()
			s.get(3, "/p")
			assert.Equal(t, "<body>old</body>", s.takeBody(), "stale, and renewed in the background")
			s.end(1, how)
			for _, path := range []string{"/p", "/other"} {
				s.get(4, path)
				if n := len(s.fills); n > 2 { // nothing is remembered
					s.end(n-1, how)
					s.engine.Resume(4, s.now)
				}
				assert.Equal(t, "<body>none</body>", s.takeBody(), path)
			}
			assert.Equal(t, "<body>new</body>", s.mended(2*time.Minute, "/p"), "and is back when it is back")
		})
	}
}

// mended asks after a time for a page whose fills succeed then.
func (s *script) mended(after time.Duration, path string) string {
	s.now = s.now.Add(after)
	n := len(s.fills)
	s.get(90, path)
	for ; n < len(s.fills); n++ {
		s.fill(n, "new")
	}
	s.engine.Resume(90, s.now)
	return s.takeBody()
}

func TestFragmentStandsInDuringAnOutage(t *testing.T) {
	for name, how := range outages {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, pageOf(t, "/p", keptLong))
			s.get(1, "/p")
			s.fill(0, "old")
			s.engine.Resume(1, s.now)
			s.now = s.now.Add(15 * time.Second)
			s.get(2, "/p")
			s.end(1, how) // in the background
			s.now = s.now.Add(5 * time.Minute)
			s.takeBody()
			s.get(3, "/p")
			s.end(2, how)
			s.engine.Resume(3, s.now)
			assert.Equal(t, "<body>old</body>", s.takeBody())
			s.get(4, "/p")
			assert.Equal(t, "<body>old</body>", s.takeBody(), "while the failure is remembered")
			assert.Contains(t, s.head["cache-status"], "inlay/a;fwd=stale")
			assert.Equal(t, "<body>new</body>", s.mended(time.Minute, "/p"))
		})
	}
}

func TestWhatIsNoOutageIsNotStoodInForButStaleUseGoesOn(t *testing.T) {
	for name, how := range neither {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, pageOf(t, "/p", keptLong))
			s.get(1, "/p")
			s.fill(0, "old")
			s.engine.Resume(1, s.now)
			s.now = s.now.Add(15 * time.Second)
			s.get(2, "/p")
			s.end(1, how)
			s.takeBody()
			s.get(3, "/p")
			assert.Equal(t, "<body>old</body>", s.takeBody(), "within swr")
			s.now = s.now.Add(5 * time.Minute)
			s.get(4, "/p")
			s.end(2, how)
			s.engine.Resume(4, s.now)
			assert.Equal(t, "<body>none</body>", s.takeBody(), "past it")
		})
	}
}

func TestPageWhoseRequiredFragmentIsGoneIsGone(t *testing.T) {
	for code, want := range map[int]string{404: "send 3 404", 410: "send 3 410", 403: "send 3 502", 503: "send 3 200"} {
		s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="10s" swr="1m" sie="1h" required></edge-slot></body>`))
		s.get(1, "/p")
		s.fill(0, "old")
		s.engine.Resume(1, s.now)
		s.now = s.now.Add(15 * time.Second)
		s.get(2, "/p")
		s.end(1, status(code))
		s.take()
		s.now = s.now.Add(5 * time.Minute)
		s.get(3, "/p")
		s.end(2, status(code))
		s.engine.Resume(3, s.now)
		asks := s.take()
		assert.Equal(t, want, asks[len(asks)-1])
	}
}

func TestLateRefusalDoesNotRemoveWhatCameAfterAPurge(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", keptLong))
	s.get(1, "/p")
	s.fill(0, "old")
	s.engine.Resume(1, s.now)
	s.now = s.now.Add(15 * time.Second)
	s.get(2, "/p") // its refresh is slow
	s.engine.Purge("/f", s.now)
	s.get(3, "/p")
	s.fill(2, "new")
	s.engine.Resume(3, s.now)
	s.end(1, status(404))
	s.takeBody()
	s.get(4, "/p")
	assert.Equal(t, "<body>new</body>", s.takeBody())
}

func TestAnswerThatIsNotStoredTakesThePlaceOfWhatWas(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f"></edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "old", func(a *answer.Answer) { a.CacheControl = "max-age=10, stale-while-revalidate=600, stale-if-error=600" })
	s.engine.Resume(1, s.now)
	s.now = s.now.Add(15 * time.Second)
	s.get(2, "/p")
	s.fill(1, "new", func(a *answer.Answer) { a.CacheControl = "no-cache" })
	s.takeBody()
	s.get(3, "/p")
	s.end(2, status(503))
	s.engine.Resume(3, s.now)
	assert.NotContains(t, s.takeBody(), "old")
}
