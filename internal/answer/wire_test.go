package answer_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/answer/answertest"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
)

func slotOf(vary ...route.Input) *page.Slot {
	return &page.Slot{TTL: duration.Unset, StaleWhileRevalidate: duration.Unset, StaleIfError: duration.Unset, Vary: vary}
}

// What a Worker hears from shell.wasm is what a native host hears, of all that an answer can be.
func TestAWorkerJudgesAsANativeHostDoes(t *testing.T) {
	html := func(change ...func(*answer.Answer)) answer.Answer {
		a := answer.Answer{Status: 200, ContentType: "text/html", Size: 9}
		for _, c := range change {
			c(&a)
		}
		return a
	}
	kept := html(func(a *answer.Answer) { a.ETag = `"a"`; a.CacheTag = "k" })
	now := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		question answer.Question
		answer   answer.Answer
		check    func(*testing.T, answer.Verdict)
	}{
		"a fragment": {
			answer.Question{Defaults: answer.Defaults{TTL: time.Minute}, Tags: []string{"x", "\x00/p"}, Took: time.Second},
			html(func(a *answer.Answer) {
				a.CacheControl, a.ETag, a.Age = "max-age=60, stale-while-revalidate=5", `"é`+`"`, "3"
				a.CacheTag, a.CacheGroups, a.InlaySlots = "/p,x,y", `"g"`, "edge-slot, esi"
			}),
			func(t *testing.T, v answer.Verdict) {
				assert.Nil(t, v.Failure)
				assert.Equal(t, []string{"/p", "y", "g"}, v.Policy.Tags)
				assert.Equal(t, 56*time.Second, v.Policy.TTL)
				assert.True(t, v.EdgeSlots && v.ESI)
				assert.Empty(t, v.Kept, "that is no entity tag")
			},
		},
		"with validators": {
			answer.Question{Defaults: answer.Defaults{TTL: time.Minute}},
			html(func(a *answer.Answer) { a.ETag, a.LastModified = `W/"a"`, "Sun, 06 Nov 1994 08:49:37 GMT" }),
			func(t *testing.T, v answer.Verdict) { assert.Len(t, v.Kept.Conditions(), 2) },
		},
		"what varies on what is declared": {
			answer.Question{Slot: slotOf(route.Input{Kind: route.Host}, route.Input{Kind: route.Query, Name: "q"}, route.Input{Kind: route.Language}, route.Input{Kind: route.Cookie, Name: "c"}, route.Input{Kind: route.Header, Name: "x-a"})},
			html(func(a *answer.Answer) { a.Vary = "Host, X-Forwarded-Host, Accept-Language, cookie, x-a" }),
			func(t *testing.T, v answer.Verdict) { assert.Nil(t, v.Failure) },
		},
		"what varies on what is not": {
			answer.Question{Slot: slotOf(route.Input{Kind: route.Query, Name: "q"})},
			html(func(a *answer.Answer) { a.Vary = "cookie" }),
			func(t *testing.T, v answer.Verdict) {
				require.NotNil(t, v.Failure)
				assert.True(t, v.Failure.Removes())
				assert.Contains(t, v.Failure.Text, `varies on "cookie"`)
			},
		},
		"a status, with a page of its own": {
			answer.Question{Slot: &page.Slot{TTL: time.Minute, Required: true}},
			html(func(a *answer.Answer) { a.Status, a.RetryAfter = 404, "30" }),
			func(t *testing.T, v answer.Verdict) {
				assert.Equal(t, answer.FillError{Reason: answer.StatusError, Status: 404, Text: v.Failure.Text, Type: "text/html", RetryAfter: 30 * time.Second}, *v.Failure)
			},
		},
		"a redirect of the visitor's": {
			answer.Question{Slot: &page.Slot{TTL: time.Minute, Required: true}},
			answer.Answer{Status: 302, Location: "/in"},
			func(t *testing.T, v answer.Verdict) { assert.Equal(t, "/in", v.Failure.Location) },
		},
		"private on the way": {
			answer.Question{},
			html(func(a *answer.Answer) {
				a.Redirects = []answer.Answer{{Status: 301, CacheControl: "private"}, {Status: 302, SetCookie: true}}
			}),
			func(t *testing.T, v answer.Verdict) { assert.Contains(t, v.Failure.Text, "redirect") },
		},
		"what was heard of what has failed": {
			answer.Question{Kind: answer.ToFailed},
			answer.Answer{Redirects: []answer.Answer{{Status: 200, SetCookie: true}}},
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Failure.Removes()) },
		},
		"nothing of the kind was heard": {
			answer.Question{Kind: answer.ToFailed}, answer.Answer{Redirects: []answer.Answer{{Status: 500}}},
			func(t *testing.T, v answer.Verdict) { assert.Equal(t, answer.Verdict{}, v) },
		},
		"too large": {
			answer.Question{Defaults: answer.Defaults{MaxFragment: 8}}, html(),
			func(t *testing.T, v answer.Verdict) { assert.Equal(t, answer.TooLargeError, v.Failure.Reason) },
		},
		"a page of the origin": {
			answer.Question{Kind: answer.ToShellFill, Defaults: answer.Defaults{TTL: time.Hour}},
			html(func(a *answer.Answer) {
				a.CacheControl, a.Header = "max-age=9", []field.Field{{Name: "link", Value: "</a>"}, {Name: "x-e", Value: ""}}
			}),
			func(t *testing.T, v answer.Verdict) {
				assert.Equal(t, []field.Field{{Name: "link", Value: "</a>"}, {Name: "x-e", Value: ""}}, v.Header)
			},
		},
		"a page of the origin without its time": {
			answer.Question{Kind: answer.ToShellFill, Defaults: answer.Defaults{TTL: time.Hour}}, html(),
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Failure.Removes()) },
		},
		"a 304": {
			answer.Question{Stored: true, Kept: kept.Keep(now), StoredSize: 5, Defaults: answer.Defaults{TTL: time.Minute}},
			answer.Answer{Status: 304, ETag: `"a"`},
			func(t *testing.T, v answer.Verdict) {
				assert.True(t, v.Renews && v.Fits)
				assert.Equal(t, []string{"k"}, v.Policy.Tags)
				assert.Equal(t, kept.Keep(now), v.Kept)
			},
		},
		"a 304 about the same, that is private now": {
			answer.Question{Stored: true, Kept: kept.Keep(now), Defaults: answer.Defaults{TTL: time.Minute}},
			answer.Answer{Status: 304, ETag: `"a"`, CacheControl: "private"},
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Renews && v.Fits && v.Failure.Removes()) },
		},
		"a 304 about something else": {
			answer.Question{Stored: true, Kept: kept.Keep(now)}, answer.Answer{Status: 304, ETag: `"b"`},
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Renews && !v.Fits && v.Failure.Status == 304) },
		},
		"a 304 about what is of no use any more": {
			answer.Question{Stored: true}, answer.Answer{Status: 304},
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Renews && !v.Fits && v.Failure != nil) },
		},
		"a 304 that nobody asked for": {
			answer.Question{}, answer.Answer{Status: 304},
			func(t *testing.T, v answer.Verdict) { assert.True(t, !v.Renews && v.Failure.Outage()) },
		},
		"a 304 behind a redirect": {
			answer.Question{Stored: true, Kept: kept.Keep(now)}, answer.Answer{Status: 304, ETag: `"a"`, Redirects: []answer.Answer{{Status: 301}}},
			func(t *testing.T, v answer.Verdict) { assert.False(t, v.Renews) },
		},
		"a visitor's page": {
			answer.Question{Kind: answer.ToVisitor},
			html(func(a *answer.Answer) { a.InlaySlots, a.CacheControl, a.Vary = "edge-slot", "max-age=5", "x-b, X-A" }),
			func(t *testing.T, v answer.Verdict) {
				assert.True(t, v.Readable && v.Shared && v.EdgeSlots)
				assert.Equal(t, []route.Input{{Kind: route.Header, Name: "x-b"}, {Kind: route.Header, Name: "x-a"}}, v.Vary)
			},
		},
		"a visitor's own page": {
			answer.Question{Kind: answer.ToVisitor, Declared: true}, html(func(a *answer.Answer) { a.CacheControl = "private" }),
			func(t *testing.T, v answer.Verdict) { assert.True(t, v.Readable && !v.Shared) },
		},
		"a visitor's page without slots": {
			answer.Question{Kind: answer.ToVisitor}, html(),
			func(t *testing.T, v answer.Verdict) { assert.Equal(t, answer.Verdict{}, v) },
		},
		"a visitor's page that cannot be read": {
			answer.Question{Kind: answer.ToVisitor, Declared: true}, html(func(a *answer.Answer) { a.ContentEncoding = "br" }),
			func(t *testing.T, v answer.Verdict) { assert.False(t, v.Readable) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.question.Now = now
			if c.question.Slot == nil {
				c.question.Slot = slotOf()
			}
			v := answer.Judge(&c.question, &c.answer)
			c.check(t, v)
			assert.Equal(t, v, answertest.Across(&c.question, &c.answer))
		})
	}
}

