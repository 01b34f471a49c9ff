// Package handlers are the fragments of the benchmark's page, as handlers of a site of its own.
package handlers

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"inlay/bench/workers/content"
)

// Wait is how long the first slot's handler waits below /slow/.
const Wait = 100 * time.Millisecond

// Handler answers /fast/N/ID at once, and /slow/N/ID too but for the first slot.
func Handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= content.Slots {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, content.Fragment(n))
	}
	mux.HandleFunc("GET /fast/{n}/{id}", answer)
	mux.HandleFunc("GET /slow/{n}/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("n") == "0" {
			time.Sleep(Wait)
		}
		answer(w, r)
	})
	return mux
}
