package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/internal/corewasm"
	"inlay/worker"
)

// bareToml is what somebody writes who knows nothing of how modules are uploaded: wrangler bundles them.
const bareToml = `name = "shop"
main = "build/main.mjs"
compatibility_date = "2026-11-01"
vars = { INLAY_ORIGIN = "https://shop.example.com" }
`

// What each kind of site consists of, once it is built.
func TestEachKindOfSiteIsBuilt(t *testing.T) {
	t.Parallel()
	glue := []string{"worker.mjs", "core.mjs", "exchange.mjs", "fills.mjs", "pass.mjs", "core.wasm", "shell.mjs", "shell.wasm", "variables.mjs", "variables.wasm", "pages.bin", "app-instances.mjs"}
	withGo := append([]string{"main.mjs", "app.wasm", "wasm_exec.js", "go.mjs"}, glue...)
	for name, c := range map[string]struct {
		files    map[string]string
		modules  []string
		patterns string
	}{
		"pages alone":  {map[string]string{"pages/index.html": shell, "pages/b/{id}.html": shell}, append([]string{"main.mjs", "not-found.mjs"}, glue...), "/b/{id} /{$}"},
		"an origin":    {map[string]string{"wrangler.toml": bareToml}, append([]string{"main.mjs", "not-found.mjs"}, glue...), ""},
		"a program":    {map[string]string{"main.go": programGo, "pages/index.html": shell}, withGo, "/{$}"},
		"two packages": {map[string]string{"site/site.go": siteGo, "site/pages/pages.go": pagesGo}, withGo, "/hello"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := site(t, goMod(t), c.files)
			result := mustRun(t, p)
			assert.Subset(t, result.Modules, c.modules)
			assert.Subset(t, result.Changed, append([]string{"workerd.capnp"}, c.modules...))
			assert.Equal(t, strings.Contains(strings.Join(c.modules, " "), "app.wasm"), isFile(p.Build(), "app.wasm"))
			for _, module := range result.Modules {
				assert.FileExists(t, filepath.Join(p.Build(), module))
			}
			pages, err := edge.DecodePages([]byte(readBuilt(t, p, "pages.bin")))
			require.NoError(t, err)
			var patterns []string
			for i := range pages {
				patterns = append(patterns, pages[i].Pattern)
			}
			assert.Equal(t, c.patterns, strings.Join(patterns, " "))

			again := mustRun(t, p)
			assert.Empty(t, again.Changed, "nothing is made twice")
			assert.Equal(t, result.Modules, again.Modules)
		})
	}
}

func isFile(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// What lies about in build/ is removed if it would be uploaded, and left alone if not.
func TestWhatTheWorkerDoesNotImportIsRemoved(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell})
	gone := []string{"app.wasm", "old.mjs", ".old.mjs", "old.js", "old.wasm", "old.bin", "old.z", "go.mjs", "wasm_exec.js"}
	kept := []string{"notes.txt", "old.cjs", "core.mjs~", "sub/old.mjs", "test/old.wasm"}
	for _, name := range append(gone, kept...) {
		put(t, p.Build(), map[string]string{name: "x"})
	}
	result := mustRun(t, p)
	assert.Subset(t, result.Changed, gone)
	for _, name := range gone {
		assert.NoFileExists(t, filepath.Join(p.Build(), name))
	}
	for _, name := range kept {
		assert.FileExists(t, filepath.Join(p.Build(), name))
	}
}

// A site that loses its Go loses app.wasm; its 404.html then is in the Worker.
func TestASiteWithoutGoHasItsNotFoundPage(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell, "pages/404.html": "<!doctype html><title>Gone</title><p>`${'\"</script>\u2028é"})
	mustRun(t, p)
	assert.Contains(t, readBuilt(t, p, "app-instances.mjs"), "the site has no Go")
	all, err := edge.DecodePages([]byte(readBuilt(t, p, "pages.bin")))
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, edge.NotFound, all[1].Pattern)
	const script = `import { Shells } from "./not-found.mjs";
import { readFileSync } from "node:fs";
process.stdout.write(new Shells(new Uint8Array(readFileSync("pages.bin")).buffer).of(404).html);`
	cmd := exec.Command("node", "--input-type=module", "-e", script)
	cmd.Dir = p.Build()
	output, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, "<!doctype html><title>Gone</title><p>`${'\"</script>\u2028é", string(output))
}

