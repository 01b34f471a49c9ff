package edge

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
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

// logged is a logger and what it was given.
func logged() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var buf bytes.Buffer
	logger := slog.New(slog.NewTextHandler(lockedWriter{&mu, &buf}, nil))
	return logger, func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to io.Writer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// TestAnswerThatBreaksOffIsSeenToDoSo: a visitor must not take a part of a page for all of it.
func TestAnswerThatBreaksOffIsSeenToDoSo(t *testing.T) {
	start := "<!doctype html><html><head><title>t</title></head><body><p>begun</p>" + strings.Repeat("<p>more</p>", 1000)
	type breaking = func(w http.ResponseWriter)
	for name, breaks := range map[string]breaking{
		"panics":        func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"closes":        func(w http.ResponseWriter) { hangUp(w) },
		"says too much": nil,
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, remote bool) {
				if name == "closes" && !remote {
					return // it has no connection
				}
				s := newSiteOrigin()
				s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.Header().Set("Surrogate-Control", esi)
					if breaks == nil {
						w.Header().Set("Content-Length", fmt.Sprint(len(start)+5))
					}
					_, _ = io.WriteString(w, start)
					w.(http.Flusher).Flush()
					if breaks != nil {
						breaks(w)
					}
				})
				front, h := inFront(t, s, remote, nil)
				answer := get(t, front.URL+"/p")
				assert.Equal(t, http.StatusOK, answer.StatusCode)
				assert.Error(t, answer.err, "what the visitor got is no whole page")
				assert.Contains(t, answer.body, "<p>begun</p>")
				assert.Zero(t, h.Stats().Waiting)
				h.mu.Lock()
				defer h.mu.Unlock()
				assert.Empty(t, h.conns)
			})
		})
	}
}

// hangUp closes the connection of an answer without a word.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// TestNothingThatIsNoPageIsComposed: all else goes through as it came.
func TestNothingThatIsNoPageIsComposed(t *testing.T) {
	raw := esiPage("/f/a")
	for name, c := range map[string]struct {
		status int
		body   string
		fields []string
	}{
		"no HTML":      {200, raw, []string{"Content-Type", "text/plain"}},
		"XHTML":        {200, raw, []string{"Content-Type", "application/xhtml+xml"}},
		"Latin 1":      {200, raw, []string{"Content-Type", "text/html; charset=iso-8859-1"}},
		"brotli":       {200, raw, []string{"Content-Type", "text/html", "Content-Encoding", "br"}},
		"a part":       {206, raw, []string{"Content-Type", "text/html", "Content-Range", "bytes 0-9/10"}},
		"no content":   {204, "", []string{"Content-Type", "text/html"}},
		"not modified": {304, "", []string{"ETag", `"x"`}},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, remote bool) {
				s := newSiteOrigin()
				s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Surrogate-Control", esi)
					for i := 0; i < len(c.fields); i += 2 {
						w.Header().Set(c.fields[i], c.fields[i+1])
					}
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				logger, log := logged()
				front, h := inFront(t, s, remote, func(o *Options) { o.Logger = logger })
				for range 2 {
					answer := get(t, front.URL+"/p")
					require.NoError(t, answer.err)
					assert.Equal(t, c.status, answer.StatusCode)
					assert.Equal(t, c.body, answer.body)
					for i := 0; i < len(c.fields); i += 2 {
						assert.Equal(t, c.fields[i+1], answer.Header.Get(c.fields[i]))
					}
				}
				assert.Zero(t, h.Stats().Fills)
				assert.Equal(t, name == "brotli", strings.Count(log(), "Content-Encoding") == 1, "told once: %s", log())
			})
		})
	}
}

// TestOnlyGetIsComposed: what changes something, HEAD and upgrades go to the origin as they came, bodies and all.
func TestOnlyGetIsComposed(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "max-age=60")
			w.Header().Set("X-Got", r.Method+string(body))
			_, _ = io.WriteString(w, esiPage("/f/a"))
		})
		front, _ := inFront(t, s, remote, nil)
		get(t, front.URL+"/p")
		warmed(t, s, front.URL+"/p")
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
			body := strings.Repeat(method, 10000)
			r, _ := http.NewRequest(method, front.URL+"/p", strings.NewReader(body))
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			text, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			_ = answer.Body.Close()
			assert.Equal(t, method+body, answer.Header.Get("X-Got"))
			assert.Equal(t, esiPage("/f/a"), string(text), method)
		}
	})
}

