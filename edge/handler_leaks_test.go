package edge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaksOf are those of one request for a page with a slot of /a, which declares a cookie and a query parameter.
func leaksOf(t *testing.T, answer func(w io.Writer, r *http.Request)) []Leak {
	t.Helper()
	var leaks []Leak
	handler, err := NewHandler(Options{
		Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="cookie:session query:q header:accept-language"></edge-slot></body>`)},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			answer(w, r)
		}),
		CheckLeaks: true, OnLeak: func(l Leak) { leaks = append(leaks, l) },
	})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/p?q=socks", nil)
	r.Header.Set("Cookie", "session=alice-0123456789abcdef; seen=yes")
	r.Header.Set("Accept-Language", "de")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, handler.Shutdown(context.Background()))
	return leaks
}

func sessionOf(r *http.Request) string {
	if c, err := r.Cookie("session"); err == nil {
		return c.Value
	}
	return "nobody"
}

// What one visitor's fill leaves in a package variable, another's shows: the site of an author who has a slip in it.
func TestWhatAVisitorsFillLeavesForAnothersIsReported(t *testing.T) {
	kept := Leak{Src: "/a?q=socks", Kept: true}
	for name, handler := range map[string]func() func(io.Writer, *http.Request){
		"the last session": func() func(io.Writer, *http.Request) {
			last := "nobody"
			return func(w io.Writer, r *http.Request) {
				fmt.Fprintf(w, "hello %s, before you: %s", sessionOf(r), last)
				last = sessionOf(r)
			}
		},
		"a list of all": func() func(io.Writer, *http.Request) {
			var visitors []string
			return func(w io.Writer, r *http.Request) {
				visitors = append(visitors, sessionOf(r))
				fmt.Fprint(w, visitors)
			}
		},
		"the first, for ever": func() func(io.Writer, *http.Request) {
			var once sync.Once
			var user string
			return func(w io.Writer, r *http.Request) {
				once.Do(func() { user = sessionOf(r) })
				fmt.Fprint(w, "hello ", user)
			}
		},
		"what was derived of it": func() func(io.Writer, *http.Request) {
			size := 0
			return func(w io.Writer, r *http.Request) {
				fmt.Fprint(w, "a name of ", size)
				size = len(sessionOf(r))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, leaksOf(t, handler()), kept)
		})
	}
}

func TestWhatNoVisitorLeavesIsNotReported(t *testing.T) {
	for name, handler := range map[string]func() func(io.Writer, *http.Request){
		"nothing is kept": func() func(io.Writer, *http.Request) {
			return func(w io.Writer, r *http.Request) { fmt.Fprint(w, "hello ", sessionOf(r), r.FormValue("q")) }
		},
		"kept by session": func() func(io.Writer, *http.Request) {
			visits := map[string]string{}
			return func(w io.Writer, r *http.Request) {
				visits[sessionOf(r)] = r.FormValue("q")
				fmt.Fprint(w, visits[sessionOf(r)])
			}
		},
		"the same for all": func() func(io.Writer, *http.Request) {
			var once sync.Once
			var text string
			return func(w io.Writer, r *http.Request) {
				once.Do(func() { text = "parsed" })
				fmt.Fprint(w, text, sessionOf(r))
			}
		},
		"a number that only grows": func() func(io.Writer, *http.Request) {
			var n atomic.Int64
			return func(w io.Writer, r *http.Request) { fmt.Fprint(w, strconv.FormatInt(n.Add(1), 10), sessionOf(r)) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, leak := range leaksOf(t, handler()) {
				assert.False(t, leak.Kept, "%+v", leak)
			}
		})
	}
}

func TestAHandlerThatPanicsSaysSoOnce(t *testing.T) {
	logger, logged := inJSON()
	var asked atomic.Int32
	handler, err := NewHandler(Options{
		Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="cookie:session"></edge-slot></body>`)},
		Origin: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked.Add(1)
			panic("boom")
		}),
		CheckLeaks: true, Logger: logger,
	})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/p", nil)
	r.Header.Set("Cookie", "session=alice-0123456789abcdef")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, handler.Shutdown(context.Background()))
	assert.EqualValues(t, 1, asked.Load())
	assert.Equal(t, 1, strings.Count(logged(), "the handler of a fragment panicked"))
}
