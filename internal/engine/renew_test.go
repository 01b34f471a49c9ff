package engine

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
)

const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT"

func withETag(etag string, more ...func(*answer.Answer)) func(*answer.Answer) {
	return func(a *answer.Answer) {
		a.ETag = etag
		for _, f := range more {
			f(a)
		}
	}
}

func says(control string) func(*answer.Answer) {
	return func(a *answer.Answer) { a.CacheControl = control }
}

// notModified ends a fill with a 304, which has no body.
func (s *script) notModified(i int, change ...func(*answer.Answer)) {
	a := &answer.Answer{Status: 304}
	for _, f := range change {
		f(a)
	}
	s.engine.FillEnd(s.fills[i], a, s.NewBlob(nil), s.now)
}

// renewable is a page of one slot whose fragment was stored, composed, and has become stale.
func renewable(t *testing.T, slot string, change ...func(*answer.Answer)) *script {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" `+slot+`><edge-error>none</edge-error></edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "old", change...)
	s.engine.Resume(1, s.now)
	s.get(2, "/p")
	s.get(3, "/p")
	s.now = s.now.Add(15 * time.Second)
	s.take()
	s.takeBody()
	return s
}

const staleSlot = `ttl="10s" swr="1m" sie="1h"`

func TestStaleFragmentIsRenewedByA304AndItsPageStaysTheSame(t *testing.T) {
	s := renewable(t, staleSlot, withETag(`"v1"`, func(a *answer.Answer) { a.LastModified = lastModified }))
	etag, warm := s.head["etag"], s.engine.Stats().Warm
	s.get(4, "/p")
	assert.Equal(t, []field.Field{{Name: "if-none-match", Value: `"v1"`}, {Name: "if-modified-since", Value: lastModified}}, s.asked[1].Conditions)
	assert.Empty(t, s.asked[1].Fields, "they are no part of the key")
	blobs := len(s.blobs)
	s.notModified(1, withETag(`"v1"`))
	assert.Len(t, s.blobs, blobs, "no new blob")
	s.take()
	s.takeBody()

	s.get(5, "/p")
	assert.Equal(t, "send 5 200", s.take()[0])
	assert.Equal(t, "<body>old</body>", s.takeBody())
	assert.Equal(t, etag, s.head["etag"])
	assert.Equal(t, "inlay/a;hit", s.head["cache-status"])
	assert.Equal(t, warm+1, s.engine.Stats().Warm, "still composed")
	assert.LessOrEqual(t, len(s.blobs), blobs+2, "heads at most")

	s.fields = map[string]string{"if-none-match": etag}
	s.get(6, "/p")
	assert.Equal(t, "send-head 6 304", s.take()[0])

	s.now = s.now.Add(15 * time.Second) // and again, as often as it takes
	s.get(7, "/p")
	assert.Equal(t, []field.Field{{Name: "if-none-match", Value: `"v1"`}, {Name: "if-modified-since", Value: lastModified}}, s.asked[2].Conditions)
}

func TestA304RenewsByItsOwnFieldsAndByThoseKept(t *testing.T) {
	const date = "Tue, 14 Nov 2023 22:13:20 GMT" // of the script's clock
	for name, c := range map[string]struct {
		first, then func(*answer.Answer)
		ttl         time.Duration
	}{
		"its own lifetime":            {says("max-age=10, stale-while-revalidate=60"), says("max-age=30"), 30 * time.Second},
		"the kept lifetime":           {says("max-age=10, stale-while-revalidate=60"), func(*answer.Answer) {}, 10 * time.Second},
		"a lifetime in another field": {says("max-age=10, stale-while-revalidate=60"), func(a *answer.Answer) { a.CDNCacheControl = "max-age=20" }, 20 * time.Second},
		"its own age":                 {says("max-age=10, stale-while-revalidate=60"), func(a *answer.Answer) { a.Age = "4" }, 6 * time.Second},
		"not the age of the first":    {func(a *answer.Answer) { a.CacheControl, a.Age = "max-age=14, stale-while-revalidate=60", "4" }, func(*answer.Answer) {}, 14 * time.Second},
		"Expires, and its own Date": {func(a *answer.Answer) {
			a.Expires, a.CacheControl = "Tue, 14 Nov 2023 22:13:30 GMT", "stale-while-revalidate=60"
		}, func(a *answer.Answer) { a.Date = date }, 10 * time.Second},
		"Expires that was not renewed": {func(a *answer.Answer) {
			a.Expires, a.CacheControl = "Tue, 14 Nov 2023 22:13:30 GMT", "stale-while-revalidate=60"
		}, func(*answer.Answer) {}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := renewable(t, "", withETag(`"v"`, c.first))
			s.get(4, "/p")
			require.Len(t, s.fills, 2)
			s.notModified(1, c.then)
			v, info := s.engine.fragments.Inspect("/f", s.now)
			require.NotNil(t, v)
			assert.Equal(t, c.ttl, max(0, info.TTL))
		})
	}
}

