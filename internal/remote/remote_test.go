package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

const token = "0123456789abcdef0123456789abcdef"

// newSite serves one page with two slots, and the administration if it gets a token.
func newSite(t *testing.T, token string) *httptest.Server {
	t.Helper()
	page, err := edge.ParsePage("/p/{id}", `<body><edge-slot name="a" src="/a/{id}" tags="all a:{id}" vary="cookie:currency"></edge-slot>`+
		`<edge-slot name="b" src="/b/{id}" tags="all" swr="1m"></edge-slot>`)
	require.NoError(t, err)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<p>%s</p>", r.URL.Path)
	})
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: origin, Config: edge.Config{Token: token, TTL: time.Hour}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func clientOf(t *testing.T, server *httptest.Server) *Client {
	t.Helper()
	site, err := Target(server.URL, false)
	require.NoError(t, err)
	return &Client{Site: site, Token: token}
}

// visit asks for a page and reads it whole.
func visit(t *testing.T, target string, cookie string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestPurgesAndInvalidationsDoWhatASiteDoes(t *testing.T) {
	server := newSite(t, token)
	client := clientOf(t, server)
	for _, c := range []struct {
		name    string
		what    What
		soft    bool
		entries int
	}{
		{"a tag", What{Tags: []string{"a:7"}}, false, 1},
		{"several tags", What{Tags: []string{"none", "a:7", "a:8"}}, false, 2},
		{"a key", What{Keys: []string{"/b/7"}}, false, 1},
		{"a key with an input", What{Keys: []string{"/a/7\ncookie: currency=A & B+C"}}, false, 1},
		{"a key that is not there", What{Keys: []string{"/a/7\ncookie: currency=none"}}, false, 0},
		{"tags and keys", What{Tags: []string{"a:7"}, Keys: []string{"/b/7", "/b/8"}}, false, 3},
		{"a soft tag", What{Tags: []string{"all"}}, true, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client.Purge(t.Context(), What{All: true})
			require.NoError(t, err)
			visit(t, server.URL+"/p/7", `currency=A & B+C`)
			visit(t, server.URL+"/p/8", "")
			purge := func() (Change, error) { return client.Purge(t.Context(), c.what) }
			if c.soft {
				purge = func() (Change, error) { return client.Invalidate(t.Context(), c.what) }
			}
			change, err := purge()
			require.NoError(t, err)
			assert.Equal(t, Change{Entries: c.entries, Reach: "one process"}, change)
			again, err := purge()
			require.NoError(t, err)
			assert.Zero(t, again.Entries)
		})
	}
	visit(t, server.URL+"/p/7", "")
	all, err := client.Purge(t.Context(), What{All: true})
	require.NoError(t, err)
	assert.NotZero(t, all.Entries)
	_, err = client.Purge(t.Context(), What{})
	assert.ErrorContains(t, err, "nothing is named")
}

// A CMS names hundreds of tags, and no server reads a first line of any length.
func TestManyTagsGoInSeveralRequests(t *testing.T) {
	site := newSite(t, token)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		assert.Less(t, len(r.RequestURI), 5<<10)
		site.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client := clientOf(t, server)
	var tags []string
	for i := range 400 {
		visit(t, site.URL+fmt.Sprintf("/p/%d", i), "")
		tags = append(tags, fmt.Sprintf("a:%d", i), strings.Repeat("x", 100)+fmt.Sprint(i))
	}
	change, err := client.Purge(t.Context(), What{Tags: tags})
	require.NoError(t, err)
	assert.Equal(t, 400, change.Entries)
	assert.Greater(t, asked.Load(), int64(5))
}

func TestStatsAreShownAsATableAndAsTheyCame(t *testing.T) {
	server := newSite(t, token)
	client := clientOf(t, server)
	visit(t, server.URL+"/p/7", "")
	visit(t, server.URL+"/p/7", "")
	visit(t, server.URL+"/p/7", "")
	stats, err := client.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "one process", stats.Reach)
	assert.Equal(t, "warm_pages_total", stats.Names[0])
	assert.JSONEq(t, string(stats.JSON), jsonOf(stats))
	var table bytes.Buffer
	require.NoError(t, stats.WriteTable(&table))
	lines := strings.Split(table.String(), "\n")
	require.Len(t, lines, len(stats.Names)+1)
	assert.Regexp(t, `^warm pages +1   33\.3% of all pages$`, lines[0])
	assert.Regexp(t, `^pages +2$`, lines[1])
	assert.Equal(t, strings.Index(lines[0], "1  "), strings.LastIndex(lines[1], "2"), "numbers stand in a column:\n%s", table.String())
}

