package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bigPage is a page of two slots that is worth it.
func bigPage(attributes string) string {
	return "<!doctype html><html><head><title>t</title></head><body>" + strings.Repeat("<p>shell of a page</p>", 200) +
		`<edge-slot name="a" src="/f/a/{id}" ` + attributes + `><i>…</i></edge-slot>|` + strings.Repeat("<p>more</p>", 200) +
		`<edge-slot name="b" src="/f/b/{id}" ttl="1h"><i>…</i></edge-slot></body></html>`
}

// bigFragments says in each what it was asked with.
func bigFragments() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<b>%s %s %s</b>%s", r.URL, r.Header.Get("Cookie"), r.URL.RawQuery, strings.Repeat("<p>fragment</p>", 100))
	})
}

func compressing(pages ...Page) Options {
	return Options{Pages: pages, Origin: bigFragments(), Config: Config{Compress: CompressPages}}
}

// plainly is what a body decodes to.
func plainly(t *testing.T, g got) string {
	t.Helper()
	require.NoError(t, g.err)
	switch g.Header.Get("Content-Encoding") {
	case "":
		return g.body
	case "gzip", "fake":
		z, err := gzip.NewReader(strings.NewReader(g.body))
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err)
		return string(text)
	}
	t.Fatalf("in %q", g.Header.Get("Content-Encoding"))
	return ""
}

