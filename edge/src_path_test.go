package edge

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/shell"
)

func newNativeRequest(t *testing.T, lines ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://localhost/p", nil)
	require.NoError(t, err)
	for i := 0; i < len(lines); i += 2 {
		r.Header.Add(lines[i], lines[i+1])
	}
	return r
}

// Which path a slot's fill asks for, or why the request is refused.
func TestParametersCannotLeadElsewhere(t *testing.T) {
	const refused = "400"
	for _, c := range []struct{ pattern, src, target, want string }{
		{"/d/{path...}", "/{path}/frag", "/d/", "/frag"}, // was //frag, whose host is frag
		{"/d/{path...}", "/{path}/frag", "/d/a/b", "/a/b/frag"},
		{"/d/{path...}", "/{path}/frag", "/d/a/", "/a/frag"},
		{"/d/{path...}", "/x/{path}/frag", "/d/", "/x/frag"},
		{"/d/{path...}", "/x/{path}", "/d/", "/x/"},
		{"/d/{path...}", "/{path}", "/d/", "/"},
		{"/d/{path...}", "/{path}{path}/frag", "/d/", "/frag"},
		{"/d/{path...}", "/{path}?q={path}/x", "/d/", "/?q=/x"},
		{"/d/{path...}", "/{path}?q={path}/x", "/d/a/b", "/a/b?q=a%2Fb/x"},
		{"/d/{path...}", "http://h.example/{path}/x", "/d/", "http://h.example/x"},
		{"/d/{path...}", "binding:B/{path}/x", "/d/", "binding:B/x"},
		{"/d/{path...}", "/{path}/frag", "/d//", refused},
		{"/d/{path...}", "/{path}/frag", "/d//evil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2fevil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2F%2Fevil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%5cevil.example", refused},
		{"/d/{path...}", "/{path}/frag", `/d/\evil.example`, refused},
		{"/d/{path...}", "/{path}/frag", "/d/a%5c..%5cb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/..%5cb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2e%2e", refused},
		{"/d/{path...}", "/{path}/frag", "/d/a/%2e%2e/b", refused},
		{"/d/{path...}", "/{path}/frag", "/d/a%2f..%2fb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/..%2fb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/../x", refused},
		{"/d/{path...}", "/{path}/frag", "/d/_inlay", refused},
		{"/d/{path...}", "/{path}", "/d/_inlay/fills", refused},
		{"/d/{path...}", "/{path}", "/d/%5finlay/fills", refused},
		{"/d/{path...}", "/{path}", "/d/_INLAY", refused},
		{"/d/{path...}", "binding:B/{path}", "/d/_inlay/stats", refused},
		{"/d/{path...}", "http://h.example/{path}", "/d/_inlay/stats", refused},
		{"/d/{path...}", "/x/{path}", "/d/_inlay/fills", "/x/_inlay/fills"},
		{"/d/{id}", "/f/{id}", "/d/..%5cb", refused},
		{"/d/{id}", "/f/{id}", "/d/..%5Cb", refused},
		{"/d/{id}", "/f/{id}", "/d/a%5cb", refused},
		{"/d/{id}", "/f/{id}", "/d/..%2fb", refused},
		{"/d/{id}", "/f/{id}", "/d/%2e%2e", refused},
		{"/d/{id}", "/f/{id}", "/d/%2e", refused},
		{"/d/{id}", "/f/{id}", "/d/a%00b", refused},
		{"/d/{id}", "/f/{id}", "/d/a%0d%0ab", refused},
		{"/d/{id}", "/f/{id}", "/d/..;x", refused},
		{"/d/{id}", "/f/{id}", "/d/%252e%252e", refused},
		{"/d/{id}", "/f/{id}", "/d/..%252fadmin", refused},
		{"/d/{id}", "/f/{id}", "/d/%u002e%u002e", refused},
		{"/d/{id}", "/f/{id}", "/d/%25u002e.", refused},
		{"/d/{id}", "/f/{id}", "/d/%ef%bc%8e.", refused},
		{"/d/{id}", "/f/{id}", "/d/%e0%80%ae%e0%80%ae", refused},
		{"/d/{id}", "/f/{id}", "/d/..%20.", refused},
		{"/d/{id}", "/f/{id}?x", "/d/..%3f", refused},
		{"/d/{id}", "/f/{id};x", "/d/..", refused},
		{"/d/{id}", "binding:B/f/{id}", "/d/..;x", refused},
		{"/d/{id}", "http://h.example/f/{id}", "/d/%252e%252e", refused},
		{"/d/{path...}", "/{path}", "/d/%252e%252e/admin", refused},
		{"/d/{path...}", "/{path}/x", "/d/a/..;/admin", refused},
		{"/d/{path...}", "/x%2f..{path}", "/d/", refused},
		{"/d/{path...}", "/x%2f..{path}", "/d/a", "/x%2F..a"},
		{"/d/{a}/{b}", "/f/{a}{b}", "/d/%252e/%252e", refused},
		{"/d/{id}", "/f/{id}", "/d/%252f", "/f/%252f"},
		{"/d/{id}", "/f/{id}", "/d/v1..2", "/f/v1..2"},
		{"/d/{id}", "/f?q={id}", "/d/..;x", "/f?q=..%3Bx"},
		{"/d/{id}", "/f/{id}", "/d/a?b", "/f/a"},
		{"/d/{id}", "/f/{id}", "/d/a%3fb%23c", "/f/a%3Fb%23c"},
		{"/d/{id}", "/f?q={id}", "/d/a&b=c", "/f?q=a%26b%3Dc"},
		{"/d/{id}", "/{id}", "/d/@evil.example", "/%40evil.example"},
		{"/d/{id}", "/{id}", "/d/:80", "/%3A80"},
		{"/{a}/{b}", "/{a}/{b}", "/_inlay/fills", "404"},
		{"/d/{a}/{b}", "/{a}/{b}", "/d/_inlay/fills", refused},
		{"/d/{a}/{b}", "/{b}/{a}", "/d/fills/%5Finlay", refused},
	} {
		p := pageOf(t, c.pattern, `<body><edge-slot name="a" src="`+c.src+`"></edge-slot></body>`)
		s := newScriptWith(t, func(config *Config) { config.AllowHosts = []string{"h.example"} }, p)
		s.get(1, c.target)
		asks := s.take()
		require.NotEmpty(t, asks)
		_, got, _ := strings.Cut(asks[0], " 1 ") // "fill 1 SRC" or "send 1 STATUS"
		assert.Equal(t, c.want, got, "%s of %s: %s", c.target, c.pattern, c.src)
	}
}

