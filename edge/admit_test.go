package edge

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/cache"
)

var admitNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// unsetSlot is a slot that says nothing about its policy.
func unsetSlot() Slot {
	return Slot{Name: "price", TTL: Unset, StaleWhileRevalidate: Unset, StaleIfError: Unset}
}

// goodAnswer is an answer that any slot takes.
func goodAnswer() Answer {
	return Answer{Status: 200, ContentType: "text/html; charset=utf-8", Size: 10}
}

var admitDefaults = Defaults{TTL: 5 * time.Minute, MaxFragment: 100}

func TestHowLongAFragmentMayBeUsed(t *testing.T) {
	with := func(ttl, swr, sie time.Duration) Slot {
		s := unsetSlot()
		s.TTL, s.StaleWhileRevalidate, s.StaleIfError = ttl, swr, sie
		return s
	}
	stale := Defaults{TTL: time.Minute, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}
	for name, c := range map[string]struct {
		slot     Slot
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
		"s-maxage with stale use of the slot":     {with(Unset, 8*second, Unset), "s-maxage=70", "", stale, cache.Policy{TTL: 70 * second, StaleWhileRevalidate: 8 * second}},
		"the slot says":                           {with(3*second, 4*second, 5*second), "max-age=7, stale-while-revalidate=8, stale-if-error=9", "100", stale, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 4 * second, StaleIfError: 5 * second}},
		"the slot says no stale use":              {with(Unset, 0, 0), "max-age=7, stale-while-revalidate=8, stale-if-error=9", "", stale, cache.Policy{TTL: 7 * second}},
		"the slot's ttl over no-cache":            {with(3*second, Unset, Unset), "no-cache", "", stale, cache.Policy{TTL: 3 * second}},
		"part slot, part origin, part default":    {with(3*second, Unset, Unset), "stale-while-revalidate=8", "", stale, cache.Policy{TTL: 3 * second, StaleWhileRevalidate: 8 * second, StaleIfError: 20 * second}},

		"less its age":                                 {unsetSlot(), "max-age=60", "45", Defaults{}, cache.Policy{TTL: 15 * second}},
		"age of which the first counts":                {unsetSlot(), "max-age=60", "45, 1", Defaults{}, cache.Policy{TTL: 15 * second}},
		"age that is none":                             {unsetSlot(), "max-age=60", "x", Defaults{}, cache.Policy{TTL: 60 * second}},
		"age without a lifetime":                       {unsetSlot(), "", "45", Defaults{TTL: time.Minute}, cache.Policy{TTL: time.Minute}},
		"as old as its lifetime":                       {unsetSlot(), "max-age=60", "60", Defaults{}, cache.Policy{TTL: -1}},
		"older than its lifetime, some staleness left": {unsetSlot(), "max-age=60, stale-while-revalidate=30", "70", Defaults{}, cache.Policy{TTL: instantlyStale, StaleWhileRevalidate: 20 * second}},
		"older than its staleness too":                 {unsetSlot(), "max-age=60, stale-while-revalidate=30", "95", Defaults{}, cache.Policy{TTL: -1}},

		"max-age=0":                            {unsetSlot(), "max-age=0", "", Defaults{TTL: time.Minute}, cache.Policy{TTL: -1}},
		"max-age=0 with swr of the origin":     {unsetSlot(), "max-age=0, stale-while-revalidate=8", "", Defaults{}, cache.Policy{TTL: instantlyStale, StaleWhileRevalidate: 8 * second}},
		"max-age=0 with swr of the slot":       {with(Unset, 8*second, Unset), "max-age=0", "", Defaults{}, cache.Policy{TTL: instantlyStale, StaleWhileRevalidate: 8 * second}},
		"max-age=0 with sie":                   {unsetSlot(), "max-age=0, stale-if-error=8", "", Defaults{}, cache.Policy{TTL: instantlyStale, StaleIfError: 8 * second}},
		"no-cache":                             {unsetSlot(), "no-cache, max-age=60", "", stale, cache.Policy{TTL: -1}},
		"no-cache rules out the origin's swr":  {unsetSlot(), "no-cache, stale-while-revalidate=8", "", Defaults{}, cache.Policy{TTL: -1}},
		"no-cache with swr of the slot":        {with(Unset, 8*second, Unset), "no-cache", "", Defaults{}, cache.Policy{TTL: instantlyStale, StaleWhileRevalidate: 8 * second}},
		"must-revalidate rules out stale use":  {unsetSlot(), "max-age=7, stale-while-revalidate=8, must-revalidate", "", stale, cache.Policy{TTL: 7 * second}},
		"must-revalidate with swr of the slot": {with(Unset, 8*second, Unset), "max-age=7, must-revalidate", "", stale, cache.Policy{TTL: 7 * second, StaleWhileRevalidate: 8 * second}},
		"proxy-revalidate is the same":         {unsetSlot(), "max-age=7, proxy-revalidate", "", stale, cache.Policy{TTL: 7 * second}},
		"an invalid lifetime is none":          {unsetSlot(), "max-age=soon", "", stale, cache.Policy{TTL: instantlyStale, StaleWhileRevalidate: 10 * second, StaleIfError: 20 * second}},
		"a lifetime beyond counting":           {unsetSlot(), "max-age=99999999999999", "", Defaults{}, cache.Policy{TTL: maxDelta}},
		"a bypassing slot over all":            {with(0, 8*second, 8*second), "max-age=60", "", stale, cache.Policy{TTL: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := goodAnswer()
			a.CacheControl, a.Age = c.control, c.age
			got, err := c.slot.admit(&a, &c.defaults, admitNow)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
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
			policy, err := slot.admit(&answer, &admitDefaults, admitNow)
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
		"identity":                func(a *Answer) { a.ContentEncoding = "Identity" },
		"Vary: Accept-Encoding":   func(a *Answer) { a.Vary = "Accept-Encoding,," },
		"a declared Vary":         func(a *Answer) { a.Vary = "accept-language,Accept-Encoding, COOKIE" },
	} {
		t.Run(name, func(t *testing.T) {
			slot, answer := unsetSlot(), goodAnswer()
			slot.Vary = []Input{{Query, "q"}, {Header, "accept-language"}, {Cookie, "currency"}}
			change(&answer)
			_, err := slot.admit(&answer, &admitDefaults, admitNow)
			assert.NoError(t, err)
		})
	}
}

func TestQueryAndCookieInputsAreNoHeaderFields(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	slot.Vary = []Input{{Query, "x-country"}, {Cookie, "x-country"}}
	answer.Vary = "x-country"
	_, err := slot.admit(&answer, &admitDefaults, admitNow)
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
		policy, err := slot.admit(&answer, &admitDefaults, admitNow)
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
		_, err := slot.admit(&answer, &admitDefaults, admitNow)
		assert.Error(t, err)
	}
}

