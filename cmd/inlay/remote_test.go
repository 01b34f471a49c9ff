package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

const siteToken = "0123456789abcdef0123456789abcdef"

// startSite serves a page that has been visited, natively.
func startSite(t *testing.T) *httptest.Server {
	t.Helper()
	page, err := edge.ParsePage("/p/{id}", `<body><edge-slot name="a" src="/a/{id}" tags="all a:{id}" vary="cookie:currency"></edge-slot></body>`)
	require.NoError(t, err)
	origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>a</p>")
	})
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: origin, Config: edge.Config{Token: siteToken, TTL: time.Hour}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for i := range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/p/%d", server.URL, i), nil)
		require.NoError(t, err)
		r.Header.Set("Cookie", "currency=CHF")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
	}
	return server
}

// inlay runs a command where there is no project, with nothing in the environment but what is given, as NAME, value.
func inlay(t *testing.T, args []string, stdin string, env ...string) (status int, out, errs string) {
	t.Helper()
	for _, name := range []string{"INLAY_TOKEN", "INLAY_URL", "PORT"} {
		t.Setenv(name, "")
	}
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	var o, e bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(stdin), &o, &e)
	return status, o.String(), e.String()
}

func TestPurgeInvalidateAndStatsAskASite(t *testing.T) {
	t.Chdir(t.TempDir())
	server := startSite(t)
	token := []string{"INLAY_URL", server.URL, "INLAY_TOKEN", siteToken}
	port := []string{"PORT", server.URL[strings.LastIndex(server.URL, ":")+1:], "INLAY_TOKEN", siteToken}
	require.NoError(t, os.WriteFile("token", []byte(siteToken+"\n"), 0o600))
	for _, c := range []struct {
		args  []string
		stdin string
		env   []string
		want  string
	}{
		{[]string{"invalidate", "--tag", "a:0"}, "", token, "invalidated 1 entry in one process\n"},
		{[]string{"purge", "--tag=a:0", "--tag=none", "--key", "/a/1\ncookie: currency=CHF"}, "", token, "purged 2 entries in one process\n"},
		{[]string{"purge", "-tag", "a:0"}, "", port, "purged 0 entries in one process\n"},
		{[]string{"purge", "--url", server.URL, "--token-file", "token", "--all"}, "", []string{"INLAY_URL", "https://shop.invalid"}, "purged 2 entries in one process\n"},
		{[]string{"purge", "--url", server.URL, "--token-file", "-", "--all"}, siteToken + "\n", nil, "purged 0 entries in one process\n"},
	} {
		status, out, errs := inlay(t, c.args, c.stdin, c.env...)
		assert.Equal(t, c.want, out, c.args)
		assert.Empty(t, errs)
		assert.Zero(t, status)
	}
	status, out, errs := inlay(t, []string{"stats"}, "", token...)
	assert.Zero(t, status, errs)
	assert.True(t, strings.HasPrefix(out, server.URL+": one process, since it began\n\nwarm pages "), out)
	assert.Regexp(t, `\nfills +3\n`, out)
	status, out, errs = inlay(t, []string{"stats", "--json"}, "", token...)
	assert.Zero(t, status, errs)
	assert.True(t, strings.HasPrefix(out, `{"warm_pages_total":0,`), out)
}