// TestHeadTellsNothingOfOtherBytes: where the page of a GET would be composed, what the origin says of its own bytes does not hold.
func TestHeadTellsNothingOfOtherBytes(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "private", esiPage("/f/a"), "Surrogate-Control", esi, "ETag", `"x"`, "Accept-Ranges", "bytes", "Content-Length", fmt.Sprint(len(esiPage("/f/a"))))
		s.html("/plain", "private", "<p>plain</p>", "ETag", `"x"`, "Content-Length", "12")
		front, _ := inFront(t, s, remote, nil)
		for range 2 {
			head, err := http.Head(front.URL + "/p")
			require.NoError(t, err)
			_ = head.Body.Close()
			assert.Equal(t, http.StatusOK, head.StatusCode)
			for _, name := range []string{"Content-Length", "ETag", "Accept-Ranges", "Surrogate-Control"} {
				assert.Empty(t, head.Header.Get(name), name)
			}
			plain, err := http.Head(front.URL + "/plain")
			require.NoError(t, err)
			_ = plain.Body.Close()
			assert.Equal(t, `"x"`, plain.Header.Get("ETag"))
			assert.Equal(t, "12", plain.Header.Get("Content-Length"))
			get(t, front.URL+"/p")
		}
	})
}

// TestEncodingThatCannotBeUndoneIsNotAskedForAgain: by whoever could get a page.
func TestEncodingThatCannotBeUndoneIsNotAskedForAgain(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			if strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
				w.Header().Set("Content-Encoding", "br")
			}
			_, _ = io.WriteString(w, esiPage("/f/a"))
		})
		front, _ := inFront(t, s, remote, nil)
		ask := func(fields ...string) string {
			return get(t, front.URL+"/p", append(fields, "Accept-Encoding", "gzip, br")...).body
		}
		assert.Equal(t, plainPage("<i>a</i>"), ask("Accept", "text/html,*/*"))
		front, _ = inFront(t, s, remote, nil)
		assert.Equal(t, esiPage("/f/a"), ask("Accept", "*/*"), "nobody could know")
		assert.Equal(t, plainPage("<i>a</i>"), ask("Accept", "*/*"))
	})
}

// TestRedirectsStayAsTheyAre: whatever stands in them.
func TestRedirectsStayAsTheyAre(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			http.Redirect(w, r, "/q", http.StatusMovedPermanently)
		})
		front, _ := inFront(t, s, remote, func(o *Options) { o.Config.Shells = []string{"/"} })
		for range 3 {
			answer := get(t, front.URL+"/p")
			assert.Equal(t, http.StatusMovedPermanently, answer.StatusCode)
			assert.Equal(t, "/q", answer.Header.Get("Location"))
			assert.Equal(t, "max-age=60", answer.Header.Get("Cache-Control"))
		}
	})
}

// TestStatusOfTheOriginStays: an error page may have slots too, and is kept for nobody.
func TestStatusOfTheOriginStays(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "max-age=60")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, esiPage("/f/a"))
		})
		front, _ := inFront(t, s, remote, nil)
		for range 3 {
			answer := get(t, front.URL+"/p")
			assert.Equal(t, http.StatusNotFound, answer.StatusCode)
			assert.Equal(t, plainPage("<i>a</i>"), answer.body)
		}
	})
}

