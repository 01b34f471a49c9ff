// Command app is a site whose fragments its own handlers make: app.wasm for the cold pages that ask no origin.
package main

import (
	"embed"
	"io"
	"net/http"
	"strconv"

	"inlay/bench/workers/content"
	"inlay/worker/app"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fast/{n}/{id}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= content.Slots {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, content.Fragment(n))
	})
	app.Main(embed.FS{}, mux) // the pages are pages.bin
}
