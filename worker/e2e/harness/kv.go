package harness

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// KV stands in for a namespace of Workers KV, as workerd asks for one by HTTP (src/workerd/api/kv.c++): GET, PUT and DELETE of
// /KEY?urlencoded=true; a PUT may have an expiration_ttl, of 60 seconds or more, as on the platform.
type KV struct {
	Addr string // host and port

	mu      sync.Mutex
	entries map[string]entry
	delay   time.Duration
	gets    int
	puts    int
}

// NewKV is an empty namespace, for the length of a test.
func NewKV(t *testing.T) *KV {
	t.Helper()
	k := &KV{entries: map[string]entry{}}
	k.Addr = serve(t, k)
	return k
}

func (k *KV) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // before anything is answered, else the caller hangs
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	name, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	e, ok := k.entries[name]
	if ok && e.keep > 0 && now.Sub(e.stored) >= e.keep {
		e, ok = entry{}, false
	}
	switch r.Method {
	case http.MethodGet:
		k.gets++
		shown := e.body
		if now.Before(e.shows) {
			shown, ok = e.before, e.before != nil
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(shown)
	case http.MethodPut:
		k.puts++
		var keep time.Duration
		if ttl := r.URL.Query().Get("expiration_ttl"); ttl != "" {
			seconds, err := strconv.Atoi(ttl)
			if err != nil || seconds < 60 {
				http.Error(w, "expiration_ttl has to be 60 or more: "+ttl, http.StatusBadRequest)
				return
			}
			keep = time.Duration(seconds) * time.Second
		}
		written := entry{body: body, stored: now, keep: keep, before: e.body, shows: now.Add(k.delay)}
		if now.Before(e.shows) {
			written.before = e.before
		}
		k.entries[name] = written
	case http.MethodDelete:
		delete(k.entries, name)
	}
}

// ShowAfter delays what is written from now on: reads show it only so much later, and until then what was there before.
func (k *KV) ShowAfter(delay time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.delay = delay
}

// Entries are what lies in it, by key.
func (k *KV) Entries() map[string][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string][]byte{}
	for name, e := range k.entries {
		all[name] = slices.Clone(e.body)
	}
	return all
}

// Empty forgets everything.
func (k *KV) Empty() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.entries)
}

// Change puts another value in the place of each. nil leaves it as it is.
func (k *KV) Change(change func(name string, value []byte) []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	changeEntries(k.entries, change)
}

// Asked is how often it was read, and written.
func (k *KV) Asked() (gets, puts int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.gets, k.puts
}