func TestTheCoreIsTheOneThatCameWithInlay(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell})
	mustRun(t, p)
	assert.Equal(t, string(worker.Core), readBuilt(t, p, "core.wasm"))
	assert.Equal(t, string(worker.Shell), readBuilt(t, p, "shell.wasm"))
	assert.Equal(t, string(worker.Variables), readBuilt(t, p, "variables.wasm"))
	_, err := Run(context.Background(), p, Options{Test: true})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "a core for tests can only be made in inlay's own repository")
}

// In a checkout whose sources are not those of the record, the core is compiled; where there is no TinyGo, that is told.
func TestACoreOfOtherSourcesIsNotTakenForTheirs(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", pathWithout(t, "tinygo"))
	checkout := t.TempDir()
	put(t, checkout, map[string]string{
		"go.mod":              "module inlay\n\ngo 1.26\n",
		"worker/core/main.go": "package main\n\nimport \"inlay/cache\"\n\nfunc main() { _ = cache.X }\n",
		"worker/target.json":  "{}",
		"cache/cache.go":      "package cache\n\nconst X = 1\n",
		"edge/edge.go":        "package edge\n", "internal/a/a.go": "package a\n",
	})
	for _, p := range []string{
		"module inlay\n\ngo 1.26\n",
		"module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nreplace inlay => " + checkout + "\n",
		"module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nreplace (\n\tinlay v0.0.0 => " + checkout + " // for now\n)\n",
	} {
		files := map[string]string{"pages/index.html": shell, "main.go": "package main\n\nfunc main() {}\n", "go.mod": p}
		one := site(t, files)
		if strings.HasPrefix(p, "module inlay") {
			put(t, checkout, map[string]string{"wrangler.toml": wranglerToml, "pages/index.html": shell})
			one = load(t, checkout)
		}
		_, err := coreWasm().make(context.Background(), one)
		require.ErrorIs(t, err, corewasm.ErrNoTinyGo, p)
		assert.Contains(t, err.Error(), "is not what worker/core.record says")
		assert.Contains(t, err.Error(), "./build.sh core installs one")
	}
	for _, p := range []string{"module shop\n\nrequire inlay v1.0.0\n", "module shop\n\nreplace inlay => example.com/fork v1.0.0\n", "module inlays\n"} {
		one := site(t, map[string]string{"main.go": "package main\n", "go.mod": p})
		_, err := coreWasm().make(context.Background(), one)
		require.NoError(t, err, p)
	}
}