func jsonOf(s *Stats) string {
	var parts []string
	for _, name := range s.Names {
		parts = append(parts, fmt.Sprintf("%q:%d", name, s.Values[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestTableHasThousandsSharesAndSizes(t *testing.T) {
	s := &Stats{
		Names: []string{"warm_pages_total", "pages_total", "fills_failed_total", "cache_bytes", "later_total"},
		Values: map[string]int64{
			"warm_pages_total": 1_234_567, "pages_total": 12_345, "cache_bytes": 50331648, "later_total": -1234,
		},
	}
	var table bytes.Buffer
	require.NoError(t, s.WriteTable(&table))
	assert.Equal(t, ""+
		"warm pages     1,234,567   99.0% of all pages\n"+
		"pages             12,345\n"+
		"fills failed           0\n"+
		"cache bytes   50,331,648  48.0 MiB\n"+
		"later             -1,234\n", table.String())
}

// answering is a server that answers everything in the same way.
func answering(t *testing.T, status int, body string, fields ...string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return clientOf(t, server)
}

func TestRefusalsSayWhatWhereAndWhatToDo(t *testing.T) {
	other := *clientOf(t, newSite(t, token))
	other.Token = "another token 16 bytes"[:16]
	for name, c := range map[string]struct {
		client *Client
		want   []string
	}{
		"another token": {&other, []string{"http://127.0.0.1:", "has another INLAY_TOKEN", "wrangler secret put INLAY_TOKEN"}},
		"no token there": {clientOf(t, newSite(t, "")), []string{"administration is off at http://127.0.0.1:", "no INLAY_TOKEN",
			"wrangler secret put INLAY_TOKEN", ".dev.vars"}},
		"no inlay":           {answering(t, 404, "<h1>Not found</h1>"), []string{"/_inlay/purge is not there", "no inlay"}},
		"an empty no":        {answering(t, 404, ""), []string{"/_inlay/purge is not there"}},
		"a page":             {answering(t, 200, "<!doctype html>\n\x1b[31mwelcome"), []string{"answers what inlay does not: <!doctype html> [31mwelcome"}},
		"other JSON":         {answering(t, 200, `{"ok":true}`), []string{"answers what inlay does not: {\"ok\":true}"}},
		"an invalidation":    {answering(t, 200, `{"invalidated":1}`), []string{"answers what inlay does not"}},
		"another's login":    {answering(t, 401, "Log in", "WWW-Authenticate", `Basic realm="staging"`), []string{"something in front of", "401", "Log in", "let /_inlay/ through"}},
		"a firewall":         {answering(t, 403, "<title>Just a moment...</title>"), []string{"something in front of", "403", "Just a moment"}},
		"a refused variable": {answering(t, 500, "This site is not configured correctly; its log says why.\n"), []string{"not configured correctly", "its log"}},
		"the same in dev":    {answering(t, 500, "inlay cannot start.\nINLAY_TTL is x"), []string{"not configured correctly"}},
		"its end":            {answering(t, 503, "The server is shutting down.\n"), []string{"is shutting down", "ask again"}},
		"a broken gateway":   {answering(t, 522, ""), []string{"/_inlay/purge answers 522: (nothing)"}},
		"elsewhere": {answering(t, 308, "", "Location", "https://www.shop.example/_inlay/purge"),
			[]string{"leads to https://www.shop.example, which is not given the token", "--url https://www.shop.example"}},
		"a login page": {answering(t, 302, "", "Location", "/login"), []string{"/_inlay/purge answers 302 and leads elsewhere"}},
		"a long text":  {answering(t, 500, strings.Repeat("ä", 500)), []string{"ää…"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.Purge(t.Context(), What{All: true})
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), c.client.Token)
			assert.NotContains(t, err.Error(), "\n")
			assert.Less(t, len(err.Error()), 700)
			if name != "an invalidation" { // which is a number with a name
				_, err = c.client.Stats(t.Context())
				assert.Error(t, err)
			}
		})
	}
}

func TestStatsAreCountersOnly(t *testing.T) {
	for _, body := range []string{``, `[]`, `7`, `{`, `{}`, `{"a":"b"}`, `{"a":1`, `{"a":1}{`, `{"a":{}}`, `{"\u001b[31m":1}`} {
		_, err := answering(t, 200, body).Stats(t.Context())
		assert.ErrorContains(t, err, "answers what inlay does not", body)
	}
	stats, err := answering(t, 200, `{"a":1,"log":{"at":7},"b":2.5,"c_total":3}`).Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "c_total"}, stats.Names)
	assert.Equal(t, "one isolate", stats.Reach)
}

// A site says in a part of its answer what it has done before what it could not do.
func TestPartOfAPurgeIsTold(t *testing.T) {
	change, err := answering(t, 400, `{"purged":2,"error":"the parameter x=1 was not understood"}`).Purge(t.Context(), What{All: true})
	assert.ErrorContains(t, err, "the parameter x=1 was not understood")
	assert.Equal(t, 2, change.Entries)
}

func TestAWorkersPurgeIsOneIsolates(t *testing.T) {
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isolates := ""
		if r.URL.Query().Get("tag") == "known" {
			isolates = `,"isolates":"within 5s","log":17`
		}
		_, _ = io.WriteString(w, `{"purged":3`+isolates+"}\n")
	}))
	t.Cleanup(worker.Close)
	address := worker.Listener.Addr().String()
	remote := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}
	t.Cleanup(remote.CloseIdleConnections)
	client := &Client{Site: &url.URL{Scheme: "http", Host: "shop.example"}, Token: token, Transport: remote}
	change, err := client.Purge(t.Context(), What{All: true})
	require.NoError(t, err)
	assert.Equal(t, Change{Entries: 3, Reach: "one isolate", Partial: true}, change)

	change, err = client.Purge(t.Context(), What{Tags: []string{strings.Repeat("a", 4000), strings.Repeat("b", 4000)}})
	require.NoError(t, err)
	assert.Equal(t, Change{Entries: 6, Reach: "one isolate for each of several requests", Partial: true}, change)

	change, err = client.Purge(t.Context(), What{Tags: []string{"known"}})
	require.NoError(t, err)
	assert.Equal(t, Change{Entries: 3, Reach: "one isolate", Within: "within 5s", Log: 17}, change)

	change, err = clientOf(t, worker).Purge(t.Context(), What{All: true})
	require.NoError(t, err)
	assert.Equal(t, Change{Entries: 3, Reach: "one isolate"}, change, "wrangler dev has one")
}

