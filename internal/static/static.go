package static

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"syscall"
)

// Before gives a handler that answers GET and HEAD of the files in fsys, and leaves the rest to next.
func Before(fsys fs.FS, next http.Handler) http.Handler {
	f := &files{fsys: fsys}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && f.serve(w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// files are those of a folder.
type files struct {
	fsys fs.FS
	tags tags
}

// serve answers with a file, or sends to where it is, and says whether there is one.
func (f *files) serve(w http.ResponseWriter, r *http.Request) bool {
	rooted, ok := strings.CutPrefix(r.URL.Path, "/")
	if !ok {
		return false
	}
	name, folder := strings.CutSuffix(rooted, "/")
	if !fs.ValidPath(name) && rooted != "" || name == "." || hidden(name) {
		return false
	}
	for _, p := range placesOf(name, folder || rooted == "") {
		info, err := fs.Stat(f.fsys, p.file)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, syscall.ENOTDIR):
			http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
			return true
		case err != nil || !info.Mode().IsRegular():
			continue
		case p.at != r.URL.Path:
			to := url.URL{Path: p.at, RawQuery: r.URL.RawQuery}
			w.Header().Set("Location", to.String())
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}
		return f.send(w, r, p.file, info)
	}
	return false
}

// place is a file, and the path under which it is served.
type place struct{ file, at string }

// placesOf are the files that a path may mean, the likeliest first: what Workers call html_handling = "auto-trailing-slash".
func placesOf(name string, folder bool) []place {
	if folder {
		index := place{path.Join(name, "index.html"), "/" + name + "/"}
		if name == "" {
			index.at = "/"
			return []place{index}
		}
		return []place{index, {name + ".html", "/" + name}}
	}
	switch dir, base := path.Split(name); {
	case base == "index.html":
		return []place{{name, "/" + dir}}
	case strings.HasSuffix(base, ".html") && base != ".html":
		return []place{{name, "/" + strings.TrimSuffix(name, ".html")}}
	}
	return []place{{name, "/" + name}, {name + ".html", "/" + name}, {name + "/index.html", "/" + name + "/"}}
}

// send answers with a file: whole, in part, or with that it is the same.
func (f *files) send(w http.ResponseWriter, r *http.Request, name string, info fs.FileInfo) bool {
	file, err := f.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false // it has gone
	}
	if err != nil {
		http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
		return true
	}
	defer file.Close()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return false
	}
	tag, err := f.tags.of(name, info, content)
	if err != nil {
		http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
		return true
	}
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Content-Type", typeOf(name))
	h.Set("Cache-Control", "public, max-age=0, must-revalidate") // as Workers' assets have it
	http.ServeContent(w, r, path.Base(name), info.ModTime(), content)
	return true
}

// hidden tells whether a file is for who serves the others.
func hidden(name string) bool {
	switch name {
	case "_headers", "_redirects":
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return true
		}
	}
	return false
}
