package browsertest

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/varnishtest"
	"inlay/internal/esi/esitest"
)

// under gives a server a host of its own, as a browser on the loopback interface has no other.
func under(t *testing.T, server, host string) string {
	t.Helper()
	to, err := url.Parse(server)
	require.NoError(t, err)
	front := httptest.NewServer(&httputil.ReverseProxy{
		FlushInterval: -1, // as it comes
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = host
			r.Out.Header.Set("Accept-Encoding", "identity")
		},
	})
	t.Cleanup(front.Close)
	return front.URL
}

// sawPage is a page when all of it is there, without what inlay adds to one that streams.
func (b *tab) sawPage(address string) string {
	b.t.Helper()
	b.open(address)
	ended := false
	html := b.waits("the end", func(html string) bool {
		was := ended
		ended = ended || b.whole()
		return was && strings.HasSuffix(html, "</body></html>") && !strings.Contains(html, "?start")
	})
	html = strings.ReplaceAll(html, "<!---->", "")
	// White space at the end of body goes where the parser was: see edge/difftest/trees.mjs.
	return strings.TrimRight(strings.TrimSuffix(html, "</body></html>"), " \n")
}

// whole tells whether the page has ended.
func (b *tab) whole() bool {
	ctx, stop := bounded()
	defer stop()
	state, err := b.driver.evaluate(ctx, asText("document.readyState"))
	return err == nil && state == "complete"
}

// In a browser a page of the origin is through inlay, streamed and warm, what it is through Varnish.
func TestPagesOfAnOriginAreWhatVarnishMakesOfThem(t *testing.T) {
	pages := esitest.Pages(t)
	origin := varnishtest.NewOrigin(t, pages)
	origin.Delay = 50 * time.Millisecond
	varnish := varnishtest.Start(t, origin.URL).URL
	for i, c := range pages {
		composed := under(t, varnish, varnishtest.Host(i)) + c.Target
		alone := varnishtest.NewOrigin(t, []esitest.Case{c})
		alone.Delay = origin.Delay
		for _, r := range readers {
			if r.policy != "" {
				continue
			}
			t.Run(c.Name+"/"+r.name, func(t *testing.T) {
				b := openTab(t, r.kind, r.noJS)
				want := b.sawPage(composed)
				require.NotContains(t, strings.ReplaceAll(want, "<!-- <esi:include", ""), "<esi:")
				inlay := varnishtest.Inlay(t, alone.URL) + c.Target

				assert.Equal(t, want, b.sawPage(inlay), "for a visitor whom nobody came before")
				assert.Equal(t, want, b.sawPage(inlay), "for the next")
				assert.Equal(t, want, b.sawPage(inlay), "warm")
			})
		}
	}
}

// That pages stream is not taken for granted.
func TestPagesOfAnOriginStream(t *testing.T) {
	pages := esitest.Pages(t)[:1]
	origin := varnishtest.NewOrigin(t, pages)
	origin.Delay = 50 * time.Millisecond
	inlay := varnishtest.Inlay(t, origin.URL)
	page := varnishtest.Get(t, inlay, pages[0].Target, "Sec-Fetch-Dest", "document", "Accept", "text/html")
	assert.Contains(t, page, "<?start ")
	assert.Contains(t, page, "<template for=")
	assert.Contains(t, page, edge.FallbackScript)
}
