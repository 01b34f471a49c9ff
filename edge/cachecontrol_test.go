package edge

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const second = time.Second

// control is a cacheControl in which nothing was said, but for what f says.
func control(f func(*cacheControl)) cacheControl {
	c := cacheControl{maxAge: Unset, sMaxAge: Unset, swr: Unset, sie: Unset}
	if f != nil {
		f(&c)
	}
	return c
}

func TestCacheControlIsReadTolerantlyAndErrsTowardsNotCaching(t *testing.T) {
	age := func(d time.Duration) func(*cacheControl) { return func(c *cacheControl) { c.maxAge = d } }
	noStore := func(c *cacheControl) { c.noStore = true }
	for _, c := range []struct {
		value string
		want  func(*cacheControl)
	}{
		{"", nil},
		{" , ,,", nil},
		{"public, immutable, x=1", nil},
		{"no-store", noStore},
		{"NO-STORE", noStore},
		{"\tNo-Store ,", noStore},
		{"no-storee, no-stor", nil},
		{"private", func(c *cacheControl) { c.private = true }},
		{`private="x-name", max-age=1`, func(c *cacheControl) { c.private, c.maxAge = true, second }},
		{"no-cache", func(c *cacheControl) { c.noCache = true }},
		{`no-cache="set-cookie,x"`, func(c *cacheControl) { c.noCache = true }},
		{"must-revalidate", func(c *cacheControl) { c.mustRevalidate = true }},
		{"proxy-revalidate", func(c *cacheControl) { c.mustRevalidate = true }},
		{"max-age=60", age(60 * second)},
		{"MAX-AGE=60", age(60 * second)},
		{`max-age="60"`, age(60 * second)},
		{"max-age = 60", age(60 * second)},
		{"max-age=060", age(60 * second)},
		{"max-age=0", age(0)},
		{"s-maxage=5, max-age=60", func(c *cacheControl) { c.sMaxAge, c.maxAge = 5*second, 60*second }},
		{"stale-while-revalidate=30, stale-if-error=90", func(c *cacheControl) { c.swr, c.sie = 30*second, 90*second }},

		// Of two, the shorter.
		{"max-age=60, max-age=5", age(5 * second)},
		{"max-age=5, max-age=60", age(5 * second)},
		{"max-age=5, max-age=x", age(0)},

		// What is no number is 0.
		{"max-age", age(0)},
		{"max-age=", age(0)},
		{`max-age=""`, age(0)},
		{"max-age=-1", age(0)},
		{"max-age=+1", age(0)},
		{"max-age=1.5", age(0)},
		{"max-age=60s", age(0)},
		{"max-age=60 70", age(0)},
		{"max-age='60'", age(0)},
		{`max-age="60`, age(0)},
		{"stale-while-revalidate", func(c *cacheControl) { c.swr = 0 }},

		// Numbers too large are large.
		{"max-age=2147483648", age(maxDelta)},
		{"max-age=99999999999999999999999999", age(maxDelta)},

		// Quoted strings hide a lifetime, and what is the whole of an argument.
		{`x="max-age=9, s-maxage=8", max-age=1`, age(second)},
		{`x="max-age=9`, nil},
		{`x="no-store"`, nil},
		{`x="a no-store b"`, nil},
		{`foo="a, no-store", max-age=60`, age(60 * second)},
		{`foo="a, no-store, b"`, nil},
		{"a,\t foo=\"a; no-store\" \t; max-age=60", age(60 * second)},
		{`x="no-store, private", max-age=1`, age(second)},
		{`x="a\", no-store", max-age=1`, age(second)},
		{`x="a, no-store", y="b, private", no-cache`, func(c *cacheControl) { c.noCache = true }},
		{"x=private", nil},
		{"x-no-store, no-store-x, noprivate", nil},

		// What forbids is found after any separator, in quotes too that are not closed as they should be: they may have come
		// from two lines.
		{"public; no-store", noStore},
		{"public ;no-store; x", noStore},
		{"no-transform; private", func(c *cacheControl) { c.private = true }},
		{"max-age=5;must-revalidate", func(c *cacheControl) { c.maxAge, c.mustRevalidate = 5*second, true }},
		{`foo="a, no-store, bar="b"`, noStore},
		{`foo="a, no-store"x, b`, noStore},
		{`foo="a, no-store" b`, noStore},
		{`foo="a, no-store, "b"`, noStore},
		{`foo= "a, no-store"`, noStore},
		{`"a, no-store"`, noStore},
		{`foo "a, no-store"`, noStore},
		{"foo=\"a, no-store\n\"", noStore},
		{`foo='a, no-store'`, noStore},
		{"public\nno-store", noStore},
		{"public\r\n no-store", noStore},
		{"public\x00no-store", noStore},
		{"public\tno-store", noStore},
		{"public no-store", noStore},
		{"public|no-store", noStore},
		{"public/no-store", noStore},
		{"max-age=10 no-store", func(c *cacheControl) { c.noStore, c.maxAge = true, 0 }},
		{"public max-age=10", age(10 * second)},
		{"no-store=", noStore},
		{`"no-store"`, noStore},
		{"'no-store'", noStore},
		{"`no-store`", noStore},
		{"<no-store>", noStore},
		{"no-store\xa0", noStore},
		{"\u00a0no-store", noStore},
		{"x='no-store", noStore},
		{`private="x`, func(c *cacheControl) { c.private = true }},
		{"private=x y", func(c *cacheControl) { c.private = true }},
		{"max-age=5; max-age=3", age(3 * second)},
		{`"max-age=5"`, age(0)},
		{"s-maxage=abc", func(c *cacheControl) { c.sMaxAge = 0 }},
		{"s-maxage=-1, max-age=9", func(c *cacheControl) { c.sMaxAge, c.maxAge = 0, 9*second }},
		{"max-age=\u0661", age(0)},

		{`x="a, no-store`, noStore},
		{`x="a\", no-store`, noStore},
		{`", no-store`, noStore},

		// Garbage around a directive.
		{"no-store public", noStore},
		{"no-store; max-age=5", func(c *cacheControl) { c.noStore, c.maxAge = true, 5*second }},
		{"no-store=1", noStore},
		{"=no-store", noStore},
		{"@no-store", noStore},
		{"\x00, no-store", noStore},
	} {
		assert.Equal(t, control(c.want), parseCacheControl(c.value), "%q", c.value)
	}
}

