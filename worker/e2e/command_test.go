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
	assert.Equal(t, "invalidated 4 entries in one isolate\n", inlay("invalidate", "--tag", "docs"))
	assert.Regexp(t, `^purged [1-9]\d* entries in one isolate\n$`, inlay("purge", "--tag", "docs", "--tag", "imports"))
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+: one isolate, since it began\n\nwarm pages +0 +0\.0% of all pages\npages +1\n`, inlay("stats"))
}
