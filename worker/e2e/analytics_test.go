package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// point is one that was written to INLAY_ANALYTICS.
type point struct {
	Indexes []string  `json:"indexes"`
	Blobs   []string  `json:"blobs"`
	Doubles []float64 `json:"doubles"`
}

// dataset is where a Worker's points go: into its log.
type dataset struct{ server *harness.Server }

// points are those that have been written.
func (d *dataset) points(t *testing.T) (all []point) {
	t.Helper()
	for line := range strings.Lines(d.server.Log()) {
		if text, ok := strings.CutPrefix(line, "POINT "); ok && strings.HasSuffix(text, "\n") {
			var p point
			require.NoError(t, json.Unmarshal([]byte(text), &p), text)
			all = append(all, p)
		}
	}
	return all
}

// told is the sum of the weights of the points with such blobs.
func (d *dataset) told(t *testing.T, blobs ...string) (weight float64) {
	t.Helper()
	for _, p := range d.points(t) {
		if slices.Equal(p.Blobs[:len(blobs)], blobs) {
			weight += p.Doubles[0]
		}
	}
	return weight
}

// withDataset is the change of a configuration that binds one, of a class of the test's.
func withDataset(config string) string {
	module := `export default () => ({ writeDataPoint(point) { console.log("POINT " + JSON.stringify(point)); } });`
	config = strings.Replace(config, "  services = [", fmt.Sprintf("  extensions = [(modules = [(name = \"test:dataset\", internal = true, esModule = %q)])],\n  services = [", module), 1)
	return strings.Replace(config, "  bindings = [", "  bindings = [\n    (name = \"INLAY_ANALYTICS\", wrapped = (moduleName = \"test:dataset\")),", 1)
}

const analyticsPage = `<body><edge-slot name="price" src="/price/{id}" ttl="1m"></edge-slot><edge-slot name="stock" src="/stock/{id}" ttl="1m" timeout="300ms"></edge-slot></body>`

func TestPagesAndFillsAreWrittenToADataset(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/stock/failing":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case "/stock/slow":
			<-r.Context().Done()
		}
		fmt.Fprint(w, "<p>twenty bytes here.</p>")
	})
	page, err := edge.ParsePage("/p/{id}", analyticsPage)
	require.NoError(t, err)
	embed := harness.EmbedPages(t, page)
	server := harness.StartChanged(t, func(config string) string { return withDataset(embed(config)) }, []string{"INLAY_ORIGIN=" + origin.URL, "INLAY_TOKEN=" + adminToken, "INLAY_NEGATIVE_TTL=1m"})
	d := dataset{server}
	visit := func(path string) {
		resp := request(t, http.MethodGet, server.URL+path, nil)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		read(t, resp)
	}
	for _, id := range []string{"1", "2", "failing", "slow"} {
		visit("/p/" + id)
	}
	const again = 500
	for range again {
		visit("/p/1")
	}
	resp := request(t, http.MethodPost, server.URL+"/_inlay/invalidate?all=1", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, resp.StatusCode, read(t, resp))
	visits := 0
	require.Eventually(t, func() bool { // a later request writes what has been gathered
		visit(fmt.Sprintf("/p/later-%d", visits))
		visits++
		return d.told(t, "page") > 0 && d.told(t, "fill") > 0
	}, 40*time.Second, 200*time.Millisecond)

	assert.GreaterOrEqual(t, d.told(t, "page", "/p/{id}", "warm", "whole"), float64(again), "each that was answered again")
	assert.Less(t, d.told(t, "page", "/p/{id}", "warm", "whole"), float64(again+5))
	assert.GreaterOrEqual(t, d.told(t, "page", "/p/{id}", "cold", "streamed"), 4.0)
	assert.Equal(t, 1.0, d.told(t, "fill", "/p/{id}", "failed", "stock", "status", "origin"))
	assert.Equal(t, 1.0, d.told(t, "fill", "/p/{id}", "failed", "stock", "timeout", "origin"))
	assert.GreaterOrEqual(t, d.told(t, "fill", "/p/{id}", "filled", "price", "", "origin"), 4.0)
	assert.Zero(t, d.told(t, "fill", "/p/{id}", "failed", "price"))
	points := d.points(t)
	text, err := json.Marshal(points)
	for _, p := range points {
		assert.Equal(t, []string{"/p/{id}"}, p.Indexes)
		require.Len(t, p.Blobs, 8)
		assert.Regexp(t, "^[0-9a-f]{16}$", p.Blobs[7])
		assert.NotContains(t, strings.Join(p.Blobs, " "), "later", "no URL of a visitor's")
		if p.Blobs[0] == "fill" && p.Blobs[2] == "filled" {
			assert.Equal(t, 25.0, p.Doubles[2])
		}
	}
	require.NoError(t, err)
	assert.Less(t, len(points), 40, "not one for each page")

	// The documented queries find this in them.
	results := queried(t, text)
	require.Len(t, results, 4)
	share := results[0][0]
	assert.Equal(t, "/p/{id}", share["page"])
	assert.Greater(t, share["warm"], 0.85)
	assert.Equal(t, d.told(t, "page"), share["pages"])
	times := bySlot(results[1])
	assert.Less(t, times["stock"]["p50"], 250.0)
	if times["stock"]["fills"].(float64) < 100 {
		assert.GreaterOrEqual(t, times["stock"]["p99"], 250.0, "that of the one that was too slow")
	}
	failures := map[string]float64{}
	for _, row := range results[2] {
		failures[row["slot"].(string)+" "+row["reason"].(string)] = row["fills"].(float64)
	}
	assert.Equal(t, map[string]float64{"stock status": 1, "stock timeout": 1}, failures)
	require.NotEmpty(t, results[3])
	assert.Equal(t, "origin", results[3][0]["tier"])
}