func FuzzCacheControl(f *testing.F) {
	f.Add("public, s-maxage=60, stale-while-revalidate=30", "no-store")
	f.Add(`private="a, b", max-age="5"`, "max-age=1")
	f.Add(`x="\`, "stale-if-error=9999999999999999999")
	f.Fuzz(func(t *testing.T, a, b string) {
		c := parseCacheControl(a)
		for _, d := range []time.Duration{c.maxAge, c.sMaxAge, c.swr, c.sie} {
			require.True(t, d == Unset || d >= 0 && d <= maxDelta, "%q: %v", a, d)
		}
		require.Equal(t, c, parseCacheControl(" ,"+strings.ToUpper(a)), "case and empty members are no matter: %q", a)
		// A second field line never allows what the first forbade, and never lengthens what it allowed.
		both, other := parseCacheControl(joinedLines([]string{a, b})), parseCacheControl(b)
		require.True(t, both.noStore || !c.noStore)
		require.True(t, both.private || !c.private)
		require.True(t, both.noCache || !c.noCache)
		require.True(t, both.mustRevalidate || !c.mustRevalidate)
		require.True(t, both.noStore || !other.noStore)
		require.True(t, both.private || !other.private)
		if strings.Contains(a, `"`) {
			return
		}
		if c.maxAge != Unset {
			require.LessOrEqual(t, both.maxAge, c.maxAge)
		} else {
			require.Equal(t, other.maxAge, both.maxAge)
		}
	})
}

func TestEachLineOfCacheControlIsReadByItself(t *testing.T) {
	for _, lines := range [][]string{
		{`foo="a`, "no-store", `b"`},
		{`foo="a`, `no-store, bar="b"`},
		{`foo="a\`, "no-store", `"`},
		{`max-age=60`, `no-store`},
		{`foo="no-store`, `bar"`},
	} {
		assert.True(t, parseCacheControl(joinedLines(lines)).noStore, "%q", lines)
	}
	for _, c := range []struct {
		lines []string
		want  time.Duration
	}{
		{[]string{`foo="a`, "max-age=0", `bar="b`}, 0},
		{[]string{`foo="a`, "max-age=5", `bar="b`, "max-age=9"}, 5 * second},
		{[]string{`max-age="5`, `"`}, 0},
		{[]string{"", "max-age=5", " "}, 5 * second},
	} {
		assert.Equal(t, c.want, parseCacheControl(joinedLines(c.lines)).maxAge, "%q", c.lines)
	}
}
