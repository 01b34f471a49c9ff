//go:build !tinygo

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/cache/internal/script"
)

// The same tables that run natively run in a Wasm module built by TinyGo the way
// the core is. `./build.sh test` provides TinyGo and sets INLAY_REQUIRE_TINYGO.
func TestCasesHoldInWasmBuiltByTinyGo(t *testing.T) {
	tinygo := os.Getenv("TINYGO")
	if tinygo == "" {
		found, err := exec.LookPath("tinygo")
		if err != nil && os.Getenv("INLAY_REQUIRE_TINYGO") != "1" {
			t.Skip("no tinygo on PATH and TINYGO is not set; ./build.sh test has one")
		}
		require.NoError(t, err)
		tinygo = found
	}
	module := filepath.Join(t.TempDir(), "cases.wasm")
	build := exec.Command(tinygo, "build", "-target", "../../../worker/target.json", "-no-debug", "-opt=2", "-o", module, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	out, err = exec.Command("node", "run.mjs", module).CombinedOutput()

	require.NoError(t, err, "%s", out)
	require.Len(t, strings.Split(strings.TrimSpace(string(out)), "\n"), len(script.Cases))
}