func TestCompressWarmPage(t *testing.T) {
	server, h := serve(t, compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`))))
	url := server.URL + "/p/1"
	for range 2 {
		get(t, url)
	}
	plain := get(t, url)
	require.Greater(t, len(plain.body), 8000)
	require.Contains(t, plain.body, "/f/a/1")
	assert.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
	assert.Empty(t, plain.Header.Get("Content-Encoding"))
	before := h.Stats().Warm

	coded := get(t, url, "Accept-Encoding", "deflate, gzip")
	assert.Equal(t, plain.body, plainly(t, coded))
	assert.Less(t, len(coded.body), len(plain.body)/3)
	assert.Equal(t, "gzip", coded.Header.Get("Content-Encoding"))
	assert.Equal(t, "Accept-Encoding", coded.Header.Get("Vary"))
	assert.Equal(t, strconv.Itoa(len(coded.body)), coded.Header.Get("Content-Length"))
	assert.Equal(t, plain.Header.Get("Content-Type"), coded.Header.Get("Content-Type"))
	tag, codedTag := plain.Header.Get("Etag"), coded.Header.Get("Etag")
	assert.Equal(t, strings.TrimSuffix(tag, `"`)+`-gzip"`, codedTag)
	assert.Equal(t, before+1, h.Stats().Warm)

	t.Run("HEAD tells the same", func(t *testing.T) {
		for _, accept := range []string{"", "gzip"} {
			r, err := http.NewRequest(http.MethodHead, url, nil)
			require.NoError(t, err)
			r.Header.Set("Accept-Encoding", accept)
			head, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			want := get(t, url, "Accept-Encoding", accept).Header
			for _, header := range []http.Header{want, head.Header} {
				header.Del("Date")
				header.Del("Connection")
			}
			assert.Equal(t, want, head.Header)
			_ = head.Body.Close()
		}
	})
	t.Run("each form has its own 304", func(t *testing.T) {
		for _, c := range []struct {
			accept, condition string
			status            int
			tag               string
		}{
			{"gzip", codedTag, 304, codedTag},
			{"gzip", "W/" + codedTag, 304, codedTag},
			{"gzip", `"x", ` + codedTag, 304, codedTag},
			{"gzip", tag + ", " + codedTag, 304, codedTag},
			{"gzip", "*", 304, codedTag},
			{"gzip", tag, 200, codedTag},
			{"gzip", `"x"`, 200, codedTag},
			{"", tag, 304, tag},
			{"identity", tag, 304, tag},
			{"br", tag, 304, tag},
			{"gzip;q=0.5, identity", tag, 304, tag},
			{"gzip;q=0.5, identity", codedTag, 200, tag},
			{"", codedTag, 200, tag},
			{"br", codedTag, 200, tag},
		} {
			for range 2 {
				answer := get(t, url, "Accept-Encoding", c.accept, "If-None-Match", c.condition)
				assert.Equal(t, c.status, answer.StatusCode, "%+v", c)
				assert.Equal(t, c.tag, answer.Header.Get("Etag"), "%+v", c)
				assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"), "%+v", c)
				if c.status == 304 {
					assert.Empty(t, answer.body)
					assert.Empty(t, answer.Header.Get("Content-Encoding"), "%+v", c)
					assert.Empty(t, answer.Header.Get("Content-Length"), "%+v", c)
					assert.Equal(t, plain.Header.Get("Cache-Control"), answer.Header.Get("Cache-Control"))
				} else {
					assert.Equal(t, plain.body, plainly(t, answer))
				}
			}
		}
	})
	t.Run("a part is not asked for", func(t *testing.T) {
		answer := get(t, url, "Accept-Encoding", "gzip", "Range", "bytes=0-9", "If-Range", codedTag)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, plain.body, plainly(t, answer))
	})
	t.Run("the bytes are the same each time", func(t *testing.T) {
		for range 200 {
			assert.Equal(t, coded.body, get(t, url, "Accept-Encoding", "gzip").body)
		}
		assert.Equal(t, plain.body, get(t, url).body)
	})
	t.Run("what is not coded before the page is kept", func(t *testing.T) {
		first := get(t, server.URL+"/p/2", "Accept-Encoding", "gzip", "Sec-Fetch-Dest", "empty")
		assert.Equal(t, "gzip", first.Header.Get("Content-Encoding"))
		again := get(t, server.URL+"/p/2", "Accept-Encoding", "gzip")
		assert.Equal(t, plainly(t, first), plainly(t, again))
	})
}

func TestCompressIsOffUnlessItIsSaid(t *testing.T) {
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`)))
	o.Config.Compress = CompressOff
	server, _ := serve(t, o)
	for range 3 {
		answer := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip")
		assert.Empty(t, answer.Header.Get("Content-Encoding"))
		assert.Empty(t, answer.Header.Get("Vary"))
	}
	for value, want := range map[string]Compress{"": CompressPages, "pages": CompressPages, "On": CompressPages, "off": CompressOff, "0": CompressOff} {
		c, err := ParseConfig(vars(map[string]string{"INLAY_COMPRESS": value}))
		require.NoError(t, err)
		assert.Equal(t, want, c.Compress, value)
	}
	_, err := ParseConfig(vars(map[string]string{"INLAY_COMPRESS": "brotli"}))
	assert.EqualError(t, err, `INLAY_COMPRESS is "brotli": expected pages, which compresses the pages that are composed here, or off, which compresses nothing`)
	_, err = NewHandler(Options{Origin: bigFragments(), Codings: []Coding{nil}})
	assert.ErrorContains(t, err, "Options.Codings")
}

