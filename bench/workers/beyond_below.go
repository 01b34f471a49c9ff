package main

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// store stands in for the data centre's cache and for KV, as workerd asks for them by HTTP; worker/e2e/harness has one that
// tests can do more with.
//
// The cache: GET is answered with the entry and CF-Cache-Status HIT, or MISS; PUT has a whole response as its body. KV: GET and
// PUT of /KEY.
type store struct {
	*httptest.Server
	puts atomic.Int64 // of fragments; the snapshot of the log lies in the cache, too

	mu      sync.Mutex
	entries map[string]stored
}

type stored struct {
	header http.Header // of the cache's
	body   []byte
	at     time.Time
	keep   time.Duration
}

func startStore(serve func(s *store, w http.ResponseWriter, r *http.Request, body []byte)) *store {
	s := &store{entries: map[string]stored{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // before anything is answered, else the caller hangs
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		serve(s, w, r, body)
	}))
	return s
}

func (s *store) addr() string { return strings.TrimPrefix(s.URL, "http://") }

func serveCache(s *store, w http.ResponseWriter, r *http.Request, body []byte) {
	name := r.Host + r.URL.RequestURI()
	switch r.Method {
	case http.MethodGet:
		e, ok := s.entries[name]
		age := time.Since(e.at)
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
		// The body that lies in the body has no chunks, even where its head says so.
		head, rest, _ := bytes.Cut(body, []byte("\r\n\r\n"))
		_, lines, _ := bytes.Cut(head, []byte("\r\n"))
		fields, err := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(lines), strings.NewReader("\r\n\r\n")))).ReadMIMEHeader()
		_, seconds, _ := strings.Cut(fields.Get("Cache-Control"), "max-age=")
		keep, notNumber := strconv.Atoi(seconds)
		if err != nil || notNumber != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		fields.Del("Transfer-Encoding")
		fields.Del("Content-Length")
		s.entries[name] = stored{header: http.Header(fields), body: rest, at: time.Now(), keep: time.Duration(keep) * time.Second}
		if !strings.HasSuffix(name, "/log") {
			s.puts.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func serveKV(s *store, w http.ResponseWriter, r *http.Request, body []byte) {
	switch r.Method {
	case http.MethodGet:
		e, ok := s.entries[r.URL.EscapedPath()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(e.body)
	case http.MethodPut:
		s.entries[r.URL.EscapedPath()] = stored{body: body}
		s.puts.Add(1)
	}
}

// relay is the way to the purge log: it counts what is asked, and can be cut.
type relay struct {
	*httptest.Server
	polls, purges atomic.Int64
	state         atomic.Int32
}

// What a relay does with what it is asked.
const (
	handsOn = iota
	ends    // the connection, without an answer
	hangs   // and answers nothing
)

func startRelay(log *workerd) *relay {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: log.addrs["log"]})
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	r := &relay{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, asked *http.Request) {
		switch r.state.Load() {
		case ends:
			panic(http.ErrAbortHandler)
		case hangs:
			_, _ = io.Copy(io.Discard, asked.Body) // else nobody notices that the caller has left
			<-asked.Context().Done()
			return
		}
		if asked.Method == http.MethodPost {
			r.purges.Add(1)
		} else {
			r.polls.Add(1)
		}
		proxy.ServeHTTP(w, asked)
	}))
	return r
}

func (r *relay) addr() string { return strings.TrimPrefix(r.URL, "http://") }

// stop ends what hangs, too.
func (r *relay) stop() {
	r.CloseClientConnections()
	r.Close()
}
