package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The command asks a Worker as it asks a native server, and says that it reached one isolate.
func TestCommandPurgesAndCountsAWorker(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "inlay")
	output, err := exec.Command("go", "build", "-o", program, "./cmd/inlay").CombinedOutput()
	require.NoError(t, err, string(output))
	s := harness.StartWorkerd(t, "INLAY_TOKEN="+adminToken)
	inlay := func(args ...string) string {
		cmd := exec.Command(program, args...)
		cmd.Env = append(harness.Environ(), "INLAY_URL="+s.URL, "INLAY_TOKEN="+adminToken)
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, string(output))
		return string(output)
	}
	require.Equal(t, "purged 0 entries in one isolate\n", inlay("purge", "--all"))
	page := request(t, http.MethodGet, s.URL+"/five/io/fs", nil)
	require.Equal(t, http.StatusOK, page.StatusCode)
	read(t, page)
	assert.Regexp(t, `^http://\S+: one isolate, 4 of \d+ entries, [^\n]+\n\nstate +kind +age +left +hits +bytes +took +key, tags\n(fresh +fragment [^\n]* docs[^\n]*\n){4}$`,
		inlay("entries", "--tag", "docs"))
	assert.Regexp(t, `^would purge 4 entries, [^\n]+, in one isolate\n(  /[^\n]*\n){4}$`, inlay("purge", "--tag", "docs", "--preview"))
	assert.Regexp(t, `^http://\S+: one isolate, [^\n]*\npages 1\S*   warm 0.0%  fresh 0.0%  stale 0.0%  cold 100.0%`, inlay("top", "--once"))
	assert.Equal(t, "invalidated 4 entries in one isolate\n", inlay("invalidate", "--tag", "docs"))
	assert.Regexp(t, `^purged [1-9]\d* entries in one isolate\n$`, inlay("purge", "--tag", "docs", "--tag", "imports"))
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+: one isolate, since it began\n\nwarm pages +0 +0\.0% of all pages\npages +1\n`, inlay("stats"))
}
