package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// slotsAPage are those of the page that fills an isolate: a request for it brings so many entries.
const slotsAPage = 250

// startMany runs a Worker whose /p/{id} has many slots, filled in batches, and /small with one, and fills it with n entries and some.
func startMany(t *testing.T, n int, env ...string) *harness.Server {
	t.Helper()
	origin := newOrigin(t, edge.FillsWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/f/"), "/")
		w.Header().Set("Cache-Tag", "all, page-"+parts[0])
		_, _ = io.WriteString(w, "<p>"+strings.Repeat("x", len(r.URL.Path)*7%100)+"</p>")
	}), fillsSecret).ServeHTTP)
	var slots strings.Builder
	for i := range slotsAPage {
		fmt.Fprintf(&slots, `<edge-slot name="s%d" src="/f/{id}/%d" ttl="1h"></edge-slot>`, i, i)
	}
	many, err := edge.ParsePage("/p/{id}", "<body>"+slots.String()+"</body>")
	require.NoError(t, err)
	small, err := edge.ParsePage("/small", `<body><edge-slot name="s" src="/f/small/0" ttl="1h"></edge-slot></body>`)
	require.NoError(t, err)
	embed := harness.EmbedPages(t, many, small)
	server := harness.StartChanged(t, embed, append([]string{"INLAY_TOKEN=" + adminToken, "INLAY_ORIGIN=" + origin.URL, "INLAY_FILLS_SECRET=" + fillsSecret, "INLAY_FILL_TIMEOUT=25s"}, env...))
	for i := range n / slotsAPage {
		resp := request(t, http.MethodGet, fmt.Sprintf("%s/p/%d", server.URL, i), nil)
		_, err := io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	for range 3 { // fills it, composes it, repeats it
		visitSmall(t, server)
	}
	return server
}

func visitSmall(t *testing.T, server *harness.Server) {
	t.Helper()
	resp := request(t, http.MethodGet, server.URL+"/small", nil)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "<p>x")
	require.NoError(t, resp.Body.Close())
}

// listing is an answer of /_inlay/entries.
type listing struct {
	Reach                 string
	Total, Matched, Bytes int
	Next                  *int
	Entries               []struct {
		Key, Kind, State, From string
		Age, Left, Took        *int
		Tags                   []string
		Bytes, Charged, Hits   int
		Reason, Text           string
	}
}

// administered is an answer of administration as JSON.
func administered(t *testing.T, server *harness.Server, method, path string, into any) (status int, text string) {
	t.Helper()
	resp := request(t, method, server.URL+"/_inlay/"+path, nil, "Authorization", "Bearer "+adminToken)
	all, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"), path)
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), path)
	if into != nil {
		require.NoError(t, json.Unmarshal(all, into), "%s: %s", path, all)
	}
	return resp.StatusCode, string(all)
}

func entriesOf(t *testing.T, server *harness.Server, query string) (l listing) {
	t.Helper()
	status, text := administered(t, server, http.MethodGet, "entries?"+query, &l)
	require.Equal(t, http.StatusOK, status, text)
	return l
}

