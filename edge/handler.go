package edge

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"inlay/internal/admin"
	"inlay/internal/ascii"
	"inlay/internal/coding"
	"inlay/internal/engine"
	"inlay/internal/forwarded"
	"inlay/internal/histogram"
	"inlay/internal/markup"
	"inlay/internal/notfound"
	"inlay/internal/overlay"
)

// Options are what [NewHandler] takes.
type Options struct {
	// Pages are what the handler answers itself; everything else goes to Origin.
	Pages []Page
	// Origin answers fills, and the requests that no page answers. Nil: the remote origin that Config.Origin names, and
	// it is an error if there is none. A fill's request has exactly the header fields that its slot declares, with
	// Surrogate-Capability, and a
	// context that ends with the fill's timeout, not with the client.
	Origin http.Handler
	// Config is the policy; its zero fields mean the defaults that [ParseConfig] documents, save NegativeTTL, whose zero
	// is no memory of failures, and Compress, whose zero is that nothing is compressed.
	Config Config
	// Bindings are what a src of the form binding:NAME/path names. Nil: none.
	Bindings map[string]http.Handler
	// Log is what all processes of the site ask about purges, so that one which reaches any of them reaches all. Each relies for
	// Config.Lease on what it was told, so a request that begins more than that after a purge was acknowledged never gets a
	// fragment whose fill began before it, in whichever process (more than Config.Outage, if that is longer). Nil: this process
	// is alone.
	Log PurgeLog
	// Lower is where all processes of the site share fragments; it needs Log. Nil: each has its own only.
	Lower Tier
	// Build is what has to be the same for processes that share what lies in Lower: the version of the site. Empty: a
	// digest of the program's file. Config.Outlive does without. Config.Origin and Config.FillFields have to be the same either way.
	Build string
	// CheckLeaks is for development: each fragment is fetched again, twice with cookies and header fields offered
	// that its slot does not declare. If the answers differ the fragment depends on something that is not in its key,
	// and OnLeak is told. So it is if a fragment has what another visitor's fill has left in the program, for which it is fetched
	// four times more, or eight.
	CheckLeaks bool
	// OnLeak is told what CheckLeaks found, from the fill's goroutine. Nil: it is logged as a warning.
	OnLeak func(Leak)
	// Codings are in what pages may be sent besides gzip, in the order of the handler's preference, where Config.Compress says so: see
	// inlay/edge/compress. One that is called gzip takes the place of [Gzip]. Nil: gzip alone.
	Codings []Coding
	// Tracer is told of pages and fills, as spans. Nil: nobody is, and a visitor's traceparent goes on to the fills that he leads as it
	// came.
	Tracer Tracer
	// Logger gets what nobody else is told. Each line has, as far as it is about them, "request", "page", "slot" and "key". Nil: as
	// Config.LogFormat says.
	Logger *slog.Logger
}

// Handler serves pages with net/http. A page whose fragments are all fresh is
// answered without any lock that pages share.
type Handler struct {
	engine      *engine.Engine[*blob]
	options     Options
	remote      *http.Transport
	unpaged     http.Handler // of what no page answers
	shown       shownPages
	front       front
	dev         *dev // nil: nothing is looked at
	coder       *coding.Set
	untouched   []bool // of pages: their own Cache-Control says no-transform
	filled      *histogram.Fills
	requestPool sync.Pool
	now         func() time.Time

	mu     sync.Mutex // of the engine's events and of what follows
	conns  map[engine.RequestID]*conn
	last   engine.RequestID
	traces map[engine.FillID]*tracedFill // those that Options.Tracer is told of

	fills map[engine.FillID]context.CancelFunc // those in progress that are not stopped, those that are looked for below too

	fragment markup.Fragment // scratch for reading one, while the lock is held
	failed   admin.Failures  // guarded by mu, as history is
	history  admin.History
	due      atomic.Int64 // when history turns next, in seconds since 1970

	coded   atomic.Bool     // a page with slots came in an encoding that cannot be undone here
	refused map[string]bool // what was logged of pages of the origin: a line for each page and reason

	telling telling // what the event in progress tells the engine

	polling chan struct{}                            // closed at the end of the last poll
	purges  map[engine.RequestID]chan struct{}       // closed when the log has been told, or could not be
	lower   lower                                    // Options.Lower
	log     struct{ poll, purge, get, put troubles } // what goes wrong there

	work   sync.WaitGroup  // requests, fills, and calls of the log and of what lies below in progress
	alive  context.Context // of all that outlives a request
	end    context.CancelFunc
	closed bool
}

