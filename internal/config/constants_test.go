package config

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field"
	"inlay/internal/route"
)

func TestConstantFieldsAreRead(t *testing.T) {
	c, err := Parse(vars(map[string]string{
		"INLAY_FILL_FIELDS": "User-Agent: shop/1.0 (+https://shop.example)\r\n\n  X-Api-Key :abc:def=, g; h  \nAuthorization: Basic eA==\nX-Forwarded-Proto: https\n",
	}))
	require.NoError(t, err)
	assert.Equal(t, []field.Field{
		{Name: "user-agent", Value: "shop/1.0 (+https://shop.example)"}, {Name: "x-api-key", Value: "abc:def=, g; h"},
		{Name: "authorization", Value: "Basic eA=="}, {Name: "x-forwarded-proto", Value: "https"},
	}, c.FillFields)
}

func TestConstantFieldsThatNoFillMayHaveAreRefused(t *testing.T) {
	for value, text := range map[string]string{
		"x":                     "line 1: x has no value, or a control character in it; expected lines such as User-Agent: shop/1.0",
		": sesame":              "line 1: no name of a field",
		"a b: sesame":           "line 1: no name of a field",
		"X-A: 1\n\nX B: sesame": "line 3: no name of a field",
		"X-A:":                  "line 1: x-a has no value",
		"X-A: 1\nx-a: sesame":   "line 2: x-a comes again",
		"X-A: se\x00same":       "line 1: x-a has no value, or a control character",
		"X-A: se\rsame":         "line 1: x-a has no value, or a control character",
	} {
		_, err := Parse(vars(map[string]string{"INLAY_FILL_FIELDS": value}))
		require.ErrorContains(t, err, "INLAY_FILL_FIELDS: ")
		assert.ErrorContains(t, err, text, "%q", value)
		assert.NotContains(t, err.Error(), "same", "a value may be a secret")
	}
	for _, name := range []string{
		"Host", "Cookie", "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect",
		"Proxy-Connection", "Proxy-Authorization", "If-None-Match", "If-Modified-Since", "If-Match", "If-Range", "If-Unmodified-Since",
		"Range", "Accept-Encoding", "Inlay-Fill", "inlay-anything",
	} {
		_, err := Parse(vars(map[string]string{"INLAY_FILL_FIELDS": name + ": x"}))
		assert.ErrorContains(t, err, "cannot be set", name)
	}
}

func FuzzConstantFields(f *testing.F) {
	f.Add("User-Agent: shop/1.0\nX-Api-Key: a:b")
	f.Add("a:\n:b\r\n\x00: c\nHost: x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(vars(map[string]string{"INLAY_FILL_FIELDS": text}))
		if err != nil {
			require.Empty(t, c.FillFields)
			return
		}
		r, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, field := range c.FillFields {
			require.False(t, seen[field.Name], field.Name)
			seen[field.Name] = true
			require.True(t, route.MayBeConstant(field.Name))
			r.Header.Set(field.Name, field.Value)
		}
		// What net/http would not send is refused before anything is.
		_, err = (&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}).RoundTrip(r)
		require.ErrorIs(t, err, net.ErrClosed)
	})
}