// As many tags of the origin's count as its limit is, whichever of them the slot has given already.
func TestTheLimitOfTagsIsOfNewOnes(t *testing.T) {
	var tags []string
	for i := range 70 {
		tags = append(tags, "t"+strconv.Itoa(i))
	}
	a := answer.Answer{Status: 200, ContentType: "text/html", CacheTag: strings.Join(tags, ",")}
	q := answer.Question{Slot: slotOf(), Tags: []string{"t3", "own"}}
	v := answer.Judge(&q, &a)
	assert.Equal(t, a.AppendTags(slices.Clone(q.Tags)), append(q.Tags, v.Policy.Tags...))
	assert.Len(t, v.Policy.Tags, 64)
	assert.Equal(t, v, answertest.Across(&q, &a))
}

// A field that goes out with no page is taken out in a Worker, which has all of them.
func TestOnlyWhatGoesOutIsReadOfAHeader(t *testing.T) {
	a := answer.Answer{Status: 200, Header: []field.Field{{Name: "etag", Value: "x"}, {Name: "link", Value: "y"}, {Name: "set-cookie", Value: "z"}, {Name: "a b", Value: "w"}}}
	assert.Equal(t, []field.Field{{Name: "link", Value: "y"}}, answer.ReadAnswer(answertest.Texts(&a), 0).Header)
}

