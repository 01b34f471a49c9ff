package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What build.sh makes of a site that is not the example: nothing in it but what a site has to have, modules of its own,
// and mistakes in them.

// checkout copies what is needed to build a site, without the example; files are added to it.
func checkout(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for _, path := range []string{"build.sh", "wrangler.toml", "go.mod", "go.sum", "tools", "cache", "cmd", "edge", "internal", "worker"} {
		output, err := exec.Command("cp", "-R", path, filepath.Join(folder, path)).CombinedOutput()
		require.NoError(t, err, string(output))
	}
	all := map[string]string{
		"site/site.go": `// Package site is a site of one fragment.
package site

import (
	"io"
	"net/http"
)

// Origin answers it.
func Origin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<p>Hello!</p>")
	})
}
`,
		"site/pages/pages.go": `// Package pages is the page of that site.
package pages

import "inlay/edge"

// All are the pages.
func All() ([]edge.Page, error) {
	page, err := edge.ParsePage("/hello", "<!doctype html><title>Hello</title><body><edge-slot name=\"a\" src=\"/a\"></edge-slot>")
	return []edge.Page{page}, err
}
`,
	}
	for path, text := range files {
		all[path] = text
	}
	for path, text := range all {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, path), []byte(text), 0o600))
	}
	return folder
}

// in runs a shell script in a folder.
func in(folder, script string) (string, error) {
	cmd := exec.Command("bash", "-c", "set -euo pipefail\n"+script)
	cmd.Dir = folder
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func TestAnotherSiteIsBuilt(t *testing.T) {
	t.Parallel()
	const own = "export { default } from \"./worker.mjs\";\n"
	for name, files := range map[string]map[string]string{
		"with an entry":    {"site/main.mjs": own},
		"without one":      {"wrangler.toml": strings.Replace(wranglerToml(t), "build/main.mjs", "./build/worker.mjs", 1)},
		"with data of its": {"site/main.mjs": own, "site/data/list.z": "kept"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := checkout(t, files)
			output, err := in(folder, "./build.sh build")
			require.NoError(t, err, output)
			assert.NotContains(t, output, "No such file")
			for _, module := range []string{"worker.mjs", "core.wasm", "app.wasm", "pages.bin", "wasm_exec.js", "workerd.capnp"} {
				assert.FileExists(t, filepath.Join(folder, "build", module))
			}
			output, err = in(folder, "./build.sh clean")
			require.NoError(t, err, output)
			assert.Empty(t, output)
			assert.NoDirExists(t, filepath.Join(folder, "build"))
			for path := range files {
				assert.FileExists(t, filepath.Join(folder, path), "no other site's files are cleaned away")
			}
		})
	}
}

func wranglerToml(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("wrangler.toml")
	require.NoError(t, err)
	return string(text)
}

// A second signal does not wait for those that the first one would have let end.
func TestASecondSignalEndsServeAtOnce(t *testing.T) {
	t.Parallel()
	gates := &held{}
	s := harness.Start(t, exec.Command("./build.sh", "serve", "-C", harness.Site), []string{"PORT=0", "INLAY_ORIGIN=" + newOrigin(t, gates.answer).URL})
	s.Listens(harness.ServeReady)
	page := browse(t, s.URL+fivePage) // its head is there, its fragments are not
	defer func() { _ = page.Body.Close() }()
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	endsToListen(t, s) // the first one has been seen
	begun := time.Now()
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, s.Cmd.Wait())
	assert.Less(t, time.Since(begun), 5*time.Second, "the drain is 10 s")
}