// A log that cannot be reached is a reason to ask again, and no other failure is.
func TestPurgeThatTheLogDoesNotKnowOfIsToldApart(t *testing.T) {
	change, err := answering(t, 503, `{"purged":0,"error":"the purge log has not confirmed it,\n so it may hold nowhere"}`).Purge(t.Context(), What{All: true})
	require.ErrorIs(t, err, ErrNoLog)
	assert.ErrorContains(t, err, "the purge log has not confirmed it, so it may hold nowhere; doing it twice does no harm")
	assert.Zero(t, change.Entries)
	for _, body := range []string{"The server is shutting down.\n", "busy", `{"error":"busy"}`} {
		_, err = answering(t, 503, body).Invalidate(t.Context(), What{All: true})
		require.Error(t, err)
		assert.NotErrorIs(t, err, ErrNoLog, body)
	}
	_, err = answering(t, 400, `{"purged":0,"error":"the query names nothing"}`).Purge(t.Context(), What{All: true})
	assert.NotErrorIs(t, err, ErrNoLog)
}

func TestProblemsStandAboveTheCounters(t *testing.T) {
	stats, err := answering(t, 200, `{"polls_total":8,"polls_failed_total":2,"problems":["INLAY_KV is\u001b a text","two"]}`).Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"INLAY_KV is a text", "two"}, stats.Problems)
	var table bytes.Buffer
	require.NoError(t, stats.WriteTable(&table))
	assert.Equal(t, "problem: INLAY_KV is a text\nproblem: two\n\npolls         8\npolls failed  2   25.0% of polls\n", table.String())
}

func TestTokenGoesNowhereElse(t *testing.T) {
	var got atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, err := answering(t, status, "", "Location", other.URL+"/_inlay/purge?all=1").Purge(t.Context(), What{All: true})
		assert.ErrorContains(t, err, "is not given the token")
	}
	assert.Zero(t, got.Load())

	var uri, authorization, method string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uri, authorization, method = r.RequestURI, r.Header.Get("Authorization"), r.Method
		_, _ = io.WriteString(w, `{"purged":0}`)
	}))
	t.Cleanup(server.Close)
	_, err := clientOf(t, server).Purge(t.Context(), What{Tags: []string{"a b&c"}, Keys: []string{"/x?y=1\ncookie: a=b"}})
	require.NoError(t, err)
	assert.Equal(t, "POST /_inlay/purge?tag=a+b%26c&key=%2Fx%3Fy%3D1%0Acookie%3A+a%3Db Bearer "+token, method+" "+uri+" "+authorization)
}

