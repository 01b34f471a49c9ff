package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// WranglerReady is what wrangler dev prints once it listens.
var WranglerReady = regexp.MustCompile(`Ready on (http://127\.0\.0\.1:\d+)`)

// StartWrangler runs the tests' own site in wrangler dev. vars are variables of the Worker, as NAME=VALUE.
func StartWrangler(t *testing.T, vars ...string) *Server {
	t.Helper()
	return StartWranglerWith(t, nil, vars...)
}

// StartWranglerWith is StartWrangler with more options, --config FILE among them for another Worker.
func StartWranglerWith(t *testing.T, options []string, vars ...string) *Server {
	t.Helper()
	args := []string{"node_modules/wrangler/bin/wrangler.js", "dev", "--ip", "127.0.0.1", "--port", "0",
		"--inspector-port", "0", "--show-interactive-dev-session=false"}
	if !slices.Contains(options, "--persist-to") {
		options = append(options, "--persist-to", t.TempDir())
	}
	if !slices.Contains(options, "--config") {
		options = append(options, "--config", Site+"/wrangler.toml")
	}
	args = append(args, options...)
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		args = append(args, "--var", name+":"+value)
	}
	node, err := filepath.Abs("node_modules/node/bin")
	require.NoError(t, err)
	s := Start(t, exec.Command("node_modules/node/bin/node", args...), []string{
		"PATH=" + node + string(os.PathListSeparator) + os.Getenv("PATH"),
		"WRANGLER_SEND_METRICS=false", "WRANGLER_SEND_ERROR_REPORTS=false", "WRANGLER_HIDE_BANNER=true",
		"CLOUDFLARE_CF_FETCH_ENABLED=false", "NO_COLOR=1",
	})
	s.Listens(WranglerReady)
	return s
}
