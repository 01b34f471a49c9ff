package edge

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/patch"
)

// The policies of an origin's page that streams allow the fallback script, and nothing else that they did not allow.
func TestPoliciesOfAnOriginsPageAllowTheFallback(t *testing.T) {
	for _, remote := range []bool{false, true} {
		s := newSiteOrigin()
		handler := func(control string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("Content-Type", "text/html; charset=utf-8")
				h.Set("Cache-Control", control)
				h.Set("Surrogate-Control", esi)
				h["Content-Security-Policy"] = []string{"script-src 'self'", "img-src *", "default-src 'none', script-src 'unsafe-inline'"}
				h.Set("Content-Security-Policy-Report-Only", "script-src-elem 'none'; report-to x")
				_, _ = w.Write([]byte(esiPage("/f/a")))
			}
		}
		s.mux.HandleFunc("/open", handler("no-store"))
		s.mux.HandleFunc("/kept", handler("max-age=60"))
		s.html("/plain", "max-age=60", "<p>no slots</p>", "Content-Security-Policy", "script-src 'self'")
		front, _ := inFront(t, s, remote, nil)

		hash := patch.CSPHash
		holds := func(a got, how string) {
			t.Helper()
			assert.Equal(t, []string{
				"script-src 'self' " + hash, "img-src *", "default-src 'none'; script-src " + hash + ", script-src 'unsafe-inline'",
			}, a.Header.Values("Content-Security-Policy"), how)
			assert.Equal(t, "script-src-elem "+hash+"; report-to x", a.Header.Get("Content-Security-Policy-Report-Only"), how)
		}
		holds(get(t, front.URL+"/open", "Accept", "text/html", "Sec-Fetch-Dest", "document"), "composed for its visitor")
		holds(get(t, front.URL+"/kept", "Accept", "text/html", "Sec-Fetch-Dest", "document"), "the first")
		eventually(t, "the shell is kept", func() bool { return s.count("/kept") == 2 })
		a := got{}
		eventually(t, "the page is warm", func() bool {
			a = get(t, front.URL+"/kept", "Accept", "text/html", "Sec-Fetch-Dest", "document")
			return a.Header.Get("Etag") != ""
		})
		holds(a, "kept")
		assert.Equal(t, []string{"script-src 'self'"}, get(t, front.URL+"/plain").Header.Values("Content-Security-Policy"), "what has no slots is the origin's")
	}
}
