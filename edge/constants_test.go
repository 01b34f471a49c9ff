package edge

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
)

func TestConstantFieldsAreRead(t *testing.T) {
	c, err := ParseConfig(vars(map[string]string{
		"INLAY_FILL_FIELDS": "User-Agent: shop/1.0 (+https://shop.example)\r\n\n  X-Api-Key :abc:def=, g; h  \nAuthorization: Basic eA==\nX-Forwarded-Proto: https\n",
	}))
	require.NoError(t, err)
	assert.Equal(t, []field.Field{
		{Name: "user-agent", Value: "shop/1.0 (+https://shop.example)"}, {Name: "x-api-key", Value: "abc:def=, g; h"},
		{Name: "authorization", Value: "Basic eA=="}, {Name: "x-forwarded-proto", Value: "https"},
	}, c.FillFields)
}

func TestConstantFieldsThatNoFillMayHaveAreRefused(t *testing.T) {
	for value, text := range map[string]string{
		"x":                     "line 1: x has no value, or a control character in it; expected lines such as User-Agent: shop/1.0",
		": sesame":              "line 1: no name of a field",
		"a b: sesame":           "line 1: no name of a field",
		"X-A: 1\n\nX B: sesame": "line 3: no name of a field",
		"X-A:":                  "line 1: x-a has no value",
		"X-A: 1\nx-a: sesame":   "line 2: x-a comes again",
		"X-A: se\x00same":       "line 1: x-a has no value, or a control character",
		"X-A: se\rsame":         "line 1: x-a has no value, or a control character",
	} {
		_, err := ParseConfig(vars(map[string]string{"INLAY_FILL_FIELDS": value}))
		require.ErrorContains(t, err, "INLAY_FILL_FIELDS: ")
		assert.ErrorContains(t, err, text, "%q", value)
		assert.NotContains(t, err.Error(), "same", "a value may be a secret")
	}
	for _, name := range []string{
		"Host", "Cookie", "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect",
		"Proxy-Connection", "Proxy-Authorization", "If-None-Match", "If-Modified-Since", "If-Match", "If-Range", "If-Unmodified-Since",
		"Range", "Accept-Encoding", "Inlay-Fill", "inlay-anything",
	} {
		_, err := ParseConfig(vars(map[string]string{"INLAY_FILL_FIELDS": name + ": x"}))
		assert.ErrorContains(t, err, "cannot be set", name)
	}
}

func FuzzConstantFields(f *testing.F) {
	f.Add("User-Agent: shop/1.0\nX-Api-Key: a:b")
	f.Add("a:\n:b\r\n\x00: c\nHost: x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig(vars(map[string]string{"INLAY_FILL_FIELDS": text}))
		if err != nil {
			require.Empty(t, c.FillFields)
			return
		}
		r, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, field := range c.FillFields {
			require.False(t, seen[field.Name], field.Name)
			seen[field.Name] = true
			require.True(t, route.MayBeConstant(field.Name))
			r.Header.Set(field.Name, field.Value)
		}
		// What net/http would not send is refused before anything is.
		_, err = (&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}).RoundTrip(r)
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestConstantFieldsGoWhereTheyAreMeantFor(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="header:user-agent"></edge-slot><edge-slot name="b" src="/b"></edge-slot>`+
		`<edge-slot name="c" src="http://elsewhere.example/c"></edge-slot><edge-slot name="d" src="binding:SHOP/d"></edge-slot></body>`)
	ask := func(change func(*Config), fields map[string]string) map[string]Fill {
		s := &script{t: t, blobs: map[int]string{}, fields: fields, heads: map[int]map[string]string{}}
		seen := &fillSpy{script: s}
		config, err := ParseConfig(vars(map[string]string{"INLAY_ALLOW_HOSTS": "elsewhere.example"}))
		require.NoError(t, err)
		change(&config)
		engine, err := NewEngine([]page.Page{p}, config, Host[int](seen))
		require.NoError(t, err)
		engine.Handle(&Request{ID: 1, Method: "GET", Target: "/p", Fields: s}, s.now)
		all := map[string]Fill{}
		for _, f := range seen.fills {
			all[f.Src] = f
		}
		return all
	}
	own := []field.Field{{Name: "x-api-key", Value: "secret"}, {Name: "user-agent", Value: "shop/1"}, {Name: "authorization", Value: "Basic eA=="}}
	fills := ask(func(c *Config) { c.Origin, c.FillFields = "http://origin.example", own }, map[string]string{"user-agent": "visitor's"})
	assert.Equal(t, []field.Field{{Name: "x-api-key", Value: "secret"}}, fills["/a"].Constant, "what the slot declares is the visitor's")
	assert.Equal(t, []field.Field{{Name: "user-agent", Value: "visitor's"}}, fills["/a"].Fields)
	assert.Equal(t, []field.Field{{Name: "x-api-key", Value: "secret"}, {Name: "user-agent", Value: "shop/1"}}, fills["/b"].Constant)
	assert.Equal(t, []field.Field{{Name: "authorization", Value: "Basic eA=="}}, fills["/b"].Vouching)
	for _, src := range []string{"http://elsewhere.example/c", "binding:SHOP/d"} {
		assert.Equal(t, []field.Field{{Name: "user-agent", Value: "shop/1"}}, fills[src].Constant, "secrets of the origin are the origin's: %s", src)
		assert.Empty(t, fills[src].Vouching)
	}
	fills = ask(func(c *Config) { c.Origin = "http://origin.example" }, nil)
	for src, f := range fills {
		assert.Equal(t, []field.Field{{Name: "user-agent", Value: "inlay"}}, f.Constant, src)
	}
	fills = ask(func(c *Config) { c.FillFields = own }, nil)
	assert.Empty(t, fills["/b"].Constant, "handlers that come with the program are asked with what is declared")
	assert.Empty(t, fills["/b"].Vouching)
}

func TestOriginThatDemandsAUserAgentAnswersFills(t *testing.T) {
	var got []http.Header
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Clone())
		if r.Header.Get("User-Agent") == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(r.Header.Get("User-Agent") + "|" + r.Header.Get("X-Api-Key") + "|" + r.Header.Get("Authorization")))
	}))
	t.Cleanup(origin.Close)
	for fields, want := range map[string]string{
		"": "inlay||",
		"User-Agent: shop/1\nX-Api-Key: k\nAuthorization: Bearer b": "shop/1|k|Bearer b",
	} {
		config, err := ParseConfig(vars(map[string]string{"INLAY_ORIGIN": origin.URL, "INLAY_FILL_FIELDS": fields}))
		require.NoError(t, err)
		h, err := NewHandler(Options{Pages: []page.Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)}, Config: config})
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/p", nil))
		assert.Equal(t, "<body>"+want+"</body>", answer.Body.String())
	}
	for _, header := range got {
		assert.Len(t, header.Values("User-Agent"), 1)
	}
}
