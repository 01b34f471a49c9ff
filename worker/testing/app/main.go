//go:build js

// Command app is the app.wasm of the root's runtime tests: handlers that do what sites do, and what they should not. Each is
// asked both as a fragment of a page and as a request that no page answers. ?url= is what a handler asks.
package main

import (
	"net/http"

	"github.com/syumai/workers/cloudflare"

	"inlay/worker/instance"
)

func main() {
	if how := cloudflare.Getenv("END_AT_START"); how != "" {
		panic(how)
	}
	mux := http.NewServeMux()
	for _, routes := range []map[string]http.HandlerFunc{asking, storing, ending, running, keeping} {
		for name, h := range routes {
			mux.HandleFunc("/do/"+name, h)
		}
	}
	mux.HandleFunc("GET /pages/{name}", page)
	mux.HandleFunc("GET /pages/{name}/part", part)
	mux.HandleFunc("GET /fragments/rate/{currency}", rate)
	mux.HandleFunc("GET /fragments/stock/{id}", stock)
	mux.HandleFunc("/do/fill-stock", told(fillStock))
	instance.Serve(mux)
}
