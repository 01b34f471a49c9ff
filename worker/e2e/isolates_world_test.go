package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// A world of several isolates, what lies beyond them, and an origin that knows of each fragment when it was asked for it:
// what the tests in isolates_*_test.go share. The one thing that all of them hold is judge.

// The times of these tests: INLAY_LEASE_SOFT and INLAY_LEASE.
const (
	softLease = 200 * time.Millisecond
	hardLease = time.Second
)

// beyondPage has two slots that lie in KV too, and one that does not live long enough for it.
const beyondPage = `<body>
<edge-slot name="a" src="/f/a/{id}" ttl="5m" tags="shop a:{id}"><i>…</i><edge-error>no a</edge-error></edge-slot>
<edge-slot name="b" src="/f/b/{id}" ttl="5m" tags="shop b:{id}"><i>…</i><edge-error>no b</edge-error></edge-slot>
<edge-slot name="c" src="/f/c/{id}" ttl="30s" tags="c:{id}"><i>…</i><edge-error>no c</edge-error></edge-slot>
</body>`

// otherPage shares its fragments with beyondPage.
const otherPage = `<body><edge-slot name="b" src="/f/b/{id}" ttl="5m" tags="shop b:{id}"><i>…</i><edge-error>no b</edge-error></edge-slot>|` +
	`<edge-slot name="a" src="/f/a/{id}" ttl="5m" tags="shop a:{id}"><i>…</i><edge-error>no a</edge-error></edge-slot></body>`

// world is a data centre with isolates.
type world struct {
	harness.Beyond
	t        *testing.T
	origin   *recorder
	isolates []*harness.Server
}

// newWorld runs isolates with beyondPage, or with b's pages, and an origin for them.
func newWorld(t *testing.T, b harness.Beyond, env ...string) *world {
	t.Helper()
	w := &world{Beyond: b, t: t, origin: newRecorder(t)}
	w.run(env...)
	return w
}

// bound is a world with a log in a process of its own, a data centre's cache and KV.
func bound(t *testing.T) harness.Beyond {
	t.Helper()
	return harness.Beyond{Log: harness.NewLog(t), Colo: harness.NewColo(t), KV: harness.NewKV(t)}
}

// run runs new isolates in place of the ones there are; all else stays.
func (w *world) run(env ...string) {
	w.t.Helper()
	if w.Pages == nil {
		w.Pages = []edge.Page{parsePage(w.t, "/p/{id}", beyondPage), parsePage(w.t, "/q/{id}", otherPage)}
	}
	w.isolates = harness.StartIsolates(w.t, w.Beyond, append([]string{
		"INLAY_ORIGIN=" + w.origin.URL, "INLAY_TOKEN=" + adminToken,
		"INLAY_LEASE_SOFT=" + softLease.String(), "INLAY_LEASE=" + hardLease.String(),
	}, env...)...)
}

func parsePage(t *testing.T, pattern, html string) edge.Page {
	t.Helper()
	page, err := edge.ParsePage(pattern, html)
	require.NoError(t, err)
	return page
}

// recorder is an origin whose fragments say which request they answer, and carry a tag that no page knows.
type recorder struct {
	*origin
	lease  time.Duration // INLAY_LEASE of those who ask it
	mu     sync.Mutex
	hits   []hit
	change func(w http.ResponseWriter, r *http.Request) (done bool) // before it answers; nil: nothing
}

// hit is a request that the origin was asked, with its number, from 1 on.
type hit struct {
	path string
	at   time.Time
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	o := &recorder{lease: hardLease}
	o.origin = newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.hits = append(o.hits, hit{r.URL.Path, time.Now()})
		number, change := len(o.hits), o.change
		o.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Tag", "origin:"+r.URL.Path)
		if change != nil && change(w, r) {
			return
		}
		_, _ = io.WriteString(w, stamped(r.URL.Path, number))
	})
	return o
}

// stamped is the fragment of a path that a request of a number is answered with.
func stamped(path string, number int) string {
	return strings.Replace(fragmentOf(path), path, fmt.Sprintf("%s hit %d", path, number), 1)
}

var stamp = regexp.MustCompile(`\[(/[^ \]]*) hit (\d+)\]`)

// of are the requests by number.
func (o *recorder) of(number int) hit {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hits[number-1]
}

// answering lets the origin do something before it answers; if that reports true it has answered.
func (o *recorder) answering(change func(w http.ResponseWriter, r *http.Request) (done bool)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.change = change
}

// visit is what became of a request for a page.
type visit struct {
	begun time.Time
	took  time.Duration
	head  http.Header
	body  string
	shows map[string]int // the number of the request that brought a fragment, by the fragment's path
	err   error
}

// visitors are many at once who keep their connections.
var visitors = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 500}}

// visitPage asks for a page as a program does, which gets it whole.
func visitPage(server *harness.Server, path string) visit {
	return visitAs(context.Background(), server, path)
}

