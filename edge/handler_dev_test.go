package edge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const devShell = `<!doctype html><html><head><title>t</title></head><body><edge-slot name="a" src="/f"><p>…</p></edge-slot></body></html>`

// devHandler serves a page, and everything else by its origin.
func devHandler(t *testing.T, change func(*Config)) *Handler {
	t.Helper()
	p, err := ParsePage("/{$}", devShell)
	require.NoError(t, err)
	p.Header = []Field{{"content-security-policy", "default-src 'none'"}}
	c, err := ParseConfig(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	change(&c)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<p>"+r.URL.Path+"</p>")
	})
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: origin, Config: c})
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

// tabAsks asks as a browser does for a tab, or with fields in place of its own.
func tabAsks(h http.Handler, method, target string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:8080"
	r.Header.Set("User-Agent", "Mozilla/5.0")
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for i := 0; i < len(fields); i += 2 {
		if r.Header.Set(fields[i], fields[i+1]); fields[i] == "Host" {
			r.Host = fields[i+1]
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func textOf(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

// Without INLAY_DEV pages are what they were, byte for byte, and nobody answers for the overlay.
func TestThereIsNoOverlayWithoutDev(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"it is wanted, and Dev is not": func(c *Config) { c.Overlay, c.Compress = true, CompressOff },
	} {
		plain, h := devHandler(t, func(c *Config) { c.Compress = CompressOff }), devHandler(t, change)
		for range 3 { // cold, warm, composed
			want, got := tabAsks(plain, "GET", "/"), tabAsks(h, "GET", "/")
			assert.Equal(t, textOf(t, want), textOf(t, got), name)
			assert.Equal(t, want.Header, got.Header, name)
		}
		for _, path := range []string{"/_inlay/dev/overlay.js", "/_inlay/dev/visit?id=x", "/_inlay/dev/visit/purge"} {
			want, got := tabAsks(plain, "POST", path, "Inlay-Dev", "1"), tabAsks(h, "POST", path, "Inlay-Dev", "1")
			assert.Equal(t, http.StatusNotFound, got.StatusCode)
			assert.Equal(t, textOf(t, want), textOf(t, got))
		}
	}
	off := devHandler(t, func(c *Config) { c.Dev = true })
	assert.NotContains(t, textOf(t, tabAsks(off, "GET", "/")), "_inlay", "INLAY_OVERLAY=0")
}

func TestTheOverlayIsInPagesThatATabShows(t *testing.T) {
	h := devHandler(t, func(c *Config) {
		c.Dev, c.Debug, c.Overlay, c.Hosts = true, true, true, []string{"shop.test", "localhost:8080", "evil.example"}
	})
	h.options.Config.Hosts = []string{"shop.test"} // it answers others all the same, in this test
	const tag = `<script src="/_inlay/dev/overlay.js"`
	for range 3 {
		r := tabAsks(h, "GET", "/", "If-None-Match", "*")
		text := textOf(t, r)
		assert.Equal(t, http.StatusOK, r.StatusCode, "each visit has an overlay of its own")
		assert.Equal(t, 1, strings.Count(text, tag))
		assert.Regexp(t, "^default-src 'none'; script-src 'sha256-[^']*' localhost:8080/_inlay/dev/overlay.js; connect-src localhost:8080/_inlay/dev/visit localhost:8080/_inlay/dev/visit/$", r.Header.Get("Content-Security-Policy"))
		assert.Empty(t, r.Header.Get("Content-Length")+r.Header.Get("Etag")+r.Header.Get("Content-Encoding"))
	}
	assert.Contains(t, textOf(t, tabAsks(h, "GET", "/of/the/origin")), tag, "of the origin too")
	assert.Contains(t, textOf(t, tabAsks(h, "GET", "/", "Host", "shop.test")), tag)
	for name, fields := range map[string][]string{
		"a script":                {"Sec-Fetch-Dest", "empty"},
		"a frame":                 {"Sec-Fetch-Dest", "iframe"},
		"a host that points here": {"Host", "evil.example"},
	} {
		assert.NotContains(t, textOf(t, tabAsks(h, "GET", "/", fields...)), tag, name)
	}
	assert.NotContains(t, textOf(t, tabAsks(h, "GET", "/?inlay-slot=a")), tag, "a slot alone is no page")
	assert.Empty(t, textOf(t, tabAsks(h, "HEAD", "/")))
}

// What the overlay's buttons do natively.
func TestAVisitsFragmentsArePurgedByItsOverlay(t *testing.T) {
	h := devHandler(t, func(c *Config) { c.Dev, c.Debug, c.Overlay = true, true, true })
	text := textOf(t, tabAsks(h, "GET", "/"))
	_, after, ok := strings.Cut(text, `data-visit="`)
	require.True(t, ok)
	id, _, _ := strings.Cut(after, `"`)
	status := func() string { return tabAsks(h, "GET", "/").Header.Get("Cache-Status") }
	require.Regexp(t, "^inlay/a;hit", status())
	assert.Equal(t, http.StatusForbidden, tabAsks(h, "POST", "/_inlay/dev/visit/purge?id="+id+"&slot=a").StatusCode, "a form of another page's")
	assert.Regexp(t, "^inlay/a;hit", status())
	assert.Equal(t, http.StatusNoContent, tabAsks(h, "POST", "/_inlay/dev/visit/purge?id="+id+"&slot=a", "Inlay-Dev", "1").StatusCode)
	assert.Regexp(t, "^inlay/a;fwd=miss", status())
	told := textOf(t, tabAsks(h, "GET", "/_inlay/dev/visit?id="+id, "Inlay-Dev", "1"))
	assert.Contains(t, told, `"name":"a","key":"/f","state":"miss"`)
	assert.Contains(t, told, `"status":200`)
	assert.Regexp(t, `"entry":\{"age":0,"left":299,"swr":0,"sie":0,"tags":\[\],"bytes":9,"hits":\d,"took":\d,"from":"origin"\}`, told)
}