func TestWhatCannotBeReachedIsTold(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())

	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections, and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })

	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"purged":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(slow.Close)

	breaks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"purged":`)
	}))
	t.Cleanup(breaks.Close)

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := newSite(t, token)

	for name, c := range map[string]struct{ url, want string }{
		"nothing listens":       {"http://" + closed.Addr().String(), "nothing listens at http://127.0.0.1:"},
		"nothing answers":       {"http://" + silent.Addr().String(), "has not answered within 50ms"},
		"half an answer":        {slow.URL, "has not answered within 50ms"},
		"a broken answer":       {breaks.URL, "cannot be reached: unexpected EOF"},
		"no such host":          {"https://no-such-host.invalid", "the host of https://no-such-host.invalid is not known"},
		"an unknown authority":  {secure.URL, "is not trusted, so nothing was sent"},
		"plain HTTP for https":  {strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS as it should"},
		"TLS for http":          {strings.Replace(secure.URL, "https:", "http:", 1), "Client sent an HTTP request to an HTTPS server."},
		"a host in other words": {"https://" + strings.Replace(plain.Listener.Addr().String(), "127.0.0.1", "localhost", 1), "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, err := Target(c.url, false)
			require.NoError(t, err)
			client := &Client{Site: site, Token: token}
			if strings.Contains(c.want, "within") {
				client.Timeout = 50 * time.Millisecond
			}
			_, err = client.Purge(t.Context(), What{All: true})
			assert.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "?all=1")
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = clientOf(t, plain).Stats(ended)
	assert.ErrorIs(t, err, context.Canceled)
}

// A certificate that is trusted, of another host: what was meant is at this address no longer.
func TestCertificateOfAnotherHostIsTold(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	transport := secure.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", secure.Listener.Addr().String())
	}
	client := &Client{Site: &url.URL{Scheme: "https", Host: "shop.invalid"}, Token: token, Transport: transport}
	_, err := client.Purge(t.Context(), What{All: true})
	assert.ErrorContains(t, err, "the certificate of https://shop.invalid is not trusted")
	assert.ErrorContains(t, err, "not shop.invalid")
	var certificate *tls.CertificateVerificationError
	assert.False(t, errors.As(err, &certificate))
}

func TestTargets(t *testing.T) {
	for text, want := range map[string]string{
		"https://shop.example.com":      "https://shop.example.com",
		"https://shop.example.com/":     "https://shop.example.com",
		"https://shop.example.com:8443": "https://shop.example.com:8443",
		"shop.example.com":              "https://shop.example.com",
		"shop.example.com:8443":         "https://shop.example.com:8443",
		"localhost":                     "http://localhost",
		"localhost:8787":                "http://localhost:8787",
		"LOCALHOST.:8787":               "http://LOCALHOST.:8787",
		"http://site.localhost:1":       "http://site.localhost:1",
		"http://127.8.9.1:8787":         "http://127.8.9.1:8787",
		"127.0.0.1:8787":                "http://127.0.0.1:8787",
		"http://[::1]:8787":             "http://[::1]:8787",
		"[::1]:8787":                    "http://[::1]:8787",
		"https://localhost":             "https://localhost",
	} {
		site, err := Target(text, false)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, site.String())
		}
	}
	for text, want := range map[string]string{
		"":                                  "is empty",
		"  ":                                "is empty",
		"ftp://shop.example":                "has the scheme ftp",
		"https://":                          "is no URL",
		"https://:8787":                     "is no URL",
		"https://a b":                       "is no URL",
		"/_inlay/purge":                     "is no URL",
		"https://shop.example/p":            "give the site alone, as https://shop.example",
		"https://shop.example/_inlay/purge": "give the site alone, as https://shop.example",
		"https://shop.example?":             "give the site alone",
		"https://shop.example?token=x":      "give the site alone",
		"https://shop.example#x":            "give the site alone",
		"http://shop.example":               "unencrypted; write https://shop.example, or add --insecure",
		"http://10.0.0.7:8787":              "unencrypted",
		"http://localhost.example":          "unencrypted",
		"http://127.0.0.1.example":          "unencrypted",
		"http://[::2]:8787":                 "unencrypted",
	} {
		_, err := Target(text, false)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := Target("https://user:0123456789abcdef@shop.example", false)
	assert.ErrorContains(t, err, "has a user or a password")
	assert.NotContains(t, err.Error(), "0123456789abcdef")
	_, err = Target("https://user:0123456789abcdef%zz@shop.example", false)
	require.Error(t, err)
	site, err := Target("http://10.0.0.7:8787", true)
	require.NoError(t, err)
	assert.Equal(t, "http://10.0.0.7:8787", site.String())
	assert.False(t, Local(site))
}

func TestTokenIsFound(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	env := func(value string) func(string) string {
		return func(name string) string { return map[string]string{"INLAY_TOKEN": value}[name] }
	}
	devVars := func(value string) func() (map[string]string, error) {
		return func() (map[string]string, error) { return map[string]string{"INLAY_TOKEN": value}, nil }
	}
	broken := func() (map[string]string, error) { return nil, errors.New(".dev.vars:3: no") }
	first, second, third := "first-of-16-bytes", "second-of-16-bytes", "third-of-16-bytes"
	for name, c := range map[string]struct {
		sources Sources
		want    string
	}{
		"a file":              {Sources{File: file("a", first+"\n"), Getenv: env(second), DevVars: devVars(third)}, first},
		"a file with returns": {Sources{File: file("b", "\r\n"+first+"\r\n\r\n")}, first},
		"standard input":      {Sources{File: "-", Stdin: strings.NewReader(first + "\n"), Getenv: env(second)}, first},
		"the environment":     {Sources{Getenv: env(second + "\n"), DevVars: devVars(third)}, second},
		"not asked":           {Sources{Getenv: env(second), DevVars: broken}, second},
		".dev.vars":           {Sources{Getenv: env(""), DevVars: devVars(third)}, third},
	} {
		got, err := c.sources.Token()
		if assert.NoError(t, err, name) {
			assert.Equal(t, c.want, got, name)
		}
	}
	for name, c := range map[string]struct {
		sources Sources
		want    string
	}{
		"nothing":             {Sources{}, "there is no INLAY_TOKEN in the environment; set it, or name a file that has it with --token-file"},
		"nothing, and a site": {Sources{Getenv: env(" "), DevVars: devVars("")}, "in the environment or in .dev.vars"},
		"no file":             {Sources{File: filepath.Join(dir, "none"), Getenv: env(second)}, "the token cannot be read: open "},
		"an empty file":       {Sources{File: file("c", " \n\n")}, "has no token"},
		"a file of variables": {Sources{File: file("d", first+"\nINLAY_TTL=5m")}, "has more than one line"},
		"no input":            {Sources{File: "-"}, "there is no standard input"},
		"an empty input":      {Sources{File: "-", Stdin: strings.NewReader("")}, "standard input has no token"},
		"a short one":         {Sources{Getenv: env("short-secret")}, "INLAY_TOKEN in the environment: expected 16 bytes or more, found 12"},
		"one with spaces":     {Sources{DevVars: devVars("a token with spaces")}, "INLAY_TOKEN in .dev.vars: expected printable ASCII"},
		"a broken .dev.vars":  {Sources{DevVars: broken}, ".dev.vars:3: no"},
	} {
		_, err := c.sources.Token()
		assert.ErrorContains(t, err, c.want, name)
		if err != nil {
			assert.NotContains(t, err.Error(), "short-secret")
			assert.NotContains(t, err.Error(), "a token with")
		}
	}
}

// Whatever answers, nothing comes of it but a result or an error of one line.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"purged":3}`, "")
	f.Add(400, `{"purged":0,"error":"x"}`, "")
	f.Add(200, `{"a":1,"b":{"c":[1,2]}}`, "")
	f.Add(302, "", "https://a\nb")
	f.Add(404, "There is nothing here.\n", "")
	f.Add(500, "\x1b]0;x\x07\xff\xfe", "")
	f.Fuzz(func(t *testing.T, status int, body, location string) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader(body))}
		client := &Client{Site: &url.URL{Scheme: "https", Host: "shop.example"}, Token: token, Transport: transportOf{resp}}
		change, err := client.Purge(t.Context(), What{All: true})
		if err == nil && (status != 200 || change.Reach == "") {
			t.Fatalf("%d %q: %v", status, body, change)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Fatalf("%q", err)
		}
		resp.Body = io.NopCloser(strings.NewReader(body))
		if stats, err := client.Stats(t.Context()); err == nil {
			var table bytes.Buffer
			if stats.WriteTable(&table) != nil || strings.ContainsFunc(table.String(), func(r rune) bool { return r < ' ' && r != '\n' }) {
				t.Fatalf("%q", table.String())
			}
		}
	})
}

type transportOf struct{ resp *http.Response }

func (t transportOf) RoundTrip(r *http.Request) (*http.Response, error) {
	t.resp.Request = r
	return t.resp, nil
}
