package edge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/edgetest"
)

const token = "a token of this test"

// lines is a log that a test reads.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), what)
}

// shared is what handlers of a test share.
type shared struct {
	site  *edgetest.Site
	log   *edgetest.Log
	tier  *edgetest.Tier
	lines lines
	lease time.Duration
}

func newShared() *shared {
	return &shared{site: edgetest.NewSite(3), log: edgetest.NewLog(0), tier: edgetest.NewTier(), lease: time.Hour}
}

// open is one more handler; each may change its options.
func (s *shared) open(t *testing.T, change ...func(*edge.Options)) *edge.Handler {
	t.Helper()
	o := edge.Options{
		Pages: []edge.Page{s.site.Page}, Origin: s.site, Log: s.log, Lower: s.tier, Build: "test",
		Config: edge.Config{Token: token, Lease: s.lease, LeaseSoft: s.lease, Outage: s.lease},
		Logger: slog.New(slog.NewTextHandler(&s.lines, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	h, err := edge.NewHandler(o)
	require.NoError(t, err)
	return h
}

// reads asks for product 0 and requires a version.
func (s *shared) reads(t *testing.T, h http.Handler, version int) {
	t.Helper()
	status, body := edgetest.Get(h, 0)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "product 0 version="+strconv.Itoa(version)+";")
}

func post(h http.Handler, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func ended(t *testing.T, h *edge.Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(t, h.Shutdown(ctx))
}

func TestWhatOneHandlerFilledTheNextDoesNotAskTheOriginFor(t *testing.T) {
	s := newShared()
	a := s.open(t)
	s.reads(t, a, 0)
	ended(t, a) // what it put is there
	b := s.open(t)
	s.reads(t, b, 0)
	assert.EqualValues(t, 1, s.site.Fills.Load())
	assert.EqualValues(t, 1, b.Stats().FoundDataCenter)
	assert.Zero(t, b.Stats().Fills)
}

func TestWhoSharesFragments(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*edge.Options)
		fills  int
	}{
		"another build does not":              {func(o *edge.Options) { o.Build = "other" }, 2},
		"a build of no name is the program's": {func(o *edge.Options) { o.Build = "" }, 2},
		"all builds do, with Outlive":         {func(o *edge.Options) { o.Build = "other"; o.Config.Outlive = true }, 1},
		"another origin's do not, of the same": {func(o *edge.Options) {
			other := httptest.NewServer(o.Origin)
			t.Cleanup(other.Close)
			o.Config.Origin = other.URL
		}, 2},
		"what was asked for with other fields": {func(o *edge.Options) { o.Config.FillFields = []edge.Field{{Name: "x-site", Value: "b"}} }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared()
			a := s.open(t, func(o *edge.Options) { o.Config.Outlive = c.fills == 1 })
			s.reads(t, a, 0)
			ended(t, a)
			s.reads(t, s.open(t, c.change), 0)
			assert.EqualValues(t, c.fills, s.site.Fills.Load())
		})
	}
	s := newShared()
	a := s.open(t, func(o *edge.Options) { o.Build = "" })
	s.reads(t, a, 0)
	ended(t, a)
	s.reads(t, s.open(t, func(o *edge.Options) { o.Build = "" }), 0)
	assert.EqualValues(t, 1, s.site.Fills.Load(), "both are this program")
}

func TestPurgeThroughOneHandlerReachesTheOther(t *testing.T) {
	for name, purge := range map[string]func(t *testing.T, h *edge.Handler){
		"administration": func(t *testing.T, h *edge.Handler) {
			w := post(h, "/_inlay/purge?tag=product:0")
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), `"purged":1,`)
			assert.Contains(t, w.Body.String(), `"log":1`)
			assert.Equal(t, "process", w.Header().Get("Inlay-Reach"), "what went is this one's")
		},
		"the program, by tag": func(t *testing.T, h *edge.Handler) {
			done, err := h.PurgeEverywhere(t.Context(), edge.Purge{Tags: []string{"product:0"}})
			assert.NoError(t, err)
			assert.Equal(t, edge.Purged{Entries: 1, Seq: 1, Within: 50 * time.Millisecond}, done)
		},
		"the program, by key": func(t *testing.T, h *edge.Handler) {
			_, err := h.PurgeEverywhere(t.Context(), edge.Purge{Keys: []string{"/f/0"}})
			assert.NoError(t, err)
		},
		"the program, all": func(t *testing.T, h *edge.Handler) {
			_, err := h.PurgeEverywhere(t.Context(), edge.Purge{All: true})
			assert.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared()
			s.lease = 50 * time.Millisecond
			a, b := s.open(t), s.open(t)
			s.reads(t, a, 0)
			s.reads(t, b, 0)
			s.site.Change(0)
			purge(t, a)
			s.reads(t, a, 1)
			time.Sleep(s.lease + time.Millisecond) // the bound itself
			s.reads(t, b, 1)
			s.reads(t, s.open(t), 1)
		})
	}
}