func TestCompressLeavesAsItIs(t *testing.T) {
	big := pageOf(t, "/p/{id}", bigPage(`ttl="1h"`))
	own := pageOf(t, "/own/{id}", bigPage(`ttl="1h"`))
	own.CacheControl = "public, max-age=5, no-transform"
	small := pageOf(t, "/s/{id}", `<!doctype html><title>t</title><edge-slot name="a" src="/s" ttl="1h"></edge-slot>`)
	small.Mode = Complete
	for name, c := range map[string]struct {
		page   Page
		target string
		fields []string
		around func(http.Handler) http.Handler
		vary   string
	}{
		"what says no-transform":        {own, "/own/1", nil, nil, ""},
		"where nobody asks":             {big, "/p/1", []string{"Accept-Encoding", "identity"}, nil, "Accept-Encoding"},
		"a request with no-transform":   {big, "/p/1", []string{"Cache-Control", "no-transform"}, nil, "Accept-Encoding"},
		"what is small":                 {small, "/s/1", nil, nil, ""},
		"what a handler around encodes": {big, "/p/1", nil, setting("Content-Encoding", "x"), "Accept-Encoding"},
		"what a handler around forbids": {big, "/p/1", nil, setting("Cache-Control", "no-transform"), "Accept-Encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			o := compressing(c.page)
			o.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/s" {
					w.Header().Set("Content-Type", "text/html")
					return
				}
				bigFragments().ServeHTTP(w, r)
			})
			h, err := NewHandler(o)
			require.NoError(t, err)
			defer h.Close()
			var all http.Handler = h
			if c.around != nil {
				all = c.around(h)
			}
			server := httptest.NewServer(all)
			defer server.Close()
			for _, dest := range []string{"empty", "document", "empty", "document"} {
				fields := append([]string{"Sec-Fetch-Dest", dest}, c.fields...)
				if len(c.fields) == 0 || c.fields[0] != "Accept-Encoding" {
					fields = append(fields, "Accept-Encoding", "gzip")
				}
				answer := get(t, server.URL+c.target, fields...)
				assert.NotEqual(t, "gzip", answer.Header.Get("Content-Encoding"))
				assert.Contains(t, answer.body, "<title>t</title>", "it is not coded")
				if dest == "empty" && answer.Header.Get("Content-Length") != "" {
					assert.Equal(t, c.vary, answer.Header.Get("Vary"))
				}
			}
		})
	}
	t.Run("HTTP/1.0", func(t *testing.T) {
		server, _ := serve(t, compressing(big))
		for range 3 {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			_, _ = io.WriteString(conn, "GET /p/1 HTTP/1.0\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			assert.Empty(t, answer.Header.Get("Content-Encoding"))
			assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"))
			assert.True(t, bytes.HasSuffix(body, []byte("</html>")))
			_ = conn.Close()
		}
	})
	t.Run("a client that takes nothing else gets even a small page coded", func(t *testing.T) {
		o := compressing(pageOf(t, "/s/{id}", `<!doctype html><title>t</title>`+strings.Repeat("<p>", 50)+`<edge-slot name="a" src="/f/a" ttl="1h"></edge-slot>`))
		o.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "text/html") })
		server, _ := serve(t, o)
		for range 3 {
			answer := get(t, server.URL+"/s/1", "Accept-Encoding", "gzip, identity;q=0", "Sec-Fetch-Dest", "empty")
			assert.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
			assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"))
			assert.Contains(t, plainly(t, answer), "<title>t</title>")
		}
	})
}

// A handler around this one, or the origin of the page, that wants no changes wants them from nobody behind either.
func TestNoTransformIsTold(t *testing.T) {
	page := pageOf(t, "/p/{id}", bigPage(`ttl="1h"`))
	page.CacheControl = "public, max-age=60"
	h, err := NewHandler(compressing(page))
	require.NoError(t, err)
	defer h.Close()
	server := httptest.NewServer(setting("Cache-Control", "public,NO-TRANSFORM, max-age=5")(h))
	defer server.Close()
	for _, dest := range []string{"document", "empty", "empty"} {
		answer := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip", "Sec-Fetch-Dest", dest)
		assert.True(t, hasNoTransform(http.Header{"Cache-Control": {strings.ToLower(answer.Header.Get("Cache-Control"))}}), answer.Header.Get("Cache-Control"))
	}
	s := newSiteOrigin()
	s.html("/own", "max-age=60, no-transform", esiPage("/f/a", "/f/b"), "Surrogate-Control", esi)
	front, _ := inFront(t, s, false, func(o *Options) { o.Config.Compress = CompressPages })
	for range 2 {
		assert.Equal(t, "private, no-cache, no-transform", get(t, front.URL+"/own", "Accept-Encoding", "gzip").Header.Get("Cache-Control"))
	}
	warm := warmed(t, s, front.URL+"/own", "Accept-Encoding", "gzip")
	assert.Equal(t, "private, no-cache, no-transform", warm.Header.Get("Cache-Control"))
	assert.Empty(t, warm.Header.Get("Content-Encoding"))
}

