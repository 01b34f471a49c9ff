package main

import (
	"bytes"
	"compress/flate"
	"embed"
	"errors"
	"html"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

//go:generate go run ./gen -out data

//go:embed all:data
var data embed.FS

// How long fragments may be used. Documentation changes when the site is built
// from another Go release, and then the whole site is deployed anew; what the
// upstream computes is kept for a shorter time.
const (
	cacheDocs     = "public, s-maxage=86400, stale-while-revalidate=604800, stale-if-error=2592000"
	cacheUpstream = "public, s-maxage=600, stale-while-revalidate=86400, stale-if-error=604800"
)

// Handler answers the fragments of the site's pages under /fragments/, and what
// is no page and no file of public/: /api/packages. For the rest a visitor sees
// pages/404.html. Without the documentation that gen/ writes, it answers 503 and
// says how to get it.
func Handler() http.Handler {
	files, err := fs.Sub(data, "data")
	if err != nil {
		panic(err) // "data" is a valid path
	}
	return newSite(files)
}

// origin holds what the handlers need, so that tests can give them other
// documentation and another upstream.
type origin struct {
	files    fs.FS
	upstream asker
}

func originOf(files fs.FS, upstream asker) http.Handler {
	o := &origin{files, upstream}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/summary", o.document("summary"))
	mux.HandleFunc("GET /fragments/packages", o.document("packages"))
	mux.HandleFunc("GET /fragments/most-imported", o.mostImported)
	mux.HandleFunc("GET /fragments/title/{path...}", o.title)
	mux.HandleFunc("GET /fragments/overview/{path...}", o.ofPackage("overview"))
	mux.HandleFunc("GET /fragments/index/{path...}", o.ofPackage("index"))
	mux.HandleFunc("GET /fragments/examples/{path...}", o.ofPackage("examples"))
	mux.HandleFunc("GET /fragments/imported-by/{path...}", o.importedBy)
	mux.HandleFunc("GET /fragments/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "There is no such fragment.")
	})
	mux.HandleFunc("GET /api/packages", o.api)
	return mux
}

// document serves a fragment that gen has rendered.
func (o *origin) document(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := read(o.files, name)
		if err != nil {
			o.refuse(w, err)
			return
		}
		writeFragment(w, cacheDocs, text)
	}
}

func (o *origin) ofPackage(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.document(kind+"/"+r.PathValue("path"))(w, r)
	}
}

// title is the page's title element: a slot in the head of its shell.
func (o *origin) title(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	if err := exists(o.files, "overview/"+path); err != nil {
		o.refuse(w, err)
		return
	}
	writeFragment(w, cacheDocs, []byte("<title>"+html.EscapeString(path)+" · Go standard library</title>"))
}

// importedBy lists the packages that import one, as the upstream says.
func (o *origin) importedBy(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	if err := exists(o.files, "overview/"+path); err != nil {
		o.refuse(w, err)
		return
	}
	importers, note, err := o.upstream.lines(r.Context(), "importers/"+path)
	if err != nil {
		o.refuse(w, err)
		return
	}
	var b strings.Builder
	if len(importers) == 0 {
		b.WriteString("<p class=\"none\">No other package of the standard library imports it.</p>\n" + note)
	} else {
		b.WriteString("<p><b>" + strconv.Itoa(len(importers)) + "</b> of the library’s packages</p>\n" + note + "<ul>\n")
		for _, importer := range importers {
			importer = html.EscapeString(importer)
			b.WriteString(`<li><a href="/pkg/` + importer + `">` + importer + "</a></li>\n")
		}
		b.WriteString("</ul>\n")
	}
	writeFragment(w, cacheUpstream, []byte(b.String()))
}

// mostImported lists the packages with the most importers, as the upstream says.
func (o *origin) mostImported(w http.ResponseWriter, r *http.Request) {
	if err := exists(o.files, "summary"); err != nil {
		o.refuse(w, err)
		return
	}
	lines, note, err := o.upstream.lines(r.Context(), "most-imported")
	if err != nil {
		o.refuse(w, err)
		return
	}
	var b strings.Builder
	b.WriteString("<ol class=\"top\">\n")
	for _, line := range lines {
		path, count, _ := strings.Cut(line, " ")
		path, count = html.EscapeString(path), html.EscapeString(count)
		b.WriteString(`<li><a href="/pkg/` + path + `">` + path + `</a> <span>` + count + "</span></li>\n")
	}
	b.WriteString("</ol>\n" + note)
	writeFragment(w, cacheUpstream, []byte(b.String()))
}

// api streams the list of packages as JSON.
func (o *origin) api(w http.ResponseWriter, _ *http.Request) {
	file, err := o.files.Open("packages.json.z")
	if err != nil {
		o.refuse(w, err)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	// The status has left; a reader that goes away is no error of the site.
	_, _ = io.Copy(w, flate.NewReader(file))
}

// refuse answers for a fragment that cannot be served: 404 where there is no
// such document, 503 where there is none at all, 500 for the rest.
func (o *origin) refuse(w http.ResponseWriter, err error) {
	switch {
	case exists(o.files, "summary") != nil:
		writeError(w, http.StatusServiceUnavailable, "The documentation has not been generated: run inlay build")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		writeError(w, http.StatusNotFound, "The standard library has no such package.")
	default:
		writeError(w, http.StatusInternalServerError, err.Error())
	}
}

// exists says why there is no document of that name, nil if there is one.
func exists(files fs.FS, name string) error {
	file, err := files.Open(name + ".z")
	if err != nil {
		return err
	}
	return file.Close()
}

// read gives a document that gen wrote. Its errors are fs.ErrNotExist, and
// fs.ErrInvalid for a name that no document can have.
func read(files fs.FS, name string) ([]byte, error) {
	file, err := files.Open(name + ".z")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(flate.NewReader(file)); err != nil {
		return nil, errors.New("site/data is damaged at " + strconv.Quote(name) + ": " + err.Error())
	}
	return text.Bytes(), nil
}
