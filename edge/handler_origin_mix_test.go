package edge

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestPageIsKeptUnderAllThatItDependsOn: what a page depends on may be learned by one request while others are in progress, whose
// keys do not tell it.
func TestPageIsKeptUnderAllThatItDependsOn(t *testing.T) {
	s := newSiteOrigin()
	s.html("/p", "max-age=60", esiPage("/outer"), "Surrogate-Control", esi)
	s.html("/outer", "max-age=60", `<esi:include src="/inner?b=$(HTTP_COOKIE{b})"/>`, "Surrogate-Control", esi)
	gate := make(chan struct{})
	s.mux.HandleFunc("/inner", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "b=" {
			<-gate
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, "<i>["+r.URL.Query().Get("b")+"]</i>")
	})
	front, h := inFront(t, s, false, func(o *Options) { o.Config.Patience = time.Second })
	get(t, front.URL+"/p")
	eventually(t, "the shell is kept", func() bool { return s.count("/p") == 2 && h.Stats().Waiting == 0 && h.Stats().Flights == 0 })

	var wait sync.WaitGroup
	for visitor := 1; visitor <= 3; visitor++ {
		wait.Go(func() {
			answer := get(t, front.URL+"/p", "Cookie", fmt.Sprint("b=", visitor))
			assert.Equal(t, plainPage(fmt.Sprintf("<i>[%d]</i>", visitor)), answer.body)
		})
	}
	eventually(t, "three who wait", func() bool { return h.Stats().Waiting == 3 })
	close(gate)
	wait.Wait()
	for range 3 {
		answer := get(t, front.URL+"/p")
		assert.Equal(t, plainPage("<i>[]</i>"), answer.body, "%s", answer.Header)
		assert.Equal(t, "cookie", answer.Header.Get("Vary"))
	}
}

// TestFragmentsDoNotMultiply: of fragments that each bring many, a page has so many slots and no more.
func TestFragmentsDoNotMultiply(t *testing.T) {
	s := newSiteOrigin()
	many := func(src string) string { return strings.Repeat(`<esi:include src="`+src+`"/>`, 200) }
	for path, body := range map[string]string{"/p": "<!doctype html><title>t</title><body>" + many("/1"), "/1": many("/2"), "/2": many("/3"), "/3": many("/f/a")} {
		s.html(path, "max-age=60", body, "Surrogate-Control", esi)
	}
	front, _ := inFront(t, s, false, nil)
	for range 3 {
		start := time.Now()
		answer := get(t, front.URL+"/p")
		assert.Less(t, time.Since(start), 5*time.Second)
		shown := strings.Count(answer.body, "<i>a</i>")
		assert.LessOrEqual(t, shown, 4096)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

// TestWebSocketUnderTheURLOfAPage: it is no GET of the page that is kept there.
func TestWebSocketUnderTheURLOfAPage(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "websocket" {
				http.Error(w, "the socket's", http.StatusTeapot)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = io.WriteString(w, esiPage("/f/a"))
		})
		front, _ := inFront(t, s, remote, nil)
		warmed(t, s, front.URL+"/p")
		answer := get(t, front.URL+"/p", "Connection", "Upgrade", "Upgrade", "websocket")
		assert.Equal(t, http.StatusTeapot, answer.StatusCode)
		assert.Equal(t, http.StatusOK, get(t, front.URL+"/p", "Connection", "Upgrade", "Upgrade", "h2c").StatusCode)
	})
}
