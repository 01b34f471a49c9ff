package example

import (
	"fmt"
	"html"
	"net/http"
)

// article is a fragment that says whether it has changed, without being rendered.
func article(w http.ResponseWriter, r *http.Request) {
	etag := `"` + revision(r.PathValue("id")) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "max-age=60")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>Article %s</p>", html.EscapeString(r.PathValue("id")))
}

// revision names what an article is at present.
func revision(id string) string { return id + "-1" }
