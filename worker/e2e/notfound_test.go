package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

const notHere = "<!doctype html><title>Nicht hier</title><p>Hier ist nichts für Sie."

// pagesWithFields have header fields of their own, and one is shown where there is none.
func pagesWithFields(t *testing.T) []edge.Page {
	t.Helper()
	pages, err := edge.ReadPages(fstest.MapFS{
		"p/{id}.html": {Data: []byte(`<!doctype html><title>p</title><body><edge-slot name="a" src="/f/{id}" ttl="1m" required></edge-slot>` +
			`<edge-slot name="b" src="/late/{id}" ttl="1m">…</edge-slot></body>`)},
		"404.html": {Data: []byte(notHere)},
		"_headers": {Data: []byte("/*\n  X-Frame-Options: DENY\n  Link: </x>; rel=x\n/404\n  X-Robots-Tag: noindex\n")},
	})
	require.NoError(t, err)
	return pages
}

func TestPagesOwnFieldsAndNotFound(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/f/none":
			http.NotFound(w, r)
		case "/f/gone":
			w.WriteHeader(http.StatusGone)
		case "/f/broken":
			http.Error(w, "broken", http.StatusInternalServerError)
		case "/nowhere":
			http.NotFound(w, r)
		default:
			fragment(w, r)
		}
	})
	for _, dev := range []string{"0", "1"} {
		server := harness.StartPages(t, pagesWithFields(t), "INLAY_ORIGIN="+origin.URL, "INLAY_DEV="+dev, "INLAY_TOKEN="+adminToken)
		reason := ""
		if dev == "1" {
			reason = "\n<!-- The page cannot be shown: a fragment that it requires failed.\n/p/{id}: edge: fill failed (status): the origin answered 404; a fragment needs 200 -->\n"
		}
		for _, c := range []struct {
			path   string
			fields []string
			status int
			want   string
			robots string
		}{
			{"/p/1", []string{"Sec-Fetch-Dest", "document"}, 200, "[/f/1]", ""},
			{"/p/1", nil, 200, "[/f/1]", ""},
			{"/p/1", nil, 200, "[/f/1]", ""}, // repeated
			{"/p/1", []string{"If-None-Match", "*"}, 304, "", ""},
			{"/p/2", nil, 200, "[/f/2]", ""},
			{"/p/broken", nil, 502, "The page cannot be shown", ""},
			{"/p/none", nil, 404, notHere + reason, "noindex"},
			{"/p/gone", nil, 410, notHere, "noindex"},
		} {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				resp := request(t, method, server.URL+c.path, nil, c.fields...)
				body := read(t, resp)
				assert.Equal(t, c.status, resp.StatusCode, "%s %s", method, c.path)
				assert.Equal(t, "DENY", resp.Header.Get("X-Frame-Options"), c.path)
				assert.Equal(t, "</x>; rel=x", resp.Header.Get("Link"), c.path)
				assert.Equal(t, c.robots, resp.Header.Get("X-Robots-Tag"), c.path)
				if c.status >= 400 {
					assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
				}
				if c.robots != "" {
					assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
				}
				if method == http.MethodGet {
					assert.Contains(t, body, c.want, c.path)
					continue
				}
				assert.Empty(t, body)
				if c.robots != "" && dev == "0" {
					assert.EqualValues(t, len(notHere), resp.ContentLength)
				}
			}
		}
		assert.Equal(t, notHere+reason, read(t, request(t, http.MethodGet, server.URL+"/p/none", nil)))
		assert.Equal(t, "404 page not found\n", read(t, request(t, http.MethodGet, server.URL+"/nowhere", nil)), "a remote origin's answer is its own")
		admin := request(t, http.MethodGet, server.URL+"/_inlay/nothing", nil, "Authorization", "Bearer "+adminToken)
		assert.Equal(t, http.StatusNotFound, admin.StatusCode)
		assert.Contains(t, read(t, admin), "There is no such path")
	}
}

