package edge

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const notHere = "<!doctype html><title>Not here</title><p>Not here."

// shopPages are pages with fields of their own, and one that is shown where there is none.
func shopPages(t *testing.T) []Page {
	t.Helper()
	pages, err := ReadPages(fstest.MapFS{
		"p/{id}.html": {Data: []byte(`<!doctype html><title>p</title><body><edge-slot name="a" src="/f/{id}" ttl="1m" required></edge-slot>` +
			`<edge-slot name="b" src="/late/{id}" ttl="1m">…</edge-slot></body>`)},
		"plain.html": {Data: []byte("<!doctype html><title>plain</title>")},
		"404.html":   {Data: []byte(notHere)},
		"_headers":   {Data: []byte("/*\n  X-Frame-Options: DENY\n  Link: </x>; rel=x\n/plain\n  ! X-Frame-Options\n/404\n  X-Robots-Tag: noindex\n")},
	})
	require.NoError(t, err)
	return pages
}

// shopOrigin answers fragments, of which some are gone, and has no other route.
func shopOrigin() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /f/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch id := r.PathValue("id"); id {
		case "none":
			http.NotFound(w, r)
		case "gone":
			w.WriteHeader(http.StatusGone)
		case "broken":
			http.Error(w, "broken", http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<p>"+id)
		}
	})
	mux.HandleFunc("GET /late/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>late")
	})
	return mux
}

func TestPagesOwnFieldsAreOnEachOfItsAnswers(t *testing.T) {
	h, err := NewHandler(Options{Pages: shopPages(t), Origin: shopOrigin()})
	require.NoError(t, err)
	etag := ""
	for _, c := range []struct {
		method, target string
		fields         []string
		status         int
		frame          string
	}{
		{"HEAD", "/p/1", nil, 200, "DENY"},
		{"GET", "/p/1", []string{"Sec-Fetch-Dest", "document"}, 200, "DENY"},
		{"GET", "/p/1", nil, 200, "DENY"}, // warm
		{"GET", "/p/1", nil, 200, "DENY"}, // without an event
		{"HEAD", "/p/1", nil, 200, "DENY"},
		{"GET", "/p/1", []string{"If-None-Match", "*"}, 304, "DENY"},
		{"GET", "/p/2", nil, 200, "DENY"}, // in order
		{"GET", "/p/broken", nil, 502, "DENY"},
		{"HEAD", "/p/broken", nil, 502, "DENY"},
		{"GET", "/p/none", nil, 404, "DENY"},
		{"GET", "/plain", nil, 200, ""},
		{"GET", "/nowhere", nil, 404, "DENY"},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		for i := 0; i < len(c.fields); i += 2 {
			r.Header.Set(c.fields[i], c.fields[i+1])
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		assert.Equal(t, c.status, answer.Code, "%v", c)
		assert.Equal(t, c.frame, answer.Header().Get("X-Frame-Options"), "%v", c)
		assert.Equal(t, []string{"</x>; rel=x"}, answer.Header()["Link"], "%v", c)
		if c.status == 200 && c.target == "/p/1" && answer.Header().Get("Etag") != "" {
			etag = answer.Header().Get("Etag")
		}
	}
	assert.NotEmpty(t, etag)
}

func TestSitesPageIsShownWhereThereIsNone(t *testing.T) {
	for _, dev := range []bool{false, true} {
		h, err := NewHandler(Options{Pages: shopPages(t), Origin: shopOrigin(), Config: Config{Dev: dev}})
		require.NoError(t, err)
		server := httptest.NewServer(h)
		for target, status := range map[string]int{"/p/none": 404, "/p/gone": 410, "/nowhere": 404, "/f/none": 404} {
			for _, method := range []string{"GET", "HEAD"} {
				r, err := http.NewRequest(method, server.URL+target, nil)
				require.NoError(t, err)
				answer, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				body, err := io.ReadAll(answer.Body)
				require.NoError(t, err)
				require.NoError(t, answer.Body.Close())
				failed := strings.HasPrefix(target, "/p/")
				want := notHere
				switch {
				case method == "HEAD":
					want = ""
				case failed && dev:
					want += fmt.Sprintf("\n<!-- The page cannot be shown: a fragment that it requires failed.\n/p/{id}: edge: fill failed (status): the origin answered %d; a fragment needs 200 -->\n", status)
				}
				assert.Equal(t, want, string(body), "%s %s", method, target)
				assert.Equal(t, status, answer.StatusCode, target)
				assert.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"))
				assert.Equal(t, "noindex", answer.Header.Get("X-Robots-Tag"))
				control := ""
				if failed {
					control = "no-store"
				}
				assert.Equal(t, control, answer.Header.Get("Cache-Control"))
				if !dev || !failed {
					assert.EqualValues(t, len(notHere), answer.ContentLength)
				}
			}
		}
		server.Close()
	}
}

func TestRemoteOriginsAnswersAreItsOwn(t *testing.T) {
	remote := httptest.NewServer(shopOrigin())
	defer remote.Close()
	h, err := NewHandler(Options{Pages: shopPages(t), Config: Config{Origin: remote.URL}})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/nowhere", nil))
	assert.Equal(t, "404 page not found\n", answer.Body.String())
	answer = httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/p/none", nil))
	assert.Equal(t, notHere, answer.Body.String())
}

func TestPageThatIsShownSurvivesItsEncoding(t *testing.T) {
	for _, pages := range [][]Page{shopPages(t), shopPages(t)[:2], {}} {
		decoded, err := DecodePages(EncodePages(pages))
		require.NoError(t, err)
		require.Len(t, decoded, len(pages))
		for i := range pages {
			assert.Equal(t, pages[i].Pattern, decoded[i].Pattern)
			assert.Equal(t, pages[i].Header, decoded[i].Header)
			assert.Equal(t, pages[i].html(), decoded[i].html())
		}
	}
}

func FuzzDecodePages(f *testing.F) {
	p, err := ParsePage(NotFound, notHere)
	if err != nil {
		f.Fatal(err)
	}
	p.Header = []Field{{"x-a", "b"}}
	whole := EncodePages([]Page{p})
	f.Add(whole)
	f.Add(whole[:len(whole)-4])
	f.Add(whole[4:])
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, err := DecodePages(data)
		if err != nil {
			return
		}
		again, err := DecodePages(EncodePages(pages))
		require.NoError(t, err)
		require.Equal(t, pages, again)
	})
}

