package edgetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"inlay/edge"
)

// Site is a shop whose products have versions, as a page with a fragment of each: /p/ and the product's number. A fragment tells the
// version that the product had when its fill began.
type Site struct {
	// Page is what a handler of the site has to be given.
	Page edge.Page
	// Fills counts those that reached the origin.
	Fills atomic.Int64

	products []product
}

type product struct {
	version atomic.Int64

	mu    sync.Mutex
	acked []acked // purges that were acknowledged, the versions rising
}

type acked struct {
	at      time.Time
	version int64
}

const shell = `<!doctype html><title>Product</title><body><edge-slot name="v" src="/f/{id}" ttl="1h" swr="1h" sie="1h" tags="product:{id}">…</edge-slot></body>`

// NewSite makes a site of so many products.
func NewSite(products int) *Site {
	page, err := edge.ParsePage("/p/{id}", shell)
	if err != nil {
		panic(err)
	}
	return &Site{Page: page, products: make([]product, products)}
}

// ServeHTTP answers the fragments. Some take some milliseconds.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/f/"))
	if err != nil || id < 0 || id >= len(s.products) {
		http.NotFound(w, r)
		return
	}
	v := s.products[id].version.Load()
	s.Fills.Add(1)
	if v%3 == 1 {
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<p>product %d version=%d;</p>", id, v)
}

// Tag is what a product's fragments carry.
func (s *Site) Tag(id int) string { return "product:" + strconv.Itoa(id) }

// Change gives a product another version, and says which.
func (s *Site) Change(id int) int64 { return s.products[id].version.Add(1) }

// Acknowledged takes note that a version of a product was purged, at the time at which somebody knows that.
func (s *Site) Acknowledged(id int, version int64) {
	p := &s.products[id]
	p.mu.Lock()
	p.acked = append(p.acked, acked{time.Now(), version})
	p.mu.Unlock()
}

// Check reads a page that was asked for at a time, and says how long after a purge was acknowledged that it should have known of it
// was asked for: an error if that is more than the lease.
func (s *Site) Check(id int, body string, asked time.Time, lease time.Duration) (late time.Duration, err error) {
	_, rest, ok := strings.Cut(body, fmt.Sprintf("product %d version=", id))
	number, _, end := strings.Cut(rest, ";")
	version, parse := strconv.ParseInt(number, 10, 64)
	if !ok || !end || parse != nil {
		return 0, fmt.Errorf("no version of product %d in %q", id, body)
	}
	p := &s.products[id]
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.acked {
		if a.version > version {
			late = max(late, asked.Sub(a.at))
		}
	}
	if late > lease {
		return late, fmt.Errorf("product %d: version %d, %v after a later one had been purged", id, version, late)
	}
	return late, nil
}

// Get asks a handler for a product's page, as a reader that runs nothing.
func Get(h http.Handler, id int) (status int, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p/"+strconv.Itoa(id), nil))
	b, err := io.ReadAll(w.Body)
	if err != nil {
		return 0, err.Error()
	}
	return w.Code, string(b)
}

// Storm is what [TestBound] does to a site.
type Storm struct {
	// Handlers is how many share a log and a store. Zero: 3.
	Handlers int
	// Open gives the log and the store of one of them.
	Open func(t *testing.T, handler int) (edge.PurgeLog, edge.Tier)
	// Lease is each one's Config.Lease, and a fifth of it Config.LeaseSoft. Zero: a second.
	Lease time.Duration
	// For is how long it lasts. Zero: 3 seconds.
	For time.Duration
	// Trouble happens meanwhile, if it is not nil: it breaks things and mends them until ctx ends.
	Trouble func(ctx context.Context)
}

// Weather is what a storm was like.
type Weather struct {
	Requests, Purges, Unacknowledged, Fills int64
	Late, Slowest                           time.Duration // the latest of what was served though purged; the longest request
}