func TestEntriesAreListed(t *testing.T) {
	t.Parallel()
	server := startMany(t, 5000)
	first := entriesOf(t, server, "")
	assert.Equal(t, "isolate", first.Reach)
	assert.Len(t, first.Entries, 100)
	assert.Equal(t, first.Total, first.Matched)
	assert.GreaterOrEqual(t, first.Total, 5001)
	assert.True(t, slices.IsSortedFunc(first.Entries, func(a, b struct {
		Key, Kind, State, From string
		Age, Left, Took        *int
		Tags                   []string
		Bytes, Charged, Hits   int
		Reason, Text           string
	}) int {
		return b.Bytes - a.Bytes
	}))

	// Page by page it is all there, each entry once.
	seen := map[string]bool{}
	for offset := 0; ; {
		l := entriesOf(t, server, fmt.Sprintf("sort=key&order=asc&limit=1000&offset=%d", offset))
		for _, e := range l.Entries {
			assert.False(t, seen[e.Kind+e.Key], e.Key)
			seen[e.Kind+e.Key] = true
		}
		if l.Next == nil {
			break
		}
		offset = *l.Next
	}
	assert.Len(t, seen, first.Total)
	assert.True(t, seen["fragment/f/19/249"])

	one := entriesOf(t, server, "key="+url.QueryEscape("/f/7/7"))
	require.Len(t, one.Entries, 1)
	e := one.Entries[0]
	assert.Equal(t, "fragment fresh origin [all page-7]", fmt.Sprint(e.Kind, " ", e.State, " ", e.From, " ", e.Tags))
	assert.Equal(t, len("<p></p>")+len("/f/7/7")*7%100, e.Bytes)
	assert.Greater(t, e.Charged, e.Bytes)
	require.NotNil(t, e.Left)
	assert.InDelta(t, 3600, *e.Left, 120)

	assert.Equal(t, slotsAPage, entriesOf(t, server, "tag=page-7&kind=fragment").Matched)
	assert.Equal(t, 2*slotsAPage, entriesOf(t, server, "tag=page-7&tag=page-8&kind=fragment").Matched)
	assert.Equal(t, 20, entriesOf(t, server, "q=%2F249&kind=fragment").Matched)
	assert.Zero(t, entriesOf(t, server, "kind=failure").Matched)
	for _, wrong := range []string{"sort=name", "order=up", "limit=0", "limit=1001", "limit=x", "offset=-1", "kind=x", "unknown=1", "q=%zz", "tag="} {
		status, text := administered(t, server, http.MethodGet, "entries?"+wrong, nil)
		assert.Equal(t, http.StatusBadRequest, status, wrong)
		assert.Contains(t, text, "expected tag=", wrong)
	}

	// What a preview tells of goes, and nothing before.
	var preview struct {
		Preview        bool
		Entries, Bytes int
		Keys           []string
	}
	status, text := administered(t, server, http.MethodPost, "purge?tag=page-7&preview=1", &preview)
	require.Equal(t, http.StatusOK, status, text)
	assert.True(t, preview.Preview)
	assert.Len(t, preview.Keys, 100)
	assert.True(t, slices.IsSorted(preview.Keys))
	assert.Equal(t, first.Total, entriesOf(t, server, "limit=1").Total)
	resp := request(t, http.MethodGet, server.URL+"/_inlay/purge?tag=page-7&preview=1", nil, "Authorization", "Bearer "+adminToken)
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	var purged struct{ Purged int }
	administered(t, server, http.MethodPost, "purge?tag=page-7", &purged)
	assert.Equal(t, preview.Entries, purged.Purged)
	assert.Zero(t, entriesOf(t, server, "tag=page-7").Matched)
	status, text = administered(t, server, http.MethodPost, "purge?preview=1", nil)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "the query names nothing")
}

// However much there is to be listed, visitors are answered meanwhile.
func TestListingStallsNoVisitor(t *testing.T) {
	server := startMany(t, 100_000, "INLAY_MAX_BYTES=96MiB")
	total := entriesOf(t, server, "limit=1").Total
	require.GreaterOrEqual(t, total, 100_000)
	for _, query := range []string{"sort=hits&limit=100", "sort=key&offset=60000&limit=1000", "q=%2F249"} {
		var took time.Duration
		var wait sync.WaitGroup
		wait.Go(func() {
			since := time.Now()
			entriesOf(t, server, query)
			took = time.Since(since)
		})
		over := make(chan struct{})
		go func() {
			wait.Wait()
			close(over)
		}()
		answered, slowest := 0, time.Duration(0)
		for running := true; running; {
			since := time.Now()
			visitSmall(t, server)
			select {
			case <-over:
				running = false
			default:
				answered++
				slowest = max(slowest, time.Since(since))
			}
		}
		t.Logf("%s: %d entries in %v; meanwhile %d visitors were answered, the slowest after %v", query, total, took, answered, slowest)
		assert.Greater(t, answered, 20, query)
		assert.Less(t, slowest, took/2, query)
	}
}

