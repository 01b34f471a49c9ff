package edge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// clockOf lets a test move a handler's clock.
func clockOf(h *Handler) func(time.Duration) {
	var ahead atomic.Int64
	h.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	return func(d time.Duration) { ahead.Add(int64(d)) }
}

// greeting is a page that says who asks.
func (s *siteOrigin) greeting(path, control string, fields ...string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Surrogate-Control", esi)
		if control != "" {
			w.Header().Set("Cache-Control", control)
		}
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		name := "nobody"
		if c, err := r.Cookie("name"); err == nil {
			name = c.Value
		}
		_, _ = io.WriteString(w, esiPage("/f/a")+name)
	})
}

// TestPageOfOneVisitorIsComposedForNobodyElse: its fragments are shared all the same.
func TestPageOfOneVisitorIsComposedForNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		control string
		fields  []string
	}{
		"private":          {"private, max-age=60", nil},
		"no-store":         {"no-store", nil},
		"no-cache":         {"no-cache", nil},
		"no time":          {"", nil},
		"a cookie":         {"max-age=60", []string{"Set-Cookie", "s=1"}},
		"Vary: Cookie":     {"max-age=60", []string{"Vary", "Accept-Encoding, Cookie"}},
		"Vary: *":          {"max-age=60", []string{"Vary", "*"}},
		"surrogates too":   {"max-age=60", []string{"Surrogate-Control", "no-store"}},
		"CDN: private":     {"max-age=60", []string{"CDN-Cache-Control", "private"}},
		"by Authorization": {"max-age=60", []string{"Vary", "Authorization"}},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, remote bool) {
				s := newSiteOrigin()
				s.greeting("/p", c.control, c.fields...)
				front, h := inFront(t, s, remote, nil)
				for i := range 6 {
					who := fmt.Sprint("visitor", i)
					answer := get(t, front.URL+"/p", "Cookie", "name="+who)
					assert.Equal(t, plainPage("<i>a</i>")+who, answer.body)
					assert.Regexp(t, "private|no-store", answer.Header.Get("Cache-Control"))
					assert.Equal(t, name == "a cookie", answer.Header.Get("Set-Cookie") == "s=1")
				}
				assert.Equal(t, "nobody", get(t, front.URL+"/p").body[len(plainPage("<i>a</i>")):])
				assert.Equal(t, 7, s.count("/p"), "each visitor's request and no other")
				assert.Equal(t, 1, s.count("/f/a"))
				assert.Equal(t, uint64(7), h.Stats().Passed)
			})
		})
	}
}

// TestNoVisitorsAnswerIsKept: a page that looks at cookies and does not say so is kept as it is for who has none.
func TestNoVisitorsAnswerIsKept(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.greeting("/p", "max-age=60")
		front, _ := inFront(t, s, remote, nil)
		first := get(t, front.URL+"/p", "Cookie", "name=first")
		assert.True(t, strings.HasSuffix(first.body, "first"))
		warm := warmed(t, s, front.URL+"/p", "Cookie", "name=second")
		assert.Equal(t, plainPage("<i>a</i>")+"nobody", warm.body)
	})
}

func TestShellIsKeptForEachValueOfItsVary(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", `max-age=60, content="ESI/1.0"`)
			w.Header().Set("Cache-Control", "private, no-store")
			w.Header().Set("Vary", "Accept-Language")
			_, _ = io.WriteString(w, esiPage("/f/a")+r.Header.Get("Accept-Language"))
		})
		front, _ := inFront(t, s, remote, nil)
		for range 3 {
			for _, language := range []string{"de", "en", "de"} {
				answer := warmed(t, s, front.URL+"/p", "Accept-Language", language)
				assert.Equal(t, plainPage("<i>a</i>")+language, answer.body)
				assert.Contains(t, answer.Header.Values("Vary"), "accept-language")
			}
		}
		assert.LessOrEqual(t, s.count("/p"), 4, "a visitor's and a fill's for each language")
	})
}

func TestPathsOfTheConfigurationHaveSlots(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/blog/x", "max-age=60", esiPage("/f/a")+`<!--x-->`)
		s.html("/blog/y", "max-age=60", `<html><body><edge-slot name="y" src="/f/b">…</edge-slot></body></html>`)
		s.html("/other", "max-age=60", esiPage("/f/a"))
		s.html("/blog/none", "max-age=60", "<p>no slots</p>", "ETag", `"e"`)
		front, _ := inFront(t, s, remote, func(o *Options) { o.Config.Shells = []string{"/blog/"} })
		assert.Equal(t, plainPage("<i>a</i>")+`<!--x-->`, get(t, front.URL+"/blog/x").body)
		assert.Equal(t, plainPage("<i>a</i>")+`<!--x-->`, warmed(t, s, front.URL+"/blog/x").body)
		assert.Contains(t, get(t, front.URL+"/blog/y").body, "<i>b</i>")
		assert.Equal(t, esiPage("/f/a"), get(t, front.URL+"/other").body, "nothing says that it has slots")
		get(t, front.URL+"/blog/none")
		none := warmed(t, s, front.URL+"/blog/none")
		assert.Equal(t, "<p>no slots</p>", none.body, "is kept all the same")
	})
	_, err := NewHandler(Options{Origin: http.NotFoundHandler(), Config: Config{Shells: []string{"blog/"}}})
	assert.ErrorContains(t, err, `INLAY_SHELLS is "blog/"`)
}

