package field

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSurrogateControl(t *testing.T) {
	for _, c := range []struct{ value, own, any string }{
		{"", "", ""},
		{`content="ESI/1.0"`, "", `,content="ESI/1.0"`},
		{`max-age=60, content="ESI/1.0 X/2"`, "", `,max-age=60,content="ESI/1.0 X/2"`},
		{"max-age=60+30", "", ",max-age=60,stale-while-revalidate=30,stale-if-error=30"},
		{"Max-Age = 60+30", "", ",Max-Age = 60,stale-while-revalidate=30,stale-if-error=30"},
		{"no-store-remote", "", ",no-store"},

		// Section 2.2.1: a directive with a name behind it is for who has that name.
		{"max-age=30, max-age=600;abc", "", ",max-age=30"},
		{"max-age=600;abc", "", ""},
		{"max-age=30, max-age=600;Inlay", ",max-age=600", ",max-age=30"},
		{"max-age=600+9; inlay", ",max-age=600,stale-while-revalidate=9,stale-if-error=9", ""},
		{`content="ESI/1.0";abc, no-store`, "", ",no-store"},
		{"max-age=60;q=1", "", ",max-age=60"}, // a parameter is no name
		{",,;;", "", ",,"},
	} {
		own, any := Surrogate(c.value)
		assert.Equal(t, c.own, own, "%q", c.value)
		assert.Equal(t, c.any, any, "%q", c.value)
	}
}

func TestWhatSaysOfKeeping(t *testing.T) {
	for v, want := range map[string]bool{
		"": false, `content="ESI/1.0"`: false, "stale-while-revalidate=7": false, "max-age=60": true, "max-age": true, "no-store": true,
		"private": true, "no-cache": true, `content="a, no-store`: true, "s-maxage=5": false,
	} {
		c := ParseCacheControl(v)
		assert.Equal(t, want, c.Keeps(), "%q", v)
	}
}

func FuzzSurrogate(f *testing.F) {
	for _, v := range []string{`max-age=60+5, content="ESI/1.0";abc, no-store;inlay`, `content="`, `a;b;c="`, `max-age=1;inlay,,;;`} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		_, _ = Surrogate(value)
		// What forbids and stands for itself is never overlooked.
		_, any := Surrogate(value + ", no-store")
		c := ParseCacheControl(any)
		require.True(t, c.NoStore, "%q", any)
	})
}
