package field_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/field"
)

const hash = "'sha256-AAAA='"

func TestPoliciesAllowTheScript(t *testing.T) {
	for _, c := range []struct{ csp, want string }{
		{"", ""},
		{"frame-ancestors 'none'", "frame-ancestors 'none'"},
		{"img-src 'self'; object-src 'none'; upgrade-insecure-requests", "img-src 'self'; object-src 'none'; upgrade-insecure-requests"},
		{"script-src 'self'", "script-src 'self' 'sha256-AAAA='"},
		{"Script-Src\t'self' ;img-src *", "Script-Src 'self' 'sha256-AAAA=';img-src *"},
		{"script-src 'none'", "script-src 'sha256-AAAA='"},
		{"script-src 'NONE'; base-uri 'none'", "script-src 'sha256-AAAA='; base-uri 'none'"},
		{"script-src", "script-src 'sha256-AAAA='"},
		{"script-src 'none' 'self'", "script-src 'self' 'sha256-AAAA='"},
		{"default-src 'self'", "default-src 'self'; script-src 'self' 'sha256-AAAA='"},
		{"default-src 'none'; style-src 'self'", "default-src 'none'; style-src 'self'; script-src 'sha256-AAAA='"},
		{"default-src *; script-src 'self'", "default-src *; script-src 'self' 'sha256-AAAA='"},
		{"script-src 'self'; script-src-elem https:", "script-src 'self'; script-src-elem https: 'sha256-AAAA='"},
		{"script-src-elem 'none'; script-src 'unsafe-inline'", "script-src-elem 'sha256-AAAA='; script-src 'unsafe-inline'"},
		{"script-src 'nonce-abc'", "script-src 'nonce-abc' 'sha256-AAAA='"},
		{"script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'", "script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline' 'sha256-AAAA='"},
		{"script-src 'unsafe-inline' 'strict-dynamic'", "script-src 'unsafe-inline' 'strict-dynamic' 'sha256-AAAA='"},
		{"script-src 'unsafe-inline'", "script-src 'unsafe-inline'"},
		{"default-src 'self' 'Unsafe-Inline'", "default-src 'self' 'Unsafe-Inline'"},
		{"script-src 'self'  'sha256-AAAA='", "script-src 'self'  'sha256-AAAA='"},
		{"script-src 'self' 'sha256-BBBB='", "script-src 'self' 'sha256-BBBB=' 'sha256-AAAA='"},
		{"script-src 'self'; script-src 'none'", "script-src 'self' 'sha256-AAAA='; script-src 'none'"},
		{"script-src 'self', default-src 'none',img-src *", "script-src 'self' 'sha256-AAAA=', default-src 'none'; script-src 'sha256-AAAA=',img-src *"},
		{";; script-src 'self';", ";; script-src 'self' 'sha256-AAAA=';"},
	} {
		got := field.AllowScript(c.csp, hash)
		assert.Equal(t, c.want, got, c.csp)
		assert.Equal(t, got, field.AllowScript(got, hash), "once is enough: %s", c.csp)
	}
}

// policy is one, read another way: by names, with their sources.
type policy map[string][]string

func readPolicies(csp string) (all []policy) {
	for text := range strings.SplitSeq(csp, ",") {
		p := policy{}
		for directive := range strings.SplitSeq(text, ";") {
			words := strings.FieldsFunc(directive, func(r rune) bool { return strings.ContainsRune(" \t\n\f\r", r) })
			if len(words) == 0 {
				continue
			}
			if name := lowerASCII(words[0]); p[name] == nil {
				p[name] = append([]string{}, words[1:]...)
			}
		}
		all = append(all, p)
	}
	return all
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// sources are those that count for a purpose, and whether there are any directives for it.
func (p policy) sources(names ...string) ([]string, bool) {
	for _, name := range names {
		if list, ok := p[name]; ok {
			return list, true
		}
	}
	return nil, false
}

// inline tells whether what stands in the page is allowed: by its hash, or all of it.
func inline(list []string, ok bool, hash string, isScript bool) bool {
	if !ok {
		return true
	}
	all := false
	for _, s := range list {
		lower := lowerASCII(s)
		if strings.HasPrefix(lower, "'nonce-") || strings.HasPrefix(lower, "'sha256-") || strings.HasPrefix(lower, "'sha384-") || strings.HasPrefix(lower, "'sha512-") ||
			isScript && lower == "'strict-dynamic'" {
			return slices.Contains(list, hash)
		}
		all = all || lower == "'unsafe-inline'"
	}
	return all
}

// FuzzAllowScript: each policy allows the script, and nothing else by it: other scripts, styles, handlers in attributes, and
// what has an address, are as they were.
func FuzzAllowScript(f *testing.F) {
	for _, s := range []string{"script-src 'self'", "default-src 'none', script-src 'unsafe-inline'", "default-src 'unsafe-inline' 'strict-dynamic'; style-src-attr 'none'", "script-src-elem;Script-src x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, csp string) {
		got := field.AllowScript(csp, hash)
		before, after := readPolicies(csp), readPolicies(got)
		if len(before) != len(after) {
			t.Fatalf("%q became %q", csp, got)
		}
		for i := range before {
			elem := []string{"script-src-elem", "script-src", "default-src"}
			attr := []string{"script-src-attr", "script-src", "default-src"}
			list, ok := after[i].sources(elem...)
			if !inline(list, ok, hash, true) {
				t.Fatalf("%q became %q, which does not allow it", csp, got)
			}
			same := func(what string, is func(p policy) any) {
				if a, b := is(before[i]), is(after[i]); !assert.ObjectsAreEqual(a, b) {
					t.Fatalf("%s: %q became %q: %v, then %v", what, csp, got, a, b)
				}
			}
			same("another script", func(p policy) any { list, ok := p.sources(elem...); return inline(list, ok, "'sha256-BBBB='", true) })
			same("a handler", func(p policy) any { list, ok := p.sources(attr...); return inline(list, ok, "", true) })
			same("a style", func(p policy) any {
				list, ok := p.sources("style-src-elem", "style-src", "default-src")
				return inline(list, ok, "'sha256-BBBB='", false)
			})
			same("addresses", func(p policy) any {
				list, _ := p.sources(elem...)
				return strings.Join(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == hash || lowerASCII(s) == "'none'" }), " ")
			})
		}
		if again := field.AllowScript(got, hash); again != got {
			t.Fatalf("%q became %q and then %q", csp, got, again)
		}
	})
}
