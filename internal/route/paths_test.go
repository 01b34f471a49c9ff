package route

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPathsOfSeveralPatterns(t *testing.T) {
	var none Paths
	assert.False(t, none.Has("/"))
	for _, c := range []struct{ patterns, has, hasNot string }{
		{"/blog/", "/blog/ /blog/a /blog/a/b", "/blog / /blogs/"},
		{"/products/{id} /blog/", "/products/7 /blog/", "/products /products/ /products/7/x"},
		{"/", "/ /a /a/b/", ""},
		{"/{$}", "/", "/a"},
		{"/a/{x}/c /a/b/{y} /a/b/c", "/a/1/c /a/b/2 /a/b/c", "/a/1/2"}, // patterns that no two pages could have
		{"/a/ /a/{rest...} /a/", "/a/ /a/x/y", "/a"},
		{"/a%20b", "/a%20b /%61%20b", "/a+b"},
		{"/p/", "/p/x%2Fy", "/p/../x /p/%2e%2e/x /p//x /p/a%5Cb /p/%zz p/"},
	} {
		var p Paths
		for pattern := range strings.FieldsSeq(c.patterns) {
			p.Add(pattern)
		}
		for path := range strings.FieldsSeq(c.has) {
			assert.True(t, p.Has(path), "%s: %s", c.patterns, path)
		}
		for path := range strings.FieldsSeq(c.hasNot) {
			assert.False(t, p.Has(path), "%s: %s", c.patterns, path)
		}
	}
}

// FuzzPaths: each pattern adds its own paths and no others; core.wasm takes every pattern, and whatever else it takes does no harm.
func FuzzPaths(f *testing.F) {
	f.Add("/products/{id}", "/blog/", "/products/7")
	f.Add("/a/{x}/c", "/a/b/{y...}", "/a/b/c")
	f.Add("/{$}", "/{a}/", "/x%2Fy/")
	f.Add("/{a...}x", "/{}", "/{1}")
	f.Add("/{...}", "/{a}/{a}", "/a b")
	f.Fuzz(func(t *testing.T, one, other, path string) {
		for _, text := range [...]string{one, other, path} {
			require.True(t, PatternTrouble(text) != "" || isPattern(text), "%q", text)
			if isPattern(text) {
				var p Paths
				p.Add(text)
				p.Has(path)
			}
		}
		if PatternTrouble(one) != "" || PatternTrouble(other) != "" {
			return
		}
		var both, first, second Paths
		both.Add(one)
		both.Add(other)
		first.Add(one)
		second.Add(other)
		if _, isDecoded := UnescapePath(path); isDecoded {
			require.Equal(t, first.Has(path) || second.Has(path), both.Has(path), "%q %q %q", one, other, path)
		}
		var alone Router
		require.NoError(t, alone.Add(one))
		page, _, err := alone.Match(path, nil)
		require.Equal(t, page == 0 && err == nil, first.Has(path))
	})
}
