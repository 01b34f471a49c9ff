package devserver

import (
	"bytes"
	"crypto/rand"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// shelf has the site's shells for the Worker, which fetches them by their
// number; the first is 1. It listens on the loopback interface, on a path that
// nobody can guess.
type shelf struct {
	url      string // a number goes behind it
	listener net.Listener
	server   *http.Server

	mu     sync.Mutex
	latest int
	shells []byte
}

func newShelf() (*shelf, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	path := "/" + rand.Text() + "/"
	s := &shelf{url: "http://" + listener.Addr().String() + path, listener: listener}
	s.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := strings.CutPrefix(r.URL.Path, path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if text != strconv.Itoa(s.latest) {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(s.shells)
	})}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// put takes shells in place of those before, and tells whether they are others.
func (s *shelf) put(shells []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest > 0 && bytes.Equal(s.shells, shells) {
		return false
	}
	s.latest++
	s.shells = shells
	return true
}

func (s *shelf) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest
}

// name is what a request says whose Worker began with some shells and is to
// have the latest; "" if those are the same.
func (s *shelf) name(began int) string {
	if n := s.number(); n != began {
		return strconv.Itoa(n)
	}
	return ""
}

func (s *shelf) close() { _ = s.server.Close() }
