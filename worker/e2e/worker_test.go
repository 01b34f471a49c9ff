package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The Worker as it was built, over HTTP: on bare workerd, and once on wrangler dev. The page is the site's
// /five/{path...}, its origin either app.wasm or a server of the test's own that it can hold back.

const fivePage = "/five/net/http"

var fiveSlots = []string{"title", "overview", "index", "examples", "imported-by"}

func fragmentPath(slot string) string {
	return "/fragments/" + slot + strings.TrimPrefix(fivePage, "/five")
}

func TestColdPageStreamsAndWarmPageIsOneBody(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	for name, start := range map[string]func(t *testing.T, env ...string) *harness.Server{"workerd": harness.StartWorkerd, "wrangler dev": harness.StartWrangler} {
		t.Run(name, func(t *testing.T) {
			*gates = held{}
			server := start(t, "INLAY_ORIGIN="+origin.URL, "INLAY_DEV=1")
			cold := browse(t, server.URL+fivePage)
			require.Equal(t, http.StatusOK, cold.StatusCode, server.Log())
			body := bufio.NewReader(cold.Body)
			shell := readUntil(t, body, `<?start name="imported-by">`)
			assert.Contains(t, shell, `<?start name="overview">`, "skeletons, while the origin holds every fragment")
			assert.Contains(t, cold.Header.Get("Cache-Status"), "inlay/overview;fwd=miss")
			assert.Empty(t, cold.Header.Get("Content-Length"))

			gates.open(fragmentPath("index"))
			patch := readUntil(t, body, "</template>")
			assert.Contains(t, patch, `<template for="index"><p>[`+fragmentPath("index")+`]</p>`, "a patch, while the others are held")
			for _, slot := range fiveSlots {
				if slot != "index" {
					gates.open(fragmentPath(slot))
				}
			}
			rest, err := io.ReadAll(body)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(strings.TrimSpace(string(rest)), "</html>"))

			warm := browse(t, server.URL+fivePage)
			if name == "workerd" {
				page := read(t, warm)
				assert.Equal(t, strconv.Itoa(len(page)), warm.Header.Get("Content-Length"))
				assert.NotContains(t, page, "<?start")
				assert.NotContains(t, page, "<template")
				for _, slot := range fiveSlots {
					assert.Contains(t, page, "["+fragmentPath(slot)+"]")
				}
			}
			for _, slot := range fiveSlots {
				assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/"+slot+";hit")
				assert.Equal(t, 1, origin.count(fragmentPath(slot))%2, "one fill on each server")
			}
			origin.mu.Lock()
			clear(origin.asked)
			origin.mu.Unlock()
		})
	}
}

func TestWarmPageStartsNoAppInstance(t *testing.T) {
	server := harness.StartWorkerd(t, "INLAY_DEBUG=1")
	cold := browse(t, server.URL+fivePage)
	page := read(t, cold)
	require.Equal(t, http.StatusOK, cold.StatusCode, server.Log())
	assert.Contains(t, page, `<template for="overview">`)
	first := instances(t, browse(t, server.URL+fivePage))
	assert.Equal(t, 1, first, "all fills of a request are one instance")
	for range 5 {
		warm := browse(t, server.URL+fivePage)
		assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/overview;hit")
		assert.Contains(t, read(t, warm), "["+fragmentPath("overview")+"]", "the fragments are the site's own")
		assert.Equal(t, first, instances(t, warm))
	}
}

func TestRequestsAtOnceShareTheFills(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	first := browse(t, server.URL+fivePage)
	second := browse(t, server.URL+fivePage)
	assert.Contains(t, second.Header.Get("Cache-Status"), "inlay/overview;fwd=miss;collapsed")
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	for _, resp := range []*http.Response{first, second} {
		page := read(t, resp)
		for _, slot := range fiveSlots {
			assert.Equal(t, 1, strings.Count(page, "["+fragmentPath(slot)+"]"))
		}
	}
	for _, slot := range fiveSlots {
		assert.Equal(t, 1, origin.count(fragmentPath(slot)), slot)
	}
}

func TestWhatIsNoPagePassesThrough(t *testing.T) {
	more := make(chan struct{})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization")+" "+string(got))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "first ")
		w.(http.Flusher).Flush()
		<-more
		fmt.Fprint(w, "second")
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	resp := request(t, http.MethodPut, server.URL+"/some/path?x=%20y", strings.NewReader("sent"), "Authorization", "secret")
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)
	assert.Equal(t, "PUT /some/path?x=%20y secret sent", resp.Header.Get("X-Seen"))
	body := bufio.NewReader(resp.Body)
	assert.Equal(t, "first ", readUntil(t, body, " "), "the body streams")
	close(more)
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Equal(t, "second", string(rest))
}

