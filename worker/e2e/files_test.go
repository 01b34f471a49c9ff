package e2e

import (
	"net/http"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The example's files, and what is nobody's, start no Go: as Workers' static assets, and natively the same.

func TestFilesAndWhatIsNobodysStartNoGo(t *testing.T) {
	t.Parallel()
	harness.StartExample(t) // which builds it
	native := harness.Start(t, exec.Command("./build.sh", "serve"), []string{"PORT=0", "INLAY_DEBUG=1"})
	native.Listens(harness.ServeReady)
	worker := harness.StartWranglerWith(t, []string{"--config", "wrangler.toml"}, "INLAY_DEBUG=1")
	for name, s := range map[string]*harness.Server{"worker": worker, "native": native} {
		t.Run(name, func(t *testing.T) {
			navigate := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Accept", "text/html"}
			for range 3 {
				for path, want := range map[string]struct {
					status      int
					contentType string
				}{
					"/robots.txt":         {200, "text/plain; charset=utf-8"},
					"/favicon.svg":        {200, "image/svg+xml"},
					"/wp-login.php":       {404, "text/html; charset=utf-8"},
					"/a/b/c.php?x=y":      {404, "text/html; charset=utf-8"},
					"/.git/config":        {404, "text/html; charset=utf-8"},
					"/.assetsignore":      {404, "text/html; charset=utf-8"},
					"/_headers":           {404, "text/html; charset=utf-8"},
					"/apple-touch-icon.p": {404, "text/html; charset=utf-8"},
				} {
					for _, fields := range [][]string{nil, navigate} {
						resp := request(t, http.MethodGet, s.URL+path, nil, fields...)
						body := read(t, resp)
						assert.Equal(t, want.status, resp.StatusCode, path)
						assert.Equal(t, want.contentType, resp.Header.Get("Content-Type"), path)
						if want.status == http.StatusNotFound {
							assert.Contains(t, body, "<h1>Nothing here</h1>", path)
						}
					}
				}
			}
			icon := request(t, http.MethodGet, s.URL+"/favicon.ico", nil)
			assert.Equal(t, "\x00\x00\x01\x00", read(t, icon)[:4])
			etag := icon.Header.Get("Etag")
			assert.NotEmpty(t, etag)
			assert.Equal(t, http.StatusNotModified, request(t, http.MethodGet, s.URL+"/favicon.ico", nil, "If-None-Match", etag).StatusCode)
			assert.Equal(t, http.StatusOK, request(t, http.MethodHead, s.URL+"/favicon.ico", nil).StatusCode)
			moved := request(t, http.MethodGet, s.URL+"/404.html?a=b", nil)
			assert.Equal(t, http.StatusTemporaryRedirect, moved.StatusCode)
			assert.Equal(t, "/404?a=b", moved.Header.Get("Location"))
			if name == "native" {
				return // where there are no instances
			}
			page := request(t, http.MethodHead, s.URL+"/", nil)
			require.Equal(t, http.StatusOK, page.StatusCode)
			assert.Equal(t, "0", page.Header.Get("Inlay-App-Instances"), "none of all that has started one")
			read(t, request(t, http.MethodGet, s.URL+"/", nil))
			assert.NotEqual(t, "0", request(t, http.MethodGet, s.URL+"/", nil).Header.Get("Inlay-App-Instances"))
		})
	}
}