func TestOldClientGetsAComposedPageWhole(t *testing.T) {
	s := newSiteOrigin()
	s.html("/p", "no-store", esiPage("/f/a"), "Surrogate-Control", esi)
	front, _ := inFront(t, s, true, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(front.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /p HTTP/1.0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, plainPage("<i>a</i>"), string(body))
	assert.Equal(t, int64(len(body)), answer.ContentLength)
}

// TestFieldsOfThoseAroundAndOfTheOriginMeet: what wraps the handler, and trailers of what is not composed.
func TestFieldsOfThoseAroundAndOfTheOriginMeet(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "no-store", esiPage("/f/a"), "Surrogate-Control", esi, "Set-Cookie", "own=1", "Vary", "X-A", "Cache-Status", "nearer;hit")
		s.mux.HandleFunc("/trailer", func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header.Set("Content-Type", "text/html")
			header.Set("Trailer", "X-End")
			_, _ = io.WriteString(w, "<p>plain</p>")
			header.Set("X-End", "1")
		})
		_, h := inFront(t, s, remote, nil)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Around", "1")
			w.Header().Add("Vary", "X-B")
			h.ServeHTTP(w, r)
		}))
		defer server.Close()
		answer := get(t, server.URL+"/p")
		assert.Equal(t, plainPage("<i>a</i>"), answer.body)
		assert.Equal(t, "1", answer.Header.Get("X-Around"))
		assert.Equal(t, "own=1", answer.Header.Get("Set-Cookie"))
		assert.Subset(t, strings.Split(strings.Join(answer.Header.Values("Vary"), ", "), ", "), []string{"X-A", "X-B"})
		assert.True(t, strings.HasPrefix(strings.Join(answer.Header.Values("Cache-Status"), ", "), "nearer;hit, "), "%v", answer.Header.Values("Cache-Status"))
		plain := get(t, server.URL+"/trailer")
		assert.Equal(t, "<p>plain</p>", plain.body)
		assert.Equal(t, "1", plain.Header.Get("X-Around"))
		assert.Equal(t, "1", plain.Trailer.Get("X-End"))
	})
}

// TestVisitorWhoLeavesTakesHisRequestAlong: the origin is not kept busy for nobody.
func TestVisitorWhoLeavesTakesHisRequestAlong(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		ended := make(chan bool, 1)
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			_, _ = io.WriteString(w, "<!doctype html><html><head></head><body><p>begun</p>")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			ended <- true
		})
		front, h := inFront(t, s, remote, nil)
		conn, err := net.Dial("tcp", strings.TrimPrefix(front.URL, "http://"))
		require.NoError(t, err)
		_, _ = io.WriteString(conn, "GET /p HTTP/1.1\r\nHost: a\r\n\r\n")
		buf := make([]byte, 1<<10)
		_, err = conn.Read(buf)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			require.Fail(t, "the origin's request goes on")
		}
		eventually(t, "nothing is left", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.conns) == 0
		})
		assert.Zero(t, h.Stats().Waiting)
	})
}

// TestLargePageWaitsForItsReader: memory holds no more of it than is being read.
func TestLargePageWaitsForItsReader(t *testing.T) {
	s := newSiteOrigin()
	var written int
	var mu sync.Mutex
	s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Surrogate-Control", esi)
		_, _ = io.WriteString(w, "<!doctype html><html><head></head><body>")
		line := []byte(strings.Repeat("<p>0123456789</p>", 1000))
		for range 2000 {
			n, err := w.Write(line)
			if err != nil {
				return
			}
			mu.Lock()
			written += n
			mu.Unlock()
		}
	})
	front, _ := inFront(t, s, false, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(front.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /p HTTP/1.1\r\nHost: a\r\n\r\n")
	var last int
	eventually(t, "the origin to be held up", func() bool {
		mu.Lock()
		defer mu.Unlock()
		same := written == last && written > 0
		last = written
		time.Sleep(20 * time.Millisecond)
		return same
	})
	assert.Less(t, last, 20<<20, "of 34 MB")
}

// TestCookiesOfVisitorsNeverMix: whatever pages say of themselves, and in whatever order visitors come.
func TestCookiesOfVisitorsNeverMix(t *testing.T) {
	controls := []string{"", "no-store", "private", "max-age=60", "max-age=0, stale-while-revalidate=60", "s-maxage=60", "no-cache"}
	varies := []string{"", "Cookie", "Accept-Language", "*", "Accept-Language, Cookie"}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		control, vary := make([]string, 3), make([]string, 3)
		s := newSiteOrigin()
		for i := range control {
			control[i], vary[i] = controls[random.IntN(len(controls))], varies[random.IntN(len(varies))]
			s.mux.HandleFunc(fmt.Sprint("/p", i), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Surrogate-Control", esi)
				w.Header().Set("Cache-Control", control[i])
				w.Header().Set("Vary", vary[i])
				_, _ = io.WriteString(w, esiPage("/f/a", "/f/b")+"[["+r.Header.Get("Cookie")+"]]"+r.Header.Get("Accept-Language"))
			})
		}
		front, _ := inFront(t, s, seed%2 == 0, nil)
		var wait sync.WaitGroup
		for visitor := range 4 {
			who := fmt.Sprintf("secret=%d", visitor)
			choices := rand.New(rand.NewPCG(seed, uint64(visitor)+2))
			wait.Go(func() {
				for range 12 {
					page, language := choices.IntN(3), []string{"de", "en"}[choices.IntN(2)]
					answer := get(t, front.URL+fmt.Sprint("/p", page), "Cookie", who, "Accept-Language", language)
					_, inside, _ := strings.Cut(answer.body, "[[")
					inside, after, _ := strings.Cut(inside, "]]")
					if inside != "" {
						assert.Equal(t, who, inside, "seed %d: %q %q", seed, control[page], vary[page])
					}
					if strings.Contains(vary[page], "Language") {
						assert.Equal(t, language, after, "seed %d: %q %q", seed, control[page], vary[page])
					}
					assert.True(t, strings.HasPrefix(answer.body, plainPage("<i>a</i>", "<i>b</i>")), "%s", answer.body)
				}
			})
		}
		wait.Wait()
	}
}

