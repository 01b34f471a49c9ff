//go:build !js

package app

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// healthPath is what whoever watches the server asks. Nothing is asked of the site or of its origin for an answer, and no
// token is needed.
const healthPath = "/_inlay/health"

// health answers that the server is there, in front of what it serves: with 200, and with 503 once it has been told to
// stop, on connections that are open still.
type health struct {
	next   http.Handler
	ending atomic.Bool
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != healthPath {
		h.next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This path takes GET only.", http.StatusMethodNotAllowed)
	case h.ending.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "ending\n")
	default:
		_, _ = io.WriteString(w, "ok\n")
	}
}

// askHealth asks the server at an address, on which it may listen for any host: what a container without a shell calls.
func askHealth(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{}} // no proxy stands before it
	resp, err := client.Get("http://" + net.JoinHostPort(host, port) + healthPath)
	if err != nil {
		return fmt.Errorf("no server answers at %s: %w", address, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("what is at %s answers %d to %s", address, resp.StatusCode, healthPath)
	}
	return nil
}