// A core that was not made anew for what reads and calls it is noticed here, and not by the site's visitors.
func TestAModuleThatDoesNotFitIsRefused(t *testing.T) {
	const told = "in inlay's repository, run ./build.sh core"
	p := site(t, map[string]string{"pages/index.html": shell})
	mustRun(t, p)
	fit, form := []byte(readBuilt(t, p, "core.wasm")), edge.EncodePages(nil)
	require.NoError(t, coreWasm().fits(fit), "what a site without Go gets, be it the program's own or its checkout's")
	form = form[:bytes.IndexByte(form, '\n')]
	old := bytes.ReplaceAll(bytes.Clone(fit), form, bytes.Repeat([]byte("x"), len(form)))
	assert.ErrorContains(t, coreWasm().fits(old), `it does not read "`+string(form)+`"`)
	assert.ErrorContains(t, coreWasm().fits(old), told)
	other := bytes.ReplaceAll(bytes.Clone(fit), []byte("\x08fill_end"), []byte("\x08fill_ena"))
	assert.ErrorContains(t, coreWasm().fits(other), "it has no fill_end, which the glue calls")
	other = bytes.ReplaceAll(bytes.Clone(fit), []byte("\x08new_blob"), []byte("\x08new_blot"))
	assert.ErrorContains(t, coreWasm().fits(other), "it imports new_blot, which the glue does not have")
	reader := []byte(readBuilt(t, p, "shell.wasm"))
	require.NoError(t, shellWasm().fits(reader))
	other = bytes.ReplaceAll(reader, []byte("\x05write"), []byte("\x05writs"))
	assert.ErrorContains(t, shellWasm().fits(other), "the shell.wasm that this program carries")
	assert.ErrorContains(t, shellWasm().fits(other), "it has no write, which the glue calls")
	variables := []byte(readBuilt(t, p, "variables.wasm"))
	require.NoError(t, variablesWasm().fits(variables))
	other = bytes.ReplaceAll(variables, []byte("\x05parse"), []byte("\x05parso"))
	assert.ErrorContains(t, variablesWasm().fits(other), "it has no parse, which the glue calls")
	assert.FileExists(t, filepath.Join(ownCheckout(), "internal", "build", "wasm.go"))
}

// A site is built by the release of inlay that it takes.
func TestAnotherReleaseThanTheSitesIsRefused(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	put(t, module, map[string]string{"go.mod": "module inlay\n\ngo 1.26\n", "worker/core.record": "another"})
	files := map[string]string{"pages/index.html": shell, "main.go": "package main\n\nfunc main() {}\n", "go.mod": "module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nreplace inlay v0.0.0 => " + module + "\n"}
	p := site(t, files)
	for range 2 { // the second time as it was remembered
		_, err := Run(context.Background(), p, Options{})
		require.Error(t, err)
		assert.Contains(t, err.Error(), "the site's go.mod has another release of inlay, in "+module+", than this program is of; run its own: go tool inlay")
	}
	put(t, module, map[string]string{"worker/core.record": worker.Record})
	require.NoError(t, checkRelease(context.Background(), p))
	require.NoError(t, checkRelease(context.Background(), site(t, map[string]string{"pages/index.html": shell})))
	require.NoError(t, checkRelease(context.Background(), site(t, files, map[string]string{"go.mod": "module shop\n"})))
}

// pathWithout is a PATH with everything on it but a program.
func pathWithout(t *testing.T, name string) string {
	t.Helper()
	folder := t.TempDir()
	for _, from := range filepath.SplitList(os.Getenv("PATH")) {
		entries, err := os.ReadDir(from)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.Name() != name {
				_ = os.Symlink(filepath.Join(from, e.Name()), filepath.Join(folder, e.Name())) // the first of a name counts
			}
		}
	}
	return folder
}

func TestMistakesOfAllPartsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	p := site(t, goMod(t), map[string]string{
		"main.go":           strings.Replace(programGo, "io.WriteString", "io.WriteStrin", 1) + "\nfunc other() int { return \"x\" }\n",
		"pages/index.html":  shell + "\n<edge-slot></edge-slot>",
		"pages/a/{id}.html": "<!doctype html>\n<edge-slot name=\"a\" src=\"/{other}\"></edge-slot>",
		"main.mjs":          entry + "import './gone.mjs';",
	})
	_, err := Run(context.Background(), p, Options{})
	var problems Problems
	require.ErrorAs(t, err, &problems)
	var places []string
	for _, one := range problems {
		place, _, _ := strings.Cut(one.String(), ": ")
		places = append(places, place)
	}
	assert.ElementsMatch(t, []string{"main.mjs:2:8", "pages/a/{id}.html:2:1", "pages/index.html:2:1", "main.go:18:12", "main.go:21:27"}, places, err.Error())
	assert.NoFileExists(t, filepath.Join(p.Build(), "pages.bin"))
}

