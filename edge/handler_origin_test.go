package edge

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// origin is a server whose pages have slots, and a count of what it was asked.
type siteOrigin struct {
	mu    sync.Mutex
	asked map[string]int
	seen  []*http.Request
	mux   *http.ServeMux
}

func newSiteOrigin() *siteOrigin {
	s := &siteOrigin{asked: map[string]int{}, mux: http.NewServeMux()}
	for _, name := range []string{"a", "b", "c"} {
		s.html("/f/"+name, "max-age=60", "<i>"+name+"</i>")
	}
	return s
}

// html has a path answered with HTML.
func (s *siteOrigin) html(path, control, body string, fields ...string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if control != "" {
			w.Header().Set("Cache-Control", control)
		}
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		_, _ = io.WriteString(w, body)
	})
}

func (s *siteOrigin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.RequestURI()]++
	s.seen = append(s.seen, r.Clone(r.Context()))
	s.mu.Unlock()
	s.mux.ServeHTTP(w, r)
}

// count is how often a target was asked for.
func (s *siteOrigin) count(target string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[target]
}

// before are the requests for a target, in their order.
func (s *siteOrigin) requests(target string) (all []*http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.seen {
		if r.URL.RequestURI() == target {
			all = append(all, r)
		}
	}
	return all
}

const esi = `content="ESI/1.0"`

// esiPage is a page with includes of sources.
func esiPage(sources ...string) string {
	text := "<!doctype html><html><head><title>t</title></head><body><h1>page</h1>"
	for _, src := range sources {
		text += `|<esi:include src="` + src + `"/>`
	}
	return text + "|</body></html>"
}

// plainPage is what becomes of it.
func plainPage(contents ...string) string {
	return "<!doctype html><html><head><title>t</title></head><body><h1>page</h1>|" + strings.Join(contents, "|") + "|</body></html>"
}

// inFront serves an origin of the same process, or one of another, with inlay before it.
func inFront(t *testing.T, origin http.Handler, remote bool, change func(*Options)) (*httptest.Server, *Handler) {
	t.Helper()
	o := Options{Origin: origin}
	if remote {
		server := httptest.NewServer(origin)
		t.Cleanup(server.Close)
		o.Origin, o.Config.Origin = nil, server.URL
	}
	if change != nil {
		change(&o)
	}
	h, err := NewHandler(o)
	require.NoError(t, err)
	front := httptest.NewServer(h)
	t.Cleanup(func() {
		front.Close()
		h.Close()
	})
	return front, h
}

// got is an answer, whole.
type got struct {
	*http.Response
	body string
	err  error
}

// get asks as a browser without a script would, and reads the answer whole. Fields are name, value.
func get(t *testing.T, url string, fields ...string) got {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return got{answer, string(body), err}
}

// eventually waits for what happens beside an answer.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 5*time.Second, time.Millisecond, what)
}

// both runs a test with an origin of the same process and with one of another.
func both(t *testing.T, test func(t *testing.T, remote bool)) {
	for _, remote := range []bool{false, true} {
		t.Run(map[bool]string{false: "handler", true: "remote"}[remote], func(t *testing.T) { test(t, remote) })
	}
}

// warmed asks until the answer has asked the origin nothing.
func warmed(t *testing.T, s *siteOrigin, url string, fields ...string) got {
	t.Helper()
	var last got
	eventually(t, "a warm page", func() bool {
		s.mu.Lock()
		before := len(s.seen)
		s.mu.Unlock()
		last = get(t, url, fields...)
		s.mu.Lock()
		defer s.mu.Unlock()
		return before == len(s.seen)
	})
	return last
}

func TestPageOfTheOriginIsComposedAndThenWarm(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "max-age=60", esiPage("/f/a", "/f/b"), "Surrogate-Control", esi, "X-Own", "1", "ETag", `"origin"`, "Link", "</x>; rel=preload")
		front, h := inFront(t, s, remote, nil)
		cold := get(t, front.URL+"/p?x=1", "Cookie", "session=1")
		require.NoError(t, cold.err)
		assert.Equal(t, plainPage("<i>a</i>", "<i>b</i>"), cold.body)
		assert.Equal(t, "1", cold.Header.Get("X-Own"))
		for _, name := range []string{"Surrogate-Control", "Last-Modified", "Expires"} {
			assert.Empty(t, cold.Header.Get(name), name)
		}
		assert.NotEqual(t, `"origin"`, cold.Header.Get("ETag"))
		assert.Contains(t, cold.Header.Get("Cache-Status"), "fwd=miss")

		warm := warmed(t, s, front.URL+"/p?x=1", "Cookie", "session=2")
		assert.Equal(t, plainPage("<i>a</i>", "<i>b</i>"), warm.body)
		assert.Equal(t, "1", warm.Header.Get("X-Own"))
		assert.Equal(t, fmt.Sprint(len(warm.body)), warm.Header.Get("Content-Length"))
		require.NotEmpty(t, warm.Header.Get("ETag"))
		assert.NotEqual(t, `"origin"`, warm.Header.Get("ETag"))
		assert.Equal(t, 2, s.count("/p?x=1"), "one for the visitor, one for what is kept")
		assert.Equal(t, 1, s.count("/f/a"))

		same := get(t, front.URL+"/p?x=1", "If-None-Match", warm.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, same.StatusCode)

		// What is kept was asked for with nothing of the visitor.
		asked := s.requests("/p?x=1")
		assert.Equal(t, "session=1", asked[0].Header.Get("Cookie"))
		assert.Empty(t, asked[1].Header.Get("Cookie"))
		for _, r := range asked {
			assert.Equal(t, `inlay="ESI/1.0"`, r.Header.Get("Surrogate-Capability"))
		}
		stats := h.Stats()
		assert.Equal(t, uint64(3), stats.Fills)
		assert.NotZero(t, stats.Warm)
	})
}