func TestSourcesThatLeadElsewhereAreRefusedWhenParsed(t *testing.T) {
	for _, src := range []string{
		"//frag", `/\frag`, "/_inlay/stats", "/%5finlay/fills", "/_INLAY", "/_inlay/{id}", "/_inlay;x/{id}", "/a/../_inlay/x",
		"binding:B/_inlay/x", "http://h.example/_inlay/x", "/%2f_inlay/x", "/a/../b", "/%2e%2e/b", "/{path}.{path}/x", "/{path}../x",
		"/x%2f..%2f{id}", "/x%252f..%252f{id}", "/..;/{id}", "/x/%u002e%u002e/y", "/%ef%bc%8e%ef%bc%8e/{id}", "/x/%e0%80%ae%e0%80%ae/y",
		"binding:B/x%2f..%2fy", "http://h.example/..;a/x",
	} {
		_, err := shell.Parse("/p/{id}/{path...}", `<body><edge-slot name="a" src="`+src+`"></edge-slot></body>`)
		assert.Error(t, err, src)
	}
}

// In process too, a path that begins with two slashes is a path.
func TestFillsInProcessKeepTheirPath(t *testing.T) {
	for target, path := range map[string]string{"//frag/x": "//frag/x", "/a%2Fb?c": "/a/b", "/": "/"} {
		r, err := fillRequestTo(context.Background(), target)
		require.NoError(t, err)
		assert.Equal(t, path, r.URL.Path)
		assert.Empty(t, r.URL.Host)
		assert.Empty(t, r.Host)
	}
}

// What fields say between inlay and its origins stays between them.
func TestInternalFieldsDoNotCross(t *testing.T) {
	var seen http.Header
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header()["inlay-fills"] = []string{"1"}
		w.Header()["INLAY-X"] = []string{"1", "2"}
		w.Header().Set("Inlay_Under", "1")
		w.Header().Set("X-Inlay", "stays")
		switch r.URL.Path {
		case "/written":
			_, _ = io.WriteString(w, "body")
		case "/early":
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Inlay-Late", "1")
			w.WriteHeader(http.StatusTeapot)
		case "/flushed":
			w.(http.Flusher).Flush()
		case "/copied":
			_, _ = w.(io.ReaderFrom).ReadFrom(http.NoBody)
		case "/controlled":
			_ = http.NewResponseController(w).Flush()
		case "/trailer":
			w.Header().Set("Trailer", "Inlay-T, X-T")
			_, _ = io.WriteString(w, "body")
			w.Header().Set("Inlay-T", "1")
			w.Header().Set("X-T", "1")
			w.Header().Set(http.TrailerPrefix+"Inlay-U", "1")
		case "/nothing":
		}
	})
	remote := httptest.NewServer(handler)
	defer remote.Close()
	for name, o := range map[string]Options{
		"in process": {Origin: handler},
		"remote":     {Config: Config{Origin: remote.URL}},
	} {
		server, _ := serve(t, o)
		for _, path := range []string{"/written", "/early", "/flushed", "/copied", "/controlled", "/trailer", "/nothing"} {
			r, err := http.NewRequest(http.MethodPost, server.URL+path, nil)
			require.NoError(t, err)
			r.Header["Inlay-Fill"] = []string{"1", "1"}
			r.Header["inlay-app-instances"] = []string{"1"}
			r.Header["INLAY_SECRET"] = []string{"1"}
			r.Header["X-Inlay"] = []string{"stays"}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			for _, header := range []http.Header{seen, resp.Header, resp.Trailer} {
				for field, values := range header {
					assert.False(t, len(values) > 0 && isInternalField(field), "%s %s: %s", name, path, field)
				}
			}
			assert.Equal(t, "stays", seen.Get("X-Inlay"))
			assert.Equal(t, "stays", resp.Header.Get("X-Inlay"))
		}
	}
}