// blob is what the native host holds for the engine: bytes, or a head.
type blob struct {
	bytes  []byte
	kept   *coding.Kept // of what a page may be composed as, in place of bytes
	status int
	header http.Header
	page   []byte // of a head: the site's own, in place of the body

	noTransform bool // of a head: the origin wants the page sent as it is
	coded       atomic.Pointer[codedHeads]
}

// NewHandler prepares a handler. Errors: no origin, pages whose patterns conflict, a budget that makes no sense.
func NewHandler(o Options) (*Handler, error) {
	fillIn(&o.Config)
	if o.Logger == nil {
		o.Logger = loggerOf(o.Config.LogFormat)
	}
	front, err := newFront(&o.Config, o.Pages)
	if err != nil {
		return nil, err
	}
	remote := newTransport()
	pages, shown := splitShown(o.Pages)
	unpaged := o.Origin
	if p := shown.of(http.StatusNotFound); p != nil && unpaged != nil {
		unpaged = notfound.Show(unpaged, p.html(), mapped(p.Header, lowered))
	}
	if o.Origin == nil {
		if o.Config.Origin == "" {
			return nil, errors.New("edge: Options.Origin is nil and Config.Origin is empty: fills have nowhere to go; set one of them")
		}
		target, err := url.Parse(o.Config.Origin)
		if err != nil {
			return nil, err
		}
		behind := forwarded.ParseOrigin(o.Config.Origin)
		front.behind = &behind
		o.Origin = proxyTo(target, remote, shown, &o, &front)
		unpaged = o.Origin // whose answers go out as they come
	}
	h := &Handler{
		front:   front,
		now:     time.Now,
		options: o, conns: map[engine.RequestID]*conn{}, fills: map[engine.FillID]context.CancelFunc{}, traces: map[engine.FillID]*tracedFill{},
		remote: remote, unpaged: unpaged, shown: shown, filled: histogram.New(slotsOf(pages)),
		purges: map[engine.RequestID]chan struct{}{}, refused: map[string]bool{},
	}
	if err := h.initCoder(); err != nil {
		return nil, err
	}
	h.alive, h.end = context.WithCancel(context.Background())
	if err := h.reachBeyond(); err != nil {
		return nil, err
	}
	h.requestPool.New = func() any { return new(pooled) }
	h.initDev()
	for i := range o.Pages {
		if err := checkHeader(&o.Pages[i]); err != nil {
			return nil, err
		}
		if len(o.Pages[i].shell.Static) != len(o.Pages[i].Slots)+1 {
			return nil, errors.New("edge: page " + o.Pages[i].Pattern + " has no shell, or other slots than it; make pages with ParsePage")
		}
	}
	h.engine, err = engine.New(innerPages(pages), h.options.Config.inner(), engine.Host[*blob](nativeHost{h}))
	if err != nil {
		return nil, outer(err)
	}
	return h, nil
}

// ServeHTTP answers a page, or passes the request to the origin.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.dev != nil {
		h.dev.ServeHTTP(w, r)
		return
	}
	h.serve(w, r, nil)
}

