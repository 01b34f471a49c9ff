//go:build !js

package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// library is a small site/data.
func library(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{"README.md": {Data: []byte("by hand")}}
	for name, text := range map[string]string{
		"summary":             "<p>2 packages</p>",
		"packages":            `<ul><li><a href="/pkg/net/http">net/http</a></li></ul>`,
		"packages.json":       `[{"path":"net/http"}]`,
		"most-imported":       "net/http 3\nerrors 1\n",
		"overview/net/http":   "<h1>net/http</h1>",
		"index/net/http":      "<h3>Functions</h3>",
		"examples/net/http":   "<p>None.</p>",
		"importers/net/http":  "a\nb&c\nd",
		"overview/errors":     "<h1>errors</h1>",
		"importers/errors":    "",
		"overview/odd&amp;\"": "<h1>odd</h1>",
		"importers/broken":    "",
		"overview/broken":     "<h1>broken</h1>",
	} {
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestSpeed)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		files[name+".z"] = &fstest.MapFile{Data: packed.Bytes()}
	}
	files["importers/broken.z"] = &fstest.MapFile{Data: []byte{0xff}}
	files["index/broken.z"] = &fstest.MapFile{Data: []byte{0xff}}
	return files
}

// clock is a wait that takes no time and remembers what was asked of it.
type clock struct{ waits []time.Duration }

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	c.waits = append(c.waits, d)
	return ctx.Err()
}

func variable(value string) func(string) string {
	return func(name string) string {
		if name == "SITE_DELAY_MS" {
			return value
		}
		return ""
	}
}

func get(handler http.Handler, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer
}

// requireFragment holds that a body is well-formed HTML to put into a page.
func requireFragment(t testing.TB, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<fragment>" + body + "</fragment>"))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, body)
	}
}

func TestOriginServesFragments(t *testing.T) {
	const (
		docs     = "public, s-maxage=86400, stale-while-revalidate=604800, stale-if-error=2592000"
		upstream = "public, s-maxage=600, stale-while-revalidate=86400, stale-if-error=604800"
	)
	origin := newOrigin(library(t), variable("0"), (&clock{}).wait)
	for path, want := range map[string]struct{ cacheControl, body string }{
		"/fragments/summary":              {docs, "<p>2 packages</p>"},
		"/fragments/packages":             {docs, `<a href="/pkg/net/http">net/http</a>`},
		"/fragments/title/net/http":       {docs, "<title>net/http · Go standard library</title>"},
		"/fragments/overview/net/http":    {docs, "<h1>net/http</h1>"},
		"/fragments/index/net/http":       {docs, "<h3>Functions</h3>"},
		"/fragments/examples/net/http":    {docs, "<p>None.</p>"},
		"/fragments/imported-by/net/http": {upstream, `<b>3</b> of the library’s packages`},
		"/fragments/imported-by/errors":   {upstream, "No other package"},
		"/fragments/most-imported":        {upstream, `<li><a href="/pkg/net/http">net/http</a> <span>3</span></li>`},
	} {
		t.Run(path, func(t *testing.T) {
			answer := get(origin, path)

			assert.Equal(t, http.StatusOK, answer.Code)
			assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
			assert.Equal(t, want.cacheControl, answer.Header().Get("Cache-Control"))
			assert.Contains(t, answer.Body.String(), want.body)
			requireFragment(t, answer.Body.String())
		})
	}
}

func TestOriginEscapesWhatItIsAsked(t *testing.T) {
	origin := newOrigin(library(t), variable("0"), (&clock{}).wait)

	title := get(origin, "/fragments/title/"+url.PathEscape(`odd&amp;"`))
	assert.Equal(t, "<title>odd&amp;amp;&#34; · Go standard library</title>", title.Body.String())

	importers := get(origin, "/fragments/imported-by/net/http")
	assert.Contains(t, importers.Body.String(), `<a href="/pkg/b&amp;c">b&amp;c</a>`)
}

