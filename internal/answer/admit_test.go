package answer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/cache"
	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
)

const second = time.Second

var admitNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// unsetSlot is a slot that says nothing about its policy.
func unsetSlot() page.Slot {
	return page.Slot{Name: "price", TTL: duration.Unset, StaleWhileRevalidate: duration.Unset, StaleIfError: duration.Unset}
}

// goodAnswer is an answer that any slot takes.
func goodAnswer() Answer {
	return Answer{Status: 200, ContentType: "text/html; charset=utf-8", Size: 10}
}

var admitDefaults = Defaults{TTL: 5 * time.Minute, MaxFragment: 100}

func TestHowLongAFragmentMayBeUsed(t *testing.T) {
	with := func(ttl, swr, sie time.Duration) page.Slot {
		s := unsetSlot()
		s.TTL, s.StaleWhileRevalidate, s.StaleIfError = ttl, swr, sie
		return s
	}
	stale := Defaults{TTL: time.Minute, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}
	for name, c := range map[string]struct {
		slot     page.Slot
		control  string
		age      string
		defaults Defaults
		want     cache.Policy
	}{
		"nobody says":                             {unsetSlot(), "", "", Defaults{TTL: time.Minute}, cache.Policy{TTL: time.Minute}},
		"nobody says, not even the defaults":      {unsetSlot(), "", "", Defaults{}, cache.Policy{}},
		"the defaults say":                        {unsetSlot(), "public", "", stale, cache.Policy{TTL: time.Minute, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"the origin says":                         {unsetSlot(), "max-age=7, stale-while-revalidate=8, stale-if-error=9", "", stale, cache.Policy{TTL: 7 * second, StaleWhileRevalidate: 8 * second, StaleIfError: 9 * second}},
		"s-maxage before max-age":                 {unsetSlot(), "max-age=7, s-maxage=70", "", Defaults{}, cache.Policy{TTL: 70 * second}},
		"s-maxage rules out stale use by default": {unsetSlot(), "s-maxage=70", "", stale, cache.Policy{TTL: 70 * second}},
		"s-maxage with stale use of the origin":   {unsetSlot(), "s-maxage=70, stale-while-revalidate=8", "", stale, cache.Policy{TTL: 70 * second, StaleWhileRevalidate: 8 * second}},
		"s-maxage with stale use of the slot":     {with(duration.Unset, 8*second, duration.Unset), "s-maxage=70", "", stale, cache.Policy{TTL: 70 * second, StaleWhileRevalidate: 8 * second}},
		"the slot says":                           {with(3*second, 4*second, 5*second), "max-age=7, stale-while-revalidate=8, stale-if-error=9", "", stale, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 4 * second, StaleIfError: 5 * second}},
		"the slot says no stale use":              {with(duration.Unset, 0, 0), "max-age=7, stale-while-revalidate=8, stale-if-error=9", "", stale, cache.Policy{TTL: 7 * second}},
		"the slot's ttl over no-cache":            {with(3*second, duration.Unset, duration.Unset), "no-cache", "", stale, cache.Policy{TTL: 3 * second}},
		"part slot, part origin, part default":    {with(3*second, duration.Unset, duration.Unset), "stale-while-revalidate=8", "", stale, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 8 * second, StaleIfError: 20 * second}},

		"less its age":                                 {unsetSlot(), "max-age=60", "45", Defaults{}, cache.Policy{TTL: 15 * second}},
		"age of which the first counts":                {unsetSlot(), "max-age=60", "45, 1", Defaults{}, cache.Policy{TTL: 15 * second}},
		"age that is none":                             {unsetSlot(), "max-age=60", "x", Defaults{}, cache.Policy{TTL: 60 * second}},
		"age without a lifetime":                       {unsetSlot(), "", "45", Defaults{TTL: time.Minute}, cache.Policy{TTL: 15 * second}},
		"age with a ttl of the slot":                   {with(60*second, duration.Unset, duration.Unset), "max-age=1000", "45", Defaults{}, cache.Policy{TTL: 15 * second}},
		"age past a ttl of the slot":                   {with(3*second, 10*second, duration.Unset), "", "7", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 6 * second}},
		"age that is negative":                         {unsetSlot(), "max-age=60", "-5", Defaults{}, cache.Policy{TTL: 60 * second}},
		"as old as its lifetime":                       {unsetSlot(), "max-age=60", "60", Defaults{}, cache.Policy{TTL: -1}},
		"older than its lifetime, some staleness left": {unsetSlot(), "max-age=60, stale-while-revalidate=30", "70", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 20 * second}},
		"older than its staleness too":                 {unsetSlot(), "max-age=60, stale-while-revalidate=30", "95", Defaults{}, cache.Policy{TTL: -1}},

		"max-age=0":                            {unsetSlot(), "max-age=0", "", Defaults{TTL: time.Minute}, cache.Policy{TTL: -1}},
		"max-age=0 with swr of the origin":     {unsetSlot(), "max-age=0, stale-while-revalidate=8", "", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 8 * second}},
		"max-age=0 with swr of the slot":       {with(duration.Unset, 8*second, duration.Unset), "max-age=0", "", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 8 * second}},
		"max-age=0 with sie":                   {unsetSlot(), "max-age=0, stale-if-error=8", "", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleIfError: 8 * second}},
		"no-cache":                             {unsetSlot(), "no-cache, max-age=60", "", stale, cache.Policy{TTL: -1}},
		"no-cache rules out the origin's swr":  {unsetSlot(), "no-cache, stale-while-revalidate=8", "", Defaults{}, cache.Policy{TTL: -1}},
		"no-cache with swr of the slot":        {with(duration.Unset, 8*second, duration.Unset), "no-cache", "", Defaults{}, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 8 * second}},
		"must-revalidate rules out stale use":  {unsetSlot(), "max-age=7, stale-while-revalidate=8, must-revalidate", "", stale, cache.Policy{TTL: 7 * second}},
		"must-revalidate with swr of the slot": {with(duration.Unset, 8*second, duration.Unset), "max-age=7, must-revalidate", "", stale, cache.Policy{TTL: 7 * second, StaleWhileRevalidate: 8 * second}},
		"proxy-revalidate is the same":         {unsetSlot(), "max-age=7, proxy-revalidate", "", stale, cache.Policy{TTL: 7 * second}},
		"an invalid lifetime is none":          {unsetSlot(), "max-age=soon", "", stale, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"a lifetime beyond counting":           {unsetSlot(), "max-age=99999999999999", "", Defaults{}, cache.Policy{TTL: field.MaxDelta}},
		"a bypassing slot over all":            {with(0, 8*second, 8*second), "max-age=60", "", stale, cache.Policy{TTL: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := goodAnswer()
			a.CacheControl, a.Age = c.control, c.age
			got, err := Admit(&c.slot, &a, &c.defaults, admitNow, 0)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

// TestOtherWaysToSayHowLong has answers as they come from real servers; admitNow is Fri, 02 Jan 2026 03:04:05 GMT.
func TestOtherWaysToSayHowLong(t *testing.T) {
	defaults := Defaults{TTL: time.Minute, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}
	fresh := func(ttl time.Duration) cache.Policy {
		return cache.Policy{TTL: ttl, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}
	}
	stale := fresh(InstantlyStale)
	none := cache.Policy{TTL: -1}
	for name, c := range map[string]struct {
		answer Answer
		want   cache.Policy
	}{
		"Expires":                               {Answer{Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, fresh(7 * second)},
		"Expires in RFC 850's form":             {Answer{Expires: "Friday, 02-Jan-26 03:04:12 GMT"}, fresh(7 * second)},
		"Expires in asctime's form":             {Answer{Expires: "Fri Jan  2 03:04:12 2026"}, fresh(7 * second)},
		"Expires from the origin's Date":        {Answer{Expires: "Fri, 02 Jan 2026 09:00:09 GMT", Date: "Fri, 02 Jan 2026 09:00:00 GMT"}, fresh(9 * second)},
		"Expires from a Date in another form":   {Answer{Expires: "Fri, 02 Jan 2026 09:00:09 GMT", Date: "Fri Jan  2 09:00:00 2026"}, fresh(9 * second)},
		"Expires with a Date that is none":      {Answer{Expires: "Fri, 02 Jan 2026 03:04:12 GMT", Date: "today"}, fresh(7 * second)},
		"Expires less Age":                      {Answer{Expires: "Fri, 02 Jan 2026 03:04:12 GMT", Age: "5"}, fresh(2 * second)},
		"Expires now":                           {Answer{Expires: "Fri, 02 Jan 2026 03:04:05 GMT"}, stale},
		"Expires: 0":                            {Answer{Expires: "0"}, stale},
		"Expires: -1":                           {Answer{Expires: "-1"}, stale},
		"Expires that is no date":               {Answer{Expires: "soon"}, stale},
		"Expires twice":                         {Answer{Expires: "Fri, 02 Jan 2026 03:04:12 GMT, Fri, 02 Jan 2026 03:04:12 GMT"}, stale},
		"Expires a little past":                 {Answer{Expires: "Fri, 02 Jan 2026 03:03:50 GMT"}, cache.Policy{TTL: InstantlyStale, StaleIfError: 5 * second}},
		"Expires long past":                     {Answer{Expires: "Thu, 01 Jan 1970 00:00:00 GMT"}, none},
		"Expires for ever":                      {Answer{Expires: "Fri, 31 Dec 9999 23:59:59 GMT"}, fresh(field.MaxDelta)},
		"max-age before Expires":                {Answer{CacheControl: "max-age=5", Expires: "0"}, fresh(5 * second)},
		"max-age=0 before Expires":              {Answer{CacheControl: "max-age=0", Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, stale},
		"Expires beside other directives":       {Answer{CacheControl: "public", Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, fresh(7 * second)},
		"must-revalidate with Expires":          {Answer{CacheControl: "must-revalidate", Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, cache.Policy{TTL: 7 * second}},
		"no-cache before Expires":               {Answer{CacheControl: "no-cache", Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, none},
		"a Date alone":                          {Answer{Date: "Fri, 02 Jan 2026 01:00:00 GMT"}, fresh(time.Minute)},
		"Last-Modified alone":                   {Answer{LastModified: "Fri, 02 Jan 2015 01:00:00 GMT"}, fresh(time.Minute)},
		"CDN-Cache-Control":                     {Answer{CDNCacheControl: "max-age=5"}, fresh(5 * second)},
		"CDN-Cache-Control before the others":   {Answer{CDNCacheControl: "max-age=5", CacheControl: "max-age=50, must-revalidate", Expires: "0"}, fresh(5 * second)},
		"CDN-Cache-Control over no-store":       {Answer{CDNCacheControl: "max-age=5", CacheControl: "private, no-store"}, fresh(5 * second)},
		"CDN-Cache-Control without a lifetime":  {Answer{CDNCacheControl: "foo", CacheControl: "max-age=5", Expires: "0"}, fresh(time.Minute)},
		"CDN-Cache-Control with s-maxage":       {Answer{CDNCacheControl: "s-maxage=9, max-age=5"}, cache.Policy{TTL: 9 * second}},
		"CDN-Cache-Control with stale windows":  {Answer{CDNCacheControl: "max-age=5, stale-while-revalidate=6, stale-if-error=7"}, cache.Policy{TTL: 5 * second, StaleWhileRevalidate: 6 * second, StaleIfError: 7 * second}},
		"CDN-Cache-Control: no-cache":           {Answer{CDNCacheControl: "no-cache", CacheControl: "max-age=5"}, none},
		"CDN-Cache-Control less Age":            {Answer{CDNCacheControl: "max-age=5", Age: "2"}, fresh(3 * second)},
		"CDN-Cache-Control that does not parse": {Answer{CDNCacheControl: "max-age=50, &", CacheControl: "max-age=5"}, fresh(5 * second)},
		"CDN-Cache-Control of no content":       {Answer{CDNCacheControl: " ", CacheControl: "max-age=5"}, fresh(5 * second)},
		"Pragma":                                {Answer{Pragma: "no-cache"}, none},
		"Pragma: No-Cache, foo":                 {Answer{Pragma: "foo, No-Cache"}, none},
		"another Pragma":                        {Answer{Pragma: "cache, no-cachee"}, fresh(time.Minute)},
		"Pragma beside Cache-Control":           {Answer{Pragma: "no-cache", CacheControl: "max-age=5"}, fresh(5 * second)},
		"Pragma beside CDN-Cache-Control":       {Answer{Pragma: "no-cache", CDNCacheControl: "max-age=5"}, fresh(5 * second)},
		"Pragma beside Expires":                 {Answer{Pragma: "no-cache", Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}, none},
	} {
		t.Run(name, func(t *testing.T) {
			a, slot := c.answer, unsetSlot()
			a.Status, a.ContentType, a.Size = 200, "text/html", 10
			got, err := Admit(&slot, &a, &defaults, admitNow, 0)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAgeCountsFromTheBeginningOfTheFill(t *testing.T) {
	with := func(ttl, swr, sie time.Duration) page.Slot {
		s := unsetSlot()
		s.TTL, s.StaleWhileRevalidate, s.StaleIfError = ttl, swr, sie
		return s
	}
	defaults := Defaults{TTL: 4 * second, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}
	for name, c := range map[string]struct {
		slot   page.Slot
		answer Answer
		took   time.Duration
		want   cache.Policy
	}{
		"a part of the lifetime":            {unsetSlot(), Answer{CacheControl: "max-age=30"}, 8 * second, cache.Policy{TTL: 22 * second, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"and the origin's Age":              {unsetSlot(), Answer{CacheControl: "max-age=30", Age: "20"}, 8 * second, cache.Policy{TTL: 2 * second, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"more than the lifetime":            {unsetSlot(), Answer{CacheControl: "max-age=3"}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 5 * second, StaleIfError: 15 * second}},
		"the origin's windows":              {unsetSlot(), Answer{CacheControl: "max-age=3, stale-while-revalidate=4, stale-if-error=6"}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleIfError: second}},
		"the slot's windows":                {with(duration.Unset, 6*second, 7*second), Answer{CacheControl: "max-age=3"}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: second, StaleIfError: 2 * second}},
		"the slot's own lifetime":           {with(3*second, 6*second, 0), Answer{}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: second}},
		"a part of the slot's":              {with(30*second, 6*second, 0), Answer{}, 8 * second, cache.Policy{TTL: 22 * second, StaleWhileRevalidate: 6 * second}},
		"the default's":                     {unsetSlot(), Answer{}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 6 * second, StaleIfError: 16 * second}},
		"all there is":                      {unsetSlot(), Answer{CacheControl: "max-age=3"}, 23 * second, cache.Policy{TTL: -1}},
		"exactly the lifetime":              {with(8*second, 1*second, 0), Answer{}, 8 * second, cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: second}},
		"no time":                           {unsetSlot(), Answer{CacheControl: "max-age=3"}, 0, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"less than none, by a clock's step": {unsetSlot(), Answer{CacheControl: "max-age=3"}, -time.Hour, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.answer
			a.Status, a.ContentType, a.Size = 200, "text/html", 10
			got, err := Admit(&c.slot, &a, &defaults, admitNow, c.took)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestEachRedirectIsJudgedAndTheStrictestCounts(t *testing.T) {
	for name, c := range map[string]struct {
		hops []Answer
		last string // Cache-Control of the answer
		ttl  time.Duration
		text string // of the refusal
	}{
		"hops that say nothing":    {[]Answer{{}, {}}, "max-age=9", 9 * second, ""},
		"a shorter hop":            {[]Answer{{CacheControl: "max-age=5"}, {CacheControl: "s-maxage=100"}}, "s-maxage=200", 5 * second, ""},
		"a longer hop":             {[]Answer{{CacheControl: "max-age=50"}}, "max-age=9", 9 * second, ""},
		"a hop with Expires":       {[]Answer{{Expires: "Fri, 02 Jan 2026 03:04:12 GMT"}}, "max-age=9", 7 * second, ""},
		"a hop with an Age":        {[]Answer{{CacheControl: "max-age=50", Age: "45"}}, "max-age=9", 5 * second, ""},
		"a hop that is stale":      {[]Answer{{Expires: "0"}}, "max-age=9", -1, ""},
		"a hop with no-cache":      {[]Answer{{CacheControl: "no-cache"}}, "max-age=9", -1, ""},
		"a hop with a cookie":      {[]Answer{{}, {SetCookie: true}}, "", 0, "redirect on the way has Set-Cookie"},
		"a private hop":            {[]Answer{{CacheControl: "private"}}, "", 0, "redirect on the way has Cache-Control: private"},
		"a hop with no-store":      {[]Answer{{CacheControl: "x; no-store"}}, "", 0, "redirect on the way has Cache-Control: no-store"},
		"a hop, no-store for CDNs": {[]Answer{{CDNCacheControl: "no-store"}}, "", 0, "redirect on the way has CDN-Cache-Control: no-store"},
		"a hop that varies":        {[]Answer{{Vary: "X-Country"}}, "", 0, `redirect on the way varies on "X-Country"`},
		"a hop that varies on all": {[]Answer{{Vary: "*"}}, "", 0, `redirect on the way varies on "*"`},
	} {
		t.Run(name, func(t *testing.T) {
			a, slot := goodAnswer(), unsetSlot()
			a.CacheControl, a.Redirects = c.last, c.hops
			got, err := Admit(&slot, &a, &Defaults{TTL: time.Minute}, admitNow, 0)
			if c.text != "" {
				require.ErrorContains(t, err, c.text)
				assert.True(t, failureOf(t, err).Removes())
				assert.False(t, failureOf(t, err).Outage())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, cache.Policy{TTL: c.ttl}, got)
		})
	}
	t.Run("stale windows", func(t *testing.T) {
		a, slot := goodAnswer(), unsetSlot()
		a.CacheControl = "max-age=9, stale-while-revalidate=9, stale-if-error=9"
		a.Redirects = []Answer{{CacheControl: "stale-while-revalidate=5"}, {CacheControl: "must-revalidate, max-age=20"}}
		got, err := Admit(&slot, &a, &Defaults{}, admitNow, 0)
		require.NoError(t, err)
		assert.Equal(t, cache.Policy{TTL: 9 * second}, got)
	})
	t.Run("a bypassing slot", func(t *testing.T) {
		a, slot := goodAnswer(), unsetSlot()
		slot.TTL, a.Redirects = 0, []Answer{{CacheControl: "private"}, {Vary: "*"}}
		_, err := Admit(&slot, &a, &Defaults{}, admitNow, 0)
		require.NoError(t, err)
		a.Redirects = []Answer{{SetCookie: true}}
		_, err = Admit(&slot, &a, &Defaults{}, admitNow, 0)
		require.Error(t, err)
	})
}

func TestStaleFragmentStandsInForOutagesOnly(t *testing.T) {
	for status, want := range map[int]struct{ outage, removes bool }{
		500: {true, false}, 502: {true, false}, 503: {true, false}, 504: {true, false}, 521: {true, false}, 530: {true, false},
		501: {}, 505: {}, 507: {}, 511: {}, 527: {}, 599: {}, 408: {}, 425: {}, 429: {},
		404: {false, true}, 410: {false, true}, 401: {false, true}, 403: {false, true}, 451: {false, true}, 400: {false, true},
		405: {false, true}, 418: {false, true}, 499: {false, true},
		201: {false, true}, 203: {false, true}, 204: {false, true}, 206: {false, true},
		300: {false, true}, 301: {false, true}, 302: {false, true}, 307: {false, true}, 308: {false, true},
	} {
		a, slot := goodAnswer(), unsetSlot()
		a.Status = status
		_, err := Admit(&slot, &a, &admitDefaults, admitNow, 0)
		assert.Equal(t, want.outage, failureOf(t, err).Outage(), "%d", status)
		assert.Equal(t, want.removes, failureOf(t, err).Removes(), "%d", status)
	}
	for _, reason := range []Reason{MarkupError, TooLargeError, TimeoutError, ConnectError, LostError} {
		assert.True(t, (&FillError{Reason: reason, Status: 200}).Outage(), "%v", reason)
		assert.False(t, (&FillError{Reason: reason, Status: 200}).Removes(), "%v", reason)
	}
	for name, c := range map[string]struct {
		change  func(*Answer)
		removes bool
	}{
		"a cookie":   {func(a *Answer) { a.SetCookie = true }, true},
		"private":    {func(a *Answer) { a.CacheControl = "private" }, true},
		"no-store":   {func(a *Answer) { a.CacheControl = "no-store" }, true},
		"Vary":       {func(a *Answer) { a.Vary = "cookie" }, true},
		"no HTML":    {func(a *Answer) { a.ContentType = "text/plain" }, false},
		"compressed": {func(a *Answer) { a.ContentEncoding = "br" }, false},
	} {
		a, slot := goodAnswer(), unsetSlot()
		c.change(&a)
		_, err := Admit(&slot, &a, &admitDefaults, admitNow, 0)
		assert.Equal(t, c.removes, failureOf(t, err).Removes(), name)
		assert.Equal(t, !c.removes, failureOf(t, err).Outage(), name)
	}
}

func TestAnswerThatMayNotBeAFragmentIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Answer)
		reason Reason
		text   string
	}{
		"a status other than 200": {func(a *Answer) { a.Status = 404 }, StatusError, "answered 404"},
		"a redirect":              {func(a *Answer) { a.Status = 302; a.SetCookie = true }, StatusError, "answered 302"},
		"partial content":         {func(a *Answer) { a.Status = 206 }, StatusError, "answered 206"},
		"too many bytes":          {func(a *Answer) { a.Size = 101 }, TooLargeError, "101 bytes, the limit is 100"},
		"a cookie":                {func(a *Answer) { a.SetCookie = true }, RefusedError, "Set-Cookie"},
		"no-store":                {func(a *Answer) { a.CacheControl = "max-age=60, no-store" }, RefusedError, "no-store"},
		"private":                 {func(a *Answer) { a.CacheControl = "private" }, RefusedError, "private"},
		"Vary: *":                 {func(a *Answer) { a.Vary = "*" }, RefusedError, `varies on "*"`},
		"Vary: *, and more":       {func(a *Answer) { a.Vary = "Accept-Encoding, *" }, RefusedError, `varies on "*"`},
		"a Vary of two lines":     {func(a *Answer) { a.Vary = "accept-encoding, , origin" }, RefusedError, `varies on "origin"`},
		"a Vary of no names":      {func(a *Answer) { a.Vary = "accept-encoding;accept" }, RefusedError, `varies on "accept-encoding;accept"`},
		"a quoted Vary":           {func(a *Answer) { a.Vary = `"accept-encoding"` }, RefusedError, "varies on"},
		"Expires does not help":   {func(a *Answer) { a.Expires, a.CacheControl = "Fri, 02 Jan 2026 03:04:12 GMT", "no-store" }, RefusedError, "no-store"},
		"no-store for CDNs":       {func(a *Answer) { a.CacheControl, a.CDNCacheControl = "max-age=5", "no-store" }, RefusedError, "CDN-Cache-Control: no-store"},
		"private for CDNs":        {func(a *Answer) { a.CDNCacheControl = `max-age=5, private="x"` }, RefusedError, "CDN-Cache-Control: private"},
		"an undeclared Vary":      {func(a *Answer) { a.Vary = "accept-encoding, X-Country" }, RefusedError, `varies on "X-Country"`},
		"a Vary on the cookie":    {func(a *Answer) { a.Vary = "Cookie" }, RefusedError, `varies on "Cookie"`},
		"no type":                 {func(a *Answer) { a.ContentType = "" }, RefusedError, "no Content-Type"},
		"only parameters":         {func(a *Answer) { a.ContentType = "; charset=utf-8" }, RefusedError, "no Content-Type"},
		"another type":            {func(a *Answer) { a.ContentType = "application/json" }, RefusedError, `"application/json"`},
		"XHTML":                   {func(a *Answer) { a.ContentType = "application/xhtml+xml" }, RefusedError, "text/html"},
		"two types":               {func(a *Answer) { a.ContentType = "text/html, text/plain" }, RefusedError, "text/html"},
		"a type of many bytes":    {func(a *Answer) { a.ContentType = string(make([]byte, 1000)) }, RefusedError, `?..."`},
		"another charset":         {func(a *Answer) { a.ContentType = "text/html; charset=ISO-8859-1" }, RefusedError, `"ISO-8859-1"`},
		"another charset, quoted": {func(a *Answer) { a.ContentType = `text/html; x=";"; CHARSET="utf-16"` }, RefusedError, `"utf-16"`},
		"a second charset":        {func(a *Answer) { a.ContentType = "text/html; charset=utf-8; charset=utf-7" }, RefusedError, `"utf-7"`},
		"an empty charset":        {func(a *Answer) { a.ContentType = "text/html; charset=" }, RefusedError, `""`},
		"gzip":                    {func(a *Answer) { a.ContentEncoding = "gzip" }, RefusedError, `"gzip"`},
	} {
		t.Run(name, func(t *testing.T) {
			slot, answer := unsetSlot(), goodAnswer()
			c.change(&answer)
			policy, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
			var failure *FillError
			require.True(t, errors.As(err, &failure))
			assert.Equal(t, c.reason, failure.Reason)
			assert.Equal(t, answer.Status, failure.Status)
			assert.Contains(t, failure.Error(), c.text)
			assert.Equal(t, cache.Policy{}, policy)
		})
	}
}

func TestAnswerThatMayBeAFragmentIsAdmitted(t *testing.T) {
	for name, change := range map[string]func(*Answer){
		"plain text/html":         func(a *Answer) { a.ContentType = "text/html" },
		"in capitals":             func(a *Answer) { a.ContentType = "TEXT/HTML;CHARSET=UTF-8" },
		"quoted":                  func(a *Answer) { a.ContentType = `text/html ; charset="utf-8" ; x=y` },
		"utf8":                    func(a *Answer) { a.ContentType = "text/html; charset=utf8" },
		"us-ascii":                func(a *Answer) { a.ContentType = "text/html; charset=US-ASCII" },
		"as many bytes as may be": func(a *Answer) { a.Size = 100 },
		"empty":                   func(a *Answer) { a.Size = 0 },
		"a Vary of commas":        func(a *Answer) { a.Vary = ", ,\t," },
		"identity":                func(a *Answer) { a.ContentEncoding = "Identity" },
		"Vary: Accept-Encoding":   func(a *Answer) { a.Vary = "Accept-Encoding,," },
		"a declared Vary":         func(a *Answer) { a.Vary = "accept-language,Accept-Encoding, COOKIE" },
	} {
		t.Run(name, func(t *testing.T) {
			slot, answer := unsetSlot(), goodAnswer()
			slot.Vary = []route.Input{{Kind: route.Query, Name: "q"}, {Kind: route.Header, Name: "accept-language"}, {Kind: route.Cookie, Name: "currency"}}
			change(&answer)
			_, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
			assert.NoError(t, err)
		})
	}
}

func TestAnswersMayVaryOnWhatIsDerivedInTheFieldThatBringsIt(t *testing.T) {
	for _, c := range []struct {
		in       route.Input
		declares string
	}{
		{route.Input{Kind: route.Language, Name: "de,en"}, "Accept-Language"},
		{route.Input{Kind: route.Country}, "CF-IPCountry"},
		{route.Input{Kind: route.Country, Name: "DE,*"}, "cf-ipcountry"},
		{route.Input{Kind: route.Host}, "X-Forwarded-Host"},
		{route.Input{Kind: route.Host}, "host"},
		{route.Input{Kind: route.Proto}, "x-forwarded-proto"},
		{route.Input{Kind: route.Bucket, Name: "price/2"}, "Cookie"},
	} {
		for _, vary := range []string{"Accept-Language", "CF-IPCountry", "X-Forwarded-Host", "Host", "X-Forwarded-Proto", "Cookie", "price", "*"} {
			slot, answer := unsetSlot(), goodAnswer()
			slot.Vary, answer.Vary = []route.Input{c.in}, vary
			_, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
			same := strings.EqualFold(vary, c.declares) || c.in.Kind == route.Host && (vary == "Host" || vary == "X-Forwarded-Host")
			assert.Equal(t, same, err == nil, "%v %s", c.in, vary)
		}
	}
}

func TestQueryAndCookieInputsAreNoHeaderFields(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	slot.Vary = []route.Input{{Kind: route.Query, Name: "x-country"}, {Kind: route.Cookie, Name: "x-country"}}
	answer.Vary = "x-country"
	_, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
	assert.Error(t, err)
}

func TestBypassingSlotTakesWhatMayNotBeStoredButNoCookies(t *testing.T) {
	slot := unsetSlot()
	slot.TTL = 0
	for _, change := range []func(*Answer){
		func(a *Answer) { a.CacheControl = "private" },
		func(a *Answer) { a.CacheControl = "no-store" },
		func(a *Answer) { a.Vary = "*" },
	} {
		answer := goodAnswer()
		change(&answer)
		policy, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
		require.NoError(t, err)
		assert.Equal(t, cache.Policy{TTL: -1}, policy)
	}
	for _, change := range []func(*Answer){
		func(a *Answer) { a.SetCookie = true },
		func(a *Answer) { a.Status = 500 },
		func(a *Answer) { a.ContentType = "text/plain" },
		func(a *Answer) { a.Size = 101 },
	} {
		answer := goodAnswer()
		change(&answer)
		_, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
		assert.Error(t, err)
	}
}

func TestRetryAfterGoesWithAStatusErrorOnly(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	answer.RetryAfter, answer.Status = "30", 503
	_, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
	var failure *FillError
	require.True(t, errors.As(err, &failure))
	assert.Equal(t, 30*time.Second, failure.RetryAfter)

	answer.Status, answer.SetCookie = 200, true
	_, err = Admit(&slot, &answer, &admitDefaults, admitNow, 0)
	require.True(t, errors.As(err, &failure))
	assert.Zero(t, failure.RetryAfter)
}

func TestFragmentOfAnySizeIsAdmittedWithoutALimit(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	answer.Size = 1 << 30
	_, err := Admit(&slot, &answer, &Defaults{}, admitNow, 0)
	assert.NoError(t, err)
}

func TestFillErrorWithoutATextSaysWhatItsReasonSays(t *testing.T) {
	for reason := Reason(0); reason <= LostError+1; reason++ {
		text := (&FillError{Reason: reason, Status: 503}).Error()
		assert.Contains(t, text, "edge: fill failed ("+reason.String()+"): ")
		assert.True(t, ascii.Only(reason.String(), field.IsTokenChar) && ascii.IsAlpha(reason.String()[0]))
		assert.Equal(t, reason == StatusError, text[len(text)-3:] == "503")
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add(200, "text/html; charset=utf-8", "max-age=60, stale-while-revalidate=5", "Cookie", "120", "7", "identity", int64(-1), int64(0), false)
	f.Add(503, "text/plain", "no-cache", "*", "Sun, 06 Nov 1994 08:49:37 GMT", "x", "gzip", int64(0), int64(-1), true)
	f.Fuzz(func(t *testing.T, status int, contentType, control, vary, retryAfter, age, encoding string, ttl, swr int64, cookie bool) {
		slot := unsetSlot()
		slot.TTL, slot.StaleWhileRevalidate = max(duration.Unset, time.Duration(ttl)), max(duration.Unset, time.Duration(swr))
		answer := Answer{
			Status: status, ContentType: contentType, CacheControl: control, Vary: vary, RetryAfter: retryAfter, Age: age,
			ContentEncoding: encoding, SetCookie: cookie, Size: 10,
		}
		policy, err := Admit(&slot, &answer, &admitDefaults, admitNow, 0)
		if err != nil {
			var failure *FillError
			require.True(t, errors.As(err, &failure))
			require.NotEmpty(t, failure.Text)
			require.True(t, failure.RetryAfter >= 0 && failure.RetryAfter <= 5*time.Minute)
			return
		}
		require.Equal(t, 200, status)
		require.False(t, cookie)
		require.True(t, policy.TTL == -1 || policy.TTL > 0)
		require.GreaterOrEqual(t, policy.StaleWhileRevalidate, time.Duration(0))
		require.GreaterOrEqual(t, policy.StaleIfError, time.Duration(0))
		require.Equal(t, slot.TTL == 0, slot.TTL == 0 && policy.TTL == -1)
		if slot.TTL != duration.Unset && slot.TTL > 0 {
			require.LessOrEqual(t, policy.TTL, slot.TTL)
		}
		if policy.TTL > 0 {
			c := field.ParseCacheControl(control)
			require.False(t, c.NoStore || c.Private)
		}
	})
}

func failureOf(t *testing.T, err error) *FillError {
	t.Helper()
	var failure *FillError
	require.ErrorAs(t, err, &failure)
	return failure
}
