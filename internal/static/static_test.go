package static

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilesAreServedBeforeTheSite(t *testing.T) {
	at := time.Unix(1000000000, 0)
	h := Before(fstest.MapFS{
		"style.css": {Data: []byte("body{}"), ModTime: at}, "a/b c.txt": {Data: []byte("text")}, "index.html": {Data: []byte("<p>index")},
		"about.html": {Data: []byte("<p>about")}, "docs/index.html": {Data: []byte("<p>docs")}, "x/.html": {}, ".env": {Data: []byte("secret")},
		".git/config": {}, "a/.b/c": {}, "é.html": {Data: []byte("<p>é")}, "data.unheard-of": {Data: []byte("<script>")},
		"_headers": {Data: []byte("/*")}, "_redirects": {Data: []byte("/a /b")}, ".assetsignore": {}, ".well-known/x": {Data: []byte("known")},
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, c := range []struct {
		method, target string
		status         int
		body           string
	}{
		{"GET", "/style.css", 200, "body{}"},
		{"HEAD", "/style.css", 200, ""},
		{"GET", "/style.css?v=1", 200, "body{}"},
		{"POST", "/style.css", 418, ""},
		{"GET", "/a/b%20c.txt", 200, "text"},
		{"GET", "/.well-known/x", 200, "known"},
		{"GET", "/", 200, "<p>index"},
		{"HEAD", "/", 200, ""},
		{"POST", "/", 418, ""},
		{"GET", "/about", 200, "<p>about"},
		{"GET", "/docs/", 200, "<p>docs"},
		{"GET", "/%C3%A9", 200, "<p>é"},
		{"GET", "/data.unheard-of", 200, "<script>"},
		{"GET", "/.env", 418, ""},
		{"GET", "/.git/config", 418, ""},
		{"GET", "/.git/", 418, ""},
		{"GET", "/a/.b/c", 418, ""},
		{"GET", "/x/.html", 418, ""},
		{"GET", "/x/", 418, ""},
		{"GET", "/style.css/x", 418, ""},
		{"GET", "/a", 418, ""},
		{"GET", "/a/", 418, ""},
		{"GET", "//style.css", 418, ""},
		{"GET", "/a/../style.css", 418, ""},
		{"GET", "/%2e%2e/style.css", 418, ""},
		{"GET", "/style.css/", 418, ""},
		{"GET", "/_headers", 418, ""},
		{"GET", "/_redirects", 418, ""},
		{"GET", "/.assetsignore", 418, ""},
		{"GET", "/nowhere", 418, ""},
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(c.method, c.target, nil))
		assert.Equal(t, c.status, answer.Code, "%s %s", c.method, c.target)
		assert.Equal(t, c.body, answer.Body.String(), c.target)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/style.css", nil))
	assert.Equal(t, "text/css; charset=utf-8", answer.Header().Get("Content-Type"))
	assert.Equal(t, "public, max-age=0, must-revalidate", answer.Header().Get("Cache-Control"))
	r := httptest.NewRequest("GET", "/style.css", nil)
	r.Header.Set("If-Modified-Since", answer.Header().Get("Last-Modified"))
	answer = httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	assert.Equal(t, http.StatusNotModified, answer.Code)
}

// HTML has one path, as in a Worker (html_handling = "auto-trailing-slash").
func TestHTMLIsServedUnderOnePath(t *testing.T) {
	h := Before(fstest.MapFS{
		"index.html": {Data: []byte("<p>index")}, "about.html": {Data: []byte("<p>about")}, "docs/index.html": {Data: []byte("<p>docs")}, "a b.html": {},
	}, http.NotFoundHandler())
	for target, location := range map[string]string{
		"/index.html": "/", "/about.html": "/about", "/about/": "/about", "/docs": "/docs/", "/docs/index.html": "/docs/", "/about.html?a=b%26": "/about?a=b%26",
		"/a%20b.html": "/a%20b",
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", target, nil))
		assert.Equal(t, http.StatusTemporaryRedirect, answer.Code, target)
		assert.Equal(t, location, answer.Header().Get("Location"), target)
	}
	for _, target := range []string{"/nowhere.html", "/docs.html", "/docs/about", "/about/index.html", "/about.html/"} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", target, nil))
		assert.Equal(t, http.StatusNotFound, answer.Code, target)
	}
}

func TestFilesAreServedInPartsAndOnlyIfTheyHaveChanged(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "style.css")
	write := func(text string, at int64) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		require.NoError(t, os.Chtimes(file, time.Time{}, time.Unix(at, 0)))
	}
	write("0123456789", 1000000000)
	h := Before(os.DirFS(dir), http.NotFoundHandler())
	get := func(fields ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/style.css", nil)
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer
	}
	whole := get()
	tag := whole.Header().Get("ETag")
	assert.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
	assert.Equal(t, "10", whole.Header().Get("Content-Length"))
	assert.Equal(t, http.StatusNotModified, get("If-None-Match", tag).Code)
	assert.Equal(t, http.StatusOK, get("If-None-Match", `"other"`).Code)
	part := get("Range", "bytes=2-4", "If-Range", tag)
	assert.Equal(t, http.StatusPartialContent, part.Code)
	assert.Equal(t, "234", part.Body.String())
	assert.Equal(t, http.StatusOK, get("Range", "bytes=2-4", "If-Range", `"other"`).Code)
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, get("Range", "bytes=20-").Code)

	write("9876543210", 1000000001)
	assert.NotEqual(t, tag, get().Header().Get("ETag"))
	write("0123456789", 1000000002)
	assert.Equal(t, tag, get().Header().Get("ETag"), "it is of the bytes")
}

// A system's own table of types is not asked.
func TestTypesAreTheSameOnEveryMachine(t *testing.T) {
	for name, want := range map[string]string{
		"a.JS": "text/javascript; charset=utf-8", "b.woff2": "font/woff2", "favicon.ico": "image/x-icon", "c": "application/octet-stream", "d.php": "application/octet-stream",
		"e.webmanifest": "application/manifest+json", "f.tar.gz": "application/gzip", "g.svg": "image/svg+xml",
	} {
		assert.Equal(t, want, typeOf(name), name)
	}
}

func TestFilesOutsideOfTheFolderAreNotServed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "public"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o644))
	h := Before(os.DirFS(filepath.Join(dir, "public")), http.NotFoundHandler())
	for _, target := range []string{"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/x/../../secret", "/.", "/%00", `/..\secret`} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = target
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		assert.Equal(t, http.StatusNotFound, answer.Code, target)
	}
}

type refusing struct{ fstest.MapFS }

func (refusing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestFileThatCannotBeReadIsNotPassedOn(t *testing.T) {
	answer := httptest.NewRecorder()
	Before(refusing{fstest.MapFS{"x": {}}}, http.NotFoundHandler()).ServeHTTP(answer, httptest.NewRequest("GET", "/x", nil))
	assert.Equal(t, http.StatusInternalServerError, answer.Code)
}
