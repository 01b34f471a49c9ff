package varnishtest

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/esi/esitest"
)

// inlay makes of them, in order, the bytes that Varnish makes of them.
func TestInlayMakesOfThemWhatVarnishDoes(t *testing.T) {
	for _, c := range esitest.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			inlay := Inlay(t, NewOrigin(t, []esitest.Case{c}).URL)
			fields := []string{"Host", "shop.example"}
			if c.Cookie != "" {
				fields = append(fields, "Cookie", c.Cookie)
			}
			for _, when := range [...]string{"cold", "then", "warm"} {
				assert.Equal(t, c.Want, Get(t, inlay, c.Target, fields...), when)
			}
		})
	}
}

func TestWholePagesAreTheSame(t *testing.T) {
	pages := esitest.Pages(t)
	varnish := Start(t, NewOrigin(t, pages).URL).URL
	for i, c := range pages {
		t.Run(c.Name, func(t *testing.T) {
			origin := NewOrigin(t, []esitest.Case{c})
			inlay := Inlay(t, origin.URL)
			want := Get(t, varnish, c.Target, "Host", Host(i))
			assert.NotContains(t, strings.ReplaceAll(want, "<!-- <esi:include", ""), "<esi:")
			for _, when := range [...]string{"cold", "then", "warm"} {
				assert.Equal(t, want, Get(t, inlay, c.Target), when)
			}
			asksNothing(t, inlay, origin, c.Target)
		})
	}
}

// asksNothing holds that a page comes to be there without the origin.
func asksNothing(t *testing.T, inlay string, origin *Origin, target string) {
	t.Helper()
	require.Eventually(t, func() bool {
		before := origin.Asked()
		Get(t, inlay, target)
		return origin.Asked() == before
	}, time.Minute, time.Millisecond, "%s is asked for again and again", target)
}

// A page that says that it has ESI, and has none, is kept as any other.
func TestPagesWithoutIncludesAreKept(t *testing.T) {
	c := esitest.Case{Target: "/", Parts: map[string]string{"/": "<!doctype html><p>a<esi:remove>b</esi:remove>"}}
	origin := NewOrigin(t, []esitest.Case{c})
	inlay := Inlay(t, origin.URL)
	assert.Equal(t, "<!doctype html><p>a", Get(t, inlay, "/"))
	asksNothing(t, inlay, origin, "/")
	assert.Equal(t, "<!doctype html><p>a", Get(t, inlay, "/"))
}

// A page with a cookie's value in a src is its visitor's own, though it is kept, and its fragments with it.
func TestVariablesKeepVisitorsApart(t *testing.T) {
	c := esitest.Case{Target: "/?page=2", Parts: map[string]string{
		"/?page=2":       `<!doctype html><p><esi:include src="/basket?of=$(HTTP_COOKIE{basket}|nobody)"/> <esi:include src="/list?page=$(QUERY_STRING{page}|1)"/></p>`,
		"/basket?of=ann": "Ann's", "/basket?of=bob": "Bob's", "/basket?of=nobody": "nothing", "/list?page=2": "two",
	}}
	origin := NewOrigin(t, []esitest.Case{c})
	inlay := Inlay(t, origin.URL)
	for range 3 {
		for cookie, whose := range map[string]string{"basket=ann": "Ann's", "x=1; basket=bob": "Bob's", "": "nothing"} {
			response := Ask(t, inlay, c.Target, "Cookie", cookie)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, "<!doctype html><p>"+whose+" two</p>", string(body), cookie)
			assert.NotContains(t, response.Header.Get("Cache-Control"), "public")
		}
	}
	before := origin.Asked()
	require.Eventually(t, func() bool {
		asked := origin.Asked()
		Get(t, inlay, c.Target, "Cookie", "basket=ann; theme=dark")
		return origin.Asked() == asked
	}, time.Minute, time.Millisecond)
	assert.Less(t, origin.Asked()-before, 10)
}
