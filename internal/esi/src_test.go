package esi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/route"
)

func TestSrcsAreResolved(t *testing.T) {
	for _, c := range []struct{ base, src, want string }{
		{"/a/b", "c", "/a/c"},
		{"/a/b?c/d", "e?f", "/a/e?f"},
		{"/a/", "b", "/a/b"},
		{"/", "b", "/b"},
		{"/a/b", "/c", "/c"},
		{"/a/b", "?c", "/a/?c"},
		{"/a/b/c", "../d", "/a/d"},
		{"/a/b/c", "./d/.", "/a/b/d/"},
		{"/a/b/c", "../../../../d/..", "/"},
		{"/a/b", "...", "/a/..."},
		{"/a/b", "c/..d", "/a/c/..d"},
		{"/a/{b}/c", "{d}", "/a/%7Bb%7D/%7Bd%7D"},
		{"/a/b", "http://h/c", "http://h/c"},
		{"/a/b", "HTTPS://H:1/../c", "HTTPS://H:1/c"},
		{"http://h/a/b", "c", "http://h/a/c"},
		{"http://h/a/b", "/c", "http://h/c"},
		{"http://h", "c", "http://h/c"},
		{"http://h?a=/b/", "c", "http://h/c"},
		{"binding:X/a/b", "c", "binding:X/a/c"},
		{"binding:X/a/b", "/c", "binding:X/c"},
		{"/a/b", "binding:X/c/../d", "binding:X/d"},
		{"/a/b", "c:d", "c:d: a scheme"},
		{"/a/b", "c/d:e", "/a/c/d:e"},
		{"/a/b", "//h/c", "a URL without a scheme"},
		{"/a/b", "", "an empty one"},
		{"/a/b", "http://h", "a URL without a path"},
	} {
		got, err := Resolve(c.base, c.src)
		if err != nil {
			got = err.Error()
			if c.src == "c:d" {
				got = "c:d: " + got
			}
			assert.Contains(t, got, c.want, "%s in %s", c.src, c.base)
			continue
		}
		assert.Equal(t, c.want, got, "%s in %s", c.src, c.base)
		_, err = route.ParseSrc(got, nil)
		require.NoError(t, err, got)
	}
}

func TestVariablesAreInputs(t *testing.T) {
	r := New("/")
	s, err := r.source("/a?b=$(QUERY_STRING{b})&amp;c=$(HTTP_COOKIE{'c'}|none)&d=$(HTTP_ACCEPT_LANGUAGE)&e=$(HTTP_X_SHOP|'a|b')&f=$(HTTP_HEADER{X-F})&g=$(HTTP_HOST)")
	require.NoError(t, err)
	assert.Equal(t, "/a?b=$(QUERY_STRING{b})&c=$(HTTP_COOKIE{'c'}|none)&d=$(HTTP_ACCEPT_LANGUAGE)&e=$(HTTP_X_SHOP|'a|b')&f=$(HTTP_HEADER{X-F})&g=$(HTTP_HOST)", s.Text)
	var inputs []route.Input
	var defaults []string
	for _, v := range s.Variables {
		inputs, defaults = append(inputs, v.Input), append(defaults, v.Default)
	}
	assert.Equal(t, []route.Input{{Kind: route.Query, Name: "b"}, {Kind: route.Cookie, Name: "c"}, {Kind: route.Header, Name: "accept-language"},
		{Kind: route.Header, Name: "x-shop"}, {Kind: route.Header, Name: "x-f"}, {Kind: route.Host}}, inputs)
	assert.Equal(t, []string{"", "none", "", "a|b", "", ""}, defaults)
	assert.Equal(t, "/a?b=1%262&c=2&d=3&e=4&f=5&g=h%3A1", string(s.Template.AppendURL(nil, []string{"1&2", "2", "3", "4", "5", "h:1"})))
	// One that is in a segment that a later ".." takes away is asked for by nobody.
	s, err = r.source("/a/$(HTTP_COOKIE{x})/../$(HTTP_COOKIE{y})")
	require.NoError(t, err)
	assert.Equal(t, "/a/$(HTTP_COOKIE{y})", s.Text)
	assert.Equal(t, "/a/2%2F3", string(s.Template.AppendURL(nil, []string{"1", "2/3"})))
}

// TestBindingsAreNotForESI: it may stand in a text that somebody else has written.
func TestBindingsAreNotForESI(t *testing.T) {
	for _, src := range []string{"binding:X/a", "binding:X/$(HTTP_COOKIE{x})", "BINDING:X/a", "binding:X"} {
		_, err := New("/").source(src)
		assert.Error(t, err, src)
	}
	s, err := New("binding:X/a/b").source("c")
	require.NoError(t, err)
	assert.Equal(t, "binding:X/a/c", s.Text)
}
