package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What is derived from visitors, in a real Worker: testdata/site/pages/derived.

// heard is a fragment that says what its fill was told.
func heard(r *http.Request) string {
	return fmt.Sprintf("[%s|%s|%s|%s|%s]", strings.Split(r.URL.Path, "/")[2], r.Header.Get("Accept-Language"), r.Header.Get("CF-IPCountry"),
		r.Header.Get("X-Forwarded-Host"), r.Header.Get("Cookie"))
}

func TestVisitorsOfAWorkerAreFewFragments(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	fills := map[string]int{}
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		fills[heard(r)]++
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if strings.Contains(r.URL.Path, "menu") {
			w.Header().Set("Vary", "Accept-Language, CF-IPCountry, X-Forwarded-Host")
		} else {
			w.Header().Set("Vary", "Cookie")
		}
		_, _ = fmt.Fprint(w, heard(r))
	})
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	host := strings.TrimPrefix(server.URL, "http://")
	ask := func(fields ...string) (*http.Response, string) {
		resp := request(t, http.MethodGet, server.URL+"/derived/a", nil, append(fields, "User-Agent", "curl/8")...)
		body := read(t, resp)
		assert.Contains(t, resp.Header.Get("Cache-Control"), "private")
		assert.Equal(t, "*", resp.Header.Get("Vary"), "no field names the country")
		return resp, body
	}
	shares := map[string]int{}
	for round := range 20 {
		for _, c := range []struct{ language, country, menu string }{
			{"de-CH,de;q=0.9,en;q=0.8", "CH", "de|*"},
			{"en-GB, en;q=0.9", "DE", "en|DE"},
			{"fr;q=0.2, it", "AT", "fr|AT"},
			{"", "XX", "en|*"},
		} {
			resp, body := ask("Accept-Language", c.language, "CF-IPCountry", c.country, "Cookie", fmt.Sprintf("session=%d; teaser=x", round))
			assert.Contains(t, body, "[menu|"+c.menu+"|"+host+"|]")
			cookies := resp.Header.Values("Set-Cookie")
			require.Len(t, cookies, 1)
			share, attributes, _ := strings.Cut(cookies[0], "; ")
			assert.Equal(t, "Path=/; Max-Age=31536000; SameSite=Lax", attributes)
			for _, slot := range []string{"teaser", "late"} {
				assert.Contains(t, body, "["+slot+"||||"+share+"]", "the page is already that of his share")
			}
			shares[share]++
			for range 3 { // warm
				resp, again := ask("Accept-Language", c.language, "CF-IPCountry", c.country, "Cookie", share)
				assert.Empty(t, resp.Header.Values("Set-Cookie"))
				assert.Contains(t, again, "[teaser||||"+share+"]")
			}
		}
	}
	assert.Len(t, shares, 2, "80 visitors, and both shares")
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, fills, 4+2*2)
	for told, n := range fills {
		assert.Equal(t, 1, n, told)
	}
}

// The rest of a page whose core has crashed is of the share that its head has told the visitor.
func TestAShareOutlivesTheCoreThatDrewIt(t *testing.T) {
	t.Parallel()
	gates := &held{}
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/late/") {
			gates.answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, heard(r))
	})
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	var pages []*http.Response
	for range 12 {
		pages = append(pages, browse(t, server.URL+"/derived/b"))
	}
	trap(t, server)
	gates.open("/fragments/late/b")
	shares := map[string]bool{}
	for _, resp := range pages {
		share, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
		shares[share] = true
		body := read(t, resp)
		assert.Contains(t, body, "[teaser||||"+share+"]")
		other := "teaser=1"
		if share == other {
			other = "teaser=2"
		}
		assert.NotContains(t, body, other)
		assert.Contains(t, body, "</html>")
	}
	assert.Len(t, shares, 2)
}