func TestA304IsJudgedAsAnyAnswerIs(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){
		"a cookie": func(a *answer.Answer) { a.SetCookie = true },
		"private":  says("private"),
		"no-store": says("max-age=60; no-store"),
		"Vary":     func(a *answer.Answer) { a.Vary = "cookie" },
		"a redirect with a cookie": func(a *answer.Answer) {
			a.Redirects = []answer.Answer{{Status: 302, SetCookie: true}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := renewable(t, staleSlot, withETag(`"v1"`))
			s.get(4, "/p")
			s.notModified(1, change)
			s.takeBody()
			s.get(5, "/p")
			s.notModified(len(s.fills)-1, change)
			s.engine.Resume(5, s.now)
			assert.Equal(t, "<body>none</body>", s.takeBody())
		})
	}
}

func TestA304ThatDoesNotFitIsAFailureAndNotAskedForAgain(t *testing.T) {
	for name, c := range map[string]struct{ first, then func(*answer.Answer) }{
		"another ETag":          {withETag(`"v1"`), withETag(`"v2"`)},
		"another Last-Modified": {func(a *answer.Answer) { a.LastModified = lastModified }, func(a *answer.Answer) { a.LastModified = "Sun, 06 Nov 1994 08:49:38 GMT" }},
		"no Last-Modified":      {func(a *answer.Answer) { a.LastModified = lastModified }, func(a *answer.Answer) { a.LastModified = "today" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := renewable(t, staleSlot, c.first)
			s.get(4, "/p")
			require.NotEmpty(t, s.asked[1].Conditions)
			s.notModified(1, c.then)
			assert.Equal(t, uint64(1), s.engine.Stats().Failed)
			s.takeBody()
			s.get(5, "/p")
			assert.Equal(t, "<body>old</body>", s.takeBody(), "stale use goes on")
			for i := range 3 {
				s.now = s.now.Add(15 * time.Second)
				s.get(RequestID(6+i), "/p")
				assert.Empty(t, s.asked[2+i].Conditions)
				s.fill(2+i, "new", c.first)
			}
		})
	}
}

func TestA304ThatNobodyAskedForIsAFailure(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f"><edge-error>none</edge-error></edge-slot></body>`))
	s.get(1, "/p")
	assert.Empty(t, s.asked[0].Conditions)
	s.notModified(0, withETag(`"v1"`))
	s.engine.Resume(1, s.now)
	assert.Equal(t, "<body>none</body>", s.takeBody())
	s.get(2, "/p")
	assert.Equal(t, "inlay/a;fwd=miss;fwd-status=304;detail=status", s.head["cache-status"])
}

func TestWhichValidatorsAreSentBack(t *testing.T) {
	for _, c := range []struct {
		etag, modified string
		want           []field.Field
	}{
		{`"v1"`, "", []field.Field{{Name: "if-none-match", Value: `"v1"`}}},
		{` W/"v1" `, "", []field.Field{{Name: "if-none-match", Value: `W/"v1"`}}},
		{`""`, "", []field.Field{{Name: "if-none-match", Value: `""`}}},
		{"", lastModified, []field.Field{{Name: "if-modified-since", Value: lastModified}}},
		{"", "Sunday, 06-Nov-94 08:49:37 GMT", []field.Field{{Name: "if-modified-since", Value: "Sunday, 06-Nov-94 08:49:37 GMT"}}},
		{"*", "", nil},
		{"v1", "", nil},
		{`"a", "b"`, "", nil},
		{`"a"b"`, "", nil},
		{`"a b"`, "", nil},
		{`w/"v1"`, "", nil},
		{"\"\xe4\"", "", nil},
		{`"` + strings.Repeat("x", 2<<10) + `"`, "", nil},
		{"", "yesterday", nil},
		{"*", lastModified, []field.Field{{Name: "if-modified-since", Value: lastModified}}},
	} {
		a := answer.Answer{ETag: c.etag, LastModified: c.modified}
		var got []field.Field
		if k := a.Keep(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); k != "" {
			got = k.Conditions()
		}
		assert.Equal(t, c.want, got, "%q %q", c.etag, c.modified)
	}
}

