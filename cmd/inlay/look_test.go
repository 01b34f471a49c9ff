package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// fakeSite answers as the administration of a site does (docs/operating.md), with what no server of one's own would say: names that a terminal
// would act on. asked counts its counters' readers, who see a page more each time.
func fakeSite(t *testing.T) (server *httptest.Server, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+siteToken {
			w.Header().Set("Www-Authenticate", `Bearer realm="inlay"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Inlay-Reach", "process")
		switch r.Method + " " + r.URL.Path {
		case "GET /_inlay/stats":
			n := asked.Add(1)
			fmt.Fprintf(w, `{"warm_pages_total":%d,"pages_total":10,"stale_pages_total":4,"cold_pages_total":6,"failed_pages_total":0,"fills_total":7,"saved_fills_total":%d,`+
				`"saved_milliseconds_total":%d,"saved_bytes_total":0,"cache_bytes":2048,"cache_entries":2,"waiting":1,"flights":1}`, 10*n, n, 1000*n)
		case "GET /_inlay/history":
			_, _ = io.WriteString(w, `{"reach":"process","every":10,"samples":[]}`)
		case "GET /_inlay/flights":
			_, _ = io.WriteString(w, `{"reach":"process","flights":[{"key":"/slow","page":"/p","slot":"slow","age":2100,"waiting":2,"attempts":1,"looking":false}]}`)
		case "GET /_inlay/failures":
			_, _ = io.WriteString(w, `{"reach":"process","failures":[{"at":"2026-01-02T03:04:05Z","key":"/bad","reason":"status","text":"500\u001b[2J","status":500}]}`)
		case "GET /_inlay/entries":
			if r.URL.Query().Get("tag") == "none" {
				_, _ = io.WriteString(w, `{"reach":"process","total":2,"matched":0,"bytes":0,"next":null,"entries":[]}`)
				return
			}
			_, _ = io.WriteString(w, `{"reach":"process","total":2,"matched":2,"bytes":2048,"next":null,"entries":[`+
				`{"key":"/price/7\ncookie: c=\u001b]0;x\u0007","kind":"fragment","state":"fresh","age":1,"left":29,"swr":0,"sie":null,"tags":["p:7"],"bytes":1024,"charged":1500,"hits":5,"took":31,"from":"origin"},`+
				`{"key":"/p/7","kind":"page","state":"fresh","age":1,"left":null,"tags":[],"bytes":1024,"charged":1500,"hits":2,"took":null}]}`)
		case "POST /_inlay/purge", "POST /_inlay/invalidate":
			switch {
			case r.URL.Query().Get("preview") != "1":
				_, _ = io.WriteString(w, `{"purged":2,"isolates":"within 5s","log":17}`+"\n")
			case r.URL.Query().Get("tag") == "none":
				_, _ = io.WriteString(w, `{"preview":true,"entries":0,"bytes":0,"keys":[]}`+"\n")
			default:
				_, _ = io.WriteString(w, `{"preview":true,"entries":3,"bytes":2048,"keys":["/price/7\ncookie: c=\u001b[31m","/price/8"]}`+"\n")
			}
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server, asked
}

func TestEntriesAndPreviewsAreShown(t *testing.T) {
	t.Chdir(t.TempDir())
	server, _ := fakeSite(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"entries"}, 0, server.URL + ": one process, 2 of 2 entries, 2.0 KiB\n\nstate  kind      age  left  hits    bytes  took  key, tags\n" +
			"fresh  fragment   1s   29s     5  1.0 KiB  31ms  /price/7 cookie: c= ]0;x  p:7\nfresh  page       1s     -     2  1.0 KiB     -  /p/7\n"},
		{[]string{"entries", "--tag", "none"}, 4, server.URL + ": one process, 0 of 2 entries, 0 B\n"},
		{[]string{"entries", "--tag", "none", "--json"}, 4, `{"reach":"process","total":2,"matched":0,"bytes":0,"next":null,"entries":[]}` + "\n"},
		{[]string{"purge", "--tag", "p:7", "--preview"}, 0, "would purge 3 entries, 2.0 KiB, in one process\n  /price/7 cookie: c= [31m\n  /price/8\n  and 1 more\n"},
		{[]string{"invalidate", "--dry-run", "--all"}, 0, "would invalidate 3 entries, 2.0 KiB, in one process\n  /price/7 cookie: c= [31m\n  /price/8\n  and 1 more\n"},
		{[]string{"purge", "--tag", "none", "--preview"}, 4, "would purge 0 entries, 0 B, in one process\n"},
		{[]string{"purge", "--tag", "none", "--preview", "--json"}, 4, `{"preview":true,"entries":0,"bytes":0,"keys":[]}` + "\n"},
		{[]string{"purge", "--tag", "p:7", "--json"}, 0, `{"purged":2,"isolates":"within 5s","log":17}` + "\n"},
	} {
		status, out, errs := inlay(t, c.args, "", "INLAY_URL", server.URL, "INLAY_TOKEN", siteToken)
		assert.Equal(t, c.want, out, c.args)
		assert.Equal(t, c.status, status, c.args)
		assert.Empty(t, errs)
	}
	status, out, errs := inlay(t, []string{"entries", "--json"}, "", "INLAY_URL", server.URL, "INLAY_TOKEN", siteToken)
	assert.Zero(t, status, errs)
	assert.Contains(t, out, `"charged":1500`)
	assert.NotContains(t, out, "\x1b")
}

func TestTopShowsASiteOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	server, asked := fakeSite(t)
	status, out, errs := inlay(t, []string{"top", "--once"}, "", "INLAY_URL", server.URL, "INLAY_TOKEN", siteToken)
	assert.Zero(t, status, errs)
	assert.Equal(t, int64(1), asked.Load())
	for _, part := range []string{"since it began\npages 20   warm 50.0%  fresh 0.0%  stale 20.0%  cold 30.0%  failed 0.0%\n", "2 wait  /slow", "status  /bad  500 [2J\n", "Asked for most\n", "Largest\n"} {
		assert.Contains(t, out, part)
	}
	assert.NotContains(t, out, "\x1b")
	status, _, errs = inlay(t, []string{"top", "--once"}, "", "INLAY_URL", server.URL, "INLAY_TOKEN", "another-of-16-bytes")
	assert.Equal(t, 1, status)
	assert.Contains(t, errs, "has another INLAY_TOKEN")
}

func TestWrongUsesOfListsAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"entries", "--sort", "size"}, "it is one of key, bytes, hits, age, left, took"},
		{[]string{"entries", "--kind", "x"}, "it is one of fragment, page, failure"},
		{[]string{"entries", "--limit", "-1"}, "cannot be negative"},
		{[]string{"entries", "--limit", "x"}, "limit"},
		{[]string{"entries", "--tag", "a,b"}, "write --tag for each"},
		{[]string{"entries", "--key", "price"}, "a key is a fragment's src"},
		{[]string{"entries", "x"}, `entries does not take "x"; see inlay help entries`},
		{[]string{"top", "--interval", "1ms"}, "--interval is at least 200ms"},
		{[]string{"top", "--interval", "2"}, "interval"},
		{[]string{"purge", "--preview"}, "purge lacks what"},
	} {
		status, out, errs := inlay(t, c.args, "")
		assert.Equal(t, 2, status, c.args)
		assert.Empty(t, out)
		assert.Contains(t, errs, c.want)
		assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
}
