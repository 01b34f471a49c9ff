package browsertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"inlay/internal/operator"
)

const operatorToken = "0123456789abcdef0123456789abcdef"

// held is an entry as administration tells of it.
type held struct {
	Key, Kind, State string
	Age, Left        int
	Swr, Sie         int
	Tags             []string
	Bytes, Charged   int
	Hits, Took       int
	From             string
	Reason, Text     string
}

// stand answers as administration does, with what a test gives it, so that a test can have it fail and begin anew.
type stand struct {
	mu      sync.Mutex
	entries []held
	stats   map[string]any
	history []map[string]any
	flights []map[string]any
	failed  []map[string]any
	reach   string
	token   string
	// requests are the URLs that were asked for, changed those that changed something.
	requests, changed []string
	// broken answers in its place, for all but the page.
	broken http.HandlerFunc
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.URL.String())
	if r.URL.Path == "/_inlay/" {
		for _, f := range operator.Fields() {
			w.Header().Set(f.Name, f.Value)
		}
		_, _ = io.WriteString(w, operator.Body())
		return
	}
	if s.broken != nil {
		s.broken(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	query := r.URL.Query()
	switch name := strings.TrimPrefix(r.URL.Path, "/_inlay/"); name {
	case "stats":
		s.say(w, s.stats)
	case "history":
		s.say(w, map[string]any{"reach": s.reach, "every": 10, "samples": s.history})
	case "flights":
		s.say(w, map[string]any{"reach": s.reach, "flights": s.flights})
	case "failures":
		s.say(w, map[string]any{"reach": s.reach, "failures": s.failed})
	case "entries":
		s.list(w, query)
	case "purge", "invalidate":
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		s.change(w, name, query)
	default:
		http.NotFound(w, r)
	}
}

// set changes what it answers with.
func (s *stand) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *stand) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *stand) done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.changed)
}

// extreme is the key of the entry with the most, or the least, of something.
func (s *stand) extreme(value func(held) int, most bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sorted := slices.Clone(s.entries)
	slices.SortStableFunc(sorted, func(a, b held) int {
		if most {
			return -cmp.Compare(value(a), value(b))
		}
		return cmp.Compare(value(a), value(b))
	})
	return sorted[0].Key
}

