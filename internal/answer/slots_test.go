package answer

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/cache"
	"inlay/internal/route"
)

func TestWhichSlotsAnAnswerDeclares(t *testing.T) {
	for _, c := range []struct {
		surrogate, slots string
		edge, esi        bool
	}{
		{"", "", false, false},
		{`content="ESI/1.0"`, "", false, true},
		{`max-age=60, content="ESI/1.0 X/1"`, "", false, true},
		{`max-age=60`, "", false, false},
		{`CONTENT = esi/1.0`, "", false, true},
		{`content="ESI-Inline/1.0 ESI/1.0+X"`, "", false, true},
		{`content="ESI/1.01"`, "", false, false},
		{`content="SSI/1.0", content="ESI/1.0"`, "", false, true},
		{`content="ESI/1.0";inlay`, "", false, true},
		{"", "edge-slot", true, false},
		{"", "esi", false, true},
		{"", "edge-slot, esi", true, true},
		{"", " ESI\tEdge-Slot ,", true, true},
		{"", "edge-slots", false, false},
		{`content="ESI/1.0"`, "edge-slot", true, true},
		{`content="ESI/1.0";other`, "none", false, false},
	} {
		a := Answer{SurrogateControl: c.surrogate, InlaySlots: c.slots}
		edge, esi := a.Slots()
		assert.Equal(t, [2]bool{c.edge, c.esi}, [2]bool{edge, esi}, "%q %q", c.surrogate, c.slots)
	}
}

func TestWhatAShellCanVaryOn(t *testing.T) {
	fields := func(names ...string) (inputs []route.Input) {
		for _, name := range names {
			inputs = append(inputs, route.Input{Kind: route.Header, Name: name})
		}
		return inputs
	}
	for vary, want := range map[string][]route.Input{
		"": nil, " , ": nil, "Accept-Encoding": nil, "Host, X-Forwarded-Host, x-forwarded-proto": nil,
		"Accept-Language": fields("accept-language"),
		"Accept-Language, accept-language , Accept, HX-Request": fields("accept-language", "accept", "hx-request"),
		"Sec-CH-UA-Mobile": fields("sec-ch-ua-mobile"),
	} {
		got, ok := ShellVary(vary)
		assert.True(t, ok, vary)
		assert.Equal(t, want, got, vary)
	}
	for _, vary := range []string{
		"*", "Accept, *", "Cookie", "Accept-Language, COOKIE", "Authorization", "X-Forwarded-For", "Forwarded", "Range", "If-None-Match",
		"Sec-Fetch-Dest", "Accept Language", "a\nb", "X-Ä", "Inlay-Fill", "Via", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
	} {
		got, ok := ShellVary(vary)
		assert.False(t, ok, vary)
		assert.Nil(t, got, vary)
	}
}

