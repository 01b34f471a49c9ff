package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/page"
)

func TestConstantFieldsGoWhereTheyAreMeantFor(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="header:user-agent"></edge-slot><edge-slot name="b" src="/b"></edge-slot>`+
		`<edge-slot name="c" src="http://elsewhere.example/c"></edge-slot><edge-slot name="d" src="binding:SHOP/d"></edge-slot></body>`)
	ask := func(change func(*config.Config), fields map[string]string) map[string]Fill {
		s := &script{t: t, blobs: map[int]string{}, fields: fields, heads: map[int]map[string]string{}}
		seen := &fillSpy{script: s}
		config, err := config.Parse(func(string) (string, bool) { return "", false })
		require.NoError(t, err)
		config.AllowHosts = []string{"elsewhere.example"}
		change(&config)
		engine, err := New([]page.Page{p}, config, Host[int](seen))
		require.NoError(t, err)
		engine.Handle(&Request{ID: 1, Method: "GET", Target: "/p", Fields: s}, s.now)
		all := map[string]Fill{}
		for _, f := range seen.fills {
			all[f.Src] = f
		}
		return all
	}
	own := []field.Field{{Name: "x-api-key", Value: "secret"}, {Name: "user-agent", Value: "shop/1"}, {Name: "authorization", Value: "Basic eA=="}}
	fills := ask(func(c *config.Config) { c.Origin, c.FillFields = "http://origin.example", own }, map[string]string{"user-agent": "visitor's"})
	assert.Equal(t, []field.Field{{Name: "x-api-key", Value: "secret"}}, fills["/a"].Constant, "what the slot declares is the visitor's")
	assert.Equal(t, []field.Field{{Name: "user-agent", Value: "visitor's"}}, fills["/a"].Fields)
	assert.Equal(t, []field.Field{{Name: "x-api-key", Value: "secret"}, {Name: "user-agent", Value: "shop/1"}}, fills["/b"].Constant)
	assert.Equal(t, []field.Field{{Name: "authorization", Value: "Basic eA=="}}, fills["/b"].Vouching)
	for _, src := range []string{"http://elsewhere.example/c", "binding:SHOP/d"} {
		assert.Equal(t, []field.Field{{Name: "user-agent", Value: "shop/1"}}, fills[src].Constant, "secrets of the origin are the origin's: %s", src)
		assert.Empty(t, fills[src].Vouching)
	}
	fills = ask(func(c *config.Config) { c.Origin = "http://origin.example" }, nil)
	for src, f := range fills {
		assert.Equal(t, []field.Field{{Name: "user-agent", Value: "inlay"}}, f.Constant, src)
	}
	fills = ask(func(c *config.Config) { c.FillFields = own }, nil)
	assert.Empty(t, fills["/b"].Constant, "handlers that come with the program are asked with what is declared")
	assert.Empty(t, fills["/b"].Vouching)
}
