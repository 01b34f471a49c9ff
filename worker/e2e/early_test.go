package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// earlyPages are one page that is renewed before it is stale, and the same without.
func earlyPages(t *testing.T) (pages []edge.Page) {
	t.Helper()
	for _, early := range []string{"", ` early="off"`} {
		name := "hot"
		if early != "" {
			name = "late"
		}
		p, err := edge.ParsePage("/"+name, fmt.Sprintf(`<body><edge-slot name="a" src="/f/%s" ttl="2s"%s><i>…</i></edge-slot></body>`, name, early))
		require.NoError(t, err)
		pages = append(pages, p)
	}
	return pages
}

// A hot page whose origin is slow, for several times of its life: once it is warm nobody meets it cold.
func TestAHotPageNeverGoesCold(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"worker", "native"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				timer := time.NewTimer(150 * time.Millisecond) // it is slow, which is what this is about
				defer timer.Stop()
				select {
				case <-timer.C:
				case <-r.Context().Done():
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = fmt.Fprintf(w, "<b>%s</b>", r.URL.Path)
			})
			var server *harness.Server
			if host == "worker" {
				server = harness.StartPages(t, earlyPages(t), "INLAY_ORIGIN="+origin.URL, "INLAY_EARLY=4", "INLAY_TOKEN="+adminToken)
			} else {
				server = nativeServer(t, earlyPages(t), edge.Config{Origin: origin.URL, Early: 400, Token: adminToken, FillTimeout: 10 * time.Second})
			}
			statuses := map[string]*struct {
				sync.Mutex
				all, cold int
				first     string
			}{"/hot": {}, "/late": {}}
			for path := range statuses {
				for !strings.Contains(earlyStatus(t, server, path), "hit") {
				}
			}
			until := time.Now().Add(9 * time.Second)
			var visitors sync.WaitGroup
			for n := range 6 {
				visitors.Go(func() {
					path := []string{"/hot", "/hot", "/late"}[n%3]
					for time.Now().Before(until) {
						status := earlyStatus(t, server, path)
						s := statuses[path]
						s.Lock()
						if s.all++; !strings.Contains(status, ";hit") || strings.Contains(status, "ttl=-") {
							s.cold++
							s.first = status
						}
						s.Unlock()
						time.Sleep(5 * time.Millisecond) // between two visits
					}
				})
			}
			visitors.Wait()
			hot, late := statuses["/hot"], statuses["/late"]
			t.Logf("%d visits, %d cold; without it %d, %d cold", hot.all, hot.cold, late.all, late.cold)
			assert.Greater(t, hot.all, 200)
			assert.Zero(t, hot.cold, hot.first)
			assert.Positive(t, late.cold)
			assert.GreaterOrEqual(t, stat(t, server, "fills_early_total"), 4)
			assert.LessOrEqual(t, origin.count("/f/hot"), 3*origin.count("/f/late"))
		})
	}
}

// earlyStatus is what Cache-Status says of a page's fragment.
func earlyStatus(t *testing.T, server *harness.Server, path string) string {
	response := request(t, http.MethodGet, server.URL+path, nil, "User-Agent", firefox)
	_ = read(t, response)
	return response.Header.Get("Cache-Status")
}