func TestWhichAnswersAreKeptAsShells(t *testing.T) {
	defaults := Defaults{TTL: time.Hour, StaleIfError: 7 * second, MaxFragment: 100}
	plain := func(a *Answer) {}
	for name, c := range map[string]struct {
		change  func(*Answer)
		control string
		want    cache.Policy
		refused string
	}{
		"a time":                             {plain, "max-age=60", cache.Policy{TTL: 60 * second, StaleIfError: 7 * second}, ""},
		"a shared time":                      {plain, "s-maxage=60, max-age=0", cache.Policy{TTL: 60 * second}, ""},
		"for use while it is renewed alone":  {plain, "max-age=0, stale-while-revalidate=60", cache.Policy{TTL: InstantlyStale, StaleWhileRevalidate: 60 * second, StaleIfError: 7 * second}, ""},
		"no time, though fragments have one": {plain, "public", cache.Policy{}, "does not say for how long"},
		"no field at all":                    {plain, "", cache.Policy{}, "does not say for how long"},
		"a time that is over":                {func(a *Answer) { a.Age = "67" }, "max-age=60", cache.Policy{}, "does not say for how long"},
		"no-cache":                           {plain, "no-cache", cache.Policy{}, "does not say for how long"},
		"an Expires":                         {func(a *Answer) { a.Expires = admitNow.Add(time.Minute).Format(http.TimeFormat) }, "", cache.Policy{TTL: time.Minute, StaleIfError: 7 * second}, ""},
		"CDN-Cache-Control":                  {func(a *Answer) { a.CDNCacheControl = "max-age=9" }, "private", cache.Policy{TTL: 9 * second, StaleIfError: 7 * second}, ""},
		"Surrogate-Control":                  {func(a *Answer) { a.SurrogateControl = `max-age=9+3, content="ESI/1.0"` }, "private, no-store", cache.Policy{TTL: 9 * second, StaleWhileRevalidate: 3 * second, StaleIfError: 3 * second}, ""},
		"CDN-Cache-Control first":            {func(a *Answer) { a.CDNCacheControl, a.SurrogateControl = "max-age=9", "no-store" }, "", cache.Policy{TTL: 9 * second, StaleIfError: 7 * second}, ""},
		"Surrogate-Control to inlay":         {func(a *Answer) { a.SurrogateControl = `no-store, max-age=9;inlay, max-age=90;other` }, "private", cache.Policy{TTL: 9 * second, StaleIfError: 7 * second}, ""},
		"Surrogate-Control to others":        {func(a *Answer) { a.SurrogateControl = `max-age=90;other` }, "max-age=5", cache.Policy{TTL: 5 * second, StaleIfError: 7 * second}, ""},
		"Surrogate-Control without a time":   {func(a *Answer) { a.SurrogateControl = `content="ESI/1.0"` }, "s-maxage=5", cache.Policy{TTL: 5 * second}, ""},
		"Surrogate-Control: no-store":        {func(a *Answer) { a.SurrogateControl = "no-store" }, "max-age=60", cache.Policy{}, "has Surrogate-Control: no-store"},
		"private":                            {plain, "private, max-age=60", cache.Policy{}, "private"},
		"no-store":                           {plain, "no-store", cache.Policy{}, "no-store"},
		"a cookie":                           {func(a *Answer) { a.SetCookie = true }, "max-age=60", cache.Policy{}, "Set-Cookie"},
		"varies on what is in the key":       {func(a *Answer) { a.Vary = "Accept-Language, Host, X-Forwarded-Proto" }, "max-age=60", cache.Policy{TTL: 60 * second, StaleIfError: 7 * second}, ""},
		"varies on more":                     {func(a *Answer) { a.Vary = "Accept" }, "max-age=60", cache.Policy{}, "Accept"},
		"varies on cookies":                  {func(a *Answer) { a.Vary = "Cookie" }, "max-age=60", cache.Policy{}, "Cookie"},
		"another status":                     {func(a *Answer) { a.Status = 404 }, "max-age=60", cache.Policy{}, "404"},
		"a redirect":                         {func(a *Answer) { a.Status = 302 }, "max-age=60", cache.Policy{}, "302"},
		"no HTML":                            {func(a *Answer) { a.ContentType = "application/json" }, "max-age=60", cache.Policy{}, "application/json"},
		"too large":                          {func(a *Answer) { a.Size = 101 }, "max-age=60", cache.Policy{}, "101 bytes"},
	} {
		slot, a := unsetSlot(), goodAnswer()
		slot.Vary = []route.Input{{Kind: route.Header, Name: "accept-language"}}
		a.CacheControl = c.control
		c.change(&a)
		got, err := AdmitShell(&slot, &a, &defaults, admitNow, 0)
		if c.refused != "" {
			if assert.ErrorContains(t, err, c.refused, name) && a.Status == 200 && a.Size < 100 && a.ContentType[:5] == "text/" {
				assert.True(t, err.(*FillError).Removes(), "%s: what was kept before is not for others either", name)
			}
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
	assert.False(t, defaults.Shell, "the caller's own stay as they are")
}

func TestWhichFieldsGoOutWithAKeptShell(t *testing.T) {
	for _, name := range []string{"link", "content-language", "content-security-policy", "strict-transport-security", "x-frame-options", "permissions-policy", "x-powered-by", "referrer-policy"} {
		assert.True(t, KeepsField(name), name)
	}
	for _, name := range []string{
		"set-cookie", "connection", "transfer-encoding", "content-length", "content-encoding", "etag", "last-modified", "age", "date", "vary",
		"cache-control", "expires", "surrogate-control", "surrogate-key", "cache-tag", "inlay-slots", "proxy-authenticate", "", "a b", "x\n",
	} {
		assert.False(t, KeepsField(name), name)
	}
	for i := range Fields {
		if Fields[i] != "retry-after" {
			assert.False(t, KeepsField(Fields[i]), "%s: what the storing rules read is of this one answer", Fields[i])
		}
	}
}

// FuzzShell: what an origin says of its page decides how it is kept, and never breaks anything.
func FuzzShell(f *testing.F) {
	f.Add(`content="ESI/1.0"`, "esi, edge-slot", "Accept-Language, Cookie", "max-age=5")
	f.Fuzz(func(t *testing.T, surrogate, slots, vary, control string) {
		a := goodAnswer()
		a.SurrogateControl, a.InlaySlots, a.Vary, a.CacheControl = surrogate, slots, vary, control
		edge, esi := a.Slots()
		require.True(t, !edge || strings.Contains(strings.ToLower(slots), "edge-slot"))
		require.True(t, !esi || strings.Contains(strings.ToLower(slots+surrogate), "esi"))
		inputs, ok := ShellVary(vary)
		require.True(t, ok || inputs == nil)
		slot := unsetSlot()
		slot.Vary = inputs
		p, err := AdmitShell(&slot, &a, &admitDefaults, admitNow, 0)
		if err != nil {
			return
		}
		require.True(t, p.TTL > 0)
		require.True(t, ok, "%q", vary)
		for _, in := range inputs {
			require.True(t, route.MayVary(in.Name))
		}
	})
}
