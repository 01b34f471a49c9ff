// Package forwardedtest holds a host of inlay's to a table of requests that are passed on: what the origin gets of each, and what the
// visitor gets of its answer.
package forwardedtest

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Case is a row of the table. In its texts {ORIGIN} is the origin's host and port.
type Case struct {
	About string
	Env   map[string]string // variables
	Path  string            // of the origin's URL
	Peer  string            // the address that has connected
	TLS   bool              // over TLS
	Send  []string          // the request's lines

	Target string             // where it is to come at the origin; "": not looked at, or nowhere if the status is 204
	Seen   map[string]*string // fields that the origin is to get; null: none by that name. Values of several lines have a ", " between
	Answer []string           // fields of the origin's answer
	Status int                // of the answer; 0: 200
	Got    map[string]*string // fields that the visitor is to get; several lines have a " | " between
}

// Host is one that passes requests on to an origin.
type Host struct {
	Address string
	Lines   []string // in which each request says who has connected, where that is said so
}

// Run runs each case. serve gives a host with the case's variables, for its peer and scheme; where two cases have all of these the same it
// is asked once for both.
func Run(t *testing.T, table string, serve func(t *testing.T, origin string, c *Case) Host) {
	t.Helper()
	bytes, err := os.ReadFile(table)
	require.NoError(t, err)
	var all []Case
	require.NoError(t, json.Unmarshal(bytes, &all))
	require.Greater(t, len(all), 30)

	var mu sync.Mutex
	var now *Case
	var target string
	var seen map[string]string
	var origin *httptest.Server
	origin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		target, seen = r.RequestURI, map[string]string{}
		for name, values := range r.Header {
			seen[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		for _, line := range now.Answer {
			name, value, _ := strings.Cut(filled(line, origin), ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(max(now.Status, http.StatusOK))
	}))
	t.Cleanup(origin.Close)
	hosts := map[string]Host{}
	for i := range all {
		c := &all[i]
		kind, err := json.Marshal([]any{c.Env, c.Path, c.Peer, c.TLS})
		require.NoError(t, err)
		host, has := hosts[string(kind)]
		if !has {
			host = serve(t, origin.URL+c.Path, c)
			hosts[string(kind)] = host
		}
		t.Run(c.About, func(t *testing.T) {
			mu.Lock()
			now, target, seen = c, "", nil
			mu.Unlock()
			resp := exchange(t, host, c, origin)
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, max(c.Status, http.StatusOK), resp.StatusCode)
			if c.Target != "" || c.Status == http.StatusNoContent {
				assert.Equal(t, c.Target, target)
			}
			for name, want := range c.Seen {
				value, has := seen[name]
				same(t, want, value, has, "the origin gets "+name, origin)
			}
			for name, want := range c.Got {
				values := resp.Header.Values(name)
				same(t, want, strings.Join(values, " | "), len(values) > 0, "the visitor gets "+name, origin)
			}
		})
	}
}

func same(t *testing.T, want *string, value string, has bool, what string, origin *httptest.Server) {
	t.Helper()
	if want == nil {
		assert.False(t, has, "%s: %s", what, value)
		return
	}
	assert.Equal(t, filled(*want, origin), value, what)
}

func filled(text string, origin *httptest.Server) string {
	return strings.ReplaceAll(text, "{ORIGIN}", origin.Listener.Addr().String())
}

func exchange(t *testing.T, host Host, c *Case, origin *httptest.Server) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", host.Address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	lines := append(c.Send[:len(c.Send):len(c.Send)], host.Lines...)
	if !strings.Contains(strings.Join(lines, "\n"), "\nConnection: ") {
		lines = append(lines, "Connection: close")
	}
	_, err = conn.Write([]byte(filled(strings.Join(lines, "\r\n"), origin) + "\r\n\r\n"))
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