func TestNoTransformOfAPageIsToldWhereItsCacheControlIsNot(t *testing.T) {
	for _, compress := range []Compress{CompressPages, CompressOff} {
		page := pageOf(t, "/p/{id}", bigPage(`ttl="1h" vary="cookie:s"`))
		page.CacheControl = "private, no-transform"
		o := compressing(page)
		o.Config.Compress = compress
		server, h := serve(t, o)
		for _, dest := range []string{"document", "empty", "empty"} {
			answer := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip", "Cookie", "s=1", "Sec-Fetch-Dest", dest)
			assert.Equal(t, "private, no-cache, no-transform", answer.Header.Get("Cache-Control"))
			assert.Empty(t, answer.Header.Get("Content-Encoding"))
		}
		warm := get(t, server.URL+"/p/1", "Cookie", "s=1")
		assert.Positive(t, h.Stats().Warm)
		same := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip", "Cookie", "s=1", "If-None-Match", warm.Header.Get("Etag"))
		assert.Equal(t, http.StatusNotModified, same.StatusCode)
		assert.Equal(t, "private, no-cache, no-transform", same.Header.Get("Cache-Control"))
	}
}

// What a handler around this one says of the bytes as they were does not hold for them coded.
func TestCompressedPageKeepsNoNameOfOtherBytes(t *testing.T) {
	for _, name := range []string{"Etag", "Content-Md5", "Repr-Digest"} {
		h, err := NewHandler(compressing(pageOf(t, "/p/{id}", bigPage(`ttl="0"`))))
		require.NoError(t, err)
		defer h.Close()
		server := httptest.NewServer(setting(name, `"mine"`)(h))
		defer server.Close()
		for _, dest := range []string{"document", "empty"} {
			coded := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip", "Sec-Fetch-Dest", dest)
			assert.Equal(t, "gzip", coded.Header.Get("Content-Encoding"))
			assert.NotEqual(t, `"mine"`, coded.Header.Get(name))
		}
	}
}

func setting(name, value string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, value)
			h.ServeHTTP(w, r)
		})
	}
}

// What passes through is what its origin sends, coded or not.
func TestCompressLeavesPassedAnswersAlone(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, strings.Repeat("packed ", 1000))
	require.NoError(t, z.Close())
	both(t, func(t *testing.T, remote bool) {
		front, _ := inFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Etag", `"o"`)
			if r.URL.Path == "/gz" {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(packed.Bytes())
				return
			}
			_, _ = io.WriteString(w, strings.Repeat("<p>plain</p>", 1000))
		}), remote, func(o *Options) { o.Config.Compress = CompressPages })
		for range 2 {
			gz := get(t, front.URL+"/gz", "Accept-Encoding", "gzip")
			assert.Equal(t, packed.String(), gz.body)
			plain := get(t, front.URL+"/plain", "Accept-Encoding", "gzip")
			assert.Equal(t, strings.Repeat("<p>plain</p>", 1000), plain.body)
			for _, answer := range []got{gz, plain} {
				assert.Equal(t, `"o"`, answer.Header.Get("Etag"))
				assert.Empty(t, answer.Header.Get("Vary"))
			}
		}
	})
}

// reader decodes what has arrived so far.
type arriving struct {
	t    *testing.T
	z    *gzip.Reader
	text strings.Builder
}

// until reads until the text has something.
func (a *arriving) until(what string) {
	a.t.Helper()
	buf := make([]byte, 1)
	for !strings.Contains(a.text.String(), what) {
		n, err := a.z.Read(buf)
		a.text.Write(buf[:n])
		if err != nil {
			require.Contains(a.t, a.text.String(), what, "%v", err)
			return
		}
	}
}

