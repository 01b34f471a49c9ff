package edge

import (
	"net/http"

	"inlay/internal/field"
)

// roomOfHead is what a page's fields may take together: a head is to be read by nginx, into 4 KiB, and the server adds some.
const roomOfHead = 4096 - 400

// setTiming puts Server-Timing into a page's head, in place of what the engine says for it.
func setTiming(header http.Header) {
	cacheStatus := header.Get("Cache-Status")
	if cacheStatus == "" {
		return
	}
	raw := header.Get("Server-Timing")
	header.Del("Server-Timing")
	room := roomOfHead
	for name, values := range header {
		for _, value := range values {
			room -= len(name) + len(value) + len(": \r\n")
		}
	}
	header.Set("Server-Timing", field.ServerTiming(raw, cacheStatus, room-len("Server-Timing: \r\n")))
}
