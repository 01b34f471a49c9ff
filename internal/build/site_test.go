package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

// Sites of others: nothing in them but what the test says.

const (
	wranglerToml = `name = "shop"
main = "build/main.mjs"
compatibility_date = "2026-11-01"
compatibility_flags = ["enable_request_signal"]
no_bundle = true
rules = [
  { type = "Text", globs = [], fallthrough = false },
  { type = "ESModule", globs = ["*.mjs", "*.js"], fallthrough = false },
  { type = "CompiledWasm", globs = ["*.wasm"], fallthrough = false },
  { type = "Data", globs = ["*.bin", "*.z"], fallthrough = false },
]
`
	entry = "export { default } from \"./worker.mjs\";\n"
	shell = "<!doctype html><title>Hello</title><body><edge-slot name=\"a\" src=\"/a\"></edge-slot>"

	programGo = `package main

import (
	"embed"
	"io"
	"net/http"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() { app.Main(pages, http.HandlerFunc(hello)) }

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<p>Hello!</p>")
}
`
	siteGo = `// Package site is a site of one fragment.
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
`
	pagesGo = `// Package pages is the page of that site.
package pages

import "inlay/edge"

// All are the pages.
func All() ([]edge.Page, error) {
	page, err := edge.ParsePage("/hello", "<!doctype html><title>Hello</title><body><edge-slot name=\"a\" src=\"/a\"></edge-slot>")
	return []edge.Page{page}, err
}
`
)

// repository is the folder of inlay's go.mod.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	return root
}

// goMod is that of a site which takes inlay from this checkout, and its go.sum.
func goMod(t *testing.T) map[string]string {
	t.Helper()
	own, err := os.ReadFile(filepath.Join(repository(t), "go.mod"))
	require.NoError(t, err)
	syumai := ""
	for line := range strings.Lines(string(own)) {
		if strings.Contains(line, "github.com/syumai/workers ") {
			syumai = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "require"))
		}
	}
	require.NotEmpty(t, syumai)
	sum, err := os.ReadFile(filepath.Join(repository(t), "go.sum"))
	require.NoError(t, err)
	return map[string]string{
		"go.mod": "module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nrequire " + syumai + " // indirect\n\nreplace inlay => " + repository(t) + "\n",
		"go.sum": string(sum),
	}
}

// site makes a project of files in a temporary folder, and loads it. A wrangler.toml that is not among them is wranglerToml.
func site(t *testing.T, files ...map[string]string) *project.Project {
	t.Helper()
	root := t.TempDir()
	put(t, root, map[string]string{"wrangler.toml": wranglerToml})
	for _, some := range files {
		put(t, root, some)
	}
	return load(t, root)
}

func put(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for path, text := range files {
		path = filepath.Join(root, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

func load(t *testing.T, root string) *project.Project {
	t.Helper()
	p, err := project.Load(root)
	require.NoError(t, err)
	return p
}

// names are those of what a Worker consists of, or what is wrong with it.
func names(p *project.Project) (string, error) {
	modules, err := gather(p)
	var all []string
	for _, m := range modules {
		all = append(all, m.name)
	}
	return strings.Join(all, " "), err
}

func readBuilt(t *testing.T, p *project.Project, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Build(), filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(text)
}

func mustRun(t *testing.T, p *project.Project) *Result {
	t.Helper()
	result, err := Run(context.Background(), p, Options{})
	require.NoError(t, err)
	return result
}
