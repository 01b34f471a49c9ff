package browsertest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// A page of an origin whose policy forbids scripts in the page gets its late parts all the same, and none of its own such scripts runs.
func TestLatePartsOfAnOriginsPageComeUnderItsPolicy(t *testing.T) {
	for _, r := range readers {
		if r.noJS || r.policy != "" {
			continue
		}
		for name, control := range map[string]string{"kept": "max-age=60", "never kept": "no-store"} {
			t.Run(r.name+"/"+name, func(t *testing.T) {
				late := make(chan string)
				mux := http.NewServeMux()
				mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					w.Header().Set("Cache-Control", control)
					w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
					w.Header().Set("Content-Security-Policy", "script-src 'self'")
					_, _ = io.WriteString(w, `<!doctype html><html><head><title>page</title></head><body><main><script>document.title="ran"</script><esi:include src="/late"/></main></body></html>`)
				})
				mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.Header().Set("Cache-Control", "max-age=0")
					select {
					case text := <-late:
						_, _ = io.WriteString(w, text)
					case <-r.Context().Done():
					}
				})
				h, err := edge.NewHandler(edge.Options{Origin: mux, Logger: slog.New(slog.DiscardHandler)})
				require.NoError(t, err)
				server := httptest.NewServer(h)
				t.Cleanup(func() {
					server.Close()
					h.Close()
				})

				b := openTab(t, r.kind, r.noJS)
				for range 3 { // what is kept is there by the third
					b.open(server.URL + "/page")
					b.sees("?start")
					late <- fragment
					html := b.waits("the end", func(html string) bool {
						return strings.HasSuffix(html, "</body></html>") && !strings.Contains(html, "?start")
					})
					assert.Contains(t, html, "</script>"+fragment+"</main>")
					assert.NotEqual(t, "ran", b.evaluate("document.title"))
				}
			})
		}
	}
}