// A reader has the shell, and each fragment, as soon as they have been written.
func TestCompressStreams(t *testing.T) {
	for _, mode := range []string{"document", "empty"} { // streamed, ordered
		t.Run(mode, func(t *testing.T) {
			g := newGate()
			o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`)))
			o.Origin = g
			server, _ := serve(t, o)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/p/1", nil)
			require.NoError(t, err)
			r.Header.Set("Accept-Encoding", "gzip")
			r.Header.Set("Sec-Fetch-Dest", mode)
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
			assert.Equal(t, "Accept-Encoding", resp.Header.Get("Vary"))
			assert.Empty(t, resp.Header.Get("Etag"))
			z, err := gzip.NewReader(resp.Body)
			require.NoError(t, err)
			a := &arriving{t: t, z: z}
			a.until("<p>shell of a page</p>")
			if mode == "document" {
				a.until("<i>…</i>")
			}
			g.at("/f/a/1") <- "<b>first</b>"
			a.until("<b>first</b>")
			g.at("/f/b/1") <- "<b>second</b>"
			a.until("<b>second</b>")
			rest, err := io.ReadAll(z)
			require.NoError(t, err, "it is whole")
			whole := get(t, server.URL+"/p/1", "Accept-Encoding", "gzip")
			if mode == "empty" {
				assert.Equal(t, plainly(t, whole), a.text.String()+string(rest))
			}
			assert.Contains(t, plainly(t, whole), "<b>first</b>")
		})
	}
}

// What a stream decodes to is what it would have been, byte for byte, whatever the order of what comes.
func TestCompressIsWhatItWouldHaveBeen(t *testing.T) {
	shell := bigPage(`ttl="0"`)
	for _, dest := range []string{"document", "empty"} {
		for _, target := range []string{"/p/1", "/p/1?inlay=complete", "/p/1?inlay=ordered", "/p/1?inlay=stream"} {
			o := compressing(pageOf(t, "/p/{id}", shell))
			o.Config.Debug = true
			plain, _ := serve(t, o)
			coded, _ := serve(t, o)
			for _, server := range []*httptest.Server{plain, coded} { // then one is cold each time: patches come in no order
				get(t, server.URL+"/p/1?inlay=complete")
			}
			for range 4 {
				want := get(t, plain.URL+target, "Sec-Fetch-Dest", dest)
				answer := get(t, coded.URL+target, "Sec-Fetch-Dest", dest, "Accept-Encoding", "gzip")
				assert.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
				assert.Equal(t, want.body, plainly(t, answer), "%s %s", dest, target)
			}
		}
	}
}

func TestCompressPagesOfTheOrigin(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		long := strings.Repeat("<p>a page of the origin</p>", 100)
		page := strings.Replace(esiPage("/f/a", "/f/b"), "<h1>page</h1>", "<h1>page</h1>"+long, 1)
		want := strings.Replace(plainPage("<i>a</i>", "<i>b</i>"), "<h1>page</h1>", "<h1>page</h1>"+long, 1)
		s.html("/p", "max-age=60", page, "Surrogate-Control", esi, "Vary", "Accept-Language")
		s.html("/own", "max-age=60, no-transform", page, "Surrogate-Control", esi)
		s.html("/never", "private", page, "Surrogate-Control", esi)
		front, _ := inFront(t, s, remote, func(o *Options) { o.Config.Compress = CompressPages })
		cold := get(t, front.URL+"/p", "Accept-Encoding", "gzip, br")
		assert.Equal(t, "gzip", cold.Header.Get("Content-Encoding"))
		assert.Equal(t, want, plainly(t, cold))
		assert.True(t, listHas(strings.Join(cold.Header.Values("Vary"), ","), "Accept-Encoding"))
		warm := warmed(t, s, front.URL+"/p", "Accept-Encoding", "gzip")
		assert.Equal(t, "gzip", warm.Header.Get("Content-Encoding"))
		assert.Equal(t, want, plainly(t, warm))
		assert.Equal(t, strconv.Itoa(len(warm.body)), warm.Header.Get("Content-Length"))
		assert.Equal(t, http.StatusNotModified, get(t, front.URL+"/p", "Accept-Encoding", "gzip", "If-None-Match", warm.Header.Get("Etag")).StatusCode)
		assert.Equal(t, want, get(t, front.URL+"/p").body)

		for range 3 {
			never := get(t, front.URL+"/never", "Accept-Encoding", "gzip")
			assert.Equal(t, "gzip", never.Header.Get("Content-Encoding"))
			assert.Equal(t, want, plainly(t, never))
		}
		first := get(t, front.URL+"/own", "Accept-Encoding", "gzip")
		last := warmed(t, s, front.URL+"/own", "Accept-Encoding", "gzip")
		for _, answer := range []got{first, last} {
			assert.Equal(t, want, answer.body, "as it is")
			assert.Empty(t, answer.Header.Get("Content-Encoding"))
			assert.Empty(t, answer.Header.Get(noTransformField))
		}
	})
}

// Somebody who has a visitor's browser ask, with the visitor's cookies, must not learn by lengths whether what he guesses stands in the
// page: what he has to choose, and comes into the page, is the query.
func TestCompressTellsNobodyWhatIsInAPage(t *testing.T) {
	plain := pageOf(t, "/plain/{id}", bigPage(`ttl="1h" vary="cookie:session"`))
	search := pageOf(t, "/search/{id}", bigPage(`ttl="1h" vary="cookie:session query:q"`))
	public := pageOf(t, "/public/{id}", bigPage(`ttl="1h" vary="query:q"`))
	server, _ := serve(t, compressing(plain, search, public))
	for _, c := range []struct {
		target, cookie string
		coded          bool
	}{
		{"/plain/1", "session=1", true},
		{"/plain/1?q=1", "session=1", true}, // which never comes into the page
		{"/public/1?q=1", "session=1", true},
		{"/search/1", "session=1", true},
		{"/search/1?q=1", "", true}, // which nobody's secret is in
		{"/search/1?q=1", "session=1", false},
		{"/search/1?q=2", "session=1", false},
	} {
		for _, dest := range []string{"document", "empty", "empty"} {
			fields := []string{"Accept-Encoding", "gzip", "Sec-Fetch-Dest", dest}
			if c.cookie != "" {
				fields = append(fields, "Cookie", c.cookie)
			}
			answer := get(t, server.URL+c.target, fields...)
			assert.Equal(t, c.coded, answer.Header.Get("Content-Encoding") == "gzip", "%+v", c)
			assert.Contains(t, plainly(t, answer), "</html>")
		}
	}

	s := newSiteOrigin()
	page := strings.Replace(esiPage("/f/a", "/f/b"), "<h1>page</h1>", strings.Repeat("<p>page</p>", 200), 1)
	s.html("/p", "private", page, "Surrogate-Control", esi)
	s.html("/p?q=1", "private", page, "Surrogate-Control", esi)
	front, _ := inFront(t, s, false, func(o *Options) { o.Config.Compress = CompressPages })
	for target, coded := range map[string]bool{"/p": true, "/p?q=1": false} {
		assert.Equal(t, coded, get(t, front.URL+target, "Cookie", "session=1", "Accept-Encoding", "gzip").Header.Get("Content-Encoding") == "gzip", target)
		assert.Equal(t, "gzip", get(t, front.URL+target, "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), target)
	}
}

// fakeCoding is gzip under another name, which counts.
type fakeCoding struct {
	Coding
	encoded, open atomic.Int32
	held          int
}

func (f *fakeCoding) Name() string { return "fake" }
func (f *fakeCoding) Held() int    { return f.held }
func (f *fakeCoding) Encode(dst, src []byte) ([]byte, error) {
	f.encoded.Add(1)
	return f.Coding.Encode(dst, src)
}
func (f *fakeCoding) NewWriter(w io.Writer) CodingWriter {
	f.open.Add(1)
	return f.Coding.NewWriter(w)
}

func TestCompressOncePerPageWhateverIsAsked(t *testing.T) {
	fake := &fakeCoding{Coding: Gzip()}
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`)))
	o.Codings = []Coding{fake}
	h, err := NewHandler(o)
	require.NoError(t, err)
	defer h.Close()
	r := httptest.NewRequest(http.MethodGet, "/p/1", nil)
	for range 3 {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	fake.encoded.Store(0)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/p/1", nil)
			r.Header.Set("Accept-Encoding", "fake, gzip")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			assert.Equal(t, "fake", w.Header().Get("Content-Encoding"))
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, fake.encoded.Load(), "one for all who ask at once")
	before := h.Stats()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		r := httptest.NewRequest(http.MethodGet, "/p/1", nil)
		r.Header.Set("Accept-Encoding", fmt.Sprintf("x%d;q=0.%d, fake;q=0.%03d, gzip;q=0.%03d, y%d", i, 1+i%9, 1+random.IntN(999), 1+random.IntN(999), i))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.NotEmpty(t, w.Header().Get("Content-Encoding"))
	}
	after := h.Stats()
	assert.EqualValues(t, 1, fake.encoded.Load())
	assert.Equal(t, before.Cache.Entries, after.Cache.Entries)
	assert.Less(t, after.Cache.Bytes, before.Cache.Bytes, "the page as it is has gone, and what is there beside is its gzip")
}

