package route

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
)

func newRouter(patterns ...string) (*Router, error) {
	r := new(Router)
	for _, text := range patterns {
		if err := r.Add(text); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func TestMostSpecificPageAnswers(t *testing.T) {
	patterns := []string{"/{$}", "/products/{id}", "/products/new", "/docs/", "/docs/{a}/{b}", "/docs/go", "/files/{path...}",
		"/a%20b/{x}", "/products/{id}/{$}", "/caf\u00e9"}
	r, err := newRouter(patterns...)
	require.NoError(t, err)
	for _, c := range []struct {
		path    string
		pattern string // empty: none
		params  []string
	}{
		{"/", "/{$}", nil},
		{"/products/1", "/products/{id}", []string{"1"}},
		{"/products/new", "/products/new", nil},
		{"/products/n%65w", "/products/new", nil},
		{"/products/1%2C%20x", "/products/{id}", []string{"1, x"}},
		{"/products/", "", nil},
		{"/products", "", nil},
		{"/products/1/", "/products/{id}/{$}", []string{"1"}},
		{"/products/1/2", "", nil},
		{"/docs", "", nil},
		{"/docs/", "/docs/", nil},
		{"/docs/x", "/docs/", nil},
		{"/docs/go", "/docs/go", nil},
		{"/docs/x/y", "/docs/{a}/{b}", []string{"x", "y"}},
		{"/docs/go/y", "/docs/{a}/{b}", []string{"go", "y"}},
		{"/docs/x/y/z", "/docs/", nil},
		{"/files/", "/files/{path...}", []string{""}},
		{"/files/a/b%20c/", "/files/{path...}", []string{"a/b c/"}},
		{"/files/a%2Fb", "/files/{path...}", []string{"a/b"}},
		{"/files/.well-known/...", "/files/{path...}", []string{".well-known/..."}},
		{"/a%20b/%C3%A4", "/a%20b/{x}", []string{"\u00e4"}},
		{"/a b/\u00e4", "/a%20b/{x}", []string{"\u00e4"}},
		{"/caf%C3%A9", "/caf\u00e9", nil},
		{"/docs/../products/1", "", nil},
		{"//products/1", "", nil},
		{"/x/edit/", "", nil},
		{"", "", nil},
		{"*", "", nil},
		{"products/1", "", nil},
	} {
		page, params, err := r.Match(c.path, nil)
		if c.path == "/docs/../products/1" {
			// It matches /docs/ as it stands.
			assert.EqualError(t, err, `edge: the path has the segment ".."`)
			continue
		}
		require.NoError(t, err, c.path)
		if c.pattern == "" {
			assert.Equal(t, -1, page, c.path)
			continue
		}
		require.Equal(t, slices.Index(patterns, c.pattern), page, c.path)
		assert.Equal(t, c.params, params, c.path)
	}
}

func TestAmbiguousPathsOfPagesAreRefused(t *testing.T) {
	r, err := newRouter("/p/{id}", "/d/", "/m/{path...}", "/two/{a}/{b}")
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/p/%":               "edge: the path has malformed percent-encoding",
		"/p/%4":              "edge: the path has malformed percent-encoding",
		"/p/%zz":             "edge: the path has malformed percent-encoding",
		"/d/%zz":             "edge: the path has malformed percent-encoding",
		"/p/.":               `edge: the path has the segment "."`,
		"/p/..":              `edge: the path has the segment ".."`,
		"/p/%2e%2E":          `edge: the path has the segment ".."`,
		"/p/.%2e":            `edge: the path has the segment ".."`,
		"/d/a/../b":          `edge: the path has the segment ".."`,
		"/d/a/..":            `edge: the path has the segment ".."`,
		"/m/../x":            `edge: the path has the segment ".."`,
		"/m/a%2F..%2Fb":      `edge: the path has the segment ".."`,
		"/m/a//b":            "edge: the path has an empty segment",
		"/m//":               "edge: the path has an empty segment",
		"/m/%2Fetc":          "edge: the path has an empty segment",
		"/p/a%2Fb":           "edge: the parameter id has an encoded slash",
		"/p/%2F":             "edge: the parameter id has an encoded slash",
		"/two/x/a%2fb":       "edge: the parameter b has an encoded slash",
		"/p/a%00":            "edge: the path has a control character",
		"/p/a\x7f":           "edge: the path has a control character",
		"/p/a%0D%0Ab":        "edge: the path has a control character",
		"/p/%FF":             "edge: the path is not UTF-8",
		"/p/\xff":            "edge: the path is not UTF-8",
		"/p/%C3":             "edge: the path is not UTF-8",
		"/p/" + long(2049):   "edge: the parameter id is longer than 2 KiB",
		"/m/a/" + long(2047): "edge: the parameter path is longer than 2 KiB",
	} {
		page, params, err := r.Match(path, []string{"before"})
		var refused *RequestError
		require.ErrorAs(t, err, &refused, path)
		assert.EqualError(t, err, want, path)
		assert.GreaterOrEqual(t, page, 0, path)
		assert.Equal(t, []string{"before"}, params, path)
	}
	for _, path := range []string{"/p/" + long(2048), "/p/" + strings.Repeat("%41", 2048), "/m/a/" + long(2046), "/d/" + long(9000)} {
		page, _, err := r.Match(path, nil)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, page, 0)
	}
	for _, path := range []string{"/", "/p/a/%zz", "/q/..", "/p/", "/p//x", "/%2e%2e/p/1"} {
		page, _, err := r.Match(path, nil)
		require.NoError(t, err, path)
		assert.Equal(t, -1, page, "%s is the origin's", path)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestMatchAppendsAndKeepsWhatWasThere(t *testing.T) {
	r, err := newRouter("/{a}/{b}", "/x/{c}/y")
	require.NoError(t, err)
	page, params, err := r.Match("/x/1", []string{"k"})
	require.NoError(t, err)
	assert.Equal(t, 0, page)
	assert.Equal(t, []string{"k", "x", "1"}, params)
}

func TestInvalidPatternsAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"":              `edge: pattern "" does not begin with a slash; expected a path such as /products/{id}, without method and host`,
		"GET /x":        `edge: pattern "GET /x" does not begin with a slash; expected a path such as /products/{id}, without method and host`,
		"example.com/":  `edge: pattern "example.com/" does not begin with a slash; expected a path such as /products/{id}, without method and host`,
		"/a//b":         `edge: pattern "/a//b" has an empty segment; expected a path as a request's target has it after the host`,
		"//":            `edge: pattern "//" has an empty segment; expected a path as a request's target has it after the host`,
		"/a/./b":        `edge: pattern "/a/./b" has the segment ".", which no cleaned path has; expected a path as a request's target has it after the host`,
		"/%2e%2e/":      `edge: pattern "/%2e%2e/" has the segment "%2e%2e", which no cleaned path has; expected a path as a request's target has it after the host`,
		"/a?b":          `edge: pattern "/a?b" has "?"; expected a path as a request's target has it after the host`,
		"/a b":          `edge: pattern "/a b" has " "; expected a path as a request's target has it after the host`,
		"/a#b":          `edge: pattern "/a#b" has "#"; expected a path as a request's target has it after the host`,
		"/%zz":          `edge: pattern "/%zz" has malformed percent-encoding in "%zz"; expected a path as a request's target has it after the host`,
		"/a%00":         `edge: pattern "/a%00" has a control character; expected a path as a request's target has it after the host`,
		"/%ff":          `edge: pattern "/%ff" is not UTF-8; expected a path as a request's target has it after the host`,
		"/x{id}":        `edge: pattern "/x{id}" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`,
		"/{id}x":        `edge: pattern "/{id}x" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`,
		"/{id":          `edge: pattern "/{id" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`,
		"/a}":           `edge: pattern "/a}" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`,
		"/{{id}}":       `edge: pattern "/{{id}}" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`,
		"/{}":           `edge: pattern "/{}" has a parameter without a name; expected {name}, {name...} or {$}`,
		"/{...}":        `edge: pattern "/{...}" has a parameter without a name; expected {name}, {name...} or {$}`,
		"/{a-b}":        `edge: pattern "/{a-b}" has the parameter name "a-b"; expected ASCII letters, digits and _, beginning with no digit`,
		"/{1}":          `edge: pattern "/{1}" has the parameter name "1"; expected ASCII letters, digits and _, beginning with no digit`,
		"/{id}/{id}":    `edge: pattern "/{id}/{id}" has the parameter {id} twice; expected each name once`,
		"/{id}/{id...}": `edge: pattern "/{id}/{id...}" has the parameter {id} twice; expected each name once`,
		"/{$}/x":        `edge: pattern "/{$}/x" has {$} before its end; expected {$} as the last segment`,
		"/{path...}/x":  `edge: pattern "/{path...}/x" has {path...} before its end; expected {path...} as the last segment`,
		"/{path...}/":   `edge: pattern "/{path...}/" has {path...} before its end; expected {path...} as the last segment`,
	} {
		_, err := newRouter(pattern)
		assert.EqualError(t, err, want)
	}
}

