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
