package e2e

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// beyondBindings are the lines of wrangler.toml for all that lies beyond an isolate.
const beyondBindings = `
durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog" }]
kv_namespaces = [{ binding = "INLAY_KV", id = "inlay" }]
migrations = [{ tag = "v1", new_sqlite_classes = ["PurgeLog"] }]
`

// wrangler dev has all of it: the second run finds what the first has filled, and a purge is remembered by a third.
func TestWranglerDevRemembersFragmentsAndPurges(t *testing.T) {
	t.Parallel()
	origin := newRecorder(t)
	own, err := os.ReadFile(harness.Site + "/wrangler.toml")
	require.NoError(t, err)
	config, err := os.CreateTemp(harness.Site, "*.wrangler.toml")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(config.Name()) })
	_, err = config.WriteString(strings.Replace(string(own), "\nrules = [", beyondBindings+"rules = [", 1))
	require.NoError(t, err)
	require.NoError(t, config.Close())
	state := t.TempDir()
	w := &world{t: t, origin: origin}
	run := func() {
		server := harness.StartWranglerWith(t, []string{"--config", config.Name(), "--persist-to", state},
			"INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_LEASE_SOFT="+softLease.String(), "INLAY_LEASE="+hardLease.String())
		w.isolates = []*harness.Server{server}
	}
	var paths []string
	for _, slot := range fiveSlots {
		paths = append(paths, fragmentPath(slot))
	}

	run()
	first := w.visit(0, fivePage, paths...)
	require.Equal(t, len(paths), origin.total())
	stored := func(tier string, n int) {
		t.Helper()
		require.Eventually(t, func() bool { return w.counter(0, tier) >= n }, 10*time.Second, 20*time.Millisecond, "%v", w.counters(0))
	}
	w.isolates[0].End()

	run()
	assert.Equal(t, first.shows, w.visit(0, fivePage, paths...).shows)
	assert.Equal(t, len(paths), origin.total(), "what the first run has filled was found")
	stored("found_data_center_total", len(paths))
	status, answer, _, err := administer(w.isolates[0], "purge?tag=docs")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "%v", answer)
	assert.EqualValues(t, 1, answer["log"], "%v", answer)
	w.isolates[0].End()

	run()
	last := w.visit(0, fivePage, paths...)
	for _, path := range paths {
		if path == fragmentPath("imported-by") {
			assert.Equal(t, first.shows[path], last.shows[path], "it has another tag")
		} else {
			assert.Greater(t, last.shows[path], first.shows[path], path)
		}
	}
	assert.NotContains(t, w.isolates[0].Log(), "crashed")
}
