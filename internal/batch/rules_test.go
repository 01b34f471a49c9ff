package batch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/shell"
)

func TestBatchMayAskWhetherAFragmentHasChanged(t *testing.T) {
	const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT"
	o := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("ETag", `"one"`)
		http.ServeContent(w, r, "", time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC), strings.NewReader("<p>one</p>"))
	})
	w := postFills(o, `{"fills":[{"src":"/f","fields":[["if-none-match","\"one\""],["if-modified-since","`+lastModified+`"]]}]}`)
	require.Equal(t, 200, w.Code)
	frames, err := decodeFrames(newFrameDecoder(1, 1<<20), w.Body.Bytes(), 1<<20)
	require.NoError(t, err)
	require.Len(t, frames, 1)
	assert.Equal(t, 304, frames[0].Answer.Status)
	assert.Equal(t, `"one"`, frames[0].Answer.ETag)
	assert.Empty(t, frames[0].Body)
}

func TestFramesOfABatchSayWhereARedirectLeads(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/f/cookie":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
			fallthrough
		case "/f/one":
			w.Header().Set("Location", "/there")
		case "/f/twice":
			w.Header()["Location"] = []string{"/there", "/there"}
		default:
			return
		}
		w.WriteHeader(http.StatusFound)
	}
	frames := runFills(t, handler, "/f/one", "/f/cookie", "/f/twice", "/f/x")
	assert.Equal(t, "/there", frames[0].Location)
	assert.Equal(t, "/there", frames[1].Location)
	assert.True(t, frames[1].Answer.SetCookie)
	assert.Empty(t, frames[2].Location)
	assert.Empty(t, frames[3].Location)
}

// What a batch may set of a fill is what a slot can declare.
func TestBatchSetsWhatASlotCanDeclare(t *testing.T) {
	var seen http.Header
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	never := []string{
		"host", "Host", "authorization", "AUTHORIZATION", "x-forwarded-for", "X-Forwarded-Host", "x-forwarded-proto", "forwarded",
		"x-real-ip", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length",
		"content-type", "content-encoding", "inlay-fill", "Inlay-Anything", "proxy-authorization", "proxy-connection", "sec-fetch-dest",
		"sec-websocket-key", "http2-settings", "range", "if-match", "if-range", "if-unmodified-since", "accept-encoding", "via",
		":authority", ":path", "a b", "a:b", "", "ä", "a\n", "max-forwards",
	}
	for _, name := range never {
		f := batchFill{Src: "/a", Fields: [][]string{{name, "x"}}}
		assert.NotEmpty(t, f.problem(), "%q", name)
		if lower := strings.ToLower(name); lower != "" && ascii.Only(lower, field.IsTokenChar) {
			_, err := shell.Parse("/p", `<body><edge-slot name="a" src="/a" vary="header:`+name+`"></edge-slot></body>`)
			assert.Error(t, err, "nor a slot: %s", name)
		}
	}
	for _, src := range []string{
		"", "a", "http://victim.internal/a", "//victim.internal/a", `/\victim.internal`, "/a b", "/a#b", "/é", "/../a", "/a/%2e%2e/b",
		"/_inlay/stats", "/%5finlay/fills", "/a/..%2f_inlay", "/a/..;/b", "binding:X/a", "*",
	} {
		f := batchFill{Src: src}
		assert.NotEmpty(t, f.problem(), "%q", src)
	}
	allowed := map[string]string{
		"cf-ipcountry": "DE", "cookie": "c=1", "accept-language": "de", "x-country": "CH", "sec-ch-ua-mobile": "?1", "sec-gpc": "1", "user-agent": "x",
		"if-none-match": `"a"`, "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT",
	}
	f := batchFill{Src: "/a?b=%2F..&c=//"}
	want := http.Header{"Surrogate-Capability": {`inlay="ESI/1.0"`}}
	for name, value := range allowed {
		f.Fields = append(f.Fields, []string{name, value})
		want.Set(name, value)
	}
	r, problem := f.request(context.Background(), httptest.NewRequest(http.MethodPost, Path, nil))
	require.Empty(t, problem)
	h.ServeHTTP(nil, r)
	assert.Equal(t, want, seen)
}

// What is derived comes to the handler where it looks anyway, and the visitor's host as that of the request.
func TestBatchBringsWhatIsDerived(t *testing.T) {
	p, err := shell.Parse("/p", `<body><edge-slot name="a" src="/a" vary="language:de,en country bucket:price/2 host"></edge-slot></body>`)
	require.NoError(t, err)
	key, err := p.Slots[0].AppendKey(nil, nil, visitor{
		"accept-language": "en-GB, de;q=0.1", ":country": "AT", "cookie": "session=secret; price=2", ":authority": "shop.example:8443",
	})
	require.NoError(t, err)
	fill := page.ReadKey(string(key))
	f := batchFill{Src: fill.Src}
	for _, field := range fill.Fields {
		if field.Name == page.HostField { // worker/frames.mjs does the same
			f.Host = field.Value
		} else {
			f.Fields = append(f.Fields, []string{field.Name, field.Value})
		}
	}
	r, problem := f.request(context.Background(), httptest.NewRequest(http.MethodPost, Path, nil))
	require.Empty(t, problem)
	assert.Equal(t, http.Header{"Surrogate-Capability": {`inlay="ESI/1.0"`},
		"Accept-Language": {"en"}, "Cf-Ipcountry": {"AT"}, "Cookie": {"price=2"}, "X-Forwarded-Host": {"shop.example:8443"},
	}, r.Header)
	assert.Equal(t, "shop.example:8443", r.Host)
}

type visitor map[string]string

func (visitor) RawQuery() string            { return "" }
func (v visitor) Header(name string) string { return v[name] }
func (visitor) Share(string, int) int       { return 1 }