func TestFieldsThatAreInlaysAreRefused(t *testing.T) {
	for _, c := range []struct {
		field Field
		want  string
	}{
		{Field{"Cache-Control", "public"}, `edge: page /a has the header field cache-control; expected Page.CacheControl in its place, which goes onto whole pages alone`},
		{Field{"ETag", "x"}, `edge: page /a has the header field "etag"; expected others: this one is inlay's to set or to leave out`},
		{Field{"Set-Cookie", "a=b"}, `the header field "set-cookie"; expected cookies to be set on a path that is no page`},
		{Field{"x y", "z"}, `a header field of the name "x y"`},
		{Field{"", "z"}, `a header field of the name ""`},
		{Field{"x-a", "a\r\nb"}, `the header field x-a with the value "a\r\nb"; expected printable ASCII`},
	} {
		p := pageOf(t, "/a", "<p>a")
		p.Header = []Field{c.field}
		_, err := NewHandler(Options{Pages: []Page{p}, Origin: http.NotFoundHandler()})
		assert.ErrorContains(t, err, c.want)
	}
	p := pageOf(t, "/a", "<p>a")
	p.Header = []Field{{"X-Frame-Options", "DENY"}}
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: http.NotFoundHandler()})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/a", nil))
	assert.Equal(t, "DENY", answer.Header().Get("X-Frame-Options"))

	_, err = ParsePage(NotFound, `<body><edge-slot name=a src=/a></edge-slot></body>`)
	assert.EqualError(t, err, "1:7: <edge-slot> in the page that is shown where there is none; expected no slot: nothing fills it")
}

const broken = "<!doctype html><title>Out of order</title><p>Out of order."

// outagePages are a page and those that are shown with a status.
func outagePages(t *testing.T, more fstest.MapFS) []Page {
	t.Helper()
	files := fstest.MapFS{
		"p/{id}.html": {Data: []byte(`<!doctype html><title>p</title><body><edge-slot name="a" src="/f/{id}" ttl="1m" required></edge-slot></body>`)},
		"5xx.html":    {Data: []byte(broken)},
		"_headers":    {Data: []byte("/*\n  X-Frame-Options: DENY\n/5xx\n  X-Robots-Tag: noindex\n")},
	}
	for name, file := range more {
		files[name] = file
	}
	pages, err := ReadPages(files)
	require.NoError(t, err)
	return pages
}

