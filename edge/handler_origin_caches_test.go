package edge

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is composed for one visitor is for no cache, though the origin tells some that they may keep the page it was made of.
func TestWhatIsComposedForAVisitorIsForNoCache(t *testing.T) {
	t.Parallel()
	for _, remote := range []bool{false, true} {
		s := newSiteOrigin()
		told := map[string]string{"CDN-Cache-Control": "max-age=600", "Cloudflare-CDN-Cache-Control": "max-age=600", "X-Accel-Expires": "600", "Edge-Control": "max-age=600"}
		s.mux.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range told {
				w.Header().Set(name, value)
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Set-Cookie", "session=1")
			w.Header().Set("Surrogate-Control", esi)
			_, _ = w.Write([]byte(esiPage("/f/a")))
		})
		front, _ := inFront(t, s, remote, nil)
		for _, path := range []string{"/own", "/own?inlay-slot=esi-1"} {
			a := get(t, front.URL+path)
			assert.Equal(t, http.StatusOK, a.StatusCode)
			assert.Regexp(t, `^private, no-cache`, a.Header.Get("Cache-Control"))
			head, err := http.Head(front.URL + path)
			if assert.NoError(t, err) {
				_ = head.Body.Close()
			}
			for name := range told {
				assert.Empty(t, a.Header.Values(name), path)
				assert.Empty(t, head.Header.Values(name), path)
			}
		}
	}
}