func TestHandlerWithoutARouteShowsNotFound(t *testing.T) {
	t.Parallel()
	folder, err := runtimeSite()
	require.NoError(t, err)
	file := filepath.Join(folder, "not-found-pages.bin")
	require.NoError(t, os.WriteFile(file, edge.EncodePages(pagesWithFields(t)), 0o600))
	server := startRuntimeOf(t, func(config string) string {
		changed := regexp.MustCompile(`(name = "pages.bin", data = embed) "[^"]*"`).ReplaceAllString(config, `$1 "not-found-pages.bin"`)
		require.NotEqual(t, config, changed)
		return changed
	})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/nowhere", 404, notHere},
		{"HEAD", "/nowhere", 404, ""},
		{"POST", "/nowhere", 404, notHere},
		{"GET", "/do/not-found", 404, "no such thing\n"},
		{"GET", "/fragments/rate/", 404, notHere},
	} {
		resp := request(t, c.method, server.URL+c.path, nil)
		assert.Equal(t, c.status, resp.StatusCode, c.path)
		assert.Empty(t, resp.Header.Get("Inlay-Not-Found"))
		shown := c.body != "no such thing\n"
		assert.Equal(t, c.body, read(t, resp), "%s %s", c.method, c.path)
		if shown {
			assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
			assert.Equal(t, "noindex", resp.Header.Get("X-Robots-Tag"))
			assert.EqualValues(t, len(notHere), resp.ContentLength, "%s %s", c.method, c.path)
		}
	}
	assert.NotContains(t, strings.ToLower(server.Log()), "broke off", "the instance ends as always")
	assert.NotContains(t, server.Log(), "panic")
}

const outOfOrder = "<!doctype html><title>Gestört</title><p>Gleich wieder da."

func TestSitesPageIsShownInAnOutage(t *testing.T) {
	t.Parallel()
	pages, err := edge.ReadPages(fstest.MapFS{
		"p/{id}.html": {Data: []byte(`<!doctype html><title>p</title><body><edge-slot name="a" src="/f/{id}" required></edge-slot></body>`)},
		"5xx.html":    {Data: []byte(outOfOrder)},
		"400.html":    {Data: []byte("<p>Das ist keine Adresse.")},
		"_headers":    {Data: []byte("/*\n  X-Frame-Options: DENY\n/5xx\n  X-Robots-Tag: noindex\n")},
	})
	require.NoError(t, err)
	gone := newOrigin(t, nil)
	gone.Close()
	for _, dev := range []string{"0", "1"} {
		server := harness.StartPages(t, pages, "INLAY_ORIGIN="+gone.URL, "INLAY_DEV="+dev)
		for _, c := range []struct {
			method, path string
			reason       string
		}{
			{"GET", "/p/1", "The page cannot be shown: a fragment that it requires failed."},
			{"GET", "/other", "the origin " + gone.URL + " cannot be reached: "},
			{"POST", "/other", "the origin " + gone.URL + " cannot be reached: "},
			{"HEAD", "/p/1", ""},
			{"HEAD", "/other", ""},
		} {
			resp := request(t, c.method, server.URL+c.path, nil)
			body := read(t, resp)
			assert.Equal(t, http.StatusBadGateway, resp.StatusCode, "%v", c)
			assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"), "%v", c)
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), "%v", c)
			assert.Equal(t, "noindex", resp.Header.Get("X-Robots-Tag"), "%v", c)
			assert.Equal(t, "DENY", resp.Header.Get("X-Frame-Options"), "%v", c)
			switch {
			case c.method == "HEAD":
				assert.Empty(t, body)
				if dev == "0" {
					assert.EqualValues(t, len(outOfOrder), resp.ContentLength, "%v", c)
				}
			case dev == "1":
				assert.Contains(t, body, outOfOrder+"\n<!-- "+c.reason, "%v", c)
			default:
				assert.Equal(t, outOfOrder, body, "%v", c)
				assert.EqualValues(t, len(outOfOrder), resp.ContentLength, "%v", c)
			}
		}
		resp := request(t, http.MethodGet, server.URL+"/p/a%2fb", nil)
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
		assert.Contains(t, read(t, resp), "<p>Das ist keine Adresse.")
	}
	server := harness.StartPages(t, pages, "INLAY_ORIGIN="+gone.URL, "INLAY_TTL=long")
	resp := request(t, http.MethodGet, server.URL+"/p/1", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Equal(t, outOfOrder, read(t, resp), "with variables that are wrong")
}

