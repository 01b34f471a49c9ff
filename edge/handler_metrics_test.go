package edge

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Fills are counted under the page and slot that they were begun for; those of fragments' own slots for the rest of their page.
func TestFillsAreCountedBySlotForPrometheus(t *testing.T) {
	server, _ := serve(t, Options{
		Pages: []Page{pageOf(t, "/p/{id}", twoSlots), pageOf(t, "/q", `<body><edge-slot name="outer" src="/f/outer"></edge-slot></body>`)},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			switch {
			case r.URL.Path == "/f/outer":
				w.Header().Set("Inlay-Slots", "1")
				_, _ = io.WriteString(w, `<p>outer <edge-slot name="inner" src="/f/inner"></edge-slot></p>`)
			case strings.HasPrefix(r.URL.Path, "/f/b/"):
				time.Sleep(6 * time.Millisecond) // which is what is measured
				w.WriteHeader(http.StatusBadGateway)
			default:
				_, _ = io.WriteString(w, "<p>x</p>")
			}
		}),
		Config: Config{Token: secret, TTL: time.Hour},
	})
	for _, path := range []string{"/p/1", "/p/2", "/q"} {
		getWith(t, server.URL+path)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/_inlay/metrics", nil)
	assert.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(r)
	assert.NoError(t, err)
	defer resp.Body.Close()
	metrics := text(t, resp)
	for _, line := range []string{
		`inlay_fill_duration_seconds_count{page="/p/{id}",slot="a"} 2`,
		`inlay_fill_duration_seconds_count{page="/p/{id}",slot="b"} 2`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="b",le="0.005"} 0`,
		`inlay_fill_duration_seconds_count{page="/q",slot="outer"} 1`,
		`inlay_fill_duration_seconds_count{page="/q",slot="other"} 1`,
		`inlay_fill_failures_total{page="/p/{id}",slot="b",reason="status"} 2`,
	} {
		assert.Contains(t, metrics, line+"\n")
	}
	assert.Len(t, regexp.MustCompile(`(?m)^inlay_fill_failures_total\{`).FindAllString(metrics, -1), 1)
}