func TestSitesPageIsShownInAnOutage(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	alive := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "its own", http.StatusBadGateway) }))
	defer alive.Close()
	panics := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.WriteString(w, "begun")
		}
		if r.URL.Path == "/aborted" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Set-Cookie", "a=b")
		panic("oh")
	})
	quiet := slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		name, target string
		options      Options
		status       int
		reason       string // while the site is being written
	}{
		{"a required fragment fails", "/p/1", Options{Origin: shopOrigin(), Config: Config{Origin: gone.URL}}, 502, "The page cannot be shown: a fragment that it requires failed."},
		{"the origin is not reached", "/x", Options{Config: Config{Origin: gone.URL}}, 502, "the origin " + gone.URL + " cannot be reached: "},
		{"the handler panics", "/x", Options{Origin: panics}, 502, "the handler of GET /x panicked: oh"},
	} {
		for _, dev := range []bool{false, true} {
			for _, method := range []string{"GET", "HEAD"} {
				c.options.Pages, c.options.Logger, c.options.Config.Dev = outagePages(t, nil), quiet, dev
				if c.target == "/p/1" {
					c.options.Origin = panics
				}
				h, err := NewHandler(c.options)
				require.NoError(t, err)
				answer := httptest.NewRecorder()
				h.ServeHTTP(answer, httptest.NewRequest(method, c.target, nil))
				assert.Equal(t, c.status, answer.Code, c.name)
				assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"), c.name)
				assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"), c.name)
				assert.Equal(t, "DENY", answer.Header().Get("X-Frame-Options"), c.name)
				assert.Equal(t, "noindex", answer.Header().Get("X-Robots-Tag"), c.name)
				assert.Empty(t, answer.Header().Get("Set-Cookie"), c.name)
				body := answer.Body.String()
				switch {
				case method == "HEAD" && !dev:
					assert.Equal(t, fmt.Sprint(len(broken)), answer.Header().Get("Content-Length"), c.name)
					assert.Empty(t, body, c.name)
				case method == "GET" && dev:
					assert.Contains(t, body, broken+"\n<!-- "+strings.Replace(c.reason, "GET", method, 1), c.name)
				case method == "GET":
					assert.Equal(t, broken, body, c.name)
					assert.Equal(t, fmt.Sprint(len(broken)), answer.Header().Get("Content-Length"), c.name)
				}
			}
		}
	}

	// What an origin says itself stays.
	h, err := NewHandler(Options{Pages: outagePages(t, nil), Config: Config{Origin: alive.URL}, Logger: quiet})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/x", nil))
	assert.Equal(t, "its own\n", answer.Body.String())

	// What has begun, or is to be aborted, ends where it is.
	h, err = NewHandler(Options{Pages: outagePages(t, nil), Origin: panics, Logger: quiet})
	require.NoError(t, err)
	for _, target := range []string{"/begun", "/aborted"} {
		assert.Panics(t, func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil)) }, target)
	}
}

func TestWhichPageIsShownWithAStatus(t *testing.T) {
	one := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		files fstest.MapFS
		want  map[int]string
	}{
		{fstest.MapFS{"5xx.html": one("x5"), "502.html": one("502"), "500.HTML": one("500")}, map[int]string{500: "500", 502: "502", 503: "x5", 404: "", 400: ""}},
		{fstest.MapFS{"4xx.html": one("x4"), "404.html": one("404"), "5xx.html": one("<!-- inlay: /5xx -->\nx")}, map[int]string{404: "404", 410: "404", 400: "x4", 421: "x4", 502: ""}},
		{fstest.MapFS{"410.html": one("410"), "404.html": one("404"), "5xx.html": one("x")}, map[int]string{404: "404", 410: "410", 400: ""}},
	} {
		pages, err := DecodePages(EncodePages(outagePages(t, c.files)))
		require.NoError(t, err)
		_, shown := splitShown(pages)
		for status, want := range c.want {
			got := ""
			if p := shown.of(status); p != nil {
				got = p.html()
			}
			assert.Equal(t, want, got, "%v %d", c.files, status)
		}
	}
	h, err := NewHandler(Options{Pages: outagePages(t, fstest.MapFS{"400.html": one("bad")}), Origin: shopOrigin()})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/p/%2e%2e", nil))
	assert.Equal(t, 400, answer.Code)
	assert.Equal(t, "bad", answer.Body.String())

	for name, want := range map[string]string{
		"a/5xx.html": "a 5xx.html that is not directly in the folder of pages",
		"5xx.html":   "<edge-slot> in the page that is shown with 5xx",
	} {
		_, err := ReadPages(fstest.MapFS{name: one("<body><edge-slot name=a src=/></edge-slot>")})
		assert.ErrorContains(t, err, want)
	}
	pages, err := ReadPages(fstest.MapFS{"sizes/500.html": one("a page"), "450.html": one("another")})
	require.NoError(t, err)
	assert.Equal(t, []string{"/450", "/sizes/500"}, []string{pages[0].Pattern, pages[1].Pattern})
}

