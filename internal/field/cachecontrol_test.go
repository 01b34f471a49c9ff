package field

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/duration"
)

const second = time.Second

// control is a CacheControl in which nothing was said, but for what f says.
func control(f func(*CacheControl)) CacheControl {
	c := CacheControl{MaxAge: duration.Unset, SMaxAge: duration.Unset, SWR: duration.Unset, SIE: duration.Unset}
	if f != nil {
		f(&c)
	}
	return c
}

func TestCacheControlIsReadTolerantlyAndErrsTowardsNotCaching(t *testing.T) {
	age := func(d time.Duration) func(*CacheControl) { return func(c *CacheControl) { c.MaxAge = d } }
	noStore := func(c *CacheControl) { c.NoStore = true }
	for _, c := range []struct {
		value string
		want  func(*CacheControl)
	}{
		{"", nil},
		{" , ,,", nil},
		{"public, immutable, x=1", nil},
		{"no-store", noStore},
		{"NO-STORE", noStore},
		{"\tNo-Store ,", noStore},
		{"no-storee, no-stor", nil},
		{"private", func(c *CacheControl) { c.Private = true }},
		{`private="x-name", max-age=1`, func(c *CacheControl) { c.Private, c.MaxAge = true, second }},
		{"no-cache", func(c *CacheControl) { c.NoCache = true }},
		{`no-cache="set-cookie,x"`, func(c *CacheControl) { c.NoCache = true }},
		{"must-revalidate", func(c *CacheControl) { c.MustRevalidate = true }},
		{"proxy-revalidate", func(c *CacheControl) { c.MustRevalidate = true }},
		{"max-age=60", age(60 * second)},
		{"MAX-AGE=60", age(60 * second)},
		{`max-age="60"`, age(60 * second)},
		{"max-age = 60", age(60 * second)},
		{"max-age=060", age(60 * second)},
		{"max-age=0", age(0)},
		{"s-maxage=5, max-age=60", func(c *CacheControl) { c.SMaxAge, c.MaxAge = 5*second, 60*second }},
		{"stale-while-revalidate=30, stale-if-error=90", func(c *CacheControl) { c.SWR, c.SIE = 30*second, 90*second }},

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
		{"stale-while-revalidate", func(c *CacheControl) { c.SWR = 0 }},

		// Numbers too large are large.
		{"max-age=2147483648", age(MaxDelta)},
		{"max-age=99999999999999999999999999", age(MaxDelta)},

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
		{`x="a, no-store", y="b, private", no-cache`, func(c *CacheControl) { c.NoCache = true }},
		{"x=private", nil},
		{"x-no-store, no-store-x, noprivate", nil},

		// What forbids is found after any separator, in quotes too that are not closed as they should be: they may have come
		// from two lines.
		{"public; no-store", noStore},
		{"public ;no-store; x", noStore},
		{"no-transform; private", func(c *CacheControl) { c.Private = true }},
		{"max-age=5;must-revalidate", func(c *CacheControl) { c.MaxAge, c.MustRevalidate = 5*second, true }},
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
		{"max-age=10 no-store", func(c *CacheControl) { c.NoStore, c.MaxAge = true, 0 }},
		{"public max-age=10", age(10 * second)},
		{"no-store=", noStore},
		{`"no-store"`, noStore},
		{"'no-store'", noStore},
		{"`no-store`", noStore},
		{"<no-store>", noStore},
		{"no-store\xa0", noStore},
		{"\u00a0no-store", noStore},
		{"x='no-store", noStore},
		{`private="x`, func(c *CacheControl) { c.Private = true }},
		{"private=x y", func(c *CacheControl) { c.Private = true }},
		{"max-age=5; max-age=3", age(3 * second)},
		{`"max-age=5"`, age(0)},
		{"s-maxage=abc", func(c *CacheControl) { c.SMaxAge = 0 }},
		{"s-maxage=-1, max-age=9", func(c *CacheControl) { c.SMaxAge, c.MaxAge = 0, 9*second }},
		{"max-age=\u0661", age(0)},

		{`x="a, no-store`, noStore},
		{`x="a\", no-store`, noStore},
		{`", no-store`, noStore},

		// Garbage around a directive.
		{"no-store public", noStore},
		{"no-store; max-age=5", func(c *CacheControl) { c.NoStore, c.MaxAge = true, 5*second }},
		{"no-store=1", noStore},
		{"=no-store", noStore},
		{"@no-store", noStore},
		{"\x00, no-store", noStore},
	} {
		assert.Equal(t, control(c.want), ParseCacheControl(c.value), "%q", c.value)
	}
}

func FuzzCacheControl(f *testing.F) {
	f.Add("public, s-maxage=60, stale-while-revalidate=30", "no-store")
	f.Add(`private="a, b", max-age="5"`, "max-age=1")
	f.Add(`x="\`, "stale-if-error=9999999999999999999")
	f.Fuzz(func(t *testing.T, a, b string) {
		c := ParseCacheControl(a)
		for _, d := range []time.Duration{c.MaxAge, c.SMaxAge, c.SWR, c.SIE} {
			require.True(t, d == duration.Unset || d >= 0 && d <= MaxDelta, "%q: %v", a, d)
		}
		require.Equal(t, c, ParseCacheControl(" ,"+strings.ToUpper(a)), "case and empty members are no matter: %q", a)
		// A second field line never allows what the first forbade, and never lengthens what it allowed.
		both, other := ParseCacheControl(JoinLines([]string{a, b})), ParseCacheControl(b)
		require.True(t, both.NoStore || !c.NoStore)
		require.True(t, both.Private || !c.Private)
		require.True(t, both.NoCache || !c.NoCache)
		require.True(t, both.MustRevalidate || !c.MustRevalidate)
		require.True(t, both.NoStore || !other.NoStore)
		require.True(t, both.Private || !other.Private)
		if strings.Contains(a, `"`) {
			return
		}
		if c.MaxAge != duration.Unset {
			require.LessOrEqual(t, both.MaxAge, c.MaxAge)
		} else {
			require.Equal(t, other.MaxAge, both.MaxAge)
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
		assert.True(t, ParseCacheControl(JoinLines(lines)).NoStore, "%q", lines)
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
		assert.Equal(t, c.want, ParseCacheControl(JoinLines(c.lines)).MaxAge, "%q", c.lines)
	}
}
