//go:build js

// Command serve is an app.wasm as syumai/workers' own documentation has it: workers.Serve, here of what takes batches of
// fills.
package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/syumai/workers"

	"inlay/edge"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/do/{what}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%s</p>", html.EscapeString(r.PathValue("what")))
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		for range 300 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		}
	})
	workers.Serve(edge.Fills(mux))
}
