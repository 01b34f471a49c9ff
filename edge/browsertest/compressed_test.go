package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/compress"
)

// A page that streams is compressed as it goes: a browser shows its skeletons before any fragment is there, and each fragment as it
// comes, in every coding that it takes. The next page, which is warm, comes in the form that it is kept in.
func TestCompressedPagesAreShownAsTheyCome(t *testing.T) {
	for _, c := range []struct {
		name    string
		codings []edge.Coding
	}{
		{"gzip", nil}, {"br", []edge.Coding{compress.Brotli()}}, {"zstd", []edge.Coding{compress.Zstd()}},
	} {
		for _, k := range kinds {
			t.Run(c.name+"/"+string(k), func(t *testing.T) {
				// given a page of some length, since parsers take what comes in pieces
				shell := strings.Replace(shop, "<p>The <b>end", strings.Repeat("<p>text of the shell\n", 400)+"<p>The <b>end", 1)
				url, o := siteOf(t, shell, c.codings)
				b := openTab(t, k, false)
				b.open(url)

				// then each fragment is awaited until the one before has been seen
				b.sees("The <b>end")
				for _, f := range fragments {
					assert.NotContains(t, b.html(), f.seen)
					o.gives(f.name, f.html)
					b.sees(f.seen)
				}
				b.waits("the end", func(html string) bool {
					return strings.HasSuffix(html, "</body></html>") && !strings.Contains(html, "?start")
				})
				for range 2 {
					b.open(url + "/?again")
					html := b.sees("The <b>end")
					assert.NotContains(t, html, "?start")
					for _, f := range fragments {
						assert.Contains(t, html, f.seen)
					}
				}
				o.mu.Lock()
				defer o.mu.Unlock()
				require.Contains(t, o.accepted, "gzip")
				want := "gzip" // over HTTP without TLS some browsers take nothing else
				if strings.Contains(o.accepted, c.name) {
					want = c.name
				}
				require.Len(t, o.coded, 3)
				assert.Equal(t, []string{want, want}, o.coded[:2])
				assert.Contains(t, []string{want, ""}, o.coded[2], "or a 304 for what it has")
				if k == native {
					assert.Equal(t, c.name, want, "Chromium takes all on this machine")
				}
			})
		}
	}
}