// Whatever JavaScript says is read as some answer, and whatever of it is a whole one as the same.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte("2\x00301\x00\x00" + strings.Repeat("\x00", 17) + "200\x001\x00text/html\x00max-age=5" + strings.Repeat("\x00", 16) + "/in\x00link\x00</a>\x00"))
	f.Add([]byte("1\x00"))
	f.Add([]byte("99999999999999999999\x00-1"))
	f.Fuzz(func(t *testing.T, told []byte) {
		a := answer.ReadAnswer(told, 3)
		if a.Size != 3 || len(a.Redirects) > len(told) {
			t.Fatalf("%+v", a)
		}
		if again := answer.ReadAnswer(answertest.Texts(a), 3); !reflect.DeepEqual(a, again) {
			t.Fatalf("%+v is read again as %+v", a, again)
		}
		for _, kind := range []answer.Kind{answer.ToFill, answer.ToShellFill, answer.ToFailed, answer.ToVisitor} {
			q := answer.Question{Kind: kind, Slot: slotOf(), Now: time.Unix(1764385200, 0), Defaults: answer.Defaults{TTL: time.Minute}}
			v := answer.Judge(&q, a)
			if read := answer.ReadVerdict(v.Append(nil)); !reflect.DeepEqual(read, v) {
				t.Fatalf("%+v is read as %+v", v, read)
			}
		}
	})
}
