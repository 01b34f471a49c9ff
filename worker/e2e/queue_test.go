package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// One visitor's slow fills, six at a time, in front of a fragment that is everybody's.

const queueNav = `<edge-slot name="nav" src="/nav" timeout="1s" vary="cookie:currency"><i>…</i><edge-error>no nav</edge-error></edge-slot>`

// queuePages are /search, with six slow fills that vary on what its visitor asks for and the nav after them, and /home. The
// nav's slot declares an input, so that it is not among the first.
func queuePages(t *testing.T) []edge.Page {
	t.Helper()
	var html strings.Builder
	html.WriteString("<body>")
	for i := range 6 {
		fmt.Fprintf(&html, `<edge-slot name="s%d" src="/slow/%d" vary="query:q"><i>…</i></edge-slot>`, i, i)
	}
	search, err := edge.ParsePage("/search", html.String()+queueNav+"</body>")
	require.NoError(t, err)
	home, err := edge.ParsePage("/home", "<body>"+queueNav+"</body>")
	require.NoError(t, err)
	return []edge.Page{search, home}
}

// slowOrigin answers /slow/ when it is told to, or when nobody waits any more, and everything else at once.
type slowOrigin struct {
	*origin
	let  chan struct{}
	once sync.Once
}

func newSlowOrigin(t *testing.T) *slowOrigin {
	o := &slowOrigin{let: make(chan struct{})}
	o.origin = newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/slow/") {
			select {
			case <-o.let:
			case <-r.Context().Done():
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<b>%s</b>", r.URL.Path)
	})
	t.Cleanup(o.release)
	return o
}

func (o *slowOrigin) release() { o.once.Do(func() { close(o.let) }) }

func (o *slowOrigin) slow() (n int) {
	for i := range 6 {
		n += o.count(fmt.Sprintf("/slow/%d", i))
	}
	return n
}

func TestSlowFillsOfOneVisitorHoldNobodyElseUp(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"worker", "native"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			origin := newSlowOrigin(t)
			var server *harness.Server
			if host == "worker" {
				server = harness.StartPages(t, queuePages(t), "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m", "INLAY_FILL_TIMEOUT=20s", "INLAY_TOKEN="+adminToken)
			} else {
				server = nativeServer(t, queuePages(t), edge.Config{Origin: origin.URL, NegativeTTL: time.Minute, FillTimeout: 20 * time.Second})
			}
			first := dial(t, server, "/search?q=x")
			require.Eventually(t, func() bool { return origin.slow() == 6 }, 20*time.Second, time.Millisecond)
			begun := time.Now()
			for range 3 {
				assert.Equal(t, "<body><b>/nav</b></body>", read(t, request(t, http.MethodGet, server.URL+"/home", nil)))
			}
			assert.Less(t, time.Since(begun), 5*time.Second, "it is asked for by who came for it; the queue would take 20 s")
			assert.Equal(t, 1, origin.count("/nav"), "once")
			origin.release()
			_, body, err := first.page()
			require.NoError(t, err)
			assert.Contains(t, body, "<b>/nav</b>", "and the first has it too")
			assert.NotContains(t, body, "no nav")
			assert.Equal(t, 6, strings.Count(body, "<b>/slow/"))
			if host == "worker" {
				assert.Equal(t, 7, stat(t, server, "fills_total"))
				assert.Zero(t, stat(t, server, "fills_taken_over_total"))
			}
		})
	}
}

// Alone with it, the visitor has his page in time, and whoever comes next has the fragment.
func TestFillThatNeverLeftTheQueueIsHeldAgainstNobody(t *testing.T) {
	t.Parallel()
	origin := newSlowOrigin(t)
	server := harness.StartPages(t, queuePages(t), "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m", "INLAY_FILL_TIMEOUT=2s")
	begun := time.Now()
	page := read(t, request(t, http.MethodGet, server.URL+"/search?q=x", nil))
	assert.Less(t, time.Since(begun), 10*time.Second)
	assert.Contains(t, page, "no nav")
	assert.Contains(t, server.Log(), "no whole answer for /nav within 1000 ms, a part of which other fills of its request were before it")
	assert.Zero(t, origin.count("/nav"))
	assert.Equal(t, "<body><b>/nav</b></body>", read(t, request(t, http.MethodGet, server.URL+"/home", nil)))
}

// What is the same for everybody is asked for first, wherever it stands in the shell.
func TestSharedFillsAreAskedForFirst(t *testing.T) {
	t.Parallel()
	origin := newSlowOrigin(t)
	pages := queuePages(t)
	html := strings.ReplaceAll(queueNav, ` vary="cookie:currency"`, "")
	var slots strings.Builder
	for i := range 6 {
		fmt.Fprintf(&slots, `<edge-slot name="s%d" src="/slow/%d" vary="query:q"><i>…</i></edge-slot>`, i, i)
	}
	var err error
	pages[0], err = edge.ParsePage("/search", "<body>"+slots.String()+html+"</body>")
	require.NoError(t, err)
	server := harness.StartPages(t, pages, "INLAY_ORIGIN="+origin.URL, "INLAY_FILL_TIMEOUT=2s")
	assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/search?q=x", nil)), "<b>/nav</b>")
}

// The leader's context goes while a fill is in its queue: who takes it from there needs no word of that.
func TestQueueOfALostLeaderIsTakenToo(t *testing.T) {
	t.Parallel()
	origin := newSlowOrigin(t)
	embed, lose := harness.EmbedPages(t, queuePages(t)...), losing(t, true)
	server := harness.StartChanged(t, func(config string) string { return lose(embed(config)) }, []string{"INLAY_ORIGIN=" + origin.URL, "INLAY_NEGATIVE_TTL=1m", "INLAY_FILL_TIMEOUT=20s", "INLAY_TOKEN=" + adminToken})
	first := dial(t, server, "/search?q=x")
	require.Eventually(t, func() bool { return origin.slow() == 6 }, 20*time.Second, time.Millisecond)
	first.reset()
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 0 }, 20*time.Second, time.Millisecond)
	begun := time.Now()
	assert.Equal(t, "<body><b>/nav</b></body>", read(t, request(t, http.MethodGet, server.URL+"/home", nil)))
	assert.Less(t, time.Since(begun), 5*time.Second, "the fill would be taken over after 20 s")
}

// nativeServer serves pages natively.
func nativeServer(t *testing.T, pages []edge.Page, config edge.Config) *harness.Server {
	t.Helper()
	h, err := edge.NewHandler(edge.Options{Pages: pages, Config: config})
	require.NoError(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return harness.At(t, s.URL)
}
