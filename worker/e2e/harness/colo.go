package harness

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Colo stands in for the cache of a data centre. A bare workerd has none: what its Cache API is asked for goes, as HTTP, to
// the service that cacheApiOutbound names. That protocol (src/workerd/api/cache.c++): GET is answered with the entry and
// CF-Cache-Status HIT, or MISS; PUT has a whole response as its body, head and all, and is answered with 204; PURGE with 200,
// or 404 if there was nothing.
//
// It keeps what max-age allows and gives the Age of what it has, in whole seconds. What has no max-age, or is private, no-store
// or sets a cookie, it does not keep.
type Colo struct {
	Addr string // host and port

	mu      sync.Mutex
	entries map[string]entry
	down    chan struct{} // closed when it works again; nil while it does
	gets    int
	puts    int
}

// entry is what lies in Colo and in KV.
type entry struct {
	header http.Header // of Colo's
	body   []byte
	stored time.Time
	keep   time.Duration // 0: for ever, in KV
	before []byte        // what is shown until visible; nil: nothing
	shows  time.Time
}

// NewColo is an empty cache, for the length of a test.
func NewColo(t *testing.T) *Colo {
	t.Helper()
	c := &Colo{entries: map[string]entry{}}
	c.Addr = serve(t, c)
	return c
}

// serve runs a handler for the length of a test, and gives its host and port.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return strings.TrimPrefix(s.URL, "http://")
}

func (c *Colo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // before anything is answered, else the caller hangs
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c.mu.Lock()
	down := c.down
	c.mu.Unlock()
	if down != nil {
		select {
		case <-down:
		case <-r.Context().Done():
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := r.Header.Get("CF-Cache-Namespace") + " " + r.Host + r.URL.RequestURI()
	switch r.Method {
	case http.MethodGet:
		c.gets++
		e, ok := c.entries[name]
		age := time.Since(e.stored)
		if !ok || age >= e.keep {
			w.Header().Set("CF-Cache-Status", "MISS")
			w.WriteHeader(http.StatusGatewayTimeout)
			return
		}
		maps.Copy(w.Header(), e.header)
		w.Header().Set("CF-Cache-Status", "HIT")
		w.Header().Set("Age", strconv.Itoa(int(age/time.Second)))
		_, _ = w.Write(e.body)
	case http.MethodPut:
		c.puts++
		header, rest, ok := parsePut(body)
		keep, kept := keepFor(header)
		if !ok || !kept {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		c.entries[name] = entry{header: header, body: rest, stored: time.Now(), keep: keep}
		w.WriteHeader(http.StatusNoContent)
	case "PURGE":
		if _, ok := c.entries[name]; !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		delete(c.entries, name)
	}
}

// parsePut reads a response that lies in a request's body. Its body has no chunks, even where its head says so.
func parsePut(message []byte) (header http.Header, body []byte, ok bool) {
	head, body, ok := bytes.Cut(message, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		return nil, nil, false
	}
	_, lines, _ := bytes.Cut(head, []byte("\r\n"))
	fields, err := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(lines), strings.NewReader("\r\n\r\n")))).ReadMIMEHeader()
	if err != nil {
		return nil, nil, false
	}
	header = http.Header(fields)
	header.Del("Transfer-Encoding")
	header.Del("Content-Length")
	return header, body, true
}

// keepFor is the max-age of a response that may be kept.
func keepFor(header http.Header) (age time.Duration, ok bool) {
	if header.Get("Set-Cookie") != "" {
		return 0, false
	}
	for part := range strings.SplitSeq(header.Get("Cache-Control"), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "private", "no-store", "no-cache":
			return 0, false
		case "max-age":
			seconds, err := strconv.Atoi(value)
			age, ok = time.Duration(seconds)*time.Second, err == nil && seconds > 0
		}
	}
	return age, ok
}

// Entries are what lies in it: bodies by name, which has the host and the path of their URL.
func (c *Colo) Entries() map[string][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string][]byte{}
	for name, e := range c.entries {
		if time.Since(e.stored) < e.keep {
			all[name] = slices.Clone(e.body)
		}
	}
	return all
}

// Empty forgets everything.
func (c *Colo) Empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
}

// Change puts another body in the place of each entry's. nil leaves it as it is.
func (c *Colo) Change(change func(name string, body []byte) []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changeEntries(c.entries, change)
}

func changeEntries(entries map[string]entry, change func(name string, body []byte) []byte) {
	for name, e := range entries {
		if changed := change(name, slices.Clone(e.body)); changed != nil {
			e.body = changed
			entries[name] = e
		}
	}
}

// Hang lets it answer nothing until the function that is returned is called.
func (c *Colo) Hang() (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	down := make(chan struct{})
	c.down = down
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.down = nil
		close(down)
	}
}

// Asked is how often it was asked for an entry, and given one.
func (c *Colo) Asked() (gets, puts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gets, c.puts
}