// Who waits for what, and what has failed of it, is told while it is so and after.
func TestFlightsAndFailuresAreTold(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch {
		case strings.HasPrefix(r.URL.Path, "/slow/"):
			<-release
		case strings.HasPrefix(r.URL.Path, "/gone/"):
			w.WriteHeader(http.StatusNotFound)
		case strings.HasPrefix(r.URL.Path, "/broken/"):
			w.WriteHeader(http.StatusServiceUnavailable)
		case strings.HasPrefix(r.URL.Path, "/cookie/"):
			w.Header().Set("Set-Cookie", "a=b")
		}
		_, _ = io.WriteString(w, "<p>fine</p>")
	})
	server := startPages(t, `<body><edge-slot name="slow" src="/slow/{id}" vary="cookie:currency"></edge-slot><edge-slot name="gone" src="/gone/{id}"></edge-slot>
<edge-slot name="broken" src="/broken/{id}"></edge-slot><edge-slot name="cookie" src="/cookie/{id}"></edge-slot></body>`, "127.0.0.1:1",
		"INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_NEGATIVE_TTL=1m")
	var visits sync.WaitGroup
	for range 3 {
		visits.Go(func() {
			resp := request(t, http.MethodGet, server.URL+"/p/1", nil, "Cookie", "currency=CHF")
			_, _ = io.Copy(io.Discard, resp.Body)
		})
	}
	type flight struct {
		Key, Page, Slot        string
		Age, Waiting, Attempts int
		Looking                bool
	}
	const key = "/slow/1\ncookie: currency=CHF"
	require.Eventually(t, func() bool {
		var told struct {
			Reach   string
			Flights []flight
		}
		administered(t, server, http.MethodGet, "flights", &told)
		return len(told.Flights) == 1 && told.Flights[0].Key == key && told.Flights[0].Waiting == 3 && told.Flights[0].Slot == "slow" &&
			told.Flights[0].Page == "/p/{id}" && told.Flights[0].Attempts == 1 && !told.Flights[0].Looking && told.Reach == "isolate"
	}, time.Minute, 10*time.Millisecond)
	close(release)
	visits.Wait()
	_, text := administered(t, server, http.MethodGet, "flights", nil)
	assert.Equal(t, `{"reach":"isolate","flights":[]}`+"\n", text)

	var told struct {
		Failures []struct {
			At                                    time.Time
			Key, Page, Slot, Reason, Text, Remedy string
			Status                                int
			Took                                  *int
		}
	}
	administered(t, server, http.MethodGet, "failures", &told)
	bySlot := map[string]string{}
	for _, f := range told.Failures {
		bySlot[f.Slot] = fmt.Sprintf("%s %s %s %d", f.Key, f.Page, f.Reason, f.Status)
		assert.NotEmpty(t, f.Remedy, f.Slot)
		assert.NotEmpty(t, f.Text, f.Slot)
		assert.NotNil(t, f.Took, f.Slot)
		assert.WithinDuration(t, time.Now(), f.At, time.Minute)
	}
	assert.Equal(t, map[string]string{"gone": "/gone/1 /p/{id} status 404", "broken": "/broken/1 /p/{id} status 503", "cookie": "/cookie/1 /p/{id} refused 200"}, bySlot)
	failures := entriesOf(t, server, "kind=failure&sort=key&order=asc")
	require.Len(t, failures.Entries, 3)
	assert.Equal(t, "/broken/1 status", failures.Entries[0].Key+" "+failures.Entries[0].Reason)
	assert.Contains(t, failures.Entries[0].Text, "503")
	assert.Equal(t, key, entriesOf(t, server, "kind=fragment&q=slow").Entries[0].Key)
}