func TestMistakesOfPagesThatAreGoAreTold(t *testing.T) {
	t.Parallel()
	p := site(t, goMod(t), map[string]string{"site/site.go": siteGo, "site/pages/pages.go": strings.Replace(pagesGo, "src=", "srk=", 1)})
	_, err := Run(context.Background(), p, Options{})
	var problems Problems
	require.ErrorAs(t, err, &problems)
	assert.Contains(t, err.Error(), "srk")
}

func TestWhatGoSaysWithoutAPlaceIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"a module that is not there": {map[string]string{"go.mod": "module shop\n\ngo 1.26\n"}, "main.go:8:2: package inlay/worker/app is not in std"},
		"a go.mod that is none":      {map[string]string{"go.mod": "modul shop\n"}, "go.mod:1: unknown directive: modul"},
		"an import that is unused":   {map[string]string{"main.go": strings.Replace(programGo, "\"io\"", "\"io\"\n\t\"os\"", 1)}, `main.go:6:2: "os" imported and not used`},
		"nothing to embed":           {map[string]string{"main.go": strings.Replace(programGo, "all:pages", "all:page", 1)}, "main.go:11:12: pattern all:page: no matching files found"},
		"a cycle":                    {map[string]string{"main.go": strings.Replace(programGo, "\"io\"", "\"io\"\n\t_ \"shop/a\"", 1), "a/a.go": "package a\n\nimport _ \"shop/b\"\n", "b/b.go": "package b\n\nimport _ \"shop/a\"\n"}, "import cycle not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := site(t, goMod(t), map[string]string{"main.go": programGo, "pages/index.html": shell}, c.files)
			_, err := App(context.Background(), p)
			var problems Problems
			require.ErrorAs(t, err, &problems)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

// One with Go is told; one without may be in front of a server that has all of them.
func TestASiteWithoutPagesIsTold(t *testing.T) {
	for _, files := range []map[string]string{{}, {"pages/readme.txt": ""}, {"pages/404.html": "<!doctype html><title>x</title>"}, {"pages/5xx.html": "<!doctype html><title>x</title>"}} {
		_, err := Pages(context.Background(), site(t, goMod(t), map[string]string{"main.go": programGo}, files))
		require.Error(t, err)
		assert.Contains(t, err.Error(), "pages: the site has no pages; a page is an HTML file in this folder")
		_, err = Pages(context.Background(), site(t, files))
		require.NoError(t, err)
	}
}

// Programs of the site's own that go:generate names are run when they have changed, or what they made is gone.
func TestGeneratorsRunWhenTheyHaveTo(t *testing.T) {
	t.Parallel()
	const generator = `package main

import "os"

func main() {
	log, err := os.OpenFile("runs.txt", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = log.WriteString("x")
	}
	if err == nil {
		err = os.WriteFile(os.Args[1], nil, 0o644)
	}
	if err != nil {
		panic(err)
	}
}
`
	p := site(t, map[string]string{
		"go.mod":      "module shop\n\ngo 1.26\n",
		"main.go":     "package main\n\n//go:generate go run ./gen made.z\n//go:generate no-such-program\n\nfunc main() {}\n",
		"gen/main.go": generator,
	})
	runs := func() int {
		require.NoError(t, Generate(context.Background(), p))
		text, err := os.ReadFile(filepath.Join(p.Site, "runs.txt"))
		require.NoError(t, err)
		return len(text)
	}
	assert.Equal(t, 1, runs())
	assert.Equal(t, 1, runs(), "nothing has changed")
	require.NoError(t, os.Remove(filepath.Join(p.Site, "made.z")))
	assert.Equal(t, 2, runs(), "what it made was gone")
	put(t, p.Site, map[string]string{"gen/more.go": "package main\n"})
	assert.Equal(t, 3, runs(), "the program is another")
	put(t, p.Site, map[string]string{"main.go": "package main\n\n//go:generate go run ./gen other.z\n\nfunc main() {}\n"})
	assert.Equal(t, 4, runs(), "the line is another")
	assert.FileExists(t, filepath.Join(p.Site, "other.z"))
	put(t, p.Site, map[string]string{"gen/a_test.go": "package main\n", "other.go": "package main\n"})
	assert.Equal(t, 4, runs(), "tests and other files are no part of it")
	put(t, p.Site, map[string]string{"gen/more.go": "package main\n\nvar x int = \"\"\n"})
	err := Generate(context.Background(), p)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "gen/more.go:3:13: ")
}