func TestSoftPurgeIsUsedOnceMoreWhileItIsRenewed(t *testing.T) {
	s := newShared()
	h := s.open(t)
	s.reads(t, h, 0)
	s.site.Change(0)
	done, err := h.PurgeEverywhere(t.Context(), edge.Purge{Tags: []string{"product:0"}, Soft: true})
	require.NoError(t, err)
	assert.Equal(t, 1, done.Entries)
	s.reads(t, h, 0)
	require.Eventually(t, func() bool {
		_, body := edgetest.Get(h, 0)
		return strings.Contains(body, "version=1;")
	}, 10*time.Second, time.Millisecond)
}

func TestPurgeThatTheLogDoesNotTakeIsNone(t *testing.T) {
	s := newShared()
	h := s.open(t)
	s.reads(t, h, 0)
	s.site.Change(0)
	s.log.Fail(errors.New("the disk is full"))
	w := post(h, "/_inlay/purge?tag=product:0")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "the disk is full")
	_, err := h.PurgeEverywhere(t.Context(), edge.Purge{All: true})
	assert.ErrorContains(t, err, "edge: the purge log could not be told: the disk is full")
	s.reads(t, h, 0)
	s.log.Fail(nil)
	assert.Equal(t, http.StatusOK, post(h, "/_inlay/purge?tag=product:0").Code, "it may be told again")
	s.reads(t, h, 1)
}

func TestPurgeEverywhereSaysWhatItCannotTake(t *testing.T) {
	s := newShared()
	h := s.open(t)
	for says, p := range map[string]edge.Purge{
		"names nothing":  {Soft: true},
		"has 9004 bytes": {Keys: []string{strings.Repeat("k", 9000)}},
	} {
		_, err := h.PurgeEverywhere(t.Context(), p)
		assert.ErrorContains(t, err, says)
	}
	s.log.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := h.PurgeEverywhere(ctx, edge.Purge{All: true})
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	alone := s.open(t, func(o *edge.Options) { o.Log, o.Lower = nil, nil })
	s.reads(t, alone, 0)
	done, err := alone.PurgeEverywhere(t.Context(), edge.Purge{Tags: []string{"product:0"}})
	assert.NoError(t, err)
	assert.Equal(t, edge.Purged{Entries: 1}, done)
}

// TestManySubjectsAreToldInParts: a log need not take more than 1000 at once.
func TestManySubjectsAreToldInParts(t *testing.T) {
	s := newShared()
	a, b := s.open(t), s.open(t)
	s.reads(t, b, 0)
	s.site.Change(0)
	tags := make([]string, 2500)
	for i := range tags {
		tags[i] = "t" + strconv.Itoa(i)
	}
	tags[len(tags)-1] = "product:0"
	w := post(a, "/_inlay/purge?tag="+strings.Join(tags, "&tag="))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `"log":3`)
	done, err := a.PurgeEverywhere(t.Context(), edge.Purge{Tags: tags})
	require.NoError(t, err)
	assert.EqualValues(t, 6, done.Seq)
	a2, err := s.log.Since(t.Context(), "", 0)
	require.NoError(t, err)
	assert.Len(t, a2.Changes, len(tags))
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	s := newShared()
	for says, o := range map[string]edge.Options{
		"Options.Lower needs Options.Log": {Lower: s.tier},
		"Config.LeaseSoft is 2s":          {Log: s.log, Config: edge.Config{LeaseSoft: 2 * time.Second, Lease: time.Second}},
		"none negative":                   {Log: s.log, Config: edge.Config{Outage: -1}},
	} {
		o.Origin = s.site
		_, err := edge.NewHandler(o)
		assert.ErrorContains(t, err, says)
	}
}

