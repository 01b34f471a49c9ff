package folder

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/route"
)

// headersOf are the fields that _headers gives to the page of each pattern, Cache-Control among them.
func headersOf(t *testing.T, headers string, files ...string) map[string]string {
	t.Helper()
	pages, err := Read(filesOf(append(files, "_headers|"+headers)...))
	require.NoError(t, err)
	all := map[string]string{}
	for _, p := range pages {
		lines := []string{}
		for _, f := range p.Header {
			lines = append(lines, f.Name+": "+f.Value)
		}
		if p.CacheControl != "" {
			lines = append(lines, "cache-control: "+p.CacheControl)
		}
		all[p.Pattern] = strings.Join(lines, "\n")
	}
	return all
}

func TestHeadersOfPages(t *testing.T) {
	for name, c := range map[string]struct {
		headers string
		files   []string
		want    map[string]string
	}{
		"comments, blank lines, a mark and carriage returns": {
			"\uFEFF# all\r\n\r\n/*\r\n\tX-Frame-Options:  DENY \r\n  # none\r\n  X-A:b:c # d\r\n",
			[]string{"a.html"},
			map[string]string{"/a": "x-frame-options: DENY\nx-a: b:c # d"},
		},
		"fields need no indentation": {"/a\nX-A: 1\n/b\nX-B: 2", []string{"a.html", "b.html"}, map[string]string{"/a": "x-a: 1", "/b": "x-b: 2"}},
		"several rules add up": {
			"/*\n X-A: 1\n X-A: 2\n/a\n X-A: 3\n X-B: 4", []string{"a.html", "b.html"},
			map[string]string{"/a": "x-a: 1, 2, 3\nx-b: 4", "/b": "x-a: 1, 2"},
		},
		"a field is taken off": {
			"/*\n X-A: 1\n X-B: 2\n/a\n ! X-A\n/b\n ! x-a\n X-A: 3\n! X-None", []string{"a.html", "b.html"},
			map[string]string{"/a": "x-b: 2", "/b": "x-b: 2\nx-a: 3"},
		},
		"the page's own Cache-Control": {
			"/*\n Cache-Control: public, max-age=60\n/b\n ! Cache-Control\n/c\n Cache-Control: stale-if-error=5",
			[]string{"a.html", "b.html", "c.html", `d.html|<!-- inlay: cache-control="max-age=1" --><p>`},
			map[string]string{"/a": "cache-control: public, max-age=60", "/b": "", "/c": "cache-control: public, max-age=60, stale-if-error=5", "/d": "cache-control: max-age=1"},
		},
		"a splat is any path": {
			"/docs/*\n X-A: 1\n/docs*\n X-B: 2", []string{"docs/index.html", "docs/{path...}.html", "docs.html"},
			map[string]string{"/docs/{$}": "x-a: 1\nx-b: 2", "/docs/{path...}": "x-a: 1\nx-b: 2", "/docs": "x-b: 2"},
		},
		"a splat in between": {"/*s/x\n X-A: 1\n/a/*/x\n X-B: 2", []string{"docs/x.html", "a/b/c/x.html", "a/x.html"},
			map[string]string{"/docs/x": "x-a: 1", "/a/b/c/x": "x-b: 2", "/a/x": ""}},
		"a placeholder is one segment or a part of it": {
			"/p/:id\n X-A: 1\n/p/:a/:b\n X-B: 2\n/q/s-:c\n X-C: 3", []string{"p/{x}.html", "p/{x}/{y}.html", "q/s-9.html"},
			map[string]string{"/p/{x}": "x-a: 1", "/p/{x}/{y}": "x-b: 2", "/q/s-9": "x-c: 3"},
		},
		"placeholders in values": {
			"/:lang/*\n X-Lang: :lang\n Link: </:splat>; rel=\"canonical\", <https://x.example/:lang>; rel=x\n X-Other: :other :: : a:lang :langs",
			[]string{"de/about.html", "en/index.html"},
			map[string]string{
				"/de/about": "x-lang: de\nlink: </about>; rel=\"canonical\", <https://x.example/de>; rel=x\nx-other: :other :: : ade :langs",
				"/en/{$}":   "x-lang: en\nlink: </>; rel=\"canonical\", <https://x.example/en>; rel=x\nx-other: :other :: : aen :langs",
			},
		},
		"percent-encoding":  {"/our%20shop\n X-A: 1\n/%C3%BCber\n X-B: 2\n/über\n X-C: 3", []string{"our shop.html", "über.html"}, map[string]string{"/our%20shop": "x-a: 1", "/über": "x-b: 2\nx-c: 3"}},
		"a rule of no page": {"/old/*\n X-A: 1", []string{"a.html"}, map[string]string{"/a": ""}},
		"a rule of a more specific page": {"/docs/private/*\n X-A: 1\n/a\n X-B: 2", []string{"docs/{path...}.html", "docs/private/{path...}.html", "{x}.html", "a.html"},
			map[string]string{"/docs/{path...}": "", "/docs/private/{path...}": "x-a: 1", "/{x}": "", "/a": "x-b: 2"}},
		"cases differ in paths": {"/A\n X-A: 1", []string{"a.html"}, map[string]string{"/a": ""}},
		"nothing":               {"# nothing\n", []string{"a.html"}, map[string]string{"/a": ""}},
		"an empty file":         {"", []string{"a.html"}, map[string]string{"/a": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, headersOf(t, c.headers, c.files...))
		})
	}
}

