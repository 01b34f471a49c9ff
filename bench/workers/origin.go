package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"inlay/bench/workers/content"
)

// work is how long the origin takes for each fragment below /busy/.
const work = 50 * time.Millisecond

// origin answers /fast/N/ID and /never/N/ID at once, /busy/N/ID after work and /slow/N/ID after fragment N's delay, and counts what it is
// asked.
type origin struct {
	*httptest.Server
	hits atomic.Int64
}

func startOrigin() *origin {
	o := &origin{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{speed}/{n}/{id}", func(w http.ResponseWriter, r *http.Request) {
		o.hits.Add(1)
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= content.Slots {
			http.NotFound(w, r)
			return
		}
		switch r.PathValue("speed") {
		case "slow":
			time.Sleep(time.Duration(content.Delays[n]) * time.Millisecond)
		case "busy":
			time.Sleep(work)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(content.Fragment(n)))
	})
	o.Server = httptest.NewServer(mux)
	return o
}