// A required fragment's own page, and its redirect, are the visitor's: asked for one by one, and in batches.
func TestOriginsOwnAnswersAreThePages(t *testing.T) {
	t.Parallel()
	pages, err := edge.ReadPages(fstest.MapFS{
		"p/{id}.html": {Data: []byte(`<!doctype html><title>Product {id}</title><body><edge-slot name="a" src="/f/{id}" ttl="1m" required></edge-slot>` +
			`<edge-slot name="b" src="/b/{id}">b</edge-slot></body>`)},
		"404.html": {Data: []byte(notHere)},
		"5xx.html": {Data: []byte(outOfOrder)},
	})
	require.NoError(t, err)
	self := ""
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, body string) {
			w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
		switch r.URL.Path {
		case "/f/none":
			say(404, "<h1>No such product")
		case "/f/gone":
			say(410, "<h1>Sold out")
		case "/f/cookie":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			say(404, "secret")
		case "/f/private":
			w.Header().Set("Cache-Control", "no-cache, private")
			say(404, "secret")
		case "/f/large":
			say(404, strings.Repeat("x", 2000))
		case "/f/net-http":
			http.NotFound(w, r)
		case "/f/login":
			w.Header().Set("Location", "/login?from=shop#form")
			say(303, "")
		case "/f/relative":
			w.Header().Set("Location", "../cart")
			say(302, "")
		case "/f/absolute":
			w.Header().Set("Location", self+"/moved")
			say(301, "")
		case "/f/other":
			w.Header().Set("Location", "https://other.example/login")
			say(302, "")
		default:
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<p>there"))
		}
	})
	const secret = "0123456789abcdef0123456789abcdef"
	for name, h := range map[string]http.Handler{"one by one": handler, "in batches": edge.FillsWith(handler, secret)} {
		origin := newOrigin(t, h.ServeHTTP)
		self = origin.URL
		server := harness.StartPages(t, pages, "INLAY_ORIGIN="+origin.URL, "INLAY_MAX_FRAGMENT=1000", "INLAY_FILLS_SECRET="+secret)
		if name == "in batches" {
			read(t, request(t, http.MethodGet, server.URL+"/p/1", nil)) // by which it announces that it takes them
		}
		for _, c := range []struct {
			id             string
			status         int
			body, location string
		}{
			{"none", 404, "<h1>No such product", ""},
			{"gone", 410, "<h1>Sold out", ""},
			{"cookie", 404, notHere, ""},
			{"private", 404, notHere, ""},
			{"large", 404, notHere, ""},
			{"net-http", 404, notHere, ""},
			{"login", 303, "", "/login?from=shop#form"},
			{"relative", 302, "", "/cart"},
			{"absolute", 301, "", "/moved"},
			{"other", 502, outOfOrder, ""},
		} {
			for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet} {
				what := name + " " + method + " " + c.id
				resp := request(t, method, server.URL+"/p/"+c.id, nil)
				body := read(t, resp)
				assert.Equal(t, c.status, resp.StatusCode, what)
				assert.Equal(t, c.location, resp.Header.Get("Location"), what)
				assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), what)
				assert.Empty(t, resp.Header.Get("Set-Cookie"), what)
				assert.EqualValues(t, len(c.body), resp.ContentLength, what)
				if strings.HasPrefix(c.body, "<h1>") {
					assert.Equal(t, "text/html; charset=iso-8859-1", resp.Header.Get("Content-Type"), what)
				}
				if method == http.MethodHead {
					assert.Empty(t, body, what)
				} else {
					assert.Equal(t, c.body, body, what)
				}
			}
		}
		page := read(t, request(t, http.MethodGet, server.URL+"/p/7%3C", nil))
		assert.Contains(t, page, "<title>Product 7&lt;</title>")
	}
}