func TestMistakesInHeaders(t *testing.T) {
	for headers, want := range map[string]string{
		"X-A: 1":                                 `_headers:1:1: "X-A: 1" before the first path; expected a path such as /*`,
		"/a\n/b\n X: y":                          `_headers:1:1: the path "/a" without fields; expected Name: value in the lines after it`,
		"/a":                                     `_headers:1:1: the path "/a" without fields`,
		"/a\n  X-A 1":                            `_headers:2:3: "X-A 1"; expected Name: value, or a path that begins with a slash`,
		"/a\n  X A: 1":                           `_headers:2:3: the name "x a"; expected the name of a header field`,
		"/a\n : 1":                               `_headers:2:2: the name ""; expected the name of a header field`,
		"/a\n X-A:":                              `_headers:2:2: the field "x-a" without a value; expected a value; ! x-a takes it off`,
		"/a\n X-A: ü":                            `_headers:2:7: the value "ü"; expected printable ASCII`,
		"/a\n X-A: a\x00b":                       `_headers:2:7: the value "a\x00b"; expected printable ASCII`,
		"/a\n ! X A":                             `_headers:2:2: "! X A"; expected ! and the name of one field`,
		"/a\n !X-A":                              `_headers:2:2: "!X-A"; expected Name: value`,
		"/a\n X: y\n\n/*/*\n X: y":               `_headers:4:1: more than one * in "/*/*"; expected one, and placeholders`,
		"/*/:splat\n X: y":                       `_headers:1:1: * and :splat in one path, which have the same name`,
		"/:a/:a\n X: y":                          `_headers:1:1: the placeholder :a twice; expected each name once`,
		"/a?b\n X: y":                            `_headers:1:3: "?" in a path; expected the path alone`,
		"/a b\n X: y":                            `_headers:1:3: " " in a path`,
		"/a%2\n X: y":                            `_headers:1:1: malformed percent-encoding in "/a%2"`,
		"https://x.example/*\n X: y":             `_headers:1:1: "https://x.example/*", which names a host; expected a path`,
		"/a\n Content-Length: 3":                 `_headers:2:2: the field "content-length"; expected others: this one is inlay's to set or to leave out`,
		"/a\n ETag: x":                           `the field "etag"; expected others`,
		"/a\n ! Cache-Status":                    `_headers:2:2: the field "cache-status"; expected others`,
		"/a\n Vary: x":                           `the field "vary"; expected others`,
		"/a\n Set-Cookie: a=b":                   `the field "set-cookie"; expected cookies to be set on a path that is no page`,
		"/a\n CDN-Cache-Control: x":              `the field "cdn-cache-control"; expected Cache-Control, which goes onto whole pages alone`,
		"/a\n Expires: 0":                        `the field "expires"; expected Cache-Control`,
		"/a\n Inlay-Fill: 1":                     `the field "inlay-fill"; expected another name`,
		"/p/7\n X: y":                            `_headers:1:1: the path "/p/7", which is that of some requests for p/{id}.html ("/p/{id}") and not of all; expected all or none`,
		"/p/:x\n X: /x/:x":                       `_headers:2:5: the placeholder :x in a value, which differs from one request for p/{id}.html ("/p/{id}") to the next`,
		"/*\n X-A: " + strings.Repeat("x", 2000): "_headers:2:1: a line of 2005 characters; expected 2000 at most",
		strings.Repeat("/a\n X: y\n", 101):       "_headers:201:1: one rule more than 100; expected 100 at most",
		"\xFF\xFE/\x00":                          "_headers: text in UTF-16; expected text in UTF-8",
	} {
		t.Run(want, func(t *testing.T) {
			_, err := Read(filesOf("a.html", "p/{id}.html", "_headers|"+headers))
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "\n", "one mistake is one line")
		})
	}
}

