// Package static serves a site's public/ natively, as Workers' static assets do in a Worker: before everything else, each
// file under its own name. What else Workers' assets can do, _headers and _redirects in public/ or pages without .html,
// is theirs alone.
package static

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Before gives a handler that answers GET and HEAD of the files in fsys, and leaves the rest to next.
func Before(fsys fs.FS, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if serve(fsys, w, r) {
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers with a file, and says whether there is one.
func serve(fsys fs.FS, w http.ResponseWriter, r *http.Request) bool {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == r.URL.Path || !fs.ValidPath(name) || name == "." || hidden(name) {
		return false
	}
	file, err := fsys.Open(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
			return true
		}
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	content, ok := file.(io.ReadSeeker)
	if err != nil || !ok || !info.Mode().IsRegular() {
		return false
	}
	w.Header().Set("Cache-Control", "public, max-age=0, must-revalidate") // as Workers' assets have it
	http.ServeContent(w, r, path.Base(name), info.ModTime(), content)
	return true
}

// hidden tells whether a file is for who serves the others.
func hidden(name string) bool {
	switch name {
	case "_headers", "_redirects", ".assetsignore":
		return true
	}
	return false
}