// queried are the results of the documented queries over points.
func queried(t *testing.T, points []byte) (results [][]map[string]any) {
	t.Helper()
	command := exec.Command("node_modules/node/bin/node", "worker/testing/queries.mjs", "docs/operating.md")
	command.Stdin = bytes.NewReader(points)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	require.NoError(t, err, problems.String())
	require.NoError(t, json.Unmarshal(out, &results), string(out))
	return results
}

func bySlot(rows []map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, row := range rows {
		all[row["slot"].(string)] = row
	}
	return all
}

// TestTheQueriesCountWhatEachPointStandsFor: its weight, and that of the platform's own sampling.
func TestTheQueriesCountWhatEachPointStandsFor(t *testing.T) {
	t.Parallel()
	results := queried(t, []byte(`[
		{"_sample_interval":10,"indexes":["/p"],"blobs":["page","/p","warm","whole"],"doubles":[7]},
		{"_sample_interval":1,"indexes":["/p"],"blobs":["page","/p","cold","streamed"],"doubles":[20]},
		{"_sample_interval":1,"indexes":["/p"],"blobs":["page","/p","stale","whole"],"doubles":[9]},
		{"_sample_interval":1,"indexes":["/p"],"blobs":["page","/p","failed","whole"],"doubles":[1]},
		{"_sample_interval":2,"indexes":["/p"],"blobs":["fill","/p","filled","a","","origin",""],"doubles":[45,10,100,0]},
		{"_sample_interval":1,"indexes":["/p"],"blobs":["fill","/p","filled","a","","kv","collapsed"],"doubles":[9,50,100,3]},
		{"_sample_interval":1,"indexes":["/p"],"blobs":["fill","/p","failed","a","timeout","origin",""],"doubles":[1,3000,0,0]}]`))
	assert.Equal(t, map[string]any{"page": "/p", "pages": 100.0, "warm": 0.7, "stale": 0.09, "cold": 0.2, "failed": 0.01}, results[0][0])
	assert.Equal(t, map[string]any{"page": "/p", "slot": "a", "fills": 100.0, "p50": 10.0, "p95": 50.0, "p99": 50.0}, results[1][0])
	assert.Equal(t, map[string]any{"page": "/p", "slot": "a", "reason": "timeout", "fills": 1.0}, results[2][0])
}

// TestTheRuntimesOwnDatasetTakesThePoints: workerd has the binding, and hands what is written to a service.
func TestTheRuntimesOwnDatasetTakesThePoints(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>here</p>")
	})
	var bodies atomic.Int32
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && len(body) > 100 {
			bodies.Add(1)
		}
	}))
	t.Cleanup(sink.Close)
	page, err := edge.ParsePage("/p/{id}", analyticsPage)
	require.NoError(t, err)
	embed := harness.EmbedPages(t, page)
	server := harness.StartChanged(t, func(config string) string {
		config = strings.Replace(embed(config), "  services = [", "  services = [\n    (name = \"dataset\", external = (address = \""+strings.TrimPrefix(sink.URL, "http://")+"\", http = ())),", 1)
		return strings.Replace(config, "  bindings = [", "  bindings = [\n    (name = \"INLAY_ANALYTICS\", analyticsEngine = \"dataset\"),", 1)
	}, []string{"INLAY_ORIGIN=" + origin.URL}, "--experimental")
	visits := 0
	require.Eventually(t, func() bool {
		read(t, request(t, http.MethodGet, server.URL+fmt.Sprintf("/p/%d", visits), nil))
		visits++
		return bodies.Load() >= 3
	}, 40*time.Second, 200*time.Millisecond)
	assert.NotContains(t, server.Log(), "has not taken a point")
	assert.NotContains(t, server.Log(), "INLAY_ANALYTICS")
}

// TestWranglerDevHasADataset: one that keeps nothing.
func TestWranglerDevHasADataset(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile(harness.Site + "/wrangler.toml")
	require.NoError(t, err)
	path := filepath.Join(harness.Site, "analytics.wrangler.toml")
	config := strings.Replace(string(own), "\nrules = [", "\nanalytics_engine_datasets = [{ binding = \"INLAY_ANALYTICS\", dataset = \"inlay\" }]\nrules = [", 1)
	require.NotEqual(t, string(own), config)
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	t.Cleanup(func() { _ = os.Remove(path) })
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) { fragment(w, r) })
	server := harness.StartWranglerWith(t, []string{"--config", path}, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	begun := time.Now()
	for visits := 0; time.Since(begun) < 11*time.Second; visits++ {
		read(t, request(t, http.MethodGet, server.URL+fmt.Sprintf("/five/%d", visits), nil))
	}
	stats := read(t, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, "Authorization", "Bearer "+adminToken))
	assert.NotContains(t, stats, "problems")
	assert.NotContains(t, server.Log(), "INLAY_ANALYTICS has")
}