// What an origin says has changed, in its answer to a request that was passed on.
func TestAnswerToAPassedRequestPurges(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		answer func(w http.ResponseWriter)
		purges bool
	}{
		"a success":            {"POST", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "saved") }, true},
		"a redirect":           {"PUT", func(w http.ResponseWriter) { w.WriteHeader(http.StatusSeeOther) }, true},
		"without a body":       {"DELETE", func(http.ResponseWriter) {}, true},
		"flushed first":        {"PATCH", func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }, true},
		"after an early hint":  {"POST", func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(201) }, true},
		"an error":             {"POST", func(w http.ResponseWriter) { w.WriteHeader(http.StatusConflict) }, false},
		"of a safe method":     {"GET", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "read") }, false},
		"of a safe method too": {"OPTIONS", func(http.ResponseWriter) {}, false},
	} {
		for _, field := range []string{"Cache-Group-Invalidation", "X-Changed"} {
			for _, log := range []bool{true, false} {
				for _, remote := range []bool{false, true} {
					t.Run(fmt.Sprint(name, ", ", field, ", log ", log, ", remote ", remote), func(t *testing.T) {
						s := newShared()
						var origin http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							if r.URL.Path != "/edit" {
								s.site.ServeHTTP(w, r)
								return
							}
							s.site.Change(0)
							w.Header().Set(field, map[string]string{"X-Changed": "product:0, more", "Cache-Group-Invalidation": `"more", "product:0"`}[field])
							c.answer(w)
						})
						h := s.open(t, func(o *edge.Options) {
							o.Origin, o.Config.PurgeField = origin, "x-changed"
							if remote {
								server := httptest.NewServer(origin)
								t.Cleanup(server.Close)
								o.Origin, o.Config.Origin = nil, server.URL
							}
							if !log {
								o.Log, o.Lower = nil, nil
							}
						})
						s.reads(t, h, 0)
						w := httptest.NewRecorder()
						h.ServeHTTP(w, httptest.NewRequest(c.method, "/edit", nil))
						s.reads(t, h, map[bool]int{true: 1, false: 0}[c.purges])
						a, err := s.log.Since(t.Context(), "", 0)
						require.NoError(t, err)
						assert.Equal(t, c.purges && log, a.Seq == 1, "the answer left when the log had it")
					})
				}
			}
		}
	}
}

func TestAnswerToAPassedRequestDoesNotWaitLongForTheLog(t *testing.T) {
	s := newShared()
	h := s.open(t, func(o *edge.Options) {
		o.Lower = nil // which would be as before, since the log has not been told
		o.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				s.site.Change(0)
				w.Header().Set("Cache-Group-Invalidation", `"product:0"`)
				return
			}
			s.site.ServeHTTP(w, r)
		})
	})
	s.reads(t, h, 0)
	s.log.Freeze()
	began := time.Now()
	assert.Equal(t, http.StatusOK, post(h, "/edit").Code)
	assert.Less(t, time.Since(began), 4*time.Second)
	s.reads(t, h, 1) // here it was purged at once
	s.log.Thaw()
	ended(t, h)
}

// A log or a tier that panics, hangs or answers with nonsense costs no page.
func TestWhatIsBeyondCannotBreakAPage(t *testing.T) {
	for name, c := range map[string]func(o *edge.Options, s *shared){
		"a log that panics":              func(o *edge.Options, s *shared) { o.Log = broken{s.log, s.tier, func() { panic("oh") }} },
		"a log that fails":               func(o *edge.Options, s *shared) { s.log.Fail(errors.New("down")) },
		"a log without an identity":      func(o *edge.Options, _ *shared) { o.Log = nobody{} },
		"a tier that panics":             func(o *edge.Options, s *shared) { o.Lower = broken{s.log, s.tier, func() { panic("oh") }} },
		"a tier that fails":              func(o *edge.Options, s *shared) { s.tier.Fail(errors.New("down")) },
		"a tier that gives back garbage": func(o *edge.Options, _ *shared) { o.Lower = garbage("garbage") },
		"a tier of empty bytes":          func(o *edge.Options, _ *shared) { o.Lower = garbage("") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared()
			h := s.open(t, func(o *edge.Options) { c(o, s) })
			s.reads(t, h, 0)
			s.reads(t, h, 0)
			ended(t, h)
		})
	}
}

type broken struct {
	*edgetest.Log
	tier *edgetest.Tier
	do   func()
}