func TestPoliciesOfPagesAllowTheFallbackScript(t *testing.T) {
	pages := outagePages(t, fstest.MapFS{
		"plain.html": {Data: []byte("<!doctype html><title>plain</title>")},
		"_headers":   {Data: []byte("/*\n  Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\n  Content-Security-Policy-Report-Only: script-src 'none'\n")},
	})
	h, err := NewHandler(Options{Pages: pages, Origin: shopOrigin()})
	require.NoError(t, err)
	for target, want := range map[string][2]string{
		"/p/1":      {"default-src 'self'; frame-ancestors 'none'; script-src 'self' " + FallbackCSPHash, "script-src " + FallbackCSPHash},
		"/p/broken": {"default-src 'self'; frame-ancestors 'none'", "script-src 'none'"}, // its 5xx.html has no such script
		"/plain":    {"default-src 'self'; frame-ancestors 'none'", "script-src 'none'"},
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", target, nil))
		assert.Equal(t, want[0], answer.Header().Get("Content-Security-Policy"), target)
		assert.Equal(t, want[1], answer.Header().Get("Content-Security-Policy-Report-Only"), target)
	}
}

// ownOrigin has pages of its own for what it does not have, and sends visitors elsewhere.
func ownOrigin(self func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		say := func(status int, body string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		switch r.URL.Path {
		case "/f/none":
			say(404, "<h1>No such product")
		case "/f/gone":
			w.Header().Set("Content-Type", "application/json")
			say(410, `{"gone":true}`)
		case "/f/cookie":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			say(404, "secret")
		case "/f/private":
			w.Header().Set("Cache-Control", "no-cache, private")
			say(404, "secret")
		case "/f/large":
			say(404, strings.Repeat("x", 2000))
		case "/f/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			say(404, "zipped")
		case "/f/net-http":
			w.Header().Del("Content-Type")
			http.NotFound(w, r)
		case "/f/login":
			http.Redirect(w, r, "/login?from=shop#form", http.StatusSeeOther)
		case "/f/relative":
			w.Header().Set("Location", "../cart")
			say(302, "")
		case "/f/absolute":
			w.Header().Set("Location", self()+"/moved")
			say(301, "")
		case "/f/site":
			w.Header().Set("Location", "http://shop.example/elsewhere")
			say(307, "")
		case "/f/other":
			w.Header().Set("Location", "https://other.example/login")
			say(302, "")
		default:
			say(200, "<p>there")
		}
	}
}

// ownCase is what a page answers whose required fragment does not come.
var ownCases = []struct {
	id       string
	status   int
	kind     string // Content-Type; empty: that of the site's 404.html
	body     string
	location string
}{
	{id: "none", status: 404, kind: "text/html; charset=iso-8859-1", body: "<h1>No such product"},
	{id: "gone", status: 410, kind: "application/json", body: `{"gone":true}`},
	{id: "cookie", status: 404, body: notHere},
	{id: "private", status: 404, body: notHere},
	{id: "large", status: 404, body: notHere},
	{id: "gzip", status: 404, body: notHere},
	{id: "net-http", status: 404, body: notHere},
	{id: "login", status: 303, location: "/login?from=shop#form"},
	{id: "relative", status: 302, location: "/cart"},
	{id: "absolute", status: 301, location: "/moved"},
	{id: "site", status: 307, location: "http://shop.example/elsewhere"},
	{id: "other", status: 502, body: broken},
}

func TestOriginsOwnAnswersAreThePages(t *testing.T) {
	var server *httptest.Server
	origin := ownOrigin(func() string { return server.URL })
	server = httptest.NewServer(origin)
	defer server.Close()
	quiet := slog.New(slog.DiscardHandler)
	pages := outagePages(t, fstest.MapFS{"404.html": {Data: []byte(notHere)}})
	for name, o := range map[string]Options{
		"remote":  {Config: Config{Origin: server.URL, MaxFragment: 1000}},
		"handler": {Origin: origin, Config: Config{MaxFragment: 1000}},
	} {
		o.Pages, o.Logger = pages, quiet
		h, err := NewHandler(o)
		require.NoError(t, err)
		for _, c := range ownCases {
			if name == "handler" && c.id == "absolute" {
				continue // a handler has no host of its own
			}
			for _, method := range []string{"HEAD", "GET", "GET"} {
				r := httptest.NewRequest(method, "http://shop.example/p/"+c.id, nil)
				answer := httptest.NewRecorder()
				h.ServeHTTP(answer, r)
				what := name + " " + method + " " + c.id
				assert.Equal(t, c.status, answer.Code, what)
				assert.Equal(t, c.location, answer.Header().Get("Location"), what)
				assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"), what)
				assert.Empty(t, answer.Header().Get("Set-Cookie"), what)
				assert.Equal(t, fmt.Sprint(len(c.body)), answer.Header().Get("Content-Length"), what)
				if c.location == "" {
					kind := c.kind
					if kind == "" {
						kind = "text/html; charset=utf-8"
					}
					assert.Equal(t, kind, answer.Header().Get("Content-Type"), what)
				}
				body := c.body
				if method == "HEAD" {
					body = ""
				}
				assert.Equal(t, body, answer.Body.String(), what)
			}
		}
	}
}