func TestPageIsComposedAsItArrives(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		step := make(chan bool)
		s.mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			for _, part := range []string{"<!doctype html><html><head></head><body><p>one</p>", `<esi:include src="/f/held"/><p>two</p>`, "</body></html>"} {
				_, _ = io.WriteString(w, part)
				w.(http.Flusher).Flush()
				<-step
			}
		})
		held := make(chan bool)
		s.mux.HandleFunc("/f/held", func(w http.ResponseWriter, r *http.Request) {
			<-held
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<b>late</b>")
		})
		front, _ := inFront(t, s, remote, nil)
		r, _ := http.NewRequest(http.MethodGet, front.URL+"/slow", nil)
		r.Header.Set("Sec-Fetch-Dest", "document")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		seen := ""
		until := func(text string) {
			buf := make([]byte, 1<<10)
			defer time.AfterFunc(5*time.Second, func() { _ = answer.Body.Close() }).Stop()
			for !strings.Contains(seen, text) {
				n, err := answer.Body.Read(buf)
				require.NoError(t, err, seen)
				seen += string(buf[:n])
			}
		}
		until("<p>one</p>")
		step <- true
		until("two</p>")
		assert.NotContains(t, seen, "<b>late")
		close(held)
		step <- true
		close(step)
		rest, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		assert.Contains(t, seen+string(rest), `<template for="esi-1"><b>late</b></template>`)
		assert.True(t, strings.HasSuffix(string(rest), "</body></html>"), "%q", rest)
	})
}

func TestGzipOfTheOriginIsUndone(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, esiPage("/f/a"))
			_ = z.Close()
		})
		front, _ := inFront(t, s, remote, nil)
		answer := get(t, front.URL+"/p", "Accept", "text/html", "Accept-Encoding", "br, gzip;q=0.8, zstd")
		assert.Equal(t, plainPage("<i>a</i>"), answer.body)
		assert.Empty(t, answer.Header.Get("Content-Encoding"))
		assert.Equal(t, "gzip", s.requests("/p")[0].Header.Get("Accept-Encoding"))
	})
}

// serveHost asks a handler for a target under a host, without a network between.
func serveHost(h http.Handler, target, host string) string {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

// TestTypeThatAHandlerLeavesToItsServerIsTold: as net/http tells it.
// TestPageWithoutSlotsThatIsAskedForIsNoHit: whose head leaves before a slot has been read, or which has none, is the origin's all the same.
func TestPageWithoutSlotsThatIsAskedForIsNoHit(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "private", "<!doctype html><p>yours</p>", "Surrogate-Control", esi)
		s.html("/behind", "private", "<!doctype html><p>yours</p>", "Surrogate-Control", esi, "Cache-Status", "other;hit")
		front, _ := inFront(t, s, remote, nil)
		for range 2 {
			assert.Empty(t, get(t, front.URL+"/p").Header.Values("Cache-Status"))
			assert.Equal(t, []string{"other;hit"}, get(t, front.URL+"/behind").Header.Values("Cache-Status"))
		}
	})
}

func TestTypeThatAHandlerLeavesToItsServerIsTold(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Surrogate-Control", esi)
			_, _ = io.WriteString(w, esiPage("/f/a"))
		})
		s.mux.HandleFunc("/text", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Surrogate-Control", esi)
			_, _ = io.WriteString(w, "text with <esi:include src='/f/a'/>")
		})
		front, _ := inFront(t, s, remote, nil)
		assert.Equal(t, plainPage("<i>a</i>"), get(t, front.URL+"/p").body)
		text := get(t, front.URL+"/text")
		assert.Equal(t, "text with <esi:include src='/f/a'/>", text.body)
		assert.Equal(t, "text/plain; charset=utf-8", text.Header.Get("Content-Type"))
	})
}
