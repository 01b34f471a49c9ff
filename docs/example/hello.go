package example

import (
	"html"
	"io"
	"net/http"
)

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<p>Hello, "+html.EscapeString(r.PathValue("name"))+"!</p>")
}