func TestConflictingPatternsAreNamed(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"/a/{x}", "/a/{y}", `edge: patterns "/a/{x}" and "/a/{y}" conflict: they match the same paths; expected one page for each path`},
		{"/a/", "/a/{rest...}", `edge: patterns "/a/" and "/a/{rest...}" conflict: they match the same paths; expected one page for each path`},
		{"/%61", "/a", `edge: patterns "/%61" and "/a" conflict: they match the same paths; expected one page for each path`},
		{"/a/{x}", "/{y}/b", `edge: patterns "/a/{x}" and "/{y}/b" conflict: both match /a/b and neither is more specific`},
		{"/{x}/b/", "/a/{y}/c", `edge: patterns "/{x}/b/" and "/a/{y}/c" conflict: both match /a/b/c and neither is more specific`},
		{"/{x}/{y}/{$}", "/a/", `edge: patterns "/{x}/{y}/{$}" and "/a/" conflict: both match /a/x/ and neither is more specific`},
		{"/{x}/{$}", "/a/", `edge: patterns "/{x}/{$}" and "/a/" conflict: both match /a/ and neither is more specific`},
		{"/a/{x}", "/a/b", ""},
		{"/a/", "/a/{$}", ""},
		{"/a", "/a/", ""},
		{"/a/{x}/c", "/a/b/d", ""},
	} {
		for _, patterns := range [][]string{{c.a, c.b}, {c.b, c.a}} {
			_, err := newRouter(patterns...)
			if c.want == "" {
				assert.NoError(t, err, "%s %s", c.a, c.b)
			} else if patterns[0] == c.a {
				assert.EqualError(t, err, c.want)
			} else {
				assert.Error(t, err)
			}
		}
	}
}

