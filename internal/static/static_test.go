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
		{"GET", "/index.html", 200, "<p>index"},
		{"GET", "/.well-known/x", 200, "known"},
		{"GET", "/", 418, ""},
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
	Before(refusing{}, http.NotFoundHandler()).ServeHTTP(answer, httptest.NewRequest("GET", "/x", nil))
	assert.Equal(t, http.StatusInternalServerError, answer.Code)
}
