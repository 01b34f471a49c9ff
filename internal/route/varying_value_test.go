package route_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/route"
)

type asked struct {
	query  string
	fields map[string]string
}

func (a asked) RawQuery() string          { return a.query }
func (a asked) Header(name string) string { return a.fields[name] }
func (a asked) Share(string, int) int     { return 1 }

func TestValueIsTheFirstDecoded(t *testing.T) {
	in := asked{"a=1&b=x%20y+z&b=2&c=%zz&d=%0a", map[string]string{"cookie": "s=1; t=\"2\"", "x": " v ", ":authority": "shop.example:80"}}
	for _, c := range []struct {
		input route.Input
		value string
	}{
		{route.Input{Kind: route.Query, Name: "a"}, "1"},
		{route.Input{Kind: route.Query, Name: "b"}, "x y z"},
		{route.Input{Kind: route.Query, Name: "c"}, ""},
		{route.Input{Kind: route.Query, Name: "d"}, ""},
		{route.Input{Kind: route.Query, Name: "e"}, ""},
		{route.Input{Kind: route.Cookie, Name: "s"}, "1"},
		{route.Input{Kind: route.Cookie, Name: "u"}, ""},
		{route.Input{Kind: route.Header, Name: "x"}, "v"},
		{route.Input{Kind: route.Host}, "shop.example:80"},
	} {
		assert.Equal(t, c.value, route.Value(in, c.input), "%v", c.input)
	}
}

func TestHostAndSchemeAreLinesOfAKey(t *testing.T) {
	var v route.Varying
	v.Add([]route.Input{{Kind: route.Host}, {Kind: route.Proto}, {Kind: route.Header, Name: "x"}})
	in := asked{fields: map[string]string{":authority": "shop.example", ":scheme": "https", "x": "1", "x-forwarded-host": "evil.example"}}
	assert.Equal(t, "\nx: 1\nx-forwarded-host: shop.example\nx-forwarded-proto: https", string(v.AppendFields(nil, in)))
}

func TestJoinLeavesWhatWasAlone(t *testing.T) {
	var a, b route.Varying
	a.Add([]route.Input{{Kind: route.Header, Name: "b"}, {Kind: route.Query, Name: "q"}})
	b.Add([]route.Input{{Kind: route.Header, Name: "a"}, {Kind: route.Query, Name: "q"}})
	old := a
	assert.True(t, a.Join(&b))
	assert.False(t, a.Join(&b))
	assert.Equal(t, []string{"a", "b"}, a.Fields())
	assert.Equal(t, []string{"b"}, old.Fields())
}
