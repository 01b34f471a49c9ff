package engine

import (
	"strings"
	"sync/atomic"
	"time"

	"inlay/cache"
	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/decimal"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/purgelog"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Engine serves pages from a cache of fragments. It is a state machine: each method is an event, carries the time, and
// asks of the [Host] whatever must be done about it. It does no I/O, reads no clock, starts no goroutine and never
// blocks.
//
// Events come one at a time. Only [Engine.Warm] may be called at any time, from any goroutine.
type Engine[B any] struct {
	host   Host[B]
	config config.Config
	pages  Pages[B]
	plans  []atomic.Pointer[plan[B]] // each made when its page is first asked for
	router route.Router

	// fragments holds fragments by their key, and composed pages by theirs.
	fragments *cache.Cache[*entry[B]]
	// failures holds for a short time the failures of fills by the fragment's key, so that a failing origin is not asked
	// by every request. It has a small budget of its own, so that no number of them pushes out what is used.
	failures *cache.Cache[*entry[B]]

	requests map[RequestID]*request[B]
	attempts map[FillID]*fill[B]
	flights  map[*cache.Flight[*entry[B]]]*fill[B]
	lastFill FillID
	purges   uint64 // purges and invalidations of tags so far
	purged   tick   // when this engine was last told of a purge, by others than the log

	// Of the purge log, if there is one.
	view      purgelog.View
	lease     lease
	held      map[RequestID]*held
	heldOrder []RequestID // of those that wait for a poll; some may have left

	unattended unattended[B]
	adrift     int64 // bytes of fragments that are held to be renewed and have left the cache

	// otherHost answers a page that was asked for under another name. RFC 9110, section 15.5.20: 421.
	otherHost *route.RequestError

	clock clock
	now   time.Time // of the event in progress; what the caches' clocks say
	tick  tick      // the same
	chunk []byte    // scratch for reading blobs
	key   []byte    // scratch for keys
	made  assembly[B]
	// composedLately are hashes of the keys of pages that were composed and not kept.
	composedLately [512]uint32
	// repeated is scratch for [Repeat].
	repeated []*uint32

	patchEnd B
	// shells are the paths whose pages have slots by the configuration, markers is not 0 once there has been one.
	shells  route.Paths
	markers atomic.Uint32

	counts counts
	// Composed pages whose answers are to be reckoned up: see tally. Those of tallying are an event's to take.
	counted  atomic.Pointer[composed[B]]
	tallying *composed[B]
}

// grace is how long past its timeout a fill may still be reported by the host before a waiting request takes it over: a
// host that lives reports timeouts itself.
const grace = 500 * time.Millisecond

// maxFillTimeout is the most that a slot's timeout can give: Workers cuts work that outlives its request off after 30 s,
// and a fill must report before that.
const maxFillTimeout = 25 * time.Second

// maxAttempts is how often a fill is begun before it counts as failed when each is lost.
const maxAttempts = 2

// smallShare is the part of the budget that failures may take of it, one in so many; and the same again beside the budget
// is what fills may take that nobody waits for.
const smallShare = 16

// composedTTL is how long a composed page may lie unasked; that its fragments have not changed is checked each time.
const composedTTL = 24 * time.Hour

// New prepares an engine for pages. Errors: pages whose patterns conflict, and what the caches refuse of config.
func New[B any](pages []page.Page, config config.Config, host Host[B]) (*Engine[B], error) {
	return Open(Pages[B]{Entries: page.Entries(pages), Open: func(i int) (*page.Page, *page.Layout, B) {
		p := &pages[i]
		return p, page.Lay(p), host.NewBlob([]byte(strings.Join(p.Static, "")))
	}}, config, host)
}

// Open is New for pages that are not read yet.
func Open[B any](pages Pages[B], config config.Config, host Host[B]) (*Engine[B], error) {
	e := &Engine[B]{
		host:     host,
		pages:    pages,
		purged:   never,
		config:   config,
		requests: map[RequestID]*request[B]{},
		attempts: map[FillID]*fill[B]{},
		flights:  map[*cache.Flight[*entry[B]]]*fill[B]{},
		held:     map[RequestID]*held{},
		chunk:    make([]byte, 4096),

		otherHost: &route.RequestError{Reason: wording.Of(wording.NotThisHost)},
	}
	e.config.SetAgent()
	if config.Log {
		e.clock.limit.Store(1)
		e.lease.asOf, e.clock.back = never, never
	}
	for i := range pages.Entries {
		entry := &pages.Entries[i]
		if err := checkSources(&config, entry); err != nil {
			return nil, err
		}
		if err := e.router.Add(entry.Pattern); err != nil {
			return nil, err
		}
	}
	var err error
	if e.shells, err = config.ShellPaths(); err != nil {
		return nil, err
	}
	small := config.MaxBytes / smallShare
	e.unattended.limit = small
	options := cache.Options[*entry[B]]{
		MaxBytes: small,
		Size:     func(v *entry[B]) int { return v.cost },
		Policy:   cache.Policy{TTL: config.TTL},
		Now:      e.clock.now,
		Seed:     config.Seed,
	}
	options.OnEvict = func(_ string, v *entry[B]) {
		v.ref.Clear()
		v.changes++
		if m := v.marker(); m != nil && m.kept { // whose URL may be the origin's again
			e.host.EndRepeats()
		}
		e.departs(v)
		if v.page != nil {
			const some = 64 // more than can begin to be counted for each that leaves, so none is kept for long for its count
			e.tallyUp(some)
		}
		e.release(v)
	}
	if e.failures, err = cache.New(options); err != nil {
		return nil, err
	}
	options.MaxBytes = config.MaxBytes - small
	if e.fragments, err = cache.New(options); err != nil {
		return nil, err
	}
	e.plans = make([]atomic.Pointer[plan[B]], len(pages.Entries))
	e.patchEnd = host.NewBlob([]byte(patch.End))
	return e, nil
}

// event begins an event.
func (e *Engine[B]) event(now time.Time) {
	e.now = e.clock.event(now)
	e.tick = tick(e.clock.latest.Load())
}

// Handle is the event that a request came. At its end the request was answered, passed on, or waits.
func (e *Engine[B]) Handle(r *Request, now time.Time) {
	e.event(now)
	e.handle(r)
}

func (e *Engine[B]) handle(r *Request) {
	v := e.route(r, e.now)
	if r.page >= 0 && e.plans[r.page].Load() == nil {
		if !e.ready(r.page) {
			e.sendText(r.ID, -500, wording.Of(wording.CannotBeShown), 0)
			return
		}
		v = e.route(r, e.now)
	}
	if (r.page >= 0 || r.shell) && r.bad == nil && e.holds(r) {
		return
	}
	if r.Visit {
		v = nil // as it was composed before, it does not tell of slots
	}
	if whole, ok := e.warmAt(v, r, e.now); ok && r.Sent == 0 && e.verified() {
		if whole.HasBody {
			e.host.Send(r.ID, whole.Head, whole.Body)
		} else {
			e.host.SendHead(r.ID, whole.Head)
		}
		if whole.page != nil {
			e.repeat(r.ID, &whole)
		}
		return
	}
	if r.internal {
		e.host.Admin(r.ID)
		return
	}
	if r.page < 0 && r.bad == nil {
		if r.bad = e.unpassable(r); r.bad == nil {
			if r.Sent > 0 { // of a shell that this engine need not have: another could be another page
				e.host.Break(r.ID)
			} else if !r.shell || !e.beginShell(r) {
				e.counts.Passed++
				target := ""
				if r.shell {
					target = r.own
				}
				e.host.Pass(r.ID, e.visitorsHost(&r.in), target, r.shell)
			}
			return
		}
	}
	err := r.bad
	var q *request[B]
	if err == nil {
		q, err = e.begin(r)
	}
	if err == nil {
		e.advance(q)
		return
	}
	e.counts.BadRequests++
	// All of them are. TinyGo needs half of a reflection to compare or to ask what it knows as an interface only.
	bad := err.(*route.RequestError)
	status, text := 400, bad.Error()
	if bad == e.otherHost {
		status = 421
		if e.config.Dev {
			text = wording.Of(wording.HostsLists, text)
		}
	}
	e.sendText(r.ID, -status, text, 0)
}

// unpassable is why a request that no page answers is for no origin either, nil if it is.
func (e *Engine[B]) unpassable(r *Request) error {
	switch {
	case r.path == "" || r.path[0] != '/':
		return refuse(wording.NoPath)
	case ascii.InSet('#', r.Target):
		return refuse(wording.HasHash)
	case ascii.InSet('\\', r.path):
		return refuse(wording.HasBackslash)
	case e.config.Origin == "" && !route.ValidEscapes(r.path):
		// Go's own parsers refuse it; what another origin makes of it is its own affair.
		return refuse(wording.BadEscape)
	case e.config.Origin != "" && route.HasDotSegments(r.path):
		// What the origin made of them would not lie below the path of its URL.
		return refuse(wording.SegmentDots)
	}
	return nil
}

func refuse(why wording.ID) error { return &route.RequestError{Reason: wording.Of(why)} }

// Resume is the event that a request which was woken has its own context again.
func (e *Engine[B]) Resume(id RequestID, now time.Time) {
	if q := e.requests[id]; q != nil {
		e.event(now)
		q.woken = false
		e.proceed(q)
	} else if h := e.held[id]; h != nil {
		e.event(now)
		e.goOn(h)
	}
}

// Deadline is the event that the time which Wait named has come.
func (e *Engine[B]) Deadline(id RequestID, now time.Time) {
	if q := e.requests[id]; q != nil {
		e.event(now)
		e.proceed(q)
	} else if h := e.held[id]; h != nil {
		e.event(now)
		e.goOn(h)
	}
}

// proceed takes over the fills that q awaits and that were lost, then writes what there is.
func (e *Engine[B]) proceed(q *request[B]) {
	q.running = true
	for _, s := range q.slots {
		if s.state == slotPending && s.fill != nil && !e.now.Before(s.fill.deadline) {
			e.takeOver(s.fill, q.id)
		}
	}
	e.advance(q)
}

// Leave is the event that a request's client has gone. Nothing of it is kept. The fills that it leads go on, also if nobody
// waits for them, unless those are too many: see unattended.
func (e *Engine[B]) Leave(id RequestID, now time.Time) {
	if q := e.requests[id]; q != nil {
		e.event(now)
		e.counts.Left++
		e.forget(q)
	} else if e.held[id] != nil {
		e.event(now)
		e.counts.Left++
		delete(e.held, id)
	}
}

// PurgeTag is the event that everything with a tag is to go; it says how many entries went.
func (e *Engine[B]) PurgeTag(tag string, now time.Time) int {
	e.event(now)
	return e.change(purgelog.Tag(tag))
}

// InvalidateTag is the event that the freshness of everything with a tag is to end: from now on its swr and sie count. It
// says how many entries were fresh.
func (e *Engine[B]) InvalidateTag(tag string, now time.Time) int {
	e.event(now)
	return e.change(purgelog.Soft(purgelog.Tag(tag)))
}

// Purge is the event that the fragment of a key is to go.
func (e *Engine[B]) Purge(key string, now time.Time) {
	e.event(now)
	e.change(purgelog.Key(key))
}

// PurgeAll is the event that everything is to go.
func (e *Engine[B]) PurgeAll(now time.Time) {
	e.event(now)
	e.change(purgelog.All)
}

// checkSources refuses slots whose src is absolute and names a host that is not allowed: found out at start rather than
// by each of its fills.
func checkSources(c *config.Config, entry *page.Entry) *config.Error {
	for i := range entry.Foreign {
		if s := &entry.Foreign[i]; !c.AllowsHost(s.Host) {
			return &config.Error{Msg: wording.Of(wording.HostNotAllowed, entry.Pattern, decimal.String(s.Line), s.Name, ascii.Quote(s.Host))}
		}
	}
	return nil
}
