//go:build js

package main

import (
	"io"
	"net/http"
)

// page is a page with a slot, which handlers of the site's own can have as well as another server.
func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Inlay-Slots", "edge-slot")
	w.Header().Set("Cache-Control", "max-age=60")
	w.Header().Set("X-Capability", r.Header.Get("Surrogate-Capability"))
	name := r.PathValue("name")
	_, _ = io.WriteString(w, `<!doctype html><html><head><title>`+name+`</title></head><body><edge-slot name="part" src="`+name+`/part"></edge-slot></body></html>`)
}

func part(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=60")
	_, _ = io.WriteString(w, "<p>part of "+r.PathValue("name")+"</p>")
}
