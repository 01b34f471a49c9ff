package main

import (
	"html"
	"net/http"
	"strconv"
)

func writeFragment(w http.ResponseWriter, cacheControl string, fragment []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(fragment)))
	w.Header().Set("Cache-Control", cacheControl)
	// The status has left; a reader that goes away is no error of the site.
	_, _ = w.Write(fragment)
}

// writeError answers with a fragment that says what is wrong. No cache keeps it.
func writeError(w http.ResponseWriter, status int, message string) {
	write(w, status, `<p class="none">`+html.EscapeString(message)+"</p>\n")
}

func write(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
