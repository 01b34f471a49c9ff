package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"inlay/bench/workers/content"
)

// origin answers the pages with ESI at /page/ID and /cold/ID, their fragments at /fast/SLOT/ID at once and at /slow/SLOT/ID after the
// slot's delay, and counts what it is asked.
type origin struct {
	*httptest.Server
	asked  atomic.Int64
	fields string // inlay's header fields, as JSON, for those who send them too
}

func startOrigin() *origin {
	o := &origin{fields: "{}"}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = io.WriteString(w, body)
	}
	for path, speed := range map[string]string{"/page/": "fast", "/cold/": "slow"} {
		mux.HandleFunc("GET "+path+"{id}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
			answer(w, esi(speed, r.PathValue("id")))
		})
	}
	for _, speed := range []string{"fast", "slow"} {
		mux.HandleFunc("GET /"+speed+"/{slot}/{id}", func(w http.ResponseWriter, r *http.Request) {
			slot, err := strconv.Atoi(r.PathValue("slot"))
			if err != nil || slot < 0 || slot >= content.Slots {
				http.NotFound(w, r)
				return
			}
			if speed == "slow" {
				time.Sleep(time.Duration(content.Delays[slot]) * time.Millisecond)
			}
			answer(w, content.Fragment(slot))
		})
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		mux.ServeHTTP(w, r)
	}))
	return o
}
