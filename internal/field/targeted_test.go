package field

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/duration"
)

func TestTargetedCacheControlIsADictionary(t *testing.T) {
	age := func(d time.Duration) func(*CacheControl) { return func(c *CacheControl) { c.MaxAge = d } }
	for _, c := range []struct {
		value string
		want  func(*CacheControl)
	}{
		{"max-age=60", age(60 * second)},
		{"max-age=60;x=1; y", age(60 * second)},
		{"  max-age=60  ", age(60 * second)},
		{"foobar, max-age=60", age(60 * second)},
		{"max-age=60,\tmax-age=5", age(5 * second)}, // the last counts
		{"max-age=5,max-age=60", age(60 * second)},
		{"max-age=0", age(0)},
		{"max-age=-5", age(0)},

		// A lifetime of another type is 0 until one of its own comes, and hides nothing that forbids.
		{"max-age", age(0)},
		{`max-age="60"`, age(0)},
		{"max-age=60.0", age(0)},
		{"max-age=?1", age(0)},
		{"max-age=x, max-age=60", age(60 * second)},
		{"max-age=60, max-age=x", age(0)},
		{`max-age="60", no-store`, func(c *CacheControl) { c.MaxAge, c.NoStore = 0, true }},
		{"private, max-age=(60)", func(c *CacheControl) { c.MaxAge, c.Private = 0, true }},
		{"stale-if-error=?1, max-age=60", func(c *CacheControl) { c.MaxAge, c.SIE = 60*second, 0 }},
		{"max-age=999999999999999", age(MaxDelta)},
		{"s-maxage=7, stale-while-revalidate=8, stale-if-error=9", func(c *CacheControl) { c.SMaxAge, c.SWR, c.SIE = 7*second, 8*second, 9*second }},
		{"no-store", func(c *CacheControl) { c.NoStore = true }},
		{"no-store=?0, private=?1", func(c *CacheControl) { c.Private = true }},
		{`private="set-cookie, x"`, func(c *CacheControl) { c.Private = true }},
		{"no-cache=token", func(c *CacheControl) { c.NoCache = true }},
		{"must-revalidate, max-age=1", func(c *CacheControl) { c.MustRevalidate, c.MaxAge = true, second }},
		{`a="no-store", b=(1 "x";p 2.5), c=:aGk=:, d=@17, e=%"f%c3%bc", f=*/x:y`, nil},
		{`a="\"\\", max-age=1`, age(second)},
	} {
		got, used := ParseTargeted(c.value)
		assert.True(t, used, "%q", c.value)
		assert.Equal(t, control(c.want), got, "%q", c.value)
	}
}

func TestTargetedCacheControlThatDoesNotParseIsAbsent(t *testing.T) {
	for _, value := range []string{
		"", " ", ",", "max-age=60,", "max-age=60, &&&&&", "MaX-aGe=60", "max-age =60", "max-age= 60", "max-age=",
		"max-age=1234567890123456", "max-age='60'",
		"max-age=60 no-store", "max-age=60; no-store x", "no-store max-age=60", "-x", "1=2", `x="a`, `x="a\b"`, "x=\"\x01\"", "x=\"é\"",
		"x=?2", "x=?", "x=:a b:", "x=:aa", "x=(1", "x=(1,2)", "x=(1\t2)", "x=()y", "x=1.", "x=.5", "x=-", "x=1.2345", "x=1234567890123.5",
		"x=@1.5", "x=%x", "x=1;A", "x=1;a=", "max-age=60\nno-store",
	} {
		_, used := ParseTargeted(value)
		assert.False(t, used, "%q", value)
	}
}

func FuzzTargeted(f *testing.F) {
	f.Add(`a="no-store", b=(1 "x";p 2.5), c=:aGk=:, d=@17, e=%"f%c3%bc", f=*/x:y`)
	f.Add("max-age=60;x=1, no-store, private=?0, s-maxage=-1")
	f.Fuzz(func(t *testing.T, v string) {
		c, used := ParseTargeted(v)
		for _, d := range []time.Duration{c.MaxAge, c.SMaxAge, c.SWR, c.SIE} {
			require.True(t, d == duration.Unset || d >= 0 && d <= MaxDelta, "%q: %v", v, d)
		}
		if !used {
			return
		}
		// What is a Dictionary is one still with another member before it, and after it the last of a name counts.
		_, used = ParseTargeted("x-other=(1 2), " + v)
		require.True(t, used)
		again, used := ParseTargeted(v + ", max-age=1")
		require.True(t, used)
		require.Equal(t, second, again.MaxAge)
	})
}
