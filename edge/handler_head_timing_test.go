package edge

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// get asks with fields, names and values in turn, and reads the answer.
func getWith(t *testing.T, url string, fields ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text(t, resp)
	return resp
}

func TestServerTimingTellsOfEachSlotWhereOneDebugs(t *testing.T) {
	origin := newGate()
	server, h := serve(t, Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin, Config: Config{Debug: true, Token: secret}})

	// given one who is streamed to, whose head leaves at once
	streamed := ask(t, context.Background(), server.URL+"/p/7")
	assert.Regexp(t, `^inlay;dur=[0-9.]+, mode;desc=stream, inlay-a;desc=miss, inlay-b;desc=miss$`, streamed.Header.Get("Server-Timing"))

	// and another who waits for all, of fills that he does not lead
	waited := make(chan *http.Response)
	go func() { waited <- getWith(t, server.URL+"/p/7?inlay=complete") }()
	require.Eventually(t, func() bool { return h.Stats().Waiting == 2 }, 10*time.Second, time.Millisecond)
	time.Sleep(2 * time.Millisecond) // which is what is measured
	origin.at("/f/a/7") <- "<p>A</p>"
	origin.at("/f/b/7") <- "<p>B</p>"
	assert.Regexp(t, `^inlay;dur=[0-9.]+, mode;desc=complete, inlay-a;desc=collapsed;dur=([2-9]|[0-9]{2,})[0-9.]*, inlay-b;desc=collapsed;dur=([2-9]|[0-9]{2,})[0-9.]*$`,
		(<-waited).Header.Get("Server-Timing"))
	text(t, streamed)

	// then the page is warm, as a 304 says too, which a browser has in place of what it was told before
	assert.Eventually(t, func() bool {
		return getWith(t, server.URL+"/p/7").Header.Get("Server-Timing") == "inlay;desc=warm, inlay-a;desc=hit, inlay-b;desc=hit"
	}, 10*time.Second, time.Millisecond)
	for _, coding := range []string{"identity", "gzip"} {
		same := getWith(t, server.URL+"/p/7", "If-None-Match", "*", "Accept-Encoding", coding)
		assert.Equal(t, http.StatusNotModified, same.StatusCode)
		assert.Equal(t, "inlay;desc=warm, inlay-a;desc=hit, inlay-b;desc=hit", same.Header.Get("Server-Timing"))
	}

	// when one goes stale, that is told from its first moment on
	invalidate, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/_inlay/invalidate?tag=all", nil)
	require.NoError(t, err)
	invalidate.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(invalidate)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Regexp(t, `^inlay;dur=[0-9.]+, mode;desc=ordered, inlay-a;desc=stale, inlay-b;desc=hit$`, getWith(t, server.URL+"/p/7").Header.Get("Server-Timing"))
	origin.at("/f/a/7") <- "<p>A</p>"
}

func TestServerTimingIsNotThereUnlessOneDebugs(t *testing.T) {
	origin := newGate()
	server, _ := serve(t, Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin})
	origin.at("/f/a/7") <- "<p>A</p>"
	origin.at("/f/b/7") <- "<p>B</p>"
	for range 3 {
		assert.NotContains(t, getWith(t, server.URL+"/p/7").Header, "Server-Timing")
	}
}

// A page of many slots with everything else that a head may have: nginx reads 4 KiB of it.
func TestServerTimingLeavesTheHeadBelowFourKiB(t *testing.T) {
	shell := `<!doctype html><html><head><title>t</title>`
	for i := range 20 {
		shell += fmt.Sprintf(`<link rel="stylesheet" href="/style-sheet-number-%d.css">`, i)
	}
	shell += `</head><body>`
	for i := range 150 {
		shell += fmt.Sprintf(`<edge-slot name="a slot with a long name %d" src="/f/%d"></edge-slot>`, i, i)
	}
	page := pageOf(t, "/p", shell+`</body></html>`)
	page.Preload = true
	server, _ := serve(t, Options{
		Pages: []Page{page}, Config: Config{Debug: true, TTL: time.Hour},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			if r.URL.Path == "/f/149" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}),
	})
	for _, url := range []string{"/p?inlay=stream", "/p?inlay=complete", "/p?inlay=ordered"} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", url)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		head, err := httputil.DumpResponse(resp, false)
		require.NoError(t, err)
		assert.Less(t, len(head), 4<<10, url)
		timing := resp.Header.Get("Server-Timing")
		assert.True(t, strings.HasPrefix(timing, "inlay;dur="), timing)
		assert.Contains(t, timing, `more slots"`)
		assert.Contains(t, timing, `inlay-a%20slot%20with%20a%20long%20name%20`)
		require.NoError(t, resp.Body.Close())
		require.NoError(t, c.Close())
	}
}
