package browsertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// What Server-Timing says is what a browser's tools show of a page: of one that was waited for, and of one that is warm.
func TestTheBrowserShowsServerTimingOfEachSlot(t *testing.T) {
	page, err := edge.ParsePage("/{$}", `<!doctype html><html><head><title>t</title></head><body><edge-slot name="a price" src="/price" ttl="1h"></edge-slot>
<edge-slot name="stock" src="/stock" ttl="1h"></edge-slot><p>the end</p></body></html>`)
	require.NoError(t, err)
	page.Mode = edge.Complete
	handler, err := edge.NewHandler(edge.Options{
		Pages: []edge.Page{page}, Config: edge.Config{Debug: true},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			if r.URL.Path == "/price" {
				time.Sleep(30 * time.Millisecond) // which is what is to be seen
			}
			_, _ = io.WriteString(w, "<p>"+r.URL.Path+"</p>")
		}),
	})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	type metric struct {
		Name, Description string
		Duration          float64
	}
	b := openTab(t, native, false)
	metrics := func(url string) (all map[string]metric) {
		b.open(url)
		b.sees("the end")
		var list []metric
		text := b.evaluate(`JSON.stringify(performance.getEntriesByType("navigation")[0].serverTiming.map(({ name, description, duration }) => ({ name, description, duration })))`)
		require.NoError(t, json.Unmarshal([]byte(text), &list), text)
		all = map[string]metric{}
		for _, one := range list {
			all[one.Name] = one
		}
		return all
	}

	cold := metrics(server.URL + "/")
	assert.Equal(t, "miss", cold["inlay-a%20price"].Description, cold)
	assert.GreaterOrEqual(t, cold["inlay-a%20price"].Duration, 30.0)
	assert.Equal(t, "miss", cold["inlay-stock"].Description)
	assert.Greater(t, cold["inlay-a%20price"].Duration, cold["inlay-stock"].Duration)
	assert.GreaterOrEqual(t, cold["inlay"].Duration, 30.0)
	assert.Equal(t, "complete", cold["mode"].Description)

	warm := metrics(server.URL + "/?again")
	assert.Equal(t, map[string]metric{
		"inlay": {"inlay", "warm", 0}, "inlay-a%20price": {"inlay-a%20price", "hit", 0}, "inlay-stock": {"inlay-stock", "hit", 0},
	}, warm)
}
