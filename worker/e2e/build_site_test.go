package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	for _, path := range []string{"build.sh", "wrangler.toml", "go.mod", "go.sum", "tools", "cache", "edge", "internal", "worker"} {
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

// listed is what the Worker of a checkout consists of, or what is wrong with it.
func listed(folder string) (string, error) {
	return in(folder, `. tools/lib.sh; . tools/install.sh; . tools/modules.sh; mkdir -p build; list_glue; copy_glue; printf '%s ' "${MODULES[@]}"`)
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
			// The core is the same; making it is what takes long.
			_, err := in(folder, "mkdir -p build && cp -R '"+workingFolder(t)+"/build/.stamps' '"+workingFolder(t)+"/build/core.wasm' build/")
			require.NoError(t, err)
			output, err := in(folder, "rm -f build/.stamps/{site,pages,app,sizes}; ./build.sh build")
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

func workingFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	return folder
}

func TestEntryOfEachSpelling(t *testing.T) {
	t.Parallel()
	folder := checkout(t, map[string]string{"site/main.mjs": "export { default } from \"./worker.mjs\";\n"})
	toml := wranglerToml(t)
	line := regexp.MustCompile(`(?m)^main = .*$`)
	write := func(main string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "wrangler.toml"), []byte(line.ReplaceAllLiteralString(toml, main)), 0o600))
	}
	for _, main := range []string{
		`main = "build/main.mjs"`, `main = "./build/main.mjs"`, `main = 'build/main.mjs'`, `main='./build/main.mjs' # the entry`,
		`  main	=	"build/main.mjs"`, `"main" = "build/main.mjs"`, `main = ".//build//main.mjs"`,
	} {
		write(main)
		output, err := listed(folder)
		require.NoError(t, err, "%s: %s", main, output)
		assert.Regexp(t, `^main\.mjs worker\.mjs `, output, main)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "build/wasm_exec.js"), nil, 0o600))
	for main, says := range map[string]string{
		``:                            `main is ""`,
		`main = "main.mjs"`:           `main is "main.mjs", and has to be a module directly in build/`,
		`main = "site/main.mjs"`:      `main is "site/main.mjs"`,
		`main = "build/sub/main.mjs"`: `main is "build/sub/main.mjs"`,
		`main = "build/gone.mjs"`:     `wrangler.toml: main is gone.mjs: there is no such file in site, site/data, worker`,
		`main = "build/main.ts"`:      `main is "build/main.ts"`,
		`[env.x]` + "\n" + `main = "build/main.mjs"`: `main is ""`,
	} {
		write(main)
		output, err := listed(folder)
		require.Error(t, err, main)
		assert.Contains(t, output, says, main)
		assert.FileExists(t, filepath.Join(folder, "build/worker.mjs"), "nothing is removed: %s", main)
		assert.FileExists(t, filepath.Join(folder, "build/wasm_exec.js"), main)
	}
}

func TestModulesThatCannotBeInTheWorkerAreRefused(t *testing.T) {
	t.Parallel()
	const inlay = "export { default } from \"./worker.mjs\";\n"
	for code, says := range map[string]string{
		`import "./lib/util.mjs";`:           `site/main.mjs imports ./lib/util.mjs: modules must lie directly in site/: lib/util.mjs`,
		`import "../lib/util.mjs";`:          `modules must lie directly in site/: lib/util.mjs`,
		`export * from "./util";`:            `site/main.mjs imports ./util: no rule of wrangler.toml takes such a name; they take those that end in .mjs, .js, .wasm, .bin, .z`,
		`import page from "./page.html";`:    `site/main.mjs imports ./page.html: no rule`,
		`import { z } from 'zod';`:           `site/main.mjs imports zod: nothing is bundled`,
		`import "https://example.com/a.mjs"`: `imports https://example.com/a.mjs: nothing is bundled`,
		`import "/a.mjs"`:                    `imports /a.mjs: nothing is bundled`,
		`import "./gone.mjs";`:               `site/main.mjs imports gone.mjs: there is no such file in site, site/data, worker`,
		`await import("./gone.bin");`:        `site/main.mjs imports gone.bin: there is no such file`,
		`import "./stale.mjs";`:              `site/main.mjs imports stale.mjs: there is no such file`,
		`import "./beside.mjs";`:             `site/beside.mjs imports far.mjs: there is no such file`,
		"\nimport from from;":                "site/main.mjs:3",
		`import x from "./a b.mjs";`:         `a module's name has letters`,
	} {
		folder := checkout(t, map[string]string{
			"site/main.mjs": inlay + code, "site/beside.mjs": `import "./far.mjs";`, "site/lib/util.mjs": "", "build/stale.mjs": "",
			"site/page.html": "",
		})
		output, err := listed(folder)
		require.Error(t, err, code)
		assert.Contains(t, output, says, code)
		assert.NotContains(t, output, "cp:", code)
	}
	for code, says := range map[string]string{
		"export default {};": `site/main.mjs has to export what inlay is`,
	} {
		output, err := listed(checkout(t, map[string]string{"site/main.mjs": code}))
		require.Error(t, err, code)
		assert.Contains(t, output, says, code)
	}

	// What only looks like an import is none.
	output, err := listed(checkout(t, map[string]string{"site/beside.mjs": "", "site/main.mjs": inlay + `
		import { DurableObject } from "cloudflare:workers";
		import { Buffer } from "node:buffer";
		import {
			a,
		} from './beside.mjs'; // import "zod"
		/* import "yup" */
		export const text = "Greetings from 'Bob', import \"zod\"", html = ` + "`<p>from \"there\"`" + `;
		export const later = () => import("./later.mjs");`, "site/later.mjs": ""}))
	require.NoError(t, err, output)
	assert.Regexp(t, `\bbeside\.mjs .*later\.mjs `, output)

	// A copy in build/ is no source.
	folder := checkout(t, map[string]string{"site/main.mjs": inlay})
	output, err = listed(folder)
	require.NoError(t, err, output)
	require.NoError(t, os.Remove(filepath.Join(folder, "site/main.mjs")))
	output, err = listed(folder)
	require.Error(t, err)
	assert.Contains(t, output, "wrangler.toml: main is main.mjs: there is no such file in site, site/data, worker")
}