func TestUnknownPackageIsNotFound(t *testing.T) {
	waits := &clock{}
	origin := newOrigin(library(t), variable("800"), waits.wait)
	for _, path := range []string{
		"/fragments/title/nosuch", "/fragments/overview/nosuch", "/fragments/index/net", "/fragments/examples/net/http/x",
		"/fragments/imported-by/nosuch", "/fragments/overview/", "/fragments/overview/net%2F..%2Fhttp", "/fragments/nosuch",
		"/fragments/overview/%00", "/fragments/overview/NET/HTTP",
	} {
		t.Run(path, func(t *testing.T) {
			answer := get(origin, path)

			assert.Equal(t, http.StatusNotFound, answer.Code)
			assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
			assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
			requireFragment(t, answer.Body.String())
		})
	}
	assert.Empty(t, waits.waits, "what is not there is not asked of the upstream")
}

func TestWithoutDocumentationOriginSaysHowToGetIt(t *testing.T) {
	origin := newOrigin(fstest.MapFS{"README.md": {}}, variable("0"), (&clock{}).wait)
	for _, path := range []string{
		"/fragments/summary", "/fragments/packages", "/fragments/most-imported", "/fragments/title/errors",
		"/fragments/overview/errors", "/fragments/imported-by/errors", "/api/packages",
	} {
		t.Run(path, func(t *testing.T) {
			answer := get(origin, path)

			assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
			assert.Contains(t, answer.Body.String(), "run inlay build")
			requireFragment(t, answer.Body.String())
		})
	}
}

func TestDamagedDocumentationIsAnErrorOfTheServer(t *testing.T) {
	origin := newOrigin(library(t), variable("0"), (&clock{}).wait)
	for _, path := range []string{"/fragments/index/broken", "/fragments/imported-by/broken"} {
		answer := get(origin, path)

		assert.Equal(t, http.StatusInternalServerError, answer.Code)
		assert.Contains(t, answer.Body.String(), "site/data is damaged at")
	}
}

func TestOriginServesWhatIsNoPage(t *testing.T) {
	origin := newOrigin(library(t), variable("0"), (&clock{}).wait)

	api := get(origin, "/api/packages")
	assert.Equal(t, http.StatusOK, api.Code)
	assert.Equal(t, "application/json", api.Header().Get("Content-Type"))
	var list []map[string]string
	require.NoError(t, json.Unmarshal(api.Body.Bytes(), &list))
	assert.Equal(t, []map[string]string{{"path": "net/http"}}, list)

	missing := get(origin, "/nosuch/page")
	assert.Equal(t, http.StatusNotFound, missing.Code)
	assert.Equal(t, "404 page not found\n", missing.Body.String(), "pages/404.html takes the place of this")
}

func TestBuiltSiteServesOrSaysWhatIsMissing(t *testing.T) {
	answer := get(Handler(), "/fragments/overview/net/http")

	// Whether gen has run is not for this test to say.
	if _, err := fs.Stat(data, "data/summary.z"); err == nil {
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Contains(t, answer.Body.String(), "Package http provides HTTP client and server implementations.")
	} else {
		assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	}
}

// FuzzFragmentPath holds that no path breaks out of the documentation: whatever
// is asked, the answer is a fragment or a well-formed refusal.
func FuzzFragmentPath(f *testing.F) {
	origin := newOrigin(library(f), variable("0"), (&clock{}).wait)
	for _, seed := range []string{
		"overview/net/http", "title/odd&amp;\"", "overview/../../README.md", "overview//", "imported-by/a\x00b", "index/net/http/../http",
		"overview/net/http.z", "overview/\xff", "..", "", "summary/x", "examples/.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.URL = &url.URL{Path: "/fragments/" + path}
		answer := httptest.NewRecorder()

		origin.ServeHTTP(answer, request)

		switch answer.Code {
		case http.StatusOK:
			requireFragment(t, answer.Body.String())
			require.NotContains(t, answer.Body.String(), "by hand")
		case http.StatusNotFound:
			requireFragment(t, answer.Body.String())
		case http.StatusMovedPermanently, http.StatusTemporaryRedirect: // ServeMux tidies the path
		case http.StatusInternalServerError:
			require.Contains(t, path, "broken")
		default:
			require.Fail(t, "unexpected status", "%d for %q", answer.Code, path)
		}
	})
}
