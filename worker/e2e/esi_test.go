package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"inlay/edge"
	"inlay/edge/varnishtest"
	"inlay/internal/esi/esitest"
	"inlay/worker/e2e/harness"
)

// startWithoutPages runs the Worker of somebody who has nothing but an origin.
func startWithoutPages(t *testing.T, origin string) *harness.Server {
	return harness.StartPages(t, []edge.Page{}, "INLAY_ORIGIN="+origin, "INLAY_TOKEN="+adminToken)
}

// What the Worker makes of documents with ESI, in order, is what Varnish makes of them, and what inlay does natively.
func TestDocumentsWithESIBecomeWhatVarnishMakesOfThem(t *testing.T) {
	t.Parallel()
	cases := esitest.Cases(t)
	origin := varnishtest.NewOrigin(t, cases)
	server := startWithoutPages(t, origin.URL)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			origin.Show(&cases[i])
			purge(t, server)
			fields := []string{"Host", "shop.example"}
			if c.Cookie != "" {
				fields = append(fields, "Cookie", c.Cookie)
			}
			for _, when := range [...]string{"cold", "then", "warm"} {
				assert.Equal(t, c.Want, varnishtest.Get(t, server.URL, c.Target, fields...), when)
			}
		})
	}
}

// Whole pages are the same bytes in order, and stream to browsers.
func TestPagesWithESIStreamAndAreInOrderWhatVarnishMakesOfThem(t *testing.T) {
	t.Parallel()
	pages := esitest.Pages(t)
	varnish := varnishtest.Start(t, varnishtest.NewOrigin(t, pages).URL)
	origin := varnishtest.NewOrigin(t, pages)
	origin.Delay = 20 * time.Millisecond
	server := startWithoutPages(t, origin.URL)
	for i, c := range pages {
		t.Run(c.Name, func(t *testing.T) {
			origin.Show(&pages[i])
			purge(t, server)
			want := varnishtest.Get(t, varnish.URL, c.Target, "Host", varnishtest.Host(i))
			streamed := varnishtest.Get(t, server.URL, c.Target, "Sec-Fetch-Dest", "document", "Accept", "text/html")
			if !strings.Contains(c.Parts[c.Target], `lang="<esi:`) { // which waits for all that takes so long
				assert.Contains(t, streamed, "<?start ")
				assert.Contains(t, streamed, "<template for=")
			}
			for _, when := range [...]string{"then", "warm"} {
				assert.Equal(t, want, varnishtest.Get(t, server.URL, c.Target), when)
			}
			purge(t, server)
			assert.Equal(t, want, varnishtest.Get(t, server.URL, c.Target), "cold")
		})
	}
}