// TestCharsetOfThePageStays: where the field names none, a <meta> may.
func TestCharsetOfThePageStays(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		page := strings.Replace(esiPage("/f/a"), "<title>", "<meta charset=iso-8859-1><title>\xE9", 1)
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", `max-age=60, content="ESI/1.0"`)
			_, _ = io.WriteString(w, page)
		})
		front, _ := inFront(t, s, remote, nil)
		for range 3 {
			answer := get(t, front.URL+"/p")
			assert.Equal(t, "text/html", answer.Header.Get("Content-Type"))
			assert.Contains(t, answer.body, "<title>\xE9")
		}
	})
}

// breakingWriter is a client's writer that gives up, as that of http.TimeoutHandler and others do.
type breakingWriter struct {
	http.ResponseWriter
	panics any
}

func (w breakingWriter) Write(p []byte) (int, error) {
	if w.panics != nil {
		panic(w.panics)
	}
	return 0, io.ErrClosedPipe
}

// TestWriterThatGivesUpEndsTheRequest: also if it panics, which goes on to the server.
func TestWriterThatGivesUpEndsTheRequest(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		for _, panics := range []any{nil, http.ErrAbortHandler} {
			s := newSiteOrigin()
			ended := make(chan bool, 1)
			s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Surrogate-Control", esi)
				_, _ = io.WriteString(w, esiPage("/f/a")+strings.Repeat("<p>more</p>", 1000))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				ended <- true
			})
			_, h := inFront(t, s, remote, nil)
			serve := func() {
				h.ServeHTTP(breakingWriter{httptest.NewRecorder(), panics}, httptest.NewRequest(http.MethodGet, "/p", nil))
			}
			if panics != nil {
				assert.PanicsWithValue(t, panics, serve)
			} else {
				serve()
			}
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				require.Fail(t, "the origin's request goes on")
			}
			h.mu.Lock()
			assert.Empty(t, h.conns)
			h.mu.Unlock()
		}
	})
}

func FuzzGzipOf(f *testing.F) {
	for _, v := range []string{"gzip", "br;q=1, gzip;q=0.0", "gzip;;q=", "x-gzip ; q=1", ",,"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := gzipOf(value)
		require.True(t, got == "identity" || got == "gzip" && strings.Contains(strings.ToLower(value), "gzip"))
		require.Equal(t, "gzip", gzipOf("gzip,"+value))
	})
}

// TestABodyThatBreaksOffIsToldOnce: to Options.Logger, and not to the log of whoever has inlay in his program.
func TestABodyThatBreaksOffIsToldOnce(t *testing.T) {
	var mu sync.Mutex
	var standard bytes.Buffer
	log.SetOutput(lockedWriter{&mu, &standard})
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	logger, own := logged()
	for path, fields := range map[string][2]string{"/plain": {"text/plain", ""}, "/page": {"text/html", esi}} {
		s := newSiteOrigin()
		s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", fields[0])
			w.Header().Set("Surrogate-Control", fields[1])
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, esiPage("/f/a"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		front, _ := inFront(t, s, true, func(o *Options) { o.Logger = logger })
		answer, err := http.Get(front.URL + path)
		if err == nil { // its head has left before it broke off
			_, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
		assert.Error(t, err)
		eventually(t, "it is told", func() bool { return strings.Contains(own(), "target="+path) })
	}
	assert.Equal(t, 2, strings.Count(own(), "the origin's answer broke off"), own())
	mu.Lock()
	defer mu.Unlock()
	assert.NotContains(t, standard.String(), "ReverseProxy")
}
