package answer

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// redirectCase is a case of testdata/redirects.json, which worker/redirect.test.mjs holds the glue to. Next is null where
// the redirect is the answer.
type redirectCase struct {
	Base     string  `json:"base"`
	Status   int     `json:"status"`
	Location string  `json:"location"`
	Next     *string `json:"next"`
}

func redirectCases(t testing.TB) (cases []redirectCase) {
	t.Helper()
	text, err := os.ReadFile("testdata/redirects.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &cases))
	return cases
}

func TestRedirectIsFollowedToTheSameOriginAlone(t *testing.T) {
	cases := redirectCases(t)
	require.Greater(t, len(cases), 100)
	for _, c := range cases {
		want := ""
		if c.Next != nil {
			want = *c.Next
		}
		assert.Equal(t, want, RedirectTarget(c.Base, c.Status, c.Location), "%d %q from %s", c.Status, c.Location, c.Base)
	}
}

func FuzzRedirectTarget(f *testing.F) {
	for _, c := range redirectCases(f) {
		f.Add(c.Location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		const base = "https://shop.example/f/a?x=1"
		next := RedirectTarget(base, 302, location)
		if next == "" {
			return
		}
		// Whoever parses it, it is on the same host, and following it again by itself leads to the same place.
		u, err := url.Parse(next)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		require.Equal(t, "shop.example", u.Host)
		require.Nil(t, u.User)
		require.Empty(t, u.Fragment)
		require.False(t, strings.HasPrefix(u.Path, "//"))
		require.NotContains(t, strings.ToLower(u.Path), "/_inlay")
		require.Equal(t, next, RedirectTarget(base, 302, next))
	})
}

// visitorsCases are those of testdata/visitors.json, which worker/redirect.test.mjs holds the glue to.
func visitorsCases(t testing.TB) (cases []visitorsCase) {
	t.Helper()
	text, err := os.ReadFile("testdata/visitors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &cases))
	return cases
}

type visitorsCase struct {
	Prefix   string `json:"prefix"`
	Base     string `json:"base"`
	Status   int    `json:"status"`
	Location string `json:"location"`
	Leads    string `json:"leads"`
}

func TestRedirectOfARequiredFragmentIsTheVisitors(t *testing.T) {
	for _, c := range visitorsCases(t) {
		assert.Equal(t, c.Leads, VisitorsLocation(c.Prefix, c.Base, c.Status, c.Location), "%d %q from %s", c.Status, c.Location, c.Base)
	}
}

// FuzzVisitorsLocation: it is a path that no browser takes for a host, or a URL of a host.
func FuzzVisitorsLocation(f *testing.F) {
	for _, c := range visitorsCases(f) {
		f.Add(c.Prefix, strings.TrimPrefix(c.Base, c.Prefix), c.Location)
	}
	f.Fuzz(func(t *testing.T, prefix, src, location string) {
		prefix = "https://origin.example" + strings.TrimPrefix(prefix, "https://origin.example")
		if u, err := url.Parse(prefix + src); err != nil || u.Host != "origin.example" || !strings.HasPrefix(src, "/") || strings.ContainsAny(prefix[len("https://"):]+src, "?#\\ ") {
			return
		}
		leads := VisitorsLocation(prefix, prefix+src, 302, location)
		if leads == "" {
			return
		}
		require.NotContains(t, leads, "\\")
		if leads[0] == '/' {
			u, err := url.Parse(leads)
			require.NoError(t, err, leads)
			require.Empty(t, u.Host, leads)
			require.False(t, strings.HasPrefix(leads, "//"), leads)
		} else {
			require.Regexp(t, "^(?i:https?)://[^/?#]", leads)
		}
		require.NotContains(t, leads, "\n")
	})
}
