package edge

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/engine"
)

// askAdmin asks for a path of administration, with the token.
func askAdmin(t *testing.T, h http.Handler, method, target string) (status int, text string) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return w.Code, w.Body.String()
}

type listedEntries struct {
	Reach                 string
	Total, Matched, Bytes int
	Next                  *int
	Entries               []struct {
		Key, Kind, State, From string
		Reason, Text           string
		Tags                   []string
		Age, Took              *int
		Left, Swr, Sie         int
		Bytes, Charged, Hits   int
	}
}

func entriesOf(t *testing.T, h http.Handler, query string) (l listedEntries) {
	t.Helper()
	status, text := askAdmin(t, h, "GET", "/_inlay/entries"+query)
	require.Equal(t, 200, status, text)
	require.NoError(t, json.Unmarshal([]byte(text), &l), text)
	return l
}

func visitOf(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	return w.Body.String()
}

// adminSite has pages of a fragment of their own and one of all.
func adminSite(t *testing.T, change func(*Options)) *Handler {
	o := Options{
		Pages: []Page{pageOf(t, "/p/{id}", `<body><edge-slot name="own" src="/own/{id}" ttl="1h" swr="1m" sie="10m" tags="own:{id} all">…</edge-slot>`+
			`<edge-slot name="nav" src="/nav" ttl="1h">…</edge-slot></body>`),
			pageOf(t, "/broken", `<body><edge-slot name="bad" src="/bad" ttl="1h">…</edge-slot></body>`)},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			if r.URL.Path == "/bad" {
				w.WriteHeader(503)
			}
			_, _ = io.WriteString(w, "<p>"+r.URL.Path+"</p>")
		}),
		Config: Config{Token: secret, NegativeTTL: time.Minute},
	}
	change(&o)
	h, err := NewHandler(o)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

func TestAdministrationListsWhatIsCached(t *testing.T) {
	h := adminSite(t, func(*Options) {})
	for i := range 20 {
		visitOf(t, h, fmt.Sprint("/p/", i))
	}
	for range 5 {
		visitOf(t, h, "/p/7")
	}
	visitOf(t, h, "/broken")
	all := entriesOf(t, h, "?limit=1000")
	assert.Equal(t, "process", all.Reach)
	assert.Equal(t, len(all.Entries), all.Total)
	one := entriesOf(t, h, "?key=/own/7")
	require.Len(t, one.Entries, 1)
	e := one.Entries[0]
	assert.Equal(t, []string{"fragment", "fresh", "origin"}, []string{e.Kind, e.State, e.From})
	assert.Equal(t, []string{"own:7", "all"}, e.Tags)
	assert.Equal(t, 5, e.Hits, "the first composed the page, the others had it")
	assert.InDelta(t, 3600, e.Left, 2)
	assert.Equal(t, []int{60, 600}, []int{e.Swr, e.Sie})
	assert.Equal(t, len("<p>/own/7</p>"), e.Bytes)
	assert.NotNil(t, e.Age)
	assert.NotNil(t, e.Took)
	assert.Equal(t, 20, entriesOf(t, h, "?tag=all").Matched)
	assert.Equal(t, 2, entriesOf(t, h, "?tag=own:1&tag=own:2").Matched)
	assert.Equal(t, 11, entriesOf(t, h, "?q=/own/1").Matched)
	hot := entriesOf(t, h, "?sort=hits&limit=1&kind=fragment")
	assert.Equal(t, "/nav", hot.Entries[0].Key)
	assert.Equal(t, 1, *hot.Next)
	failed := entriesOf(t, h, "?kind=failure").Entries
	require.Len(t, failed, 1)
	assert.Equal(t, []string{"/bad", "status", "the origin answered 503; a fragment needs 200"}, []string{failed[0].Key, failed[0].Reason, failed[0].Text})
	status, text := askAdmin(t, h, "GET", "/_inlay/entries?limit=5000")
	assert.Equal(t, 400, status)
	assert.Contains(t, text, "limit=5000 was not understood; expected")
	h.InvalidateTag("own:7")
	assert.Equal(t, "stale", entriesOf(t, h, "?key=/own/7").Entries[0].State)
}

// What a preview says is what the purge then does, and until then nothing is changed.
func TestPreviewIsWhatThePurgeReaches(t *testing.T) {
	for _, query := range []string{"tag=own:3", "tag=own:3&tag=own:4", "key=/own/5", "key=/nav", "tag=all", "tag=none", "all=1"} {
		for _, how := range []string{"purge", "invalidate"} {
			h := adminSite(t, func(*Options) {})
			for i := range 10 {
				visitOf(t, h, fmt.Sprint("/p/", i))
			}
			before := entriesOf(t, h, "?limit=1000&sort=key")
			status, text := askAdmin(t, h, "POST", "/_inlay/"+how+"?"+query+"&preview=1")
			require.Equal(t, 200, status, text)
			var preview struct {
				Preview bool
				Entries int
				Keys    []string
			}
			require.NoError(t, json.Unmarshal([]byte(text), &preview))
			assert.True(t, preview.Preview)
			assert.Len(t, preview.Keys, preview.Entries)
			assert.Equal(t, before.Total, entriesOf(t, h, "?limit=1000").Total)
			status, text = askAdmin(t, h, "POST", "/_inlay/"+how+"?"+query)
			require.Equal(t, 200, status)
			assert.Equal(t, fmt.Sprintf("{\"%sd\":%d}\n", how, preview.Entries), text, query)
		}
	}
	h := adminSite(t, func(*Options) {})
	status, _ := askAdmin(t, h, "GET", "/_inlay/purge?all=1&preview=1")
	assert.Equal(t, 405, status)
	status, _ = askAdmin(t, h, "POST", "/_inlay/purge?preview=1")
	assert.Equal(t, 400, status, "it names nothing")
	status, _ = askAdmin(t, h, "POST", "/_inlay/purge?all=1&preview=yes")
	assert.Equal(t, 400, status)
}