// A bare workerd gets the site's own variables.
func TestVariablesOfTheSiteAreBound(t *testing.T) {
	t.Parallel()
	toml := strings.Replace(wranglerToml(t), "[vars]", "[vars]\nRATES_API = \"https://rates.example\"\n\"QUOTED\" = 'x'\n# NOT_THIS = \"\"", 1)
	toml = "vars.DOTTED = \"x\"\n" + toml + "\n[version_metadata]\nbinding = \"VERSION\"\n[env.other.vars]\nELSEWHERE = \"x\"\n"
	folder := checkout(t, map[string]string{
		"site/main.mjs": "export { default } from \"./worker.mjs\";\n", "wrangler.toml": toml,
		".dev.vars":      "API_KEY=s3cret\nexport EXPORTED=\"x\"\n# COMMENT=1\n",
		"site/sub/in.go": "package sub\n\nconst name = \"SITE_IN_A_FOLDER\"\n",
	})
	output, err := in(folder, `. tools/lib.sh; . tools/modules.sh; mkdir -p build; list_glue; write_capnp build/workerd.capnp '' core.wasm`)
	require.NoError(t, err, output)
	require.Empty(t, output)
	capnp, err := os.ReadFile(filepath.Join(folder, "build/workerd.capnp"))
	require.NoError(t, err)
	header, _, _ := strings.Cut(string(capnp), "using")
	for _, name := range []string{"INLAY_ORIGIN", "SITE_IN_A_FOLDER", "RATES_API", "QUOTED", "DOTTED", "API_KEY", "EXPORTED"} {
		assert.Contains(t, string(capnp), "(name = \""+name+"\", fromEnvironment = \""+name+"\")")
		assert.Regexp(t, `\b`+name+`\b`, header)
	}
	assert.Contains(t, header, "no KV, no D1")
	for _, name := range []string{"NOT_THIS", "COMMENT", "ELSEWHERE", "binding", "s3cret"} {
		assert.NotContains(t, string(capnp), "\""+name+"\"")
	}

	require.NoError(t, os.WriteFile(filepath.Join(folder, "wrangler.toml"), []byte("vars = { INLINE_A = \"x\", INLINE_B = \"y\" }\n"), 0o600))
	output, err = in(folder, `. tools/lib.sh; . tools/modules.sh; variables`)
	require.NoError(t, err)
	assert.Contains(t, output, "INLINE_A\nINLINE_B\n")
}

func TestWithoutAnythingThatHashes(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("./build.sh", "serve")
	cmd.Env = append(os.Environ(), "PATH="+pathWithout(t, "sha256sum", "shasum"))
	output, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(output), "build.sh: missing: sha256sum or shasum")
	assert.Equal(t, 1, strings.Count(string(output), "\n"), string(output))
}

// A second signal does not wait for those that the first one would have let end.
func TestASecondSignalEndsServeAtOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, exec.Command("./build.sh", "serve"), []string{"PORT=0", "SITE_DELAY_MS=30000"})
	s.Listens(harness.ServeReady)
	page := browse(t, s.URL+packagePage) // its head is there, its fragments are not
	defer func() { _ = page.Body.Close() }()
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { // it no longer listens: the first one has been seen
		_, err := http.Get(s.URL + "/robots.txt")
		return err != nil
	}, 20*time.Second, 10*time.Millisecond)
	begun := time.Now()
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, s.Cmd.Wait())
	assert.Less(t, time.Since(begun), 5*time.Second, "the drain is 10 s")
}