// regexpOf is what a form of paths means, said in another way.
func regexpOf(tokens []pathToken) *regexp.Regexp {
	var b strings.Builder
	for _, p := range tokens {
		switch p.kind {
		case oneByte:
			b.WriteString(regexp.QuoteMeta(string(rune(p.char))))
		case oneSegment:
			b.WriteString("[^/]+")
		default:
			b.WriteString("(?s:.*)")
		}
	}
	return regexp.MustCompile(`\A` + b.String() + `\z`)
}

func FuzzPathsOfRulesAndPages(f *testing.F) {
	for _, c := range [][3]string{{"/*", "/a/{b}", "/a/7"}, {"/a/:x", "/a/{b...}", "/a/b/c"}, {"/a-:x*", "/{b}", "/a-x"}, {"/:a:b", "/x/{$}", "/x"}, {"/*x", "/{a}/x", "/b/x"}} {
		f.Add(c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, rule, page, path string) {
		if len(rule)+len(page) > 200 || strings.ContainsFunc(rule+page+path, func(r rune) bool { return r >= 0x80 }) {
			return
		}
		_, err := route.ParsePattern(page)
		tokens, _, ok := rulePath(rule)
		if err != nil || !ok {
			return
		}
		whole, of := regexpOf(tokens), regexpOf(pageTokens(page))
		_, covers := match(tokens, pageTokens(page))
		meets := overlap(tokens, pageTokens(page))
		require.Equal(t, meets, overlap(pageTokens(page), tokens))
		require.True(t, meets || !covers)
		if of.MatchString(path) {
			require.True(t, !covers || whole.MatchString(path), "covered, and yet %q matches %s alone", path, page)
			require.True(t, meets || !whole.MatchString(path), "apart, and yet %q matches both", path)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"", "/*\n X-A: :splat\n", "/p/:id\n ! X\n X: y", "https://a.example/*\n", "/a b\n\nx: y", "\uFEFF/*\r\nA: b\r", "/%zz\n", "! x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pages, err := Read(filesOf("a.html", "p/{id}.html", "d/{path...}.html", "_headers|"+text))
		if err != nil {
			var all Errors
			require.ErrorAs(t, err, &all)
			for _, e := range all {
				require.True(t, e.Line >= 0 && e.Line <= 1+strings.Count(text, "\n")+strings.Count(text, "\r"), e.Error())
			}
			return
		}
		for _, p := range pages {
			for _, field := range p.Header {
				require.Regexp(t, "^[!#$%&'*+.^_`|~0-9a-z-]+$", field.Name)
				require.True(t, isPrintable(field.Value) && field.Value != "", strconv.Quote(field.Value))
				require.Empty(t, Forbidden(field.Name))
			}
		}
	})
}