// A generator may leave alone what is right already: it is still what the generator made, also after one that failed.
func TestWhatAGeneratorLeavesAloneIsItsOwn(t *testing.T) {
	t.Parallel()
	const generator = `package main

import "os"

func main() {
	if _, err := os.Stat("made.z"); err == nil {
		return
	}
	if err := os.WriteFile("made.z", nil, 0o644); err != nil {
		panic(err)
	}
}
`
	p := site(t, map[string]string{
		"go.mod":      "module shop\n\ngo 1.26\n",
		"main.go":     "package main\n\n//go:generate go run ./gen\n\nfunc main() {}\n",
		"gen/main.go": generator,
	})
	for _, change := range []string{"package main\n", "package main\n\n// Another.\n", "package main\n\nvar x int = \"\"\n", "package main\n"} {
		put(t, p.Site, map[string]string{"gen/more.go": change})
		err := Generate(context.Background(), p)
		assert.Equal(t, strings.Contains(change, "int"), err != nil, "%v", err)
		_, made, _ := strings.Cut(remembered(p, "generate"), "\n")
		assert.Equal(t, p.Rel(filepath.Join(p.Site, "made.z")), made)
	}
	require.NoError(t, os.Remove(filepath.Join(p.Site, "made.z")))
	require.NoError(t, Generate(context.Background(), p))
	assert.FileExists(t, filepath.Join(p.Site, "made.z"))
}

// Two builds at once do not tread on each other, and a build that is told to end while it waits does.
func TestBuildsWaitForEachOther(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell})
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { _, errs[i] = Run(context.Background(), p, Options{}) })
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))

	unlock, err := lock(context.Background(), p)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = Run(ctx, p, Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	unlock()
	mustRun(t, p)
}

func TestSizesAreThoseOfTheModules(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell})
	result := mustRun(t, p)
	for range 2 { // the second time as they were remembered
		sizes, err := Sizes(p, result.Modules)
		require.NoError(t, err)
		require.Len(t, sizes, len(result.Modules))
		for i, s := range sizes {
			assert.Len(t, readBuilt(t, p, s.Name), s.Raw)
			assert.Positive(t, s.Gzipped)
			assert.True(t, i == 0 || sizes[i-1].Name < s.Name)
		}
	}
	put(t, p.Build(), map[string]string{"main.mjs": "x"})
	sizes, err := Sizes(p, []string{"main.mjs"})
	require.NoError(t, err)
	assert.Equal(t, 1, sizes[0].Raw)
}

// The program for other machines tells nothing of this one's folders, and serves.
func TestAProgramForOtherMachinesIsMade(t *testing.T) {
	t.Parallel()
	p := site(t, goMod(t), map[string]string{"main.go": programGo, "pages/index.html": shell})
	program := filepath.Join(t.TempDir(), "shop")
	require.NoError(t, Release(context.Background(), p, program))
	bytes, err := os.ReadFile(program)
	require.NoError(t, err)
	assert.NotContains(t, string(bytes), p.Root)
	output, err := exec.Command(program, "-check").CombinedOutput()
	require.NoError(t, err, string(output))
	require.ErrorIs(t, Release(context.Background(), site(t, map[string]string{"pages/index.html": shell}), program), errNoProgram)
}

func TestThePackagesAreTheSitesOwn(t *testing.T) {
	p := site(t, goMod(t), map[string]string{
		"main.go": programGo, "pages/index.html": shell, "a/a.go": "package a\n", "node_modules/x/x.go": "package x\n", "build/b.go": "package b\n",
	})
	packages, err := Packages(context.Background(), p)
	require.NoError(t, err)
	assert.Equal(t, []string{"shop", "shop/a"}, packages)
}