// A page that is stale, and shown while it is renewed, is not coded anew for each who asks.
func TestCompressStalePageOnce(t *testing.T) {
	fake := &fakeCoding{Coding: Gzip()}
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1m" swr="1h"`)))
	o.Codings = []Coding{fake}
	var slow atomic.Bool
	hold := make(chan struct{})
	fragments := o.Origin
	o.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slow.Load() {
			<-hold
		}
		fragments.ServeHTTP(w, r)
	})
	h, err := NewHandler(o)
	require.NoError(t, err)
	defer h.Close()
	defer close(hold)
	var later atomic.Int64
	h.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	ask := func(accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/p/1", nil)
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("Sec-Fetch-Dest", "empty")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for range 3 {
		ask("identity")
	}
	warm := ask("fake")
	slow.Store(true)
	later.Store(int64(2 * time.Minute))
	before := fake.encoded.Load()
	for range 20 {
		stale := ask("fake")
		assert.Equal(t, warm.Body.String(), stale.Body.String())
		assert.Equal(t, warm.Header().Get("Etag"), stale.Header().Get("Etag"))
		assert.Contains(t, stale.Header().Get("Cache-Status"), "ttl=-")
	}
	assert.Equal(t, before, fake.encoded.Load(), "the form is there")
}

// Who refuses what is not coded gets even that coded which does not get smaller by it, warm and cold.
func TestCompressForWhoTakesNothingElse(t *testing.T) {
	h, err := NewHandler(compressing(pageOf(t, "/s/{id}", `<!doctype html><title>t</title><body><edge-slot name="a" src="/s" ttl="1h"></edge-slot>`)))
	require.NoError(t, err)
	defer h.Close()
	h.options.Origin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<b>s</b>")
	})
	for _, accept := range []string{"gzip, identity;q=0", "gzip", "gzip, identity;q=0"} {
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/s/1", nil)
			r.Header.Set("Accept-Encoding", accept)
			r.Header.Set("Sec-Fetch-Dest", "empty")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if accept != "gzip" {
				assert.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
			} else if assert.Empty(t, w.Header().Get("Content-Encoding")) {
				continue
			}
			z, err := gzip.NewReader(w.Body)
			require.NoError(t, err)
			text, err := io.ReadAll(z)
			require.NoError(t, err)
			assert.Contains(t, string(text), "<b>s</b>")
		}
	}
}