func (s *stand) say(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func (s *stand) list(w http.ResponseWriter, query url.Values) {
	var found []held
	sum := 0
	for _, e := range s.entries {
		if q := query.Get("q"); q != "" && !strings.Contains(e.Key, q) || query.Has("key") && !slices.Contains(query["key"], e.Key) ||
			query.Has("tag") && !slices.ContainsFunc(query["tag"], func(t string) bool { return slices.Contains(e.Tags, t) }) ||
			query.Get("kind") != "" && query.Get("kind") != e.Kind {
			continue
		}
		found, sum = append(found, e), sum+e.Bytes
	}
	by := map[string]func(e held) int{
		"bytes": func(e held) int { return e.Bytes }, "hits": func(e held) int { return e.Hits }, "age": func(e held) int { return e.Age },
		"left": func(e held) int { return e.Left }, "took": func(e held) int { return e.Took },
	}[query.Get("sort")]
	slices.SortStableFunc(found, func(a, b held) int {
		c := strings.Compare(a.Key, b.Key)
		if by != nil {
			c = cmp.Compare(by(a), by(b))
		}
		if query.Get("order") == "desc" {
			return -c
		}
		return c
	})
	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	shown := found[min(offset, len(found)):min(offset+limit, len(found))]
	entries := []map[string]any{}
	for _, e := range shown {
		entries = append(entries, map[string]any{"key": e.Key, "kind": e.Kind, "state": e.State, "age": e.Age, "left": e.Left, "swr": e.Swr, "sie": e.Sie,
			"tags": e.Tags, "bytes": e.Bytes, "charged": e.Charged, "hits": e.Hits, "took": e.Took, "from": e.From, "reason": e.Reason, "text": e.Text})
	}
	var next any
	if offset+limit < len(found) {
		next = offset + limit
	}
	s.say(w, map[string]any{"reach": s.reach, "total": len(s.entries), "matched": len(found), "bytes": sum, "next": next, "entries": entries})
}

func (s *stand) change(w http.ResponseWriter, name string, query url.Values) {
	var keys []string
	sum := 0
	rest := slices.DeleteFunc(slices.Clone(s.entries), func(e held) bool {
		goes := query.Get("all") == "1" || slices.Contains(query["key"], e.Key) || slices.ContainsFunc(query["tag"], func(t string) bool { return slices.Contains(e.Tags, t) })
		if goes {
			keys, sum = append(keys, e.Key), sum+e.Bytes
		}
		return goes
	})
	if query.Get("preview") == "1" {
		s.say(w, map[string]any{"preview": true, "entries": len(keys), "bytes": sum, "keys": append([]string{}, keys[:min(100, len(keys))]...)})
		return
	}
	s.changed = append(s.changed, name+"?"+query.Encode())
	if name == "purge" {
		s.entries = rest
	}
	s.say(w, map[string]any{name + "d": len(keys)})
}

// newStand is one that holds n entries and has an hour behind it.
func newStand(t *testing.T, n int) (*stand, string) {
	t.Helper()
	random := rand.New(rand.NewSource(1))
	s := &stand{token: operatorToken, reach: "process"}
	for i := range n {
		e := held{Key: fmt.Sprintf("/fragments/price/%d", i), Kind: "fragment", State: "fresh", Age: random.Intn(3000), Swr: 300, Sie: 3600, Bytes: 200 + random.Intn(9000),
			Hits: random.Intn(5000), Took: 5 + random.Intn(400), From: "origin", Tags: []string{"price", fmt.Sprintf("product:%d", i)}}
		switch i % 10 {
		case 1, 2:
			e.Key, e.Kind, e.Tags = fmt.Sprintf("/products/%d", i), "page", nil
		case 3:
			e.Key += "\ncookie: currency=CHF"
		case 4:
			e.State, e.From = "stale", "data-center"
		}
		if i%97 == 5 {
			e.Kind, e.State, e.Reason, e.Text = "failure", "fresh", "status", "the origin answered 503"
		}
		e.Left, e.Charged = 3600-e.Age, e.Bytes+400
		if e.State == "stale" {
			e.Left = -random.Intn(200)
		}
		s.entries = append(s.entries, e)
	}
	s.stats = map[string]any{"warm_pages_total": 912345, "pages_total": 61234, "stale_pages_total": 40211, "cold_pages_total": 20899, "failed_pages_total": 124,
		"fills_total": 81234, "fills_failed_total": 310, "flights": 3, "waiting": 7, "cache_entries": n, "cache_bytes": 41234567, "cache_evictions_total": 5120,
		"saved_fills_total": 4512345, "saved_milliseconds_total": 412345678, "saved_bytes_total": 19123456789, "core_crashes_total": 0}
	now := time.Now().UTC().Truncate(time.Second)
	for i := range 360 {
		if i > 200 && i < 214 {
			continue // nobody came
		}
		pages := 180 + random.Intn(80) + i/3
		stale, cold, failed := pages*(4+random.Intn(4))/100, pages*(1+random.Intn(3))/100, 0
		if i < 18 {
			cold = pages * (90 - 5*i) / 100
		}
		if i >= 280 && i < 292 {
			failed, stale = pages*12/100, pages*30/100
		}
		s.history = append(s.history, map[string]any{"at": now.Add(time.Duration(i-359) * 10 * time.Second).Format(time.RFC3339), "warm": pages - stale - cold - failed, "stale": stale,
			"cold": cold, "failed": failed, "fills": cold*2 + stale, "saved_fills": pages * 5, "saved_ms": pages * 400, "saved_bytes": pages * 21000})
	}
	s.flights = []map[string]any{{"key": "/fragments/related/17", "page": "/products/{id}", "slot": "related", "age": 2150, "waiting": 4, "attempts": 2, "looking": false},
		{"key": "/fragments/price/17\ncookie: currency=CHF", "page": "/products/{id}", "slot": "price", "age": 34, "waiting": 1, "attempts": 1, "looking": true}}
	s.failed = []map[string]any{{"at": now.Add(-30 * time.Second).Format(time.RFC3339), "key": "/fragments/related/9", "page": "/products/{id}", "slot": "related", "reason": "timeout", "status": 0,
		"text": "the origin has not answered within 3 s", "remedy": "look at the origin, or give the slot a longer timeout", "took": 3000},
		{"at": now.Add(-5 * time.Minute).Format(time.RFC3339), "key": "/fragments/cart/1", "page": "/cart", "slot": "cart", "reason": "set-cookie", "status": 200,
			"text": "the answer has Set-Cookie, so it is a visitor's", "remedy": "set the cookie where the page is answered, or on a path that is no fragment", "took": 12}}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return s, server.URL + "/_inlay/"
}