// A project says where its site is, and which token the one in development has. The one elsewhere is not asked with it.
func TestSiteAndTokenComeFromTheProject(t *testing.T) {
	server := startSite(t)
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("wrangler.toml", "name = \"shop\"\nmain = \"build/main.mjs\"\n[env.production]\nroute = \"shop.invalid/*\"\n[env.none]\n")
	write(".dev.vars", "INLAY_TOKEN=\""+siteToken+"\"\n")
	status, out, errs := inlay(t, []string{"purge", "-C", dir, "--url", server.URL, "--all"}, "")
	assert.Equal(t, "0 purged 3 entries in one process\n", fmt.Sprint(status, " ", out), errs)

	for _, c := range []struct {
		args []string
		env  []string
		want string
	}{
		{[]string{"-C", dir, "purge", "--env", "production", "--all"}, nil, "there is no INLAY_TOKEN in the environment; set it"},
		{[]string{"-C", dir, "purge", "--env", "production", "--all"}, []string{"INLAY_TOKEN", siteToken}, "the host of https://shop.invalid is not known"},
		{[]string{"-C", dir, "stats", "--env", "none"}, nil, "[env.none] of wrangler.toml has no custom domain"},
		{[]string{"-C", dir, "stats", "--env="}, nil, "the top level of wrangler.toml has no custom domain"},
		{[]string{"-C", dir, "stats", "--env", "x"}, nil, "wrangler.toml has no environment x; it has none, production"},
		{[]string{"stats", "--env", "production"}, nil, "there is no wrangler.toml in "},
		{[]string{"stats", "-C", t.TempDir()}, nil, "there is no wrangler.toml in "},
		{[]string{"stats"}, []string{"INLAY_URL", "http://shop.example", "INLAY_TOKEN", siteToken}, "unencrypted; write https://shop.example, or add --insecure"},
		{[]string{"stats"}, []string{"PORT", "1", "INLAY_TOKEN", siteToken}, "nothing listens at http://localhost:1; start the site"},
		{[]string{"stats"}, []string{"INLAY_URL", server.URL, "INLAY_TOKEN", "another-of-16-bytes"}, "has another INLAY_TOKEN"},
	} {
		status, out, errs := inlay(t, c.args, "", c.env...)
		assert.Equal(t, 1, status, c.args)
		assert.Empty(t, out)
		assert.True(t, strings.HasPrefix(errs, "inlay: "), errs)
		assert.Contains(t, errs, c.want)
		assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	write("wrangler.toml", "name = ")
	status, out, errs = inlay(t, []string{"stats", "-C", dir, "--url", server.URL}, "")
	assert.Equal(t, 1, status, out)
	assert.Contains(t, errs, "wrangler.toml:1:8: ")
}

func TestWrongUsesOfPurgeAndItsLikeAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"purge"}, "purge lacks what: --all, --tag TAG or --key KEY; see inlay help purge"},
		{[]string{"purge", "--all", "--tag", "x"}, "--all is everything"},
		{[]string{"purge", "--tag", ""}, "the tag is empty; is a variable not set?"},
		{[]string{"purge", "--tag", "a,b"}, "no tag has a comma; write --tag for each"},
		{[]string{"purge", "--key", "price"}, "a key is a fragment's src"},
		{[]string{"purge", "--key", ""}, "a key is a fragment's src"},
		{[]string{"purge", "product:7"}, `purge does not take "product:7"`},
		{[]string{"purge", "--all", "--token", "secret"}, "there is no option -token"},
		{[]string{"purge", "--all", "--url", "https://x", "--env", "y"}, "--url and --env both say where the site is"},
		{[]string{"invalidate"}, "invalidate lacks what: --all, --tag TAG or --key KEY; see inlay help invalidate"},
		{[]string{"invalidate", "--all", "--key", "/a"}, "--all is everything"},
		{[]string{"invalidate", "--key", "price"}, "a key is a fragment's src"},
		{[]string{"stats", "x"}, `stats does not take "x"; see inlay help stats`},
	} {
		status, out, errs := inlay(t, c.args, "")
		assert.Equal(t, 2, status, c.args)
		assert.Empty(t, out)
		assert.Contains(t, errs, c.want)
	}
	for _, name := range []string{"purge", "invalidate", "stats"} {
		status, out, _ := inlay(t, []string{"help", name}, "")
		assert.Zero(t, status)
		assert.Contains(t, out, "--token-file FILE")
		for _, line := range strings.Split(out, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 124, line)
		}
	}
}

