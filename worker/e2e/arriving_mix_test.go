package e2e

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// TestALoginPageIsNotThePageThatLeadsToIt: the fill of a page of the origin, which has no cookie, is led to where one logs in.
func TestALoginPageIsNotThePageThatLeadsToIt(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{
		"/login": text(wholePageOf("log in"), "Cache-Control", "public, max-age=60"),
		"/account": func(w http.ResponseWriter, r *http.Request) {
			c, err := r.Cookie("name")
			if err != nil {
				http.Redirect(w, r, "/login", http.StatusFound)
				return
			}
			text(wholePageOf(c.Value), "Cache-Control", "max-age=60")(w, r)
		},
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for i := range 8 {
		if i == 1 { // the fill that the first has begun
			require.Eventually(t, func() bool { return origin.count("/account") == 2 }, 10*time.Second, time.Millisecond)
		}
		who := fmt.Sprint("visitor", i)
		body := read(t, request(t, http.MethodGet, server.URL+"/account", nil, "Cookie", "name="+who))
		assert.Equal(t, wholePageOf(who), body)
	}
	assert.Zero(t, origin.count("/login"))
}

// TestHeadOfAPageWithSlotsIsOfNoOtherBytes: as natively.
func TestHeadOfAPageWithSlotsIsOfNoOtherBytes(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		says(w, "Cache-Control", "private", "Surrogate-Control", `content="ESI/1.0"`, "ETag", `"own"`, "Content-Length", "1000", "Content-Language", "de")
		if r.Method == http.MethodHead {
			return
		}
		http.Error(w, "not for this test", http.StatusTeapot)
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	resp := request(t, http.MethodHead, server.URL+"/page", nil)
	assert.Equal(t, "de", resp.Header.Get("Content-Language"))
	for _, name := range []string{"Surrogate-Control", "Inlay-Slots", "ETag", "Content-Length"} {
		assert.Empty(t, resp.Header.Values(name), name)
	}
}

// TestARedirectPassesThrough: though its path may have slots, and its text has some.
func TestARedirectPassesThrough(t *testing.T) {
	t.Parallel()
	body := wholePageOf(`<esi:include src="/f/a"/>`)
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, _ *http.Request) {
		says(w, "Location", "/there", "ETag", `"own"`)
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, body)
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_SHELLS=/page")
	resp := request(t, http.MethodGet, server.URL+"/page", nil)
	assert.Equal(t, body, read(t, resp))
	assert.Equal(t, `"own"`, resp.Header.Get("ETag"))
	assert.Zero(t, origin.count("/f/a"))
}

// TestAWebSocketUnderTheURLOfAPage: it is no GET of the page that is kept there, nor said again to.
func TestAWebSocketUnderTheURLOfAPage(t *testing.T) {
	t.Parallel()
	origin := newArriving(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "websocket" {
			http.Error(w, "the socket's", http.StatusTeapot)
			return
		}
		text(wholePageOf(), "Cache-Control", "max-age=60")(w, r)
	}})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for range 3 {
		eventuallyWarm(t, server.URL+"/page")
		resp := request(t, http.MethodGet, server.URL+"/page", nil, "Connection", "Upgrade", "Upgrade", "websocket")
		assert.Equal(t, http.StatusTeapot, resp.StatusCode)
		_ = resp.Body.Close()
	}
}