// Who gave the validators is not who is asked first, and a 304 after a redirect is not about what was stored.
func TestValidatorsAreNotCarriedAcrossRedirects(t *testing.T) {
	redirected := func(a *answer.Answer) { a.Redirects = []answer.Answer{{Status: 302}} }
	s := renewable(t, staleSlot, withETag(`"v1"`, redirected))
	s.get(4, "/p")
	assert.Empty(t, s.asked[1].Conditions)

	s = renewable(t, staleSlot, withETag(`"v1"`))
	s.get(4, "/p")
	require.NotEmpty(t, s.asked[1].Conditions)
	s.notModified(1, withETag(`"v1"`, redirected))
	assert.Equal(t, uint64(1), s.engine.Stats().Failed)
	s.takeBody()
	s.get(5, "/p")
	assert.Equal(t, "<body>old</body>", s.takeBody(), "it is an accident, and stale use goes on")
}

func TestExpiredFragmentIsRenewedToo(t *testing.T) {
	s := renewable(t, `ttl="10s"`, withETag(`"v1"`))
	s.get(4, "/p")
	assert.NotEmpty(t, s.asked[1].Conditions)
	s.notModified(1)
	s.engine.Resume(4, s.now)
	assert.Equal(t, "<body>old</body>", s.takeBody())
	s.get(5, "/p")
	assert.Equal(t, "<body>old</body>", s.takeBody())
	assert.Len(t, s.fills, 2)
}

func TestFragmentThatIsNeverFreshIsRenewedEachTime(t *testing.T) {
	for _, control := range []string{"no-cache", "max-age=0", "max-age=0, must-revalidate"} {
		s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f"></edge-slot></body>`))
		s.get(1, "/p")
		s.fill(0, "old", withETag(`"v1"`, says(control)))
		s.engine.Resume(1, s.now)
		for i := range 3 { // at the same instant, too
			s.takeBody()
			s.get(RequestID(10+i), "/p")
			require.Len(t, s.fills, i+2, control)
			assert.NotEmpty(t, s.asked[i+1].Conditions)
			s.notModified(i + 1)
			s.engine.Resume(RequestID(10+i), s.now)
			assert.Equal(t, "<body>old</body>", s.takeBody())
		}
	}
}

func TestFragmentThatIsNotSharedIsAskedForWhole(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="0"></edge-slot></body>`))
	for i := range 2 {
		s.get(RequestID(1+i), "/p")
		assert.Empty(t, s.asked[i].Conditions)
		s.fill(i, "x", withETag(`"v1"`))
		s.engine.Resume(RequestID(1+i), s.now)
	}
}

func TestPurgeOvertakesA304(t *testing.T) {
	for name, purge := range map[string]func(*script){
		"of the key": func(s *script) { s.engine.Purge("/f", s.now) },
		"of a tag":   func(s *script) { s.engine.PurgeTag("t", s.now) },
		"of all":     func(s *script) { s.engine.PurgeAll(s.now) },
	} {
		t.Run(name, func(t *testing.T) {
			s := renewable(t, staleSlot+` tags="t"`, withETag(`"v1"`))
			s.get(4, "/p")
			purge(s)
			s.get(5, "/p")
			require.Len(t, s.asked, 3)
			assert.Empty(t, s.asked[2].Conditions, "what was purged is not asked about")
			s.notModified(1)
			s.takeBody()
			s.get(6, "/p")
			assert.NotContains(t, s.takeBody(), "old")
			s.fill(2, "new")
			s.engine.Resume(5, s.now)
			s.engine.Resume(6, s.now)
			assert.Contains(t, s.takeBody(), "new")
		})
	}
}

func TestInvalidatedFragmentIsRenewed(t *testing.T) {
	s := renewable(t, `ttl="1h" swr="1m" tags="t"`, withETag(`"v1"`))
	s.engine.InvalidateTag("t", s.now)
	s.get(4, "/p")
	require.Len(t, s.asked, 2)
	assert.NotEmpty(t, s.asked[1].Conditions)
	s.notModified(1)
	s.engine.config.Debug = true
	s.get(5, "/p")
	assert.Contains(t, s.head["cache-status"], "inlay/a;hit;ttl=3600")
}

func TestTagsOfTheOriginAreAddedToTheSlots(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){
		"Cache-Tag":      func(a *answer.Answer) { a.CacheTag = "x, own ,y" },
		"Surrogate-Key":  func(a *answer.Answer) { a.SurrogateKey = "x own  y" },
		"both":           func(a *answer.Answer) { a.CacheTag, a.SurrogateKey = "x", "own" },
		"of a redirect":  func(a *answer.Answer) { a.Redirects = []answer.Answer{{Status: 302, CacheTag: "own"}} },
		"Cache-Groups":   func(a *answer.Answer) { a.CacheGroups = `"x", "own";revalidate` },
		"lines of a key": func(a *answer.Answer) { a.SurrogateKey = "x y, own" },
	} {
		t.Run(name, func(t *testing.T) {
			s := renewable(t, `ttl="1h" tags="slot"`, change)
			assert.Zero(t, s.engine.PurgeTag("other", s.now))
			assert.Equal(t, 1, s.engine.PurgeTag("own", s.now))
			s.get(4, "/p")
			s.fill(1, "new", change)
			s.engine.Resume(4, s.now)
			assert.Equal(t, 1, s.engine.PurgeTag("slot", s.now))
		})
	}
}

func TestPurgeOfAnOriginsTagOvertakesItsFill(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1h"></edge-slot></body>`))
	s.get(1, "/p")
	s.engine.PurgeTag("own", s.now)
	s.fill(0, "old", func(a *answer.Answer) { a.CacheTag = "own" })
	s.engine.Resume(1, s.now)
	s.takeBody()
	s.get(2, "/p")
	assert.Len(t, s.fills, 2, "it is not stored")
}

