//go:build js

// Command serve is an app.wasm as syumai/workers' own documentation has it: workers.Serve, here of what takes batches of
// fills.
package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/syumai/workers"

	"inlay/edge"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/do/{what}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%s</p>", html.EscapeString(r.PathValue("what")))
	})
	mux.HandleFunc("/do/spin-exit", func(http.ResponseWriter, *http.Request) {
		fmt.Println("spins")
		for begun := time.Now(); time.Since(begun) < 3*time.Second; {
			runtime.KeepAlive(begun)
		}
		os.Exit(3)
	})
	mux.HandleFunc("/do/slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Second)
		_, _ = io.WriteString(w, "late")
	})
	// In an instance of its own, which outlives that of the batch.
	mux.Handle("/do/elsewhere", http.RedirectHandler("/do/slower", http.StatusFound))
	mux.HandleFunc("/do/slower", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(4 * time.Second)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<p>slower</p>")
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		for range 300 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		}
	})
	workers.Serve(edge.Fills(mux))
}
