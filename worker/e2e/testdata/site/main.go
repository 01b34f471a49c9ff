// Command site is the site that the tests of worker/e2e serve. What its handlers answer tells what was asked; most tests put
// an origin of their own in their place.
package main

import (
	"embed"
	"fmt"
	"html"
	"net/http"
	"strings"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/{slot}/{path...}", fragment)
	mux.HandleFunc("GET /plain.txt", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "plain") })
	app.Main(pages, mux)
}

// fragment tells its path: the title in an element for the head. There is none of what does not exist.
func fragment(w http.ResponseWriter, r *http.Request) {
	path := html.EscapeString(r.URL.Path)
	switch {
	case strings.HasPrefix(r.PathValue("path"), "no/"):
		http.NotFound(w, r)
	case r.PathValue("slot") == "title":
		fmt.Fprintf(w, "<title>[%s]</title>", path)
	default:
		fmt.Fprintf(w, "<p>[%s]</p>", path)
	}
}
