package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// uploaded are the modules that a dry run of a site's deployment would upload, by wrangler's own account.
func uploaded(t *testing.T, dir string, options ...string) (modules []string) {
	t.Helper()
	inlay, err := program()
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.Command(inlay, append([]string{"deploy", "-C", dir, "--dry-run", "--outdir", out}, options...)...)
	cmd.Env = append(harness.Environ(), "GOFLAGS=", "GOPROXY=off")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Name() != "README.md" { // wrangler's, about the folder
			modules = append(modules, e.Name())
		}
	}
	return modules
}

// newSite is what inlay new makes, with the tools that the tests have.
func newSite(t *testing.T, options ...string) (dir string) {
	t.Helper()
	inlay, err := program()
	require.NoError(t, err)
	dir = filepath.Join(t.TempDir(), "shop")
	output, err := exec.Command(inlay, append(append([]string{"new"}, options...), dir)...).CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.NoError(t, os.Symlink(mustAbs(t, "node_modules"), filepath.Join(dir, "node_modules")))
	return dir
}

// What lies in build/ beside them, of before or of somebody's own, stays here: it may be old, and it may be secret.
func TestDeploymentUploadsWhatTheWorkerImports(t *testing.T) {
	t.Parallel()
	dir := newSite(t, "--inlay", mustAbs(t, "."))
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	write("main.mjs", `import "./hello.mjs"; import "./data.bin"; export { default } from "./worker.mjs";`)
	write("hello.mjs", `export const hello = "hello";`)
	write("data.bin", "data")
	write("unused.mjs", "no JavaScript")
	for _, name := range []string{"old.mjs", "old.wasm", ".old.mjs", "sub/old.mjs", "notes.txt"} {
		write("build/"+name, "export default 1;")
	}
	glue := []string{"admin.mjs", "core.mjs", "core.wasm", "exchange.mjs", "fills.mjs", "frames.mjs", "main.mjs", "operator.bin", "pages.bin", "worker.mjs"}
	both := uploaded(t, dir, "--env", "staging")
	for _, name := range append(glue, "app.wasm", "app-instances.mjs", "wasm_exec.js", "hello.mjs", "data.bin") {
		assert.Contains(t, both, name)
	}
	for _, name := range both {
		assert.False(t, strings.Contains(name, "old") || name == "unused.mjs" || name == "notes.txt", name)
	}
	assert.Equal(t, both, uploaded(t, dir, "--env", "production"), "environments differ in variables only")

	// Its Go taken away, and an origin named: nothing of app.wasm is left.
	for _, name := range []string{"main.go", "handlers.go", "handlers_test.go", "go.mod", "go.sum"} {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
	without := uploaded(t, dir, "--env", "staging", "--var", "INLAY_ORIGIN:https://origin.example.com")
	for _, name := range append(glue, "hello.mjs") {
		assert.Contains(t, without, name)
	}
	assert.False(t, slices.ContainsFunc(without, func(name string) bool { return name == "app.wasm" || name == "wasm_exec.js" || name == "go.mjs" }), "%v", without)

	plain := uploaded(t, newSite(t, "--no-go"), "--env", "production")
	for _, name := range glue {
		assert.Contains(t, plain, name)
	}
	assert.NotContains(t, plain, "app.wasm")
}
