package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// origin is a remote origin whose fragments a test holds back, counts and spoils.
type origin struct {
	*httptest.Server
	mu     sync.Mutex
	asked  map[string]int
	answer func(w http.ResponseWriter, r *http.Request)
}

func newOrigin(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *origin {
	t.Helper()
	o := &origin{asked: map[string]int{}, answer: answer}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked[r.URL.Path]++
		o.mu.Unlock()
		o.answer(w, r)
	}))
	t.Cleanup(func() {
		o.CloseClientConnections()
		o.Close()
	})
	return o
}

// count is how often a path was asked for.
func (o *origin) count(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

// fragment answers with a fragment that tells its path.
func fragment(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, fragmentOf(r.URL.Path))
}

// fragmentOf is what fragment answers: a title for the slot in the head, else a paragraph.
func fragmentOf(path string) string {
	if strings.HasPrefix(path, "/fragments/title/") {
		return "<title>[" + path + "]</title>"
	}
	return "<p>[" + path + "]</p>"
}

// held answers as fragment does, each path after it was let through.
type held struct {
	mu    sync.Mutex
	gates map[string]chan struct{}
}

func (h *held) gate(path string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gates == nil {
		h.gates = map[string]chan struct{}{}
	}
	if h.gates[path] == nil {
		h.gates[path] = make(chan struct{})
	}
	return h.gates[path]
}

func (h *held) open(path string) { close(h.gate(path)) }

func (h *held) answer(w http.ResponseWriter, r *http.Request) {
	select {
	case <-h.gate(r.URL.Path):
		fragment(w, r)
	case <-r.Context().Done():
	}
}