func TestA304MayChangeTagsAndKeepsThemOtherwise(t *testing.T) {
	s := renewable(t, staleSlot, withETag(`"v1"`, func(a *answer.Answer) { a.CacheTag = "a" }))
	s.get(4, "/p")
	s.notModified(1)
	assert.Equal(t, 1, s.engine.InvalidateTag("a", s.now))
	s.get(5, "/p")
	s.notModified(2, func(a *answer.Answer) { a.CacheTag = "b" })
	assert.Zero(t, s.engine.PurgeTag("a", s.now))
	assert.Equal(t, 1, s.engine.PurgeTag("b", s.now))
}

func TestKeptFieldsAreCharged(t *testing.T) {
	bytes := func(change ...func(*answer.Answer)) int64 {
		s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f"></edge-slot></body>`))
		s.get(1, "/p")
		s.fill(0, "x", change...)
		return s.engine.fragments.Bytes()
	}
	plain, long := bytes(), strings.Repeat("e", 500)
	assert.GreaterOrEqual(t, bytes(withETag(`"`+long+`"`)), plain+500+16)
}

func TestWhatIsHeldToBeRenewedIsBoundedToo(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes, c.MaxFragment = 256<<10, 32<<10 },
		pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="10s" swr="1h"><edge-error>none</edge-error></edge-slot></body>`))
	const size = 6 << 10
	load := func(first, n int) {
		for i := first; i < first+n; i++ {
			s.get(RequestID(i+1), "/p/"+strconv.Itoa(i))
			s.fill(len(s.fills)-1, strings.Repeat("x", size), withETag(`"v"`))
			s.engine.Resume(RequestID(i+1), s.now)
			for again := range 4 {
				s.get(RequestID(10_000+4*i+again), "/p/"+strconv.Itoa(i))
			}
		}
	}
	load(0, 10)
	s.now = s.now.Add(15 * time.Second)
	begun := len(s.fills)
	for i := range 10 { // ten refreshes, which stay open
		s.get(RequestID(1000+i), "/p/"+strconv.Itoa(i))
	}
	require.Len(t, s.fills, begun+10)
	load(100, 200) // and what they would renew is evicted
	e := s.engine
	assert.Positive(t, e.adrift)
	assert.LessOrEqual(t, e.adrift, e.unattended.limit)
	held := 0
	for i := range 10 {
		if f := e.attempts[s.fills[begun+i]]; f.stored != nil {
			held++
		}
	}
	assert.LessOrEqual(t, int64(held*size), e.unattended.limit)

	failed := e.Stats().Failed
	for i := range 10 {
		s.notModified(begun + i)
	}
	assert.Equal(t, failed+uint64(10-held), e.Stats().Failed, "a 304 for what is not there any more finds nothing")
	assert.Zero(t, e.adrift)
}