// TestBound has requests come to handlers in turn while products change and are purged by their tags through any of them, and holds
// each answer to the bound: a request that begins more than the lease after a purge was acknowledged never gets a fragment whose
// fill began before it. In the end, when the trouble is over, each handler has to know of each purge within the lease.
func TestBound(t *testing.T, s Storm) Weather {
	t.Helper()
	w, err := s.rage(t)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%+v", w)
	return w
}

// rage is the storm itself; the error has the answers that were wrong.
func (s Storm) rage(t *testing.T) (Weather, error) {
	if s.Handlers == 0 {
		s.Handlers = 3
	}
	if s.Lease == 0 {
		s.Lease = time.Second
	}
	if s.For == 0 {
		s.For = 3 * time.Second
	}
	const products = 8
	site := NewSite(products)
	handlers := make([]*edge.Handler, s.Handlers)
	for i := range handlers {
		log, lower := s.Open(t, i)
		h, err := edge.NewHandler(edge.Options{
			Pages: []edge.Page{site.Page}, Origin: site, Log: log, Lower: lower, Build: "test",
			Config: edge.Config{Lease: s.Lease, LeaseSoft: s.Lease / 5, Outage: s.Lease},
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		handlers[i] = h
	}
	var weather struct {
		requests, purges, unacked, late, slowest atomic.Int64
	}
	read := func(turn int) error {
		id, asked := rand.IntN(products), time.Now()
		status, body := Get(handlers[turn%len(handlers)], id)
		raise(&weather.slowest, int64(time.Since(asked)))
		weather.requests.Add(1)
		if status != http.StatusOK {
			return fmt.Errorf("status %d: %s", status, body)
		}
		late, err := site.Check(id, body, asked, s.Lease)
		raise(&weather.late, int64(late))
		return err
	}
	change := func(ctx context.Context) {
		id := rand.IntN(products)
		v := site.Change(id)
		ctx, cancel := context.WithTimeout(ctx, 2*s.Lease)
		defer cancel()
		if _, err := handlers[rand.IntN(len(handlers))].PurgeEverywhere(ctx, edge.Purge{Tags: []string{site.Tag(id)}}); err != nil {
			weather.unacked.Add(1)
			return
		}
		site.Acknowledged(id, v)
		weather.purges.Add(1)
	}

	ctx, cancel := context.WithTimeout(t.Context(), s.For)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	wrong := func(err error) {
		select {
		case errs <- err:
		default: // enough is known
		}
	}
	for g := range 4 {
		wg.Go(func() {
			for turn := g; ctx.Err() == nil; turn++ {
				if err := read(turn); err != nil {
					wrong(err)
				}
				time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond) // it is not about speed
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			change(ctx)
			time.Sleep(time.Duration(rand.Int64N(int64(s.Lease / 10))))
		}
	})
	if s.Trouble != nil {
		wg.Go(func() { s.Trouble(ctx) })
	}
	wg.Wait()

	// A calm end: everything is changed and purged, and then is known to all.
	for id := range products {
		v := site.Change(id)
		for deadline := time.Now().Add(30 * time.Second); ; {
			_, err := handlers[id%len(handlers)].PurgeEverywhere(context.Background(), edge.Purge{Tags: []string{site.Tag(id)}})
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the trouble is over, and a purge still fails: %v", err)
			}
		}
		site.Acknowledged(id, v)
	}
	time.Sleep(s.Lease + time.Millisecond)
	for turn := range len(handlers) * products {
		if err := read(turn); err != nil {
			wrong(err)
			break
		}
	}
	for _, h := range handlers {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := h.Shutdown(ctx); err != nil {
			t.Errorf("something has no end: %v", err)
		}
		cancel()
	}
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return Weather{
		Requests: weather.requests.Load(), Purges: weather.purges.Load(), Unacknowledged: weather.unacked.Load(), Fills: site.Fills.Load(),
		Late: time.Duration(weather.late.Load()), Slowest: time.Duration(weather.slowest.Load()),
	}, errors.Join(all...)
}

// raise makes n the greater of itself and to.
func raise(n *atomic.Int64, to int64) {
	for at := n.Load(); to > at && !n.CompareAndSwap(at, to); at = n.Load() {
	}
}