func visitAs(ctx context.Context, server *harness.Server, path string, fields ...string) (v visit) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		return visit{err: err}
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	v.begun = time.Now()
	resp, err := visitors.Do(r)
	if err != nil {
		v.took, v.err = time.Since(v.begun), err
		return v
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	v.took, v.head, v.body, v.err = time.Since(v.begun), resp.Header, string(body), err
	if err == nil && resp.StatusCode != http.StatusOK {
		v.err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	v.shows = map[string]int{}
	for _, found := range stamp.FindAllStringSubmatch(v.body, -1) {
		v.shows[found[1]], _ = strconv.Atoi(found[2])
	}
	return v
}

// visit asks one isolate for a page, which it has to get, with these fragments.
func (w *world) visit(isolate int, path string, fragments ...string) visit {
	w.t.Helper()
	v := visitPage(w.isolates[isolate], path)
	require.NoError(w.t, v.err, "%s of isolate %d", path, isolate)
	for _, fragment := range fragments {
		require.Contains(w.t, v.shows, fragment, "%s of isolate %d: %s", path, isolate, v.body)
	}
	return v
}

// fragments are those of beyondPage.
func fragments(id any) []string {
	return []string{fmt.Sprintf("/f/a/%v", id), fmt.Sprintf("/f/b/%v", id), fmt.Sprintf("/f/c/%v", id)}
}

// purged is a purge that was acknowledged.
type purged struct {
	query       string
	sent, acked time.Time
	covers      func(path string) bool
}

// covered is what a query of purge or invalidate names of the fragments of beyondPage.
func covered(query string) func(path string) bool {
	name, value, _ := strings.Cut(query, "=")
	return func(path string) bool {
		parts := strings.Split(path, "/") // "", f, a, id
		switch name {
		case "all":
			return true
		case "key":
			return value == path
		default:
			return value == parts[2]+":"+parts[3] || value == "shop" && parts[2] != "c" || value == "origin:"+path
		}
	}
}

// administer posts to an administrative path of an isolate, and gives the answer.
func administer(server *harness.Server, path string) (status int, answer map[string]any, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/_inlay/"+path, nil)
	if err != nil {
		return 0, nil, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	begun := time.Now()
	resp, err := visitors.Do(r)
	if err != nil {
		return 0, nil, time.Since(begun), err
	}
	defer resp.Body.Close()
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, answer, time.Since(begun), err
}

// purge purges by an isolate what a query names, and has it acknowledged.
func (w *world) purge(isolate int, query string) purged {
	w.t.Helper()
	p := purged{query: query, sent: time.Now(), covers: covered(query)}
	status, answer, _, err := administer(w.isolates[isolate], "purge?"+query)
	p.acked = time.Now()
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, status, "%v", answer)
	assert.Positive(w.t, answer["log"], "%v", answer)
	return p
}

// judge is the promise: a request that begins more than the hard lease after a purge was acknowledged never gets a fragment
// whose fill began before that purge.
func (o *recorder) judge(v visit, purges ...purged) error {
	for path, number := range v.shows {
		hit := o.of(number)
		if hit.path != path {
			return fmt.Errorf("%s shows what %s was answered", path, hit.path)
		}
		for _, p := range purges {
			if v.begun.Sub(p.acked) > o.lease && hit.at.Before(p.sent) && p.covers(path) {
				return fmt.Errorf("%s of hit %d was asked for %v before the purge of %s, and was shown to a request that began %v after it was acknowledged",
					path, number, p.sent.Sub(hit.at), p.query, v.begun.Sub(p.acked))
			}
		}
	}
	return nil
}

// counters are an isolate's, by their name in stats.
func (w *world) counters(isolate int) map[string]any {
	w.t.Helper()
	resp := request(w.t, http.MethodGet, w.isolates[isolate].URL+"/_inlay/stats", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	var all map[string]any
	require.NoError(w.t, json.NewDecoder(resp.Body).Decode(&all))
	return all
}

func (w *world) counter(isolate int, name string) int {
	w.t.Helper()
	all := w.counters(isolate)
	value, ok := all[name].(float64)
	require.True(w.t, ok, "%s in %v", name, all)
	return int(value)
}

// lying tells whether the fragment that a request was answered with lies in a cache below.
func lying(entries map[string][]byte, path string, number int) bool {
	text := []byte(stamped(path, number))
	for _, body := range entries {
		if bytes.Contains(body, text) {
			return true
		}
	}
	return false
}

// settled waits until what a visitor was shown lies below, or, if paths are named, these of it.
func (w *world) settled(v visit, paths ...string) {
	w.t.Helper()
	if paths == nil {
		paths = slices.Collect(maps.Keys(v.shows))
	}
	require.Eventually(w.t, func() bool {
		colo, kv := w.Colo.Entries(), w.KV.Entries()
		for _, path := range paths {
			if !lying(colo, path, v.shows[path]) || !strings.Contains(path, "/c/") && !lying(kv, path, v.shows[path]) {
				return false
			}
		}
		return true
	}, 10*time.Second, 5*time.Millisecond, "of %v not all lies below", v.shows)
}