// On Workers what was asked is one isolate of many, and a reader of the output has to know.
func TestPurgeOfAWorkerSaysWhatItReached(t *testing.T) {
	t.Chdir(t.TempDir())
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if assert.Equal(t, "shop.example", r.Host) && r.URL.Query().Get("tag") == "bad" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"purged":2,"error":"the parameter was not understood"}`)
			return
		}
		switch r.URL.Query().Get("tag") {
		case "log":
			_, _ = io.WriteString(w, `{"purged":3,"isolates":"within 5s","log":17}`)
			return
		case "down":
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"purged":0,"error":"the purge log has not confirmed it, so it may hold nowhere; try again: timeout"}`)
			return
		}
		_, _ = io.WriteString(w, `{"purged":3}`)
	}))
	t.Cleanup(worker.Close)
	at, err := url.Parse(worker.URL)
	require.NoError(t, err)
	// The proxy is how a test reaches another machine's name.
	transport := http.DefaultTransport.(*http.Transport)
	before := transport.Proxy
	transport.Proxy = http.ProxyURL(at)
	t.Cleanup(func() { transport.Proxy = before })

	args := []string{"purge", "--url", "http://shop.example", "--insecure", "--tag", "x"}
	status, out, errs := inlay(t, args, "", "INLAY_TOKEN", siteToken)
	assert.Zero(t, status, errs)
	assert.Equal(t, "purged 3 entries in one isolate; the others keep theirs until these expire, or the site is deployed again, as there is no purge log\n", out)

	args[len(args)-1] = "log"
	status, out, errs = inlay(t, args, "", "INLAY_TOKEN", siteToken)
	assert.Zero(t, status, errs)
	assert.Equal(t, "purged 3 entries in one isolate; it holds everywhere within 5s, as number 17 of the purge log\n", out)
	args[len(args)-1] = "down"
	status, out, errs = inlay(t, args, "", "INLAY_TOKEN", siteToken)
	assert.Equal(t, 3, status)
	assert.Empty(t, out)
	assert.Equal(t, "inlay: http://shop.example: the purge log has not confirmed it, so it may hold nowhere; try again: timeout; doing it twice does no harm\n", errs)
	args[len(args)-1] = "bad"
	status, out, errs = inlay(t, args, "", "INLAY_TOKEN", siteToken)
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "purged 2 entries in one isolate")
	assert.Equal(t, "inlay: http://shop.example: the parameter was not understood\n", errs)
}

// What is listed is what a site has, and a preview is of what a purge then removes.
func TestListsAndPreviewsAreOfASite(t *testing.T) {
	t.Chdir(t.TempDir())
	server := startSite(t)
	ask := func(args ...string) (status int, out string) {
		status, out, errs := inlay(t, args, "", "INLAY_URL", server.URL, "INLAY_TOKEN", siteToken)
		assert.Empty(t, errs)
		return status, out
	}
	status, out := ask("entries", "--tag", "a:1")
	assert.Zero(t, status)
	assert.Regexp(t, `^`+server.URL+`: one process, 1 of \d+ entries, \d+ B\n\nstate +kind +age +left +hits +bytes +took +key, tags\nfresh +fragment +\d+s +(59|60)m +\d+ +\d+ B +\S+ +/a/1 cookie: currency=CHF  all a:1\n$`, out)
	status, out = ask("entries", "--search", "/a/", "--kind", "fragment", "--sort", "key", "--order", "asc", "--limit", "2")
	assert.Zero(t, status)
	assert.Regexp(t, `one process, 3 of \d+ entries[^\n]*\n\n[^\n]*\n[^\n]*/a/0 [^\n]*\n[^\n]*/a/1 [^\n]*\n\n1 more; --limit 0 shows all\n$`, out)
	status, out = ask("entries", "--key", "/a/7")
	assert.Equal(t, 4, status, out)

	status, out = ask("purge", "--tag", "a:1", "--preview")
	assert.Zero(t, status)
	assert.Regexp(t, `^would purge 1 entry, \d+ B, in one process\n  /a/1 cookie: currency=CHF\n$`, out)
	status, out = ask("purge", "--tag", "a:1")
	assert.Zero(t, status)
	assert.Equal(t, "purged 1 entry in one process\n", out, "which the preview has left there")
	status, out = ask("invalidate", "--tag", "a:1", "--preview")
	assert.Equal(t, 4, status, out)

	status, out = ask("top", "--once")
	assert.Zero(t, status)
	assert.Regexp(t, `cold 100.0%`, out)
	assert.Contains(t, out, "\nAsked for most\n")
}
