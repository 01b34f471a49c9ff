package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// What fills carry of the site's own: constant fields, and the visitor's host where hosts are kept apart.

// askAs asks for a path under a name that leads nowhere else.
func askAs(t *testing.T, server *harness.Server, host, path string, fields ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
	require.NoError(t, err)
	r.Host = host
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

const askingPage = `<body><edge-slot name="a" src="/a/{id}"><i>…</i></edge-slot>|<edge-slot name="b" src="/b/{id}"><i>…</i></edge-slot>|` +
	`<edge-slot name="c" src="binding:SHOP/c/{id}"><i>…</i></edge-slot></body>`

// carrying answers with what a fill carries, and keeps the fields of each request.
type carrying struct {
	mu   sync.Mutex
	seen map[string][]http.Header
}

func (c *carrying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	if r.UserAgent() == "" {
		http.Error(w, "who are you?", http.StatusForbidden)
		return
	}
	fmt.Fprintf(w, "%s %s %s %s", r.URL.Path, r.UserAgent(), r.Header.Get("X-Api-Key"), r.Header.Get("X-Forwarded-Host"))
}

func (c *carrying) keep(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string][]http.Header{}
	}
	c.seen[r.URL.Path] = append(c.seen[r.URL.Path], r.Header.Clone())
}

func TestFillsOfAWorkerCarryConstantFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fields, own, others string }{
		{"", "inlay  ", "inlay  "},
		{"User-Agent: shop/1\nX-Api-Key: k", "shop/1 k ", "shop/1  "},
	} {
		var carried carrying
		takes := edge.FillsWith(&carried, fillsSecret)
		origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			carried.keep(r)
			if r.UserAgent() == "" {
				http.Error(w, "who are you?", http.StatusForbidden)
				return
			}
			takes.ServeHTTP(w, r)
		})
		server := startPages(t, askingPage, strings.TrimPrefix(origin.URL, "http://"),
			"INLAY_ORIGIN="+origin.URL, "INLAY_FILL_FIELDS="+c.fields, "INLAY_FILLS_SECRET="+fillsSecret)
		for id := range 3 { // each by itself, then in batches
			page := read(t, request(t, http.MethodGet, fmt.Sprintf("%s/p/%d", server.URL, id), nil, "User-Agent", firefox, "X-Api-Key", "visitor's", "Sec-Fetch-Dest", "empty"))
			assert.Equal(t, fmt.Sprintf("<body>/a/%[1]d %[2]s|/b/%[1]d %[2]s|/c/%[1]d %[3]s</body>", id, c.own, c.others), page)
		}
		assert.Equal(t, 2, origin.count(edge.FillsPath))
		for path, headers := range carried.seen {
			for _, h := range headers {
				assert.Len(t, h.Values("User-Agent"), 1, path)
				if path == edge.FillsPath {
					assert.Equal(t, strings.Fields(c.own)[0], h.Get("User-Agent"), "the batch's own request")
					assert.Equal(t, "Bearer "+fillsSecret, h.Get("Authorization"))
				}
			}
		}
	}
}

func TestHostsOfAWorkerHaveFragmentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	takes := edge.FillsWith(&carrying{}, fillsSecret)
	origin := newOrigin(t, takes.ServeHTTP)
	server := startPages(t, askingPage, strings.TrimPrefix(origin.URL, "http://"), "INLAY_ORIGIN="+origin.URL,
		"INLAY_HOSTS=a.example, b.example", "INLAY_FILLS_SECRET="+fillsSecret, "INLAY_TOKEN="+adminToken)
	for id := range 2 { // each by itself, then in batches
		for range 4 { // cold, composed, warm, repeated
			for host, want := range map[string]string{"a.example": "a.example", "A.Example:8787": "a.example", "b.example": "b.example"} {
				page := read(t, askAs(t, server, host, fmt.Sprintf("/p/%d", id), "X-Forwarded-Host", "evil.example"))
				assert.Equal(t, fmt.Sprintf("<body>/a/%[1]d inlay  %[2]s|/b/%[1]d inlay  %[2]s|/c/%[1]d inlay  %[2]s</body>", id, want), page, host)
			}
		}
	}
	fills := stat(t, server, "fills_total")
	assert.Equal(t, 12, fills, "of three slots for two hosts and two pages")
	assert.Positive(t, origin.count(edge.FillsPath))
	for range 3 {
		for _, host := range []string{"evil.example", "a.example.evil.example"} {
			answer := askAs(t, server, host, "/p/0")
			assert.Equal(t, http.StatusMisdirectedRequest, answer.StatusCode, host)
			assert.NotContains(t, read(t, answer), "INLAY_", "how a site is set up is nothing for visitors")
		}
	}
	assert.Equal(t, fills, stat(t, server, "fills_total"))
}

// app.wasm's handlers find it where a server of net/http has it.
func TestHandlersInAppWasmFindTheVisitorsHost(t *testing.T) {
	t.Parallel()
	server := startRuntime(t, "INLAY_HOSTS=a.example b.example")
	for range 2 {
		for _, host := range []string{"a.example", "b.example"} {
			assert.Contains(t, read(t, askAs(t, server, host, "/one/host")), "<p>"+host+", forwarded for "+host+"</p>")
		}
	}
}
