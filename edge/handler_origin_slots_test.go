package edge

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFragmentsHaveSlots: nested to a depth of five, with loops refused, inline when warm and by patches when not.
func TestFragmentsHaveSlots(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		for depth := 1; depth <= 7; depth++ {
			s.html(fmt.Sprint("/deep/", depth), "max-age=60", fmt.Sprintf(`<div>%d<esi:include src="/deep/%d"/></div>`, depth, depth+1), "Surrogate-Control", esi)
		}
		s.html("/loop", "max-age=60", `<div>loop<esi:include src="/loop"/></div>`, "Surrogate-Control", esi)
		s.html("/edge", "max-age=60", `<div><edge-slot name="in" src="/f/a"><i>wait</i></edge-slot></div>`)
		s.html("/p", "max-age=60", esiPage("/deep/1", "/loop", "/edge"), "Surrogate-Control", esi)
		front, _ := inFront(t, s, remote, nil)
		cold := get(t, front.URL+"/p").body
		assert.Contains(t, cold, "<div>1<div>2<div>3<div>4<div>5")
		assert.NotContains(t, cold, "<div>7")
		assert.Equal(t, 1, strings.Count(cold, "<div>loop"), cold)
		assert.Contains(t, cold, "<div><i>a</i></div>")
		for range 3 {
			assert.Equal(t, cold, get(t, front.URL+"/p").body)
		}
		assert.LessOrEqual(t, s.count("/deep/1"), 1)
	})
}

// TestFragmentWithoutIncludesMayHaveESI: what is to be taken out of it, or shown.
func TestFragmentWithoutIncludesMayHaveESI(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/x", "max-age=60", `<p>a<esi:remove><b>gone</b></esi:remove><!--esi <i>shown</i>--></p>`, "Surrogate-Control", esi)
		s.html("/p", "max-age=60", esiPage("/x"), "Surrogate-Control", esi)
		front, _ := inFront(t, s, remote, nil)
		for range 3 {
			assert.Equal(t, plainPage("<p>a <i>shown</i></p>"), get(t, front.URL+"/p").body)
		}
	})
}

// TestModesOfAPageOfTheOrigin: as of a page of the build.
func TestModesOfAPageOfTheOrigin(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		held := make(chan bool)
		s.mux.HandleFunc("/f/held", func(w http.ResponseWriter, r *http.Request) {
			<-held
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<b>held</b>")
		})
		s.html("/p", "max-age=60", esiPage("/f/a", "/f/held"), "Surrogate-Control", esi)
		front, _ := inFront(t, s, remote, func(o *Options) { o.Config.Debug = true })
		begin := func(query string) (*http.Response, string) {
			answer, err := http.Get(front.URL + "/p?" + query)
			require.NoError(t, err)
			seen, buf := "", make([]byte, 4<<10)
			defer time.AfterFunc(5*time.Second, func() { _ = answer.Body.Close() }).Stop()
			for !strings.Contains(seen, "<h1>page") {
				n, err := answer.Body.Read(buf)
				require.NoError(t, err)
				seen += string(buf[:n])
			}
			return answer, seen
		}
		stream, streamed := begin("inlay=stream")
		defer stream.Body.Close()
		ordered, inOrder := begin("inlay=ordered")
		defer ordered.Body.Close()
		assert.NotContains(t, streamed+inOrder, "<b>held")
		close(held)
		rest, err := io.ReadAll(stream.Body)
		require.NoError(t, err)
		assert.Contains(t, streamed+string(rest), `<template for="esi-2"><b>held</b></template>`)
		rest, err = io.ReadAll(ordered.Body)
		require.NoError(t, err)
		assert.Equal(t, plainPage("<i>a</i>", "<b>held</b>"), inOrder+string(rest))
		complete := get(t, front.URL+"/p?inlay=complete")
		assert.Equal(t, plainPage("<i>a</i>", "<b>held</b>"), complete.body)
		assert.Equal(t, fmt.Sprint(len(complete.body)), complete.Header.Get("Content-Length"))
	})
}