func TestRetryAfterGoesWithAStatusErrorOnly(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	answer.RetryAfter, answer.Status = "30", 503
	_, err := slot.admit(&answer, &admitDefaults, admitNow)
	var failure *FillError
	require.True(t, errors.As(err, &failure))
	assert.Equal(t, 30*time.Second, failure.RetryAfter)

	answer.Status, answer.SetCookie = 200, true
	_, err = slot.admit(&answer, &admitDefaults, admitNow)
	require.True(t, errors.As(err, &failure))
	assert.Zero(t, failure.RetryAfter)
}

func TestFragmentOfAnySizeIsAdmittedWithoutALimit(t *testing.T) {
	slot, answer := unsetSlot(), goodAnswer()
	answer.Size = 1 << 30
	_, err := slot.admit(&answer, &Defaults{}, admitNow)
	assert.NoError(t, err)
}

func TestFillErrorWithoutATextSaysWhatItsReasonSays(t *testing.T) {
	for reason := Reason(0); reason <= LostError+1; reason++ {
		text := (&FillError{Reason: reason, Status: 503}).Error()
		assert.Contains(t, text, "edge: fill failed ("+reason.String()+"): ")
		assert.True(t, isSFVToken(reason.String()))
		assert.Equal(t, reason == StatusError, text[len(text)-3:] == "503")
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add(200, "text/html; charset=utf-8", "max-age=60, stale-while-revalidate=5", "Cookie", "120", "7", "identity", int64(-1), int64(0), false)
	f.Add(503, "text/plain", "no-cache", "*", "Sun, 06 Nov 1994 08:49:37 GMT", "x", "gzip", int64(0), int64(-1), true)
	f.Fuzz(func(t *testing.T, status int, contentType, control, vary, retryAfter, age, encoding string, ttl, swr int64, cookie bool) {
		slot := unsetSlot()
		slot.TTL, slot.StaleWhileRevalidate = max(Unset, time.Duration(ttl)), max(Unset, time.Duration(swr))
		answer := Answer{status, contentType, control, vary, retryAfter, age, encoding, cookie, 10}
		policy, err := slot.admit(&answer, &admitDefaults, admitNow)
		if err != nil {
			var failure *FillError
			require.True(t, errors.As(err, &failure))
			require.NotEmpty(t, failure.Text)
			require.True(t, failure.RetryAfter >= 0 && failure.RetryAfter <= maxRetryAfter)
			return
		}
		require.Equal(t, 200, status)
		require.False(t, cookie)
		require.True(t, policy.TTL == -1 || policy.TTL > 0)
		require.GreaterOrEqual(t, policy.StaleWhileRevalidate, time.Duration(0))
		require.GreaterOrEqual(t, policy.StaleIfError, time.Duration(0))
		require.Equal(t, slot.TTL == 0, slot.TTL == 0 && policy.TTL == -1)
		if slot.TTL != Unset && slot.TTL > 0 {
			require.Equal(t, slot.TTL, policy.TTL)
		}
		if policy.TTL > 0 {
			c := parseCacheControl(control)
			require.False(t, c.noStore || c.private)
		}
	})
}
