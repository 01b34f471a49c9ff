package edge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReaderAfterAPurgeGetsTheNewFragmentOverHTTP(t *testing.T) {
	for name, overtake := range map[string]func(h *Handler){
		"PurgeTag":      func(h *Handler) { h.PurgeTag("t") },
		"Purge":         func(h *Handler) { h.Purge("/f/7") },
		"PurgeAll":      func(h *Handler) { h.PurgeAll() },
		"InvalidateTag": func(h *Handler) { h.InvalidateTag("t") },
		"POST": func(h *Handler) {
			r := httptest.NewRequest(http.MethodPost, "/_inlay/purge?tag=product:7", nil)
			r.Header.Set("Authorization", "Bearer "+secret)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusOK, w.Code)
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan chan string, 4)
			h, err := NewHandler(Options{
				Pages:  []Page{pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1h" tags="t product:{id}">…</edge-slot></body>`)},
				Config: Config{Token: secret},
				Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					says := make(chan string)
					asked <- says
					w.Header().Set("Content-Type", "text/html")
					_, _ = io.WriteString(w, "<p>"+<-says+"</p>")
				}),
			})
			require.NoError(t, err)
			server := httptest.NewServer(h)
			defer server.Close()
			get := func() chan string {
				body := make(chan string, 1)
				go func() {
					resp, err := http.Get(server.URL + "/p/7")
					if !assert.NoError(t, err) {
						return
					}
					defer resp.Body.Close()
					b, err := io.ReadAll(resp.Body)
					assert.NoError(t, err)
					body <- string(b)
				}()
				return body
			}
			a := get()
			old := <-asked
			overtake(h)
			b := get()
			fresh := <-asked
			fresh <- "new"
			assert.Contains(t, <-b, "<p>new</p>")
			old <- "old"
			assert.Contains(t, <-a, "<p>old</p>")
			assert.Contains(t, <-get(), "<p>new</p>")
		})
	}
}