// TestFragmentThatFailsLeavesThePageStanding.
func TestFragmentThatFailsLeavesThePageStanding(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "no-store", `<!doctype html><html><head></head><body><edge-slot name="x" src="/gone">…<edge-error>sorry</edge-error></edge-slot>|<edge-slot name="y" src="/f/a">…</edge-slot></body></html>`, "Inlay-Slots", "edge-slot")
		front, _ := inFront(t, s, remote, nil)
		answer := get(t, front.URL+"/p")
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, `<!doctype html><html><head></head><body>sorry|<i>a</i></body></html>`, answer.body)
		assert.Empty(t, answer.Header.Get("Inlay-Slots"))
	})
}

// TestConditionsAndRangesAreNotForTheOriginOfAPageWithSlots: what it would answer is a part, or nothing, of what nobody has.
func TestConditionsAndRangesAreNotForTheOriginOfAPageWithSlots(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/p", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Surrogate-Control", esi)
			w.Header().Set("Cache-Control", "private")
			w.Header().Set("ETag", `"page"`)
			http.ServeContent(w, r, "", time.Now().Add(-time.Hour), strings.NewReader(esiPage("/f/a")))
		})
		front, _ := inFront(t, s, remote, nil)
		for i := range 3 {
			answer := get(t, front.URL+"/p")
			assert.Equal(t, plainPage("<i>a</i>"), answer.body)
			assert.Empty(t, answer.Header.Get("ETag"))
			assert.Empty(t, answer.Header.Get("Accept-Ranges"))
			for _, fields := range [][]string{{"If-None-Match", `"page"`}, {"Range", "bytes=0-3"}, {"If-Modified-Since", time.Now().UTC().Format(http.TimeFormat)}} {
				answer := get(t, front.URL+"/p", fields...)
				assert.Equal(t, http.StatusOK, answer.StatusCode, "%d %v", i, fields)
				assert.Equal(t, plainPage("<i>a</i>"), answer.body)
			}
		}
	})
}

// TestWhatIsNoPageWithSlotsKeepsItsConditions: all else is as without inlay.
func TestWhatIsNoPageWithSlotsKeepsItsConditions(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"file"`)
			http.ServeContent(w, r, "x.css", time.Time{}, strings.NewReader("0123456789"))
		})
		front, _ := inFront(t, s, remote, nil)
		assert.Equal(t, http.StatusNotModified, get(t, front.URL+"/file", "If-None-Match", `"file"`).StatusCode)
		part := get(t, front.URL+"/file", "Range", "bytes=2-4", "Accept", "*/*", "Accept-Encoding", "br, gzip")
		assert.Equal(t, http.StatusPartialContent, part.StatusCode)
		assert.Equal(t, "234", part.body)
		asked := s.requests("/file")
		assert.Equal(t, "br, gzip", asked[len(asked)-1].Header.Get("Accept-Encoding"))

		// Nor does a film or a picture lose them where every path may have slots.
		front, _ = inFront(t, s, remote, func(o *Options) { o.Config.Shells = []string{"/"} })
		for range 2 {
			part = get(t, front.URL+"/file", "Range", "bytes=2-4", "Accept", "*/*", "Accept-Encoding", "identity", "Sec-Fetch-Dest", "video")
			assert.Equal(t, http.StatusPartialContent, part.StatusCode)
			assert.Equal(t, "234", part.body)
			assert.Equal(t, http.StatusNotModified, get(t, front.URL+"/file", "If-None-Match", `"file"`, "Accept", "image/avif,*/*;q=0.8", "Sec-Fetch-Dest", "image").StatusCode)
		}
	})
}

func TestGzipIsWhatCanBeUndone(t *testing.T) {
	for value, want := range map[string]string{
		"gzip": "gzip", "br, gzip": "gzip", "deflate, gzip;q=1.0, *;q=0.5": "gzip", "GZIP": "gzip", "x-gzip": "gzip", "gzip;q=0.1": "gzip",
		"gzip;q=0": "identity", "gzip; q=0.000": "identity", "br": "identity", "*": "identity", "identity": "identity", "": "identity",
	} {
		assert.Equal(t, want, gzipOf(value), value)
	}
}