// muxOf is the oracle: a ServeMux with the same patterns, or nil where it takes none of them.
func muxOf(patterns []string) (mux *http.ServeMux, refused bool) {
	defer func() {
		if recover() != nil {
			mux, refused = nil, true
		}
	}()
	mux = http.NewServeMux()
	for _, p := range patterns {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
	}
	return mux, false
}

func FuzzRouterMatchesAsServeMuxDoes(f *testing.F) {
	f.Add("/{$}\n/products/{id}\n/docs/", "/products/1")
	f.Add("/a/{x}\n/{y}/b", "/a/b")
	f.Add("/a/{x...}\n/a/b/\n/a/b/{$}\n/{z}", "/a/b/c")
	f.Add("/%61/{x}\n/a%2Fb", "/a%2Fb")
	f.Add("/a/{x}/c\n/a/b/d\n/{q...}", "/a/b/c")
	f.Add("/a\n/a/\n/a/{$}\n/a/{b}/", "/a/b/")
	f.Fuzz(func(t *testing.T, list, target string) {
		patterns := strings.Split(list, "\n")
		if len(patterns) > 8 {
			return
		}
		for _, p := range patterns {
			if _, err := ParsePattern(p); err != nil {
				return // Stricter than ServeMux, see Pattern.
			}
		}
		r, err := newRouter(patterns...)
		mux, refused := muxOf(patterns)
		if (err != nil) != refused {
			t.Fatalf("%q: %v, ServeMux refuses: %v", patterns, err, refused)
		}
		if err != nil {
			return
		}

		u, uErr := url.ParseRequestURI(target)
		page, params, err := r.Match(target, nil)
		if page >= 0 && err == nil {
			for i, v := range params {
				if len(v) > MaxParam || !utf8.ValidString(v) || ascii.HasControl(v) {
					t.Fatalf("%q has the parameter %q", target, v)
				}
				multi := i == len(params)-1 && r.pages[page].tail == tailMulti
				if !multi && (v == "" || IsDots(v) || strings.Contains(v, "/")) {
					t.Fatalf("%q has the segment %q", target, v)
				}
				if multi && v != "" && v != strings.TrimPrefix(path.Clean("/"+v), "/") && v != strings.TrimPrefix(path.Clean("/"+v), "/")+"/" {
					t.Fatalf("%q has the rest %q", target, v)
				}
			}
		}
		if uErr != nil || u.EscapedPath() != target || u.Host != "" || u.Scheme != "" || u.RawQuery != "" || u.ForceQuery || err != nil {
			return
		}
		if clean := path.Clean(target); clean != target && clean+"/" != target {
			return // ServeMux redirects.
		}
		req := httptest.NewRequest("GET", "/", nil)
		req.URL = u
		_, pattern := mux.Handler(req)
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, req)
		if rec.Code/100 == 3 {
			return // ServeMux redirects /a to /a/ where only that has a pattern of its own.
		}
		want := slices.Index(patterns, pattern)
		if page != want {
			t.Fatalf("%q with %q: page %d, ServeMux has %d", patterns, target, page, want)
		}
		if page < 0 {
			return
		}
		for i, name := range r.pages[page].Params {
			if params[i] != req.PathValue(name) {
				t.Fatalf("%q with %q: {%s} is %q, ServeMux has %q", patterns, target, name, params[i], req.PathValue(name))
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	r, err := newRouter("/{$}", "/products/{id}")
	if err != nil {
		b.Fatal(err)
	}
	params := make([]string, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		if page, _, err := r.Match("/products/1234", params[:0]); page != 1 || err != nil {
			b.Fatal(page, err)
		}
	}
}
