package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/terminal"
)

// paged is a site with so many entries, which gives at most 1000 at a time.
func paged(t *testing.T, total int, asked *[]string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "GET /_inlay/entries", r.Method+" "+r.URL.Path)
		assert.Equal(t, "Bearer "+token, r.Header.Get("Authorization"))
		*asked = append(*asked, r.URL.RawQuery)
		limit, offset := 100, 0
		_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		if limit < 1 || limit > 1000 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"limit is a number from 1 to 1000\u001b[31m"}`)
			return
		}
		entries := []map[string]any{}
		for i := offset; i < min(offset+limit, total); i++ {
			entries = append(entries, map[string]any{"key": fmt.Sprintf("/f/%d", i), "kind": "fragment", "state": "fresh", "left": 29, "bytes": 1200, "hits": 3, "more": i})
		}
		next := any(nil)
		if offset+limit < total {
			next = offset + limit
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"reach": "process", "total": total, "matched": total, "bytes": 1200 * total, "next": next, "entries": entries})
	}))
	t.Cleanup(server.Close)
	return clientOf(t, server)
}

func TestEntriesComeInAsManyAnswersAsItTakes(t *testing.T) {
	for _, c := range []struct {
		total  int
		query  Query
		want   int
		asked  []string
		isLast bool
	}{
		{1234, Query{}, 1234, []string{"limit=500", "limit=500&offset=500", "limit=500&offset=1000"}, true},
		{1234, Query{Limit: 700, Offset: 10}, 700, []string{"limit=500&offset=10", "limit=200&offset=510"}, false},
		{3, Query{Limit: 10, Tags: []string{"a", "b c"}, Search: "x&y", Kind: "page", Sort: "hits", Order: "asc"}, 3, []string{"kind=page&limit=10&order=asc&q=x%26y&sort=hits&tag=a&tag=b+c"}, true},
		{0, Query{Keys: []string{"/a\ncookie: c=1"}}, 0, []string{"key=%2Fa%0Acookie%3A+c%3D1&limit=500"}, true},
	} {
		var asked []string
		found, err := paged(t, c.total, &asked).Entries(t.Context(), c.query)
		require.NoError(t, err)
		assert.Equal(t, c.asked, asked)
		assert.Equal(t, []int{c.want, c.total, c.total}, []int{len(found.Entries), found.Matched, found.Total})
		assert.Equal(t, "one process", found.Reach)
		if c.want > 0 {
			last := found.Entries[c.want-1]
			assert.Equal(t, fmt.Sprintf("/f/%d", c.query.Offset+c.want-1), last.Key)
			assert.Nil(t, last.Age, "what is not known")
			assert.Equal(t, int64(29), *last.Left)
		}
		// and as JSON they are one answer, with what this client does not know
		var whole struct {
			Next    *int
			Total   int
			Entries []struct{ More *int }
		}
		require.NoError(t, json.Unmarshal(found.JSON, &whole))
		assert.Len(t, whole.Entries, c.want)
		assert.Equal(t, c.isLast, whole.Next == nil)
		for _, e := range whole.Entries {
			require.NotNil(t, e.More)
		}
	}
}

func TestWhatListsAreRefusedForIsTold(t *testing.T) {
	var asked []string
	_, err := paged(t, 3, &asked).Entries(t.Context(), Query{Tags: []string{strings.Repeat("a", 5000)}})
	assert.ErrorContains(t, err, "ask for fewer of them at a time")
	assert.Empty(t, asked)
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
		older  bool
	}{
		"a parameter":    {400, `{"error":"sort is one of key\u001b[2J, bytes"}`, ": sort is one of key [2J, bytes", false},
		"an older site":  {404, "There is no such path; see purge, invalidate, stats and metrics under /_inlay/.\n", "was built by an older inlay than this command, and has no /_inlay/entries; deploy it again", true},
		"no inlay":       {404, "<h1>Not found</h1>", "/_inlay/entries is not there", false},
		"no list":        {200, `{"reach":"process"}`, "answers what inlay does not", false},
		"no JSON":        {200, `<html>`, "answers what inlay does not", false},
		"another shape":  {200, `{"total":1,"entries":[{"key":7}]}`, "answers what inlay does not", false},
		"without a name": {400, `no`, "/_inlay/entries answers 400: no", false},
	} {
		_, err := answering(t, c.status, c.body).Entries(t.Context(), Query{})
		require.ErrorContains(t, err, c.want, name)
		assert.Equal(t, c.older, errors.Is(err, ErrOlder), name)
		assert.NotContains(t, err.Error(), "\x1b", name)
	}
}

func TestAPreviewChangesNothing(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		_, _ = io.WriteString(w, `{"preview":true,"entries":2,"bytes":2400,"keys":["/a","/b\ncookie: c=1"]}`+"\n")
	}))
	t.Cleanup(server.Close)
	client := clientOf(t, server)
	found, err := client.Preview(t.Context(), true, What{Tags: []string{"x"}})
	require.NoError(t, err)
	assert.Equal(t, Preview{Entries: 2, Bytes: 2400, Keys: []string{"/a", "/b\ncookie: c=1"}, Reach: "one isolate", JSON: []byte(`{"preview":true,"entries":2,"bytes":2400,"keys":["/a","/b\ncookie: c=1"]}` + "\n")}, found)
	found, err = client.Preview(t.Context(), false, What{Tags: []string{strings.Repeat("a", 4000), strings.Repeat("b", 4000)}})
	require.NoError(t, err)
	assert.Equal(t, 4, found.Entries)
	require.Len(t, asked, 3)
	assert.Equal(t, "POST /_inlay/invalidate?preview=1&tag=x", asked[0])
	assert.True(t, strings.HasPrefix(asked[2], "POST /_inlay/purge?preview=1&tag=b"))

	// Nobody's answer to something else is taken for a preview: of a purge that was made, least of all.
	for body, want := range map[string]string{
		`{"purged":0,"error":"the parameter preview=1 was not understood; expected tag=…, key=… or all=1"}`: "an older inlay, which has no previews; nothing was changed",
		`{"purged":5}`:              "answers what inlay does not",
		`{"preview":true}`:          "answers what inlay does not",
		`{"purged":0,"error":"no"}`: ": no",
		`<html>`:                    "answers what inlay does not",
	} {
		_, err = answering(t, 200, body).Preview(t.Context(), false, What{All: true})
		assert.ErrorContains(t, err, want, body)
	}
	_, err = client.Preview(t.Context(), false, What{})
	assert.ErrorContains(t, err, "nothing is named to purge")
}

func number(n int64) *int64 { return &n }

// hostile is what no key or tag may do to a terminal.
const hostile = "\x1b]0;owned\x07\u202e\u009b31m\r"

func TestEntriesAreShownInWhateverWidth(t *testing.T) {
	entries := []Entry{
		{Key: "/fragments/price/7\ncookie: currency=CHF", Kind: "fragment", State: "fresh", Age: number(3), Left: number(29), Tags: []string{"product:7", "all"}, Bytes: 1234, Hits: 12345, Took: number(31)},
		{Key: "/p/日本語" + hostile, Kind: "page", State: "stale", Age: number(90000), Left: number(-130), Bytes: 12 << 20, Hits: 1},
		{Key: "/f", Kind: "failure", State: "fresh", Reason: "timeout", Text: "no whole answer " + hostile, Bytes: 10, Took: number(12_345)},
	}
	wide := EntryTable(entries, 0)
	assert.Equal(t, []string{
		"state  kind      age  left    hits     bytes   took  key, tags",
		"fresh  fragment   3s   29s  12,345   1.2 KiB   31ms  /fragments/price/7 cookie: currency=CHF  product:7 all",
		"stale  page      25h   -2m       1  12.0 MiB      -  /p/日本語 ]0;owned 31m",
		"fresh  failure     -     -       0      10 B  12.3s  /f  timeout: no whole answer ]0;owned 31m",
	}, wide)
	for _, width := range []int{1, 5, 20, 39, 40, 59, 60, 79, 80, 100, 200} {
		for _, line := range EntryTable(entries, width) {
			assert.LessOrEqual(t, terminal.Width(line), width, line)
			assert.NotContains(t, line, "\x1b")
		}
	}
	assert.Contains(t, EntryTable(entries, 50)[1], "/fragments/price/7", "what it is about is the last to go")
}

func lookOf(values map[string]int64) *Look {
	s := &Stats{Values: values, Reach: "one process"}
	for name := range values {
		s.Names = append(s.Names, name)
	}
	return &Look{Site: "http://x", Reach: "one process", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Stats: s}
}

func TestALookSaysWhatWasSinceTheOneBefore(t *testing.T) {
	was := lookOf(map[string]int64{"warm_pages_total": 100, "pages_total": 10, "stale_pages_total": 4, "cold_pages_total": 5, "failed_pages_total": 1, "fills_total": 20,
		"saved_fills_total": 7, "saved_milliseconds_total": 1000, "saved_bytes_total": 10, "cache_bytes": 2048, "cache_entries": 12})
	is := lookOf(map[string]int64{"warm_pages_total": 190, "pages_total": 20, "stale_pages_total": 8, "cold_pages_total": 10, "failed_pages_total": 2, "fills_total": 30,
		"saved_fills_total": 17, "saved_milliseconds_total": 3500, "saved_bytes_total": 2058, "cache_bytes": 4096, "cache_entries": 13})
	is.At = was.At.Add(2 * time.Second)
	is.Before = was
	is.Failures = []Failure{{At: "2026-01-02T03:04:05Z", Reason: "timeout", Key: "/f" + hostile, Text: "none"}}
	is.Flights = []Flight{{Key: "/g", Page: "/p/{id}", Slot: "price", Age: 1500, Waiting: 3, Attempts: 2, Looking: true}}
	for i := range 30 {
		is.Hottest = append(is.Hottest, Entry{Key: fmt.Sprint("/hot/", i), State: "fresh"})
		is.Largest = append(is.Largest, Entry{Key: fmt.Sprint("/large/", i), State: "fresh"})
	}
	text := strings.Join(is.Lines(0, 0), "\n")
	for _, part := range []string{
		"http://x: one process, 03:04:07, in the last 2s\n",
		"pages 50.0/s   warm 90.0%  fresh 0.0%  stale 4.0%  cold 5.0%  failed 1.0%\n",
		"fills 5.0/s   saved 10 fills, 2.5s of the origin's time, 2.0 KiB\n",
		"cache 4.0 KiB  13 entries  evicted 0   waiting 0  in progress 0\n",
		"Fills in progress\n   1.5s  3 wait, attempt 2, looks below  /g  /p/{id} price\n",
		"timeout  /f ]0;owned 31m  none\n",
		"\nAsked for most\nstate  ", "  /hot/29\n", "\nLargest\n", "/large/29",
	} {
		assert.Contains(t, text, part)
	}
	// In a terminal of whatever size there is as much as there is room for, and what goes wrong comes first.
	for _, size := range [][2]int{{80, 24}, {30, 10}, {10, 3}, {1, 1}, {200, 60}} {
		lines := is.Lines(size[0], size[1])
		assert.LessOrEqual(t, len(lines), size[1])
		for _, line := range lines {
			assert.LessOrEqual(t, terminal.Width(line), size[0])
			assert.NotContains(t, line, "\x1b")
		}
	}
	usual := strings.Join(is.Lines(80, 24), "\n")
	for _, part := range []string{"Fills in progress", "Failed last", "Asked for most", "/hot/0", "Largest", "/large/0"} {
		assert.Contains(t, usual, part)
	}

	// Counters that are less than before are another's.
	is.Stats.Values["fills_total"] = 3
	assert.Contains(t, is.Lines(0, 0)[0], "another isolate, or a new process, has answered")

	// The first look has what the site has noted.
	is.Before, is.Over, is.Recent = nil, 20*time.Second, Sample{Warm: 30, Cold: 10}
	assert.Contains(t, strings.Join(is.Lines(0, 0), "\n"), "in the last 20s of visits\npages 2.0/s   warm 75.0%  fresh 0.0%  stale 0.0%  cold 25.0%  failed 0.0%\n")
	is.Over = 0
	assert.Contains(t, strings.Join(is.Lines(0, 0), "\n"), "since it began\npages 210   warm 90.5%")
}

// Whatever a site says, a terminal shows it and does nothing.
func FuzzWhatIsShownIsPlain(f *testing.F) {
	f.Add(hostile, "page", int64(5), 40)
	f.Add("日本語\u200b\U000e0001", "\xff", int64(-1), 3)
	f.Fuzz(func(t *testing.T, text, kind string, n int64, width int) {
		width = max(width%300, -width%300, 1)
		is := lookOf(map[string]int64{"warm_pages_total": n})
		is.Hottest = []Entry{{Key: text, Kind: kind, State: text, Tags: []string{text}, Hits: n, Bytes: n, Took: &n, Left: &n}}
		is.Failures = []Failure{{At: text, Key: text, Reason: kind, Text: text}}
		is.Flights = []Flight{{Key: text, Page: kind, Slot: text, Age: n, Waiting: 1}}
		for _, line := range append(is.Lines(width, 24), is.Lines(0, 0)...) {
			for _, r := range line {
				assert.False(t, r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x200b, "%q", line)
			}
		}
		for _, line := range is.Lines(width, 24) {
			assert.LessOrEqual(t, terminal.Width(line), width, line)
		}
	})
}
