package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Workers with pages of their own, where the example site has none that would do.

// startPages runs a Worker with one page for /p/{id} and a service binding SHOP to an address.
func startPages(t *testing.T, html, shop string, env ...string) *harness.Server {
	t.Helper()
	page, err := edge.ParsePage("/p/{id}", html)
	require.NoError(t, err)
	return startPage(t, page, shop, env...)
}

// startPage is startPages with a page that is ready.
func startPage(t *testing.T, page edge.Page, shop string, env ...string) *harness.Server {
	t.Helper()
	embed := harness.EmbedPages(t, page)
	return harness.StartChanged(t, func(config string) string {
		config = embed(config)
		config = strings.Replace(config, "  services = [", "  services = [\n    (name = \"shop\", external = (address = \""+shop+"\", http = ())),", 1)
		return strings.Replace(config, "  bindings = [", "  bindings = [\n    (name = \"SHOP\", service = \"shop\"),", 1)
	}, env)
}

func TestServiceBindingAnswersFills(t *testing.T) {
	t.Parallel()
	shop := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>the shop's %s in %s%s</p>", r.URL.Path, r.Header.Get("Cookie"), r.Header.Get("Authorization"))
	})
	server := startPages(t, `<body>
<edge-slot name="price" src="binding:SHOP/price/{id}" ttl="1m" vary="cookie:currency"><i>…</i></edge-slot>
<edge-slot name="stock" src="binding:NONE/stock/{id}"><i>…</i><edge-error>no stock</edge-error></edge-slot>
</body>`, strings.TrimPrefix(shop.URL, "http://"), "INLAY_NEGATIVE_TTL=1m")
	visit := func() *http.Response {
		return request(t, http.MethodGet, server.URL+"/p/7", nil,
			"Cookie", "currency=EUR; session=secret", "Authorization", "Basic eA==", "Sec-Fetch-Dest", "document")
	}

	cold := read(t, visit())
	assert.Contains(t, cold, `<template for="price"><p>the shop's /price/7 in currency=EUR</p>`)
	assert.Contains(t, cold, "no stock")
	assert.Contains(t, server.Log(), "there is no service binding NONE: name it in wrangler.toml")
	warm := visit()
	assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/price;hit")
	assert.Contains(t, read(t, warm), "<p>the shop's /price/7 in currency=EUR</p>")
	assert.Equal(t, 1, shop.total())
}

// workerd lets a request have six connections that wait for headers; a seventh would wait in there.
func TestRequestHasAtMostSixFillsUnderWay(t *testing.T) {
	t.Parallel()
	const slots = 20
	var html strings.Builder
	for i := range slots {
		fmt.Fprintf(&html, `<edge-slot name="s%d" src="/f/%d/{id}"><i>…</i><edge-error>failed</edge-error></edge-slot>`, i, i)
	}
	var open, most atomic.Int64
	gate := make(chan struct{})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		n := open.Add(1)
		defer open.Add(-1)
		for most.Load() < n {
			most.Store(n)
		}
		<-gate
		fragment(w, r)
	})
	server := startPages(t, "<body>"+html.String()+"</body>", "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL)
	client := dial(t, server, "/p/7")
	require.Eventually(t, func() bool { return open.Load() == 6 }, 20*time.Second, time.Millisecond)
	close(gate)
	status, body, err := client.page()
	require.NoError(t, err, server.Log())
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, body, "failed")
	for i := range slots {
		assert.Contains(t, body, fmt.Sprintf("[/f/%d/7]", i))
	}
	assert.EqualValues(t, 6, most.Load())
}

// Why an answer is no fragment stands in the log; that there is none (404) does not.
func TestAnswersThatAreNoFragmentsAreLogged(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/status/7":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/none/7":
			w.WriteHeader(http.StatusNotFound)
		case "/cookie/7":
			w.Header().Set("Set-Cookie", "a=b")
		case "/markup/7":
			fmt.Fprint(w, "</template>")
		}
	})
	html := "<body>"
	for _, name := range []string{"status", "none", "cookie", "markup"} {
		html += `<edge-slot name="` + name + `" src="/` + name + `/{id}"></edge-slot>`
	}
	server := startPages(t, html+"</body>", "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m")
	for range 3 {
		_, _, err := dial(t, server, "/p/7").page()
		require.NoError(t, err)
	}
	log := server.Log()
	assert.Regexp(t, `(?m)^inlay: fill failed: /status/7 \(status\): the origin answered 503; a fragment needs 200 `+
		`request=[0-9a-f]{16} page=/p/\{id\} slot=status key=/status/7 reason=status$`, log)
	assert.Contains(t, log, "inlay: fill failed: /cookie/7 (refused): ")
	assert.Contains(t, log, "inlay: fill failed: /markup/7 (markup): ")
	assert.Equal(t, 3, strings.Count(log, "\n"), log)
}