func TestWhatIsNoPagePassesToTheAppWithoutARemoteOrigin(t *testing.T) {
	server := harness.StartWorkerd(t)
	plain := request(t, http.MethodGet, server.URL+"/plain.txt", nil)
	assert.Equal(t, http.StatusOK, plain.StatusCode)
	assert.Equal(t, "plain\n", read(t, plain))
	assert.Equal(t, http.StatusNotFound, request(t, http.MethodGet, server.URL+"/no/such/path", nil).StatusCode)
}

func TestPageOfFragmentsThatDoNotExistIsWhole(t *testing.T) {
	server := harness.StartWorkerd(t)
	for _, path := range []string{"/five/no/such", "/five/no/" + strings.Repeat("x", 500)} {
		resp := browse(t, server.URL+path)
		page := read(t, resp)
		assert.Equal(t, http.StatusOK, resp.StatusCode, "its shell had left")
		assert.Contains(t, page, "no overview")
		assert.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
	}
	assert.Equal(t, http.StatusBadRequest, request(t, http.MethodGet, server.URL+"/five/a%00b", nil).StatusCode)
}

func TestReadersOfTextGetThePageInOrder(t *testing.T) {
	server := harness.StartWorkerd(t)
	page := read(t, request(t, http.MethodGet, server.URL+fivePage, nil, "User-Agent", "curl/8"))
	assert.NotContains(t, page, "<template for=")
	assert.NotContains(t, page, "<?start")
	assert.Contains(t, page, "["+fragmentPath("overview")+"]")
}

func TestBadVariableIsNamedInDevelopment(t *testing.T) {
	dev := harness.StartWorkerd(t, "INLAY_DEV=1", "INLAY_FILL_TIMEOUT=soon")
	resp := request(t, http.MethodGet, dev.URL+"/", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Contains(t, read(t, resp), "INLAY_FILL_TIMEOUT")

	live := harness.StartWorkerd(t, "INLAY_FILL_TIMEOUT=soon")
	resp = request(t, http.MethodGet, live.URL+"/", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.NotContains(t, read(t, resp), "INLAY_FILL_TIMEOUT")
	assert.Eventually(t, func() bool { return strings.Contains(live.Log(), "INLAY_FILL_TIMEOUT") }, 5*time.Second, 10*time.Millisecond)
}

func TestAdministrationNeedsItsSecret(t *testing.T) {
	const token = adminToken
	closed := harness.StartWorkerd(t)
	assert.Equal(t, http.StatusNotFound, request(t, http.MethodPost, closed.URL+"/_inlay/purge?all=1", nil, "Authorization", "Bearer "+token).StatusCode)

	origin := newOrigin(t, fragment)
	server := harness.StartWorkerd(t, "INLAY_TOKEN="+token, "INLAY_ORIGIN="+origin.URL)
	auth := []string{"Authorization", "Bearer " + token}
	read(t, browse(t, server.URL+fivePage))
	for _, path := range []string{"/_inlay/stats", "/_inlay/metrics", "/x/../_inlay/stats", "//_inlay/stats", "/_inlay//stats", "/_inlay/fills"} {
		resp := request(t, http.MethodGet, server.URL+path, nil)
		assert.NotContains(t, read(t, resp), "warm_pages", path)
	}
	assert.Equal(t, http.StatusUnauthorized, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, "Authorization", "Bearer wrong").StatusCode)
	stats := read(t, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, auth...))
	assert.Contains(t, stats, `"fills_total":5`)
	assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/_inlay/metrics", nil, auth...)), "inlay_fills_total 5\n")

	assert.Contains(t, browse(t, server.URL+fivePage).Header.Get("Cache-Status"), "inlay/overview;hit")
	purge := request(t, http.MethodPost, server.URL+"/_inlay/purge?key="+fragmentPath("overview"), nil, auth...)
	assert.Equal(t, "{\"purged\":1}\n", read(t, purge))
	status := browse(t, server.URL+fivePage).Header.Get("Cache-Status")
	assert.Contains(t, status, "inlay/overview;fwd=miss")
	assert.Contains(t, status, "inlay/index;hit")
	assert.Equal(t, http.StatusMethodNotAllowed, request(t, http.MethodGet, server.URL+"/_inlay/purge?all=1", nil, auth...).StatusCode)
	assert.Equal(t, http.StatusBadRequest, request(t, http.MethodPost, server.URL+"/_inlay/purge", nil, auth...).StatusCode)
	assert.Equal(t, http.StatusOK, request(t, http.MethodPost, server.URL+"/_inlay/purge?all=1", nil, auth...).StatusCode)
	assert.Contains(t, browse(t, server.URL+fivePage).Header.Get("Cache-Status"), "inlay/index;fwd=miss")
}