// serve answers a request; visit is told of it, if there is one.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, visit *overlay.Visit) {
	p := h.requestPool.Get().(*pooled)
	defer func() {
		if p.exchange.traced != nil {
			h.traceEnds(&p.exchange)
		}
		p.Fields, p.visitor, p.exchange = nil, visitor{}, exchange{}
		h.requestPool.Put(p)
	}()
	req := &p.Request
	req.Method, req.Target, req.HTTP10 = r.Method, targetOf(r), r.ProtoMajor == 1 && r.ProtoMinor == 0
	if isUpgrade(r) {
		req.Method = upgradeMethod
	}
	req.Draw = rand.Uint64() // not the ID, which a warm page does not need
	x := &p.exchange
	*x = exchange{w: w, r: r, request: req, asked: h.asked(w, r), visit: visit}
	if h.options.Tracer != nil {
		x.traced = h.traceBegins(r)
	}
	if h.options.Config.Debug {
		x.id = h.requestID(r)
		x.w = &named{ResponseWriter: w, id: x.id}
		w = x.w
	}
	p.visitor = visitor{r: r, front: &h.front, unconditional: x.asked.Any()}
	req.Fields = &p.visitor
	now := h.now()
	if now.Unix() >= h.due.Load() { // in seconds: a nanosecond would cost a warm page 2%
		h.turn(now)
	}
	if req.Visit = visit != nil; req.Visit {
		// As it was composed before, a page does not tell of slots.
	} else if whole, ok := h.engine.Warm(req, now); ok {
		if x.traced != nil {
			x.traced.isRouted(h)
		}
		h.sendWhole(x, whole.Head, whole.Body, true)
		return
	}
	if x.id == "" { // a warm page has nothing to log
		x.id = h.requestID(r)
	}
	if h.front.isLoop(r) {
		h.answerLoop(w, x)
		return
	}
	if h.options.Config.Token != "" && strings.HasPrefix(req.Target, engine.AdminPrefix) {
		w.Header()["Inlay-Reach"] = []string{"process"} // whoever asks learns that what is counted here is no isolate's of many
	}
	req.Fields = &visitor{r: r, front: &h.front, unconditional: x.asked.Any()} // which may be asked for longer than this call takes
	c := newConn(x)
	if !h.open(c, req) {
		http.Error(w, "The server is shutting down.", http.StatusServiceUnavailable)
		return
	}
	defer h.work.Done()
	if x.traced != nil {
		x.traced.isRouted(h)
	}
	c.serve(h, x)
}

// upgradeMethod is the method that the engine is told of a request for a WebSocket: that is no GET of a page, whatever its URL has.
const upgradeMethod = "UPGRADE"

func isUpgrade(r *http.Request) bool {
	to := r.Header["Upgrade"]
	return len(to) == 1 && ascii.EqualFold(to[0], "websocket")
}

// open registers a connection and hands its request to the engine; it refuses after Shutdown.
func (h *Handler) open(c *conn, req *engine.Request) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.work.Add(1)
	for h.last++; h.conns[h.last] != nil; h.last++ {
	}
	c.id, req.ID = h.last, h.last
	h.conns[c.id] = c
	h.engine.Handle(req, h.now())
	return true
}

// Shutdown refuses new requests that would need a fill and waits until every page, every fill and every call of Options.Log
// and Options.Lower in progress has ended, or ctx has.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		h.work.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close refuses new requests as Shutdown does, and ends what is in progress: fills fail, and calls of Options.Log and
// Options.Lower end with their contexts. It waits for nothing, and closes neither of the two.
func (h *Handler) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.end()
}

// Stats tells what the handler has done since it began.
func (h *Handler) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats(h.engine.Stats())
}

func locked(h *Handler, f func() int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return f()
}

// targetOf is the request's target in origin form; empty, which the engine refuses, if its Host is no host.
func targetOf(r *http.Request) string {
	if !forwarded.IsHost(r.Host) {
		return ""
	}
	if len(r.RequestURI) > 0 && r.RequestURI[0] == '/' {
		return r.RequestURI
	}
	if r.URL.RawQuery == "" {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + r.URL.RawQuery
}