func (b broken) Since(context.Context, string, uint64) (edge.LogAnswer, error) {
	b.do()
	return edge.LogAnswer{}, nil
}

func (b broken) Get(context.Context, string) ([]byte, time.Duration, error) {
	b.do()
	return nil, 0, nil
}

func (b broken) Put(context.Context, string, []byte, time.Duration) error {
	b.do()
	return nil
}

type nobody struct{}

func (nobody) Since(context.Context, string, uint64) (edge.LogAnswer, error) {
	return edge.LogAnswer{Seq: 1}, nil
}

func (nobody) Purge(context.Context, string, uint64, []string) (edge.LogAnswer, error) {
	return edge.LogAnswer{Seq: 1}, nil
}

type garbage string

func (g garbage) Get(context.Context, string) ([]byte, time.Duration, error) {
	return []byte(g), 0, nil
}

func (g garbage) Put(context.Context, string, []byte, time.Duration) error { return nil }

func TestTroubleIsToldOnceAndItsEnd(t *testing.T) {
	s := newShared()
	s.lease = 50 * time.Millisecond
	h := s.open(t)
	s.log.Fail(errors.New("down"))
	require.Eventually(t, func() bool {
		s.reads(t, h, 0)
		return h.Stats().PollsFailed > 3
	}, 20*time.Second, time.Millisecond)
	assert.Equal(t, 1, s.lines.count(`inlay: what processes share cannot be reached" to="poll the purge log" error=down`))
	s.log.Fail(nil)
	require.Eventually(t, func() bool {
		s.reads(t, h, 0)
		return s.lines.count(`inlay: what processes share can be reached again" to="poll the purge log"`) == 1
	}, 20*time.Second, time.Millisecond)
}

// Past the lease a request waits for a poll, and for one that hangs not for ever.
func TestRequestPastTheLeaseIsHeldForASecondAtMost(t *testing.T) {
	s := newShared()
	s.lease = 100 * time.Millisecond
	h := s.open(t)
	s.reads(t, h, 0)
	s.log.Freeze()
	time.Sleep(s.lease + time.Millisecond)
	began := time.Now()
	s.reads(t, h, 0)
	assert.Greater(t, time.Since(began), 500*time.Millisecond, "it did not wait")
	assert.Less(t, time.Since(began), 5*time.Second)
	assert.EqualValues(t, 1, h.Stats().Held)
	s.reads(t, h, 0)
	assert.EqualValues(t, 1, h.Stats().Held, "nobody waits twice")
	s.log.Thaw()
	ended(t, h)
}

func TestCloseEndsWhatIsInProgress(t *testing.T) {
	s := newShared()
	h := s.open(t)
	s.reads(t, h, 0)
	s.tier.Freeze()
	s.log.Freeze()
	status, body := make(chan int, 1), make(chan string, 1)
	go func() {
		w := post(h, "/_inlay/purge?all=1")
		status <- w.Code
		body <- w.Body.String()
	}()
	require.Eventually(t, func() bool { h.Close(); return len(status) > 0 }, 3*time.Second, time.Millisecond, "the purge goes on")
	assert.Equal(t, http.StatusServiceUnavailable, <-status, <-body)
	ended(t, h)
	code, _ := edgetest.Get(h, 1)
	assert.Equal(t, http.StatusServiceUnavailable, code)
}

// The lease costs a warm page neither an allocation nor a lock.
func TestWarmPageWithALogAllocatesAsMuchAsWithout(t *testing.T) {
	s := newShared()
	measure := func(h *edge.Handler) float64 {
		for range 3 {
			s.reads(t, h, 0)
		}
		warm := h.Stats().Warm
		r := httptest.NewRequest(http.MethodGet, "/p/0", nil)
		w := discard{http.Header{}}
		n := 1e9
		for range 5 { // what is pooled may be collected in one of them
			n = min(n, testing.AllocsPerRun(100, func() { clear(w.header); h.ServeHTTP(w, r) }))
		}
		assert.GreaterOrEqual(t, h.Stats().Warm, warm+100)
		return n
	}
	alone := measure(s.open(t, func(o *edge.Options) { o.Log, o.Lower = nil, nil }))
	shared := measure(s.open(t))
	if !edge.RaceDetector { // under which pools lose a part of what they are given
		assert.Equal(t, alone, shared)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
