package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// The storing rules, on bare workerd: what the glue hands over, and what it asks with.

// validating is an origin whose fragments have an ETag, and answer 304 to whoever has it.
type validating struct {
	version atomic.Int32
	mu      sync.Mutex
	renewed map[string]int // 304s by path
	whole   map[string]int
}

func (o *validating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	etag := fmt.Sprintf(`"%s-%d"`, strings.ReplaceAll(r.URL.Path, "/", "."), o.version.Load())
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "max-age=600, stale-while-revalidate=600")
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Header.Get("If-None-Match") == etag {
		o.renewed[r.URL.Path]++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	o.whole[r.URL.Path]++
	fragment(w, r)
}

func (o *validating) count(of map[string]int) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, each := range of {
		n += each
	}
	return n
}

var isFresh = regexp.MustCompile(`;hit;ttl=(59\d|600)`)

func TestFragmentsAreRenewedByValidators(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"one by one": func(h http.Handler) http.Handler { return h },
		"in a batch": func(h http.Handler) http.Handler { return edge.FillsWith(h, fillsSecret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &validating{renewed: map[string]int{}, whole: map[string]int{}}
			wrapped := wrap(h)
			origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) { wrapped.ServeHTTP(w, r) })
			server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_FILLS_SECRET="+fillsSecret, "INLAY_DEBUG=1")
			require.NoError(t, settled(read(t, browse(t, server.URL+fivePage)), strings.TrimPrefix(fivePage, "/five"), false))
			first := browse(t, server.URL+fivePage)
			body := read(t, first)
			require.Equal(t, len(fiveSlots), h.count(h.whole))

			again := func() *http.Response {
				resp := request(t, http.MethodPost, server.URL+"/_inlay/invalidate?tag=docs&tag=imports", nil, "Authorization", "Bearer "+adminToken)
				require.Equal(t, http.StatusOK, resp.StatusCode)
				read(t, resp)
				resp = browse(t, server.URL+fivePage)
				assert.Equal(t, body, read(t, resp), "stale meanwhile")
				var fresh *http.Response
				require.Eventually(t, func() bool {
					fresh = browse(t, server.URL+fivePage)
					return len(isFresh.FindAllString(fresh.Header.Get("Cache-Status"), -1)) == len(fiveSlots)
				}, 10*time.Second, 20*time.Millisecond)
				return fresh
			}
			same := again()
			assert.Equal(t, body, read(t, same))
			assert.Equal(t, first.Header.Get("ETag"), same.Header.Get("ETag"), "the page is the very same")
			assert.Equal(t, len(fiveSlots), h.count(h.renewed))
			assert.Equal(t, len(fiveSlots), h.count(h.whole))

			h.version.Add(1)
			read(t, again())
			assert.Equal(t, 2*len(fiveSlots), h.count(h.whole), "what has changed is sent whole")
		})
	}
}

func TestEachHopOfARedirectIsJudged(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case fragmentPath("index"):
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
			http.Redirect(w, r, "/login", http.StatusFound)
		case fragmentPath("examples"):
			w.Header().Set("Cache-Control", "private; max-age=60")
			http.Redirect(w, r, "/login", http.StatusFound)
		case fragmentPath("title"):
			w.Header().Set("Cache-Control", "max-age=100")
			http.Redirect(w, r, "/fragments/title/login", http.StatusFound)
		default:
			w.Header().Set("Cache-Control", "max-age=1000")
			fragment(w, r)
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m", "INLAY_DEBUG=1")
	page := read(t, browse(t, server.URL+fivePage))
	assert.Contains(t, page, slotErrors["index"])
	assert.Contains(t, page, slotErrors["examples"])
	assert.Contains(t, page, "[/fragments/title/login]")
	status := browse(t, server.URL+fivePage).Header.Get("Cache-Status")
	assert.Regexp(t, `inlay/title;hit;ttl=(9\d|100)\b`, status)
	assert.Regexp(t, `inlay/overview;hit;ttl=(99\d|1000)\b`, status)
	assert.Contains(t, server.Log(), "a redirect on the way has Set-Cookie")
	assert.Contains(t, server.Log(), "a redirect on the way has Cache-Control: private")
}

func TestFragmentThatWasTakenDownIsNotShownOnWorkersEither(t *testing.T) {
	t.Parallel()
	var answer atomic.Value
	answer.Store(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("CDN-Cache-Control", "max-age=600, stale-while-revalidate=600, stale-if-error=600")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Surrogate-Key", "own other")
		fragment(w, r)
	})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		answer.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_NEGATIVE_TTL=0s")
	read(t, browse(t, server.URL+fivePage))
	require.Contains(t, browse(t, server.URL+fivePage).Header.Get("Cache-Status"), "inlay/index;hit")
	answer.Store(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "gone", http.StatusGone) })
	resp := request(t, http.MethodPost, server.URL+"/_inlay/invalidate?tag=own", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, read(t, resp), fmt.Sprint(len(fiveSlots)), "by the origin's own tag")
	assert.Contains(t, read(t, browse(t, server.URL+fivePage)), "["+fragmentPath("index")+"]", "stale while it is asked")
	require.Eventually(t, func() bool {
		return strings.Contains(read(t, browse(t, server.URL+fivePage)), slotErrors["index"])
	}, 10*time.Second, 20*time.Millisecond)
	assert.NotContains(t, read(t, browse(t, server.URL+fivePage)), "["+fragmentPath("index")+"]")
}