func TestCompressIsWithinTheBudget(t *testing.T) {
	h, err := NewHandler(compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`))))
	require.NoError(t, err)
	defer h.Close()
	do := func(accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/p/1", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for range 3 {
		do("identity")
	}
	plain := do("identity")
	before := h.Stats().Cache.Bytes
	coded := do("gzip")
	with := h.Stats().Cache.Bytes
	assert.InDelta(t, coded.Body.Len(), with-before, 2048, "the form is charged")
	for range 100 {
		do("gzip")
	}
	alone := h.Stats().Cache.Bytes
	assert.EqualValues(t, plain.Body.Len(), with-alone, "the page as it is is not there any more")
	for range 3 {
		assert.Equal(t, plain.Body.String(), do("identity").Body.String())
	}
	assert.Equal(t, with, h.Stats().Cache.Bytes, "and comes back")
	for range 100 {
		do("gzip")
	}
	assert.Equal(t, alone, h.Stats().Cache.Bytes)
	h.PurgeAll()
	assert.Zero(t, h.Stats().Cache.Bytes)
}

// Pages are asked for, in all ways, while they are purged.
func TestCompressUnderLoad(t *testing.T) {
	fake := &fakeCoding{Coding: Gzip()}
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h" tags="t"`)))
	o.Codings, o.Config.MaxBytes = []Coding{fake}, 1<<20
	server, h := serve(t, o)
	want := map[string]string{}
	for i := range 40 {
		url := fmt.Sprintf("%s/p/%d", server.URL, i)
		want[url] = get(t, url, "Sec-Fetch-Dest", "empty").body
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 3))
			for n := 0; ctx.Err() == nil && n < 1500; n++ {
				url := fmt.Sprintf("%s/p/%d", server.URL, random.IntN(40))
				r, _ := http.NewRequest(http.MethodGet, url, nil)
				r.Header.Set("Sec-Fetch-Dest", "empty")
				if random.IntN(20) > 0 {
					r.Header.Set("Accept-Encoding", []string{"gzip", "fake", "fake;q=0.3, gzip"}[random.IntN(3)])
				}
				resp, err := client.Do(r)
				if !assert.NoError(t, err) {
					return
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if text := plainly(t, got{resp, string(body), err}); !assert.True(t, want[url] == text, "another page") {
					return
				}
				if random.IntN(100) == 0 {
					h.PurgeTag("t")
				}
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, h.Stats().Bytes, int64(1<<20))
}