func TestAdministrationTellsOfFlightsAndFailures(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 4)
	h := adminSite(t, func(o *Options) {
		inner := o.Origin
		o.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/own/") {
				asked <- struct{}{}
				<-release
			}
			inner.ServeHTTP(w, r)
		})
	})
	var visitors sync.WaitGroup
	visitors.Go(func() { visitOf(t, h, "/p/1") })
	<-asked
	var got struct {
		Reach   string
		Flights []struct {
			Key, Page, Slot        string
			Age, Waiting, Attempts int
			Looking                bool
		}
	}
	status, text := askAdmin(t, h, "GET", "/_inlay/flights")
	require.Equal(t, 200, status)
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	i := slices.IndexFunc(got.Flights, func(f struct {
		Key, Page, Slot        string
		Age, Waiting, Attempts int
		Looking                bool
	}) bool {
		return f.Key == "/own/1"
	})
	require.GreaterOrEqual(t, i, 0, text)
	f := got.Flights[i]
	assert.Equal(t, []string{"/p/{id}", "own"}, []string{f.Page, f.Slot})
	assert.Equal(t, []int{1, 1}, []int{f.Waiting, f.Attempts})
	close(release)
	visitors.Wait()

	visitOf(t, h, "/broken")
	var failures struct {
		Failures []struct {
			At                              time.Time
			Key, Page, Slot, Reason, Remedy string
			Status                          int
			Took                            *int
		}
	}
	_, text = askAdmin(t, h, "GET", "/_inlay/failures")
	require.NoError(t, json.Unmarshal([]byte(text), &failures))
	require.Len(t, failures.Failures, 1, text)
	one := failures.Failures[0]
	assert.Equal(t, []string{"/bad", "/broken", "bad", "status"}, []string{one.Key, one.Page, one.Slot, one.Reason})
	assert.Equal(t, 503, one.Status)
	assert.NotEmpty(t, one.Remedy)
	assert.NotNil(t, one.Took)
	assert.WithinDuration(t, time.Now(), one.At, time.Minute)
}

func TestHistoryIsSummedUpWhenSomebodyComes(t *testing.T) {
	h := adminSite(t, func(*Options) {})
	var ahead atomic.Int64
	h.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	visitOf(t, h, "/p/1") // begins a window, and is in it
	visitOf(t, h, "/p/1")
	for range 10 {
		visitOf(t, h, "/p/1")
	}
	ahead.Store(int64(11 * time.Second))
	visitOf(t, h, "/p/1") // a warm page ends it
	_, text := askAdmin(t, h, "GET", "/_inlay/history")
	var got struct {
		Every   int
		Samples []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	assert.Equal(t, 10, got.Every)
	require.Len(t, got.Samples, 1, text)
	one := got.Samples[0]
	assert.EqualValues(t, 10, one["warm"], text)
	assert.EqualValues(t, 2, one["fills"])
	assert.EqualValues(t, 1, one["cold"])
	assert.EqualValues(t, 22, one["saved_fills"])
}

// A hundred thousand entries are listed while visitors are answered: none of them waits for the list, only for a step of it.
func TestManyEntriesAreListedWhileVisitorsAreServed(t *testing.T) {
	const slots, pages = 25, 4000
	var shell strings.Builder
	shell.WriteString("<body>")
	for i := range slots {
		fmt.Fprintf(&shell, `<edge-slot name="s%d" src="/own/{id}/%d" ttl="1h" tags="own:{id}">…</edge-slot>`, i, i)
	}
	h := adminSite(t, func(o *Options) {
		o.Pages = append(o.Pages, pageOf(t, "/many/{id}", shell.String()))
		o.Config.MaxBytes = 96 << 20
	})
	for i := range pages {
		visitOf(t, h, fmt.Sprint("/many/", i))
	}
	require.GreaterOrEqual(t, h.Stats().Entries, slots*pages)
	stop := make(chan struct{})
	var visits atomic.Int64
	var visitors sync.WaitGroup
	visitors.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// Cold, so that it needs the lock.
			if body := visitOf(t, h, fmt.Sprint("/p/new", i)); !strings.Contains(body, "/own/new") {
				t.Error(body)
				return
			}
			visits.Add(1)
		}
	})
	before, began := visits.Load(), time.Now()
	l := entriesOf(t, h, "?sort=left&order=asc&limit=1000&offset=50000")
	took, meanwhile := time.Since(began), visits.Load()-before
	close(stop)
	visitors.Wait()
	assert.Len(t, l.Entries, 1000)
	assert.GreaterOrEqual(t, l.Total, slots*pages)
	assert.Greater(t, meanwhile, int64(20), "they went on all the time")

	// Each step holds the lock, and none for long: half of them are looked at, since this machine may do something else meanwhile.
	var steps []time.Duration
	for at, more := uint64(0), true; more; more = at != 0 {
		h.event(func() {
			began := time.Now()
			at = h.engine.Entries(at, listStep, h.now(), func(l *engine.Listed) { entryOf(l) })
			steps = append(steps, time.Since(began))
		})
	}
	slices.Sort(steps)
	assert.Less(t, steps[len(steps)/2], time.Millisecond)
	t.Logf("%d entries listed in %v, %d cold visits meanwhile; %d steps, of %v in the middle, %v but for 1%%", l.Total, took, meanwhile,
		len(steps), steps[len(steps)/2], steps[len(steps)*99/100])
}
