package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/engine"
)

// keyed is what a key is made of: header fields alone.
type keyed struct{ engine.Fields }

func (keyed) RawQuery() string            { return "" }
func (keyed) Share(string, int) int       { return 1 }
func (k keyed) Header(name string) string { return k.Field(name) }

// One of two lines natively is one of two lines.
func TestCookieLinesAreJoinedAlike(t *testing.T) {
	shell := `<body><edge-slot name="a" src="/a" vary="cookie:c header:x"></edge-slot></body>`
	slot := pageOf(t, "/p", shell).Slots[0].inner()
	native := func(lines ...string) string {
		r := newNativeRequest(t, lines...)
		key, err := slot.AppendKey(nil, nil, keyed{&visitor{r: r, front: new(front)}})
		require.NoError(t, err)
		return string(key)
	}
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "session=secret", "cookie", "c=1"))
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "c=1", "COOKIE", "session=secret"))
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "c=1, session=secret"))
	assert.Equal(t, "/a\nx: 1, 2", native("x", "1", "X", "2"))
	assert.Equal(t, "/a\nx: , 2", native("x", "", "X", "2"))
	assert.Equal(t, "/a", native("x", "a\x01"))
	assert.Equal(t, "/a", native("x", "a\xff"))
	assert.Equal(t, "/a\nx: é", native("x", "é"))
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
		h, err := NewHandler(Options{Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)}, Config: config})
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/p", nil))
		assert.Equal(t, "<body>"+want+"</body>", answer.Body.String())
	}
	for _, header := range got {
		assert.Len(t, header.Values("User-Agent"), 1)
	}
}