// A coding whose writers hold much is for few at a time; who comes then gets the next.
func TestCompressHoldsNoMoreThanItMay(t *testing.T) {
	fake := &fakeCoding{Coding: Gzip(), held: 24 << 20}
	g := newGate()
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`)))
	o.Codings, o.Origin = []Coding{fake}, g
	server, h := serve(t, o)
	var codings []string
	var bodies []io.ReadCloser
	for range 4 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/p/1", nil)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", "fake, gzip")
		r.Header.Set("Sec-Fetch-Dest", "document")
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		codings = append(codings, resp.Header.Get("Content-Encoding"))
		bodies = append(bodies, resp.Body)
	}
	assert.Equal(t, []string{"fake", "fake", "gzip", "gzip"}, codings)
	g.at("/f/a/1") <- "a"
	g.at("/f/b/1") <- "b"
	for i, body := range bodies {
		z, err := gzip.NewReader(body)
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err, i)
		assert.Contains(t, string(text), "</html>")
		_ = body.Close()
	}
	eventually(t, "they hold nothing any more", func() bool {
		g.at("/f/a/2") <- "a"
		g.at("/f/b/2") <- "b"
		h.PurgeAll()
		return get(t, server.URL+"/p/2", "Sec-Fetch-Dest", "document", "Accept-Encoding", "fake").Header.Get("Content-Encoding") == "fake"
	})
}

// failing fails when it has written something.
type failing struct{ Coding }

func (failing) Name() string                         { return "fake" }
func (failing) Encode(dst, _ []byte) ([]byte, error) { return dst, io.ErrClosedPipe }
func (f failing) NewWriter(w io.Writer) CodingWriter { return &failingWriter{f.Coding.NewWriter(w), 0} }

type failingWriter struct {
	CodingWriter
	flushed int
}

func (f *failingWriter) Flush() error {
	if f.flushed++; f.flushed > 1 {
		return io.ErrClosedPipe
	}
	return f.CodingWriter.Flush()
}
func (f *failingWriter) Close() error { return io.ErrClosedPipe }

func TestCompressThatFails(t *testing.T) {
	g := newGate()
	o := compressing(pageOf(t, "/p/{id}", bigPage(`ttl="1h"`)))
	o.Codings, o.Origin = []Coding{failing{Gzip()}}, g
	server, _ := serve(t, o)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/p/1", nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "fake")
	r.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	g.at("/f/a/1") <- "a"
	g.at("/f/b/1") <- "b"
	_, err = io.ReadAll(resp.Body)
	assert.Error(t, err, "the client sees that it is not whole")
	_ = resp.Body.Close()
	eventually(t, "a warm page", func() bool {
		whole := get(t, server.URL+"/p/1", "Accept-Encoding", "fake")
		if whole.Header.Get("Etag") == "" {
			return false // as the first: a fragment is still on its way
		}
		assert.Contains(t, whole.body, "</html>", "what cannot be coded is sent as it is")
		return true
	})
}