// TestStreamsWhereShellsMayBe: a path that may be a page's is asked for as one first. What is none is not waited for to its end, which
// events do not have.
func TestStreamsWhereShellsMayBe(t *testing.T) {
	s := newSiteOrigin()
	s.mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	front, _ := inFront(t, s, true, func(o *Options) { o.Config.Shells = []string{"/"} })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // half of what a fill may take
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, front.URL+"/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	first := make([]byte, len("data: 1\n\n"))
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "data: 1\n\n", string(first))
}

func TestShellIsUsedStale(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		var n atomic.Int64
		var down atomic.Bool
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			if down.Load() {
				http.Error(w, "down", http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "max-age=10, stale-while-revalidate=10, stale-if-error=3600")
			_, _ = fmt.Fprintf(w, "%s%d", esiPage("/f/a"), n.Add(1))
		})
		front, h := inFront(t, s, remote, nil)
		ahead := clockOf(h)
		get(t, front.URL+"/p")
		first := warmed(t, s, front.URL+"/p").body
		ahead(15 * time.Second)
		assert.Equal(t, first, get(t, front.URL+"/p").body, "stale, while it is renewed")
		second := ""
		eventually(t, "a renewed shell", func() bool {
			second = get(t, front.URL+"/p").body
			return second != first
		})
		down.Store(true)
		ahead(10 * time.Minute)
		assert.Equal(t, second, get(t, front.URL+"/p").body, "stale, since the origin is down")
		assert.Equal(t, second, get(t, front.URL+"/p").body)
	})
}

func TestPurgeOfAShell(t *testing.T) {
	for name, purge := range map[string]func(h *Handler) error{
		"by its path": func(h *Handler) error { h.Purge("/p?x=1"); return nil },
		"by its tag":  func(h *Handler) error { h.PurgeTag("pages"); return nil },
		"all":         func(h *Handler) error { h.PurgeAll(); return nil },
		"by key, everywhere": func(h *Handler) error {
			_, err := h.PurgeEverywhere(context.Background(), Purge{Keys: []string{"/p?x=1"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteOrigin()
			var n atomic.Int64
			s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Surrogate-Control", esi)
				w.Header().Set("Cache-Control", "max-age=60")
				w.Header().Set("Cache-Tag", "pages")
				w.Header().Set("Vary", "Accept-Language")
				_, _ = fmt.Fprintf(w, "%s%d", esiPage("/f/a"), n.Add(1))
			})
			front, h := inFront(t, s, false, nil)
			get(t, front.URL+"/p?x=1", "Accept-Language", "de")
			before := warmed(t, s, front.URL+"/p?x=1", "Accept-Language", "de").body
			require.NoError(t, purge(h))
			after := get(t, front.URL+"/p?x=1", "Accept-Language", "de").body
			assert.NotEqual(t, before, after)
			assert.NotEqual(t, before, warmed(t, s, front.URL+"/p?x=1", "Accept-Language", "de").body)
		})
	}
}

// TestShellsFillFollowsNoRedirect: what another URL answers is not this one's page.
func TestShellsFillFollowsNoRedirect(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/login", "max-age=60", "<p>log in</p>")
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			c, err := r.Cookie("name")
			if err != nil {
				http.Redirect(w, r, "/login", http.StatusFound)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = io.WriteString(w, esiPage("/f/a")+c.Value)
		})
		front, _ := inFront(t, s, remote, nil)
		for i := range 5 {
			who := fmt.Sprint("visitor", i)
			assert.Equal(t, plainPage("<i>a</i>")+who, get(t, front.URL+"/p", "Cookie", "name="+who).body)
			anonymous := get(t, front.URL+"/p")
			assert.Equal(t, http.StatusFound, anonymous.StatusCode)
			assert.Equal(t, "/login", anonymous.Header.Get("Location"))
		}
		assert.Zero(t, s.count("/login"))
	})
}

// TestKeptShellKeepsItsFields: those that are of the page, and not of one answer.
func TestKeptShellKeepsItsFields(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "max-age=60", esiPage("/f/a"), "Surrogate-Control", esi,
			"Content-Security-Policy", "frame-ancestors 'self'", "Link", "</a>; rel=x", "Link", "</b>; rel=y", "Content-Language", "de",
			"Connection", "X-Hop", "X-Hop", "1", "Inlay-Secret", "2", "Server-Timing", "db;dur=5")
		front, _ := inFront(t, s, remote, nil)
		get(t, front.URL+"/p")
		warm := warmed(t, s, front.URL+"/p").Header
		assert.Equal(t, "frame-ancestors 'self'", warm.Get("Content-Security-Policy"))
		assert.Equal(t, "de", warm.Get("Content-Language"))
		assert.Equal(t, "</a>; rel=x, </b>; rel=y", strings.Join(warm.Values("Link"), ", "))
		for _, name := range []string{"X-Hop", "Inlay-Secret", "Surrogate-Control", "Server-Timing"} {
			assert.Empty(t, warm.Get(name), name)
		}
	})
}

// TestHostAndSchemeAreInTheKeyOfAShell: what is told of them is part of many a page.
func TestHostAndSchemeAreInTheKeyOfAShell(t *testing.T) {
	s := newSiteOrigin()
	s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Surrogate-Control", esi)
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, esiPage("/f/a")+r.Header.Get("X-Forwarded-Proto")+"://"+r.Header.Get("X-Forwarded-Host"))
	})
	_, h := inFront(t, s, true, nil)
	ask := func(host string) string {
		return serveHost(h, "/p", host)
	}
	for range 4 {
		for _, host := range []string{"a.example", "b.example"} {
			eventually(t, "a page of its own host", func() bool { return strings.HasSuffix(ask(host), "http://"+host) })
		}
	}
	assert.LessOrEqual(t, s.count("/p"), 4, "a visitor's and a fill's for each host")
}
