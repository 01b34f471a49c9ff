package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// called runs a command line.
func called(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

// siteOf makes a site of files in a temporary folder.
func siteOf(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	all := map[string]string{"wrangler.toml": shopToml, "pages/index.html": "<!doctype html><title>Shop</title><p>Hello"}
	for path, text := range files {
		all[path] = text
	}
	for path, text := range all {
		path = filepath.Join(root, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

const shopToml = `name = "shop"
main = "build/main.mjs"
compatibility_date = "2026-11-01"
no_bundle = true
rules = [
  { type = "ESModule", globs = ["*.mjs", "*.js"], fallthrough = false },
  { type = "CompiledWasm", globs = ["*.wasm"], fallthrough = false },
  { type = "Data", globs = ["*.bin"], fallthrough = false },
]
`

func TestEachCommandHasHelp(t *testing.T) {
	status, all, errs := called(t, "help")
	assert.Zero(t, status)
	assert.Empty(t, errs)
	for _, one := range commands() {
		assert.Contains(t, all, "\n  "+one.name+" ")
		assert.Contains(t, all, one.short)
		for _, line := range strings.Split(one.long, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 125, "%s: %s", one.name, line)
		}
		_, want, _ := called(t, "help", one.name)
		assert.True(t, strings.HasPrefix(want, "usage: inlay "+one.name+" "), want)
		for _, args := range [][]string{{one.name, "-h"}, {one.name, "--help"}, {one.name, "-C", "/nowhere", "-help"}} {
			status, out, errs := called(t, args...)
			assert.Zero(t, status, args)
			assert.Empty(t, errs, args)
			assert.Equal(t, want, out, args)
		}
	}
	for _, args := range [][]string{{"-h"}, {"--help"}, {"help"}} {
		_, out, _ := called(t, args...)
		assert.Equal(t, all, out)
	}
	_, out, _ := called(t, "--version")
	assert.Contains(t, out, "inlay ")
}

func TestWrongUsesAreToldWithWhereToLook(t *testing.T) {
	for line, says := range map[string]string{
		"":                           "usage: inlay COMMAND",
		"bulid":                      "inlay: there is no command bulid; see inlay help\n",
		"help bulid":                 "inlay: there is no command bulid; see inlay help\n",
		"-x build":                   "inlay: there is no option -x before the command; see inlay help\n",
		"-C":                         "inlay: -C lacks its folder; see inlay help\n",
		"build -C":                   "inlay: -C lacks its value; see inlay help build\n",
		"deploy -C":                  "inlay: -C lacks its folder; see inlay help deploy\n",
		"build --native":             "inlay: --native and -o FILE go together, and without --test; see inlay help build\n",
		"build -o x":                 "inlay: --native and -o FILE go together",
		"build --native -o x --test": "inlay: --native and -o FILE go together",
		"build x":                    "inlay: build does not take \"x\"; see inlay help build\n",
		"build -x":                   "inlay: there is no option -x; see inlay help build\n",
		"version x":                  "inlay: version does not take \"x\"",
	} {
		status, out, errs := called(t, strings.Fields(line)...)
		assert.Equal(t, 2, status, line)
		assert.Empty(t, out, line)
		assert.True(t, strings.HasPrefix(errs, says), "%s: %s", line, errs)
	}
}

func TestASiteIsBuiltFromWhereverItIsNamed(t *testing.T) {
	root := siteOf(t, map[string]string{"sub/readme": ""})
	for _, args := range [][]string{{"build", "-C", root}, {"-C", root, "build"}, {"-C", filepath.Dir(root), "build", "-C", filepath.Base(root)}, {"build", "-C=" + filepath.Join(root, "sub")}} {
		require.NoError(t, os.RemoveAll(filepath.Join(root, "build")))
		status, out, errs := called(t, args...)
		require.Zero(t, status, errs)
		assert.Contains(t, out, "core.wasm")
		assert.Regexp(t, `(?m)^  all +[\d.]+ KiB +[\d.]+ KiB gzipped$`, out)
		assert.FileExists(t, filepath.Join(root, "build", "core.wasm"))
	}
	t.Chdir(filepath.Join(root, "sub"))
	status, _, errs := called(t, "build")
	require.Zero(t, status, errs)
}

func TestMistakesInTheSiteAreToldAsCompilersDo(t *testing.T) {
	root := siteOf(t, map[string]string{"pages/a.html": "<p>\n<edge-slot>", "pages/b.html": "<edge-slot src=/x>", "main.mjs": "import 'zod'"})
	t.Chdir(filepath.Join(root, "pages"))
	status, out, errs := called(t, "build")
	assert.Equal(t, 1, status)
	assert.Empty(t, out)
	assert.Regexp(t, `(?m)^a\.html:2:1: .+`, errs)
	assert.Regexp(t, `(?m)^b\.html:1:1: .+`, errs)
	assert.Regexp(t, `(?m)^\.\./main\.mjs:1:8: imports zod: nothing is bundled`, errs)
	assert.True(t, strings.HasSuffix(errs, "\ninlay: 3 mistakes in the site's files; see above\n"), errs)

	t.Chdir(t.TempDir())
	status, _, errs = called(t, "build")
	assert.Equal(t, 1, status)
	assert.Contains(t, errs, "inlay: there is no wrangler.toml in ")
	assert.Contains(t, errs, "make one: inlay new DIR\n")
}

func TestTestSaysWhatItLookedAt(t *testing.T) {
	root := siteOf(t, map[string]string{"pages/about.html": "<!doctype html><title>About</title>"})
	status, out, errs := called(t, "test", "-C", root)
	require.Zero(t, status, errs)
	assert.Equal(t, `wrangler.toml    ok, 1 environment
pages            ok, 2 pages
the Worker       ok, N modules
tests            none: the site has no Go, and package.json no script test
`, regexp.MustCompile(`ok, \d\d modules`).ReplaceAllString(out, "ok, N modules"))

	toml := "vars = { INLAY_TTL = \"5m\" }\n" + shopToml + "[env.staging.vars]\nINLAY_TTL = \"soon\"\n\n[env.production]\nvars.INLAY_MAX_BYTES = \"1TiB\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(root, "wrangler.toml"), []byte(toml), 0o600))
	t.Chdir(root)
	status, _, errs = called(t, "test")
	assert.Equal(t, 1, status)
	assert.Contains(t, errs, "wrangler.toml:15:6: INLAY_MAX_BYTES is \"1TiB\": ")
	assert.Contains(t, errs, "wrangler.toml:12:1: INLAY_TTL is \"soon\": ")
}

// A folder with a wrangler.toml of four lines is a site: its pages are those of its origin.
func TestAFolderWithNothingButAnOriginIsASite(t *testing.T) {
	const bare = "name = \"shop\"\nmain = \"build/main.mjs\"\ncompatibility_date = \"2026-11-01\"\n"
	const origin = "vars = { INLAY_ORIGIN = \"https://shop.example.com\" }\n"
	nothing := "wrangler.toml: " + errNothing.Error()
	for name, c := range map[string]struct {
		toml, vars string
		says       string // of what is wrong
	}{
		"an origin":                       {bare + origin, "", ""},
		"an origin while it is written":   {bare, "INLAY_ORIGIN=http://localhost:3000", ""},
		"nothing":                         {bare, "", nothing},
		"no origin, but other variables":  {bare + "vars = { INLAY_TTL = \"1m\" }\n", "", nothing},
		"an origin that is empty":         {bare + "vars = { INLAY_ORIGIN = \"\" }\n", "", nothing},
		"in each environment":             {bare + "[env.a]\n" + origin + "[env.b]\n" + origin, "", ""},
		"not in each environment":         {bare + origin + "[env.a]\n" + origin + "[env.b]\n", "", "wrangler.toml: env.b does not set INLAY_ORIGIN, the URL"},
		"a secret":                        {bare + "secrets.required = [\"INLAY_ORIGIN\"]\n", "", ""},
		"a secret of an environment":      {bare + origin + "[env.a.secrets]\nrequired = [\"INLAY_ORIGIN\"]\n", "", ""},
		"a secret, but not of this place": {bare + origin + "secrets.required = [\"INLAY_ORIGIN\"]\n[env.a]\n", "", "wrangler.toml: env.a does not set"},
	} {
		root := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(root, "wrangler.toml"), []byte(c.toml), 0o600))
		if c.vars != "" {
			require.NoError(t, os.WriteFile(filepath.Join(root, ".dev.vars"), []byte(c.vars), 0o600))
		}
		status, out, errs := called(t, "test", "-C", root)
		if c.says == "" {
			assert.Zero(t, status, "%s: %s", name, errs)
			assert.Contains(t, out, "pages            ok, 0 pages\n", name)
			continue
		}
		assert.Equal(t, 1, status, name)
		assert.Contains(t, errs, c.says, name)
	}

	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "wrangler.toml"), []byte(bare), 0o600))
	t.Setenv("INLAY_ORIGIN", "")
	status, _, errs := called(t, "serve", "-C", root)
	assert.Equal(t, 1, status)
	assert.Equal(t, "inlay: "+errNothing.Error()+"\n", errs)
}

func TestTestRunsTheScriptOfPackageJSON(t *testing.T) {
	root := siteOf(t, map[string]string{"package.json": `{"scripts": {"test": "echo the tests; echo"}}`})
	status, out, errs := called(t, "test", "-C", root, "--verbose")
	require.Zero(t, status, errs)
	assert.Contains(t, out, "\nthe tests\n--verbose\n")
	for script, want := range map[string]int{`exit 3`: 3, `echo \"Error: no test specified\" && exit 1`: 0} {
		require.NoError(t, os.WriteFile(filepath.Join(root, "package.json"), []byte(`{"scripts": {"test": "`+script+`"}}`), 0o600))
		status, _, _ = called(t, "test", "-C", root)
		assert.Equal(t, want, status, script)
	}
}

// A program that a command runs in its place ends the command with its own status.
func TestTheStatusIsThatOfTheProgram(t *testing.T) {
	c := &call{ctx: t.Context(), out: &bytes.Buffer{}, errs: &bytes.Buffer{}}
	assert.NoError(t, c.hand(exec.CommandContext(c.ctx, "true")))
	assert.Equal(t, exitStatus(3), c.hand(exec.CommandContext(c.ctx, "sh", "-c", "exit 3")))
	ctx, cancel := context.WithCancel(t.Context())
	c.ctx = ctx
	cmd := exec.CommandContext(ctx, "sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done")
	cmd.Stdout = nil
	ready := &readyWriter{cancel: cancel}
	c.out = ready
	assert.NoError(t, c.hand(cmd), "it was told to end, and did so well")
}

// readyWriter cancels when something is written.
type readyWriter struct{ cancel context.CancelFunc }

func (w *readyWriter) Write(p []byte) (int, error) {
	w.cancel()
	return len(p), nil
}

func TestTheEnvironmentComesBeforeFiles(t *testing.T) {
	t.Setenv("A", "environment")
	env := environ(map[string]string{"A": "secret", "B": "secret"}, map[string]string{"A": "vars", "B": "vars", "C": "vars"})
	found := map[string]string{}
	for _, one := range env {
		name, value := cutVariable(one)
		_, twice := found[name]
		assert.False(t, twice, name)
		found[name] = value
	}
	assert.Equal(t, "environment", found["A"])
	assert.Equal(t, "secret", found["B"])
	assert.Equal(t, "vars", found["C"])
}

func TestOptionsOfAnotherProgramPassThrough(t *testing.T) {
	for line, want := range map[string][]string{
		"--env staging --dry-run": {"--env", "staging", "--dry-run"},
		"-C x --dry-run":          {"--dry-run"},
		"--dry-run -C=x -- -C y":  {"--dry-run", "-C", "y"},
		"--var A:b=c":             {"--var", "A:b=c"},
	} {
		c := &call{command: deployCommand, args: strings.Fields(line)}
		rest, err := c.passed()
		require.NoError(t, err)
		assert.Equal(t, want, rest, line)
		if strings.Contains(line, "x") {
			assert.Equal(t, "x", c.dir, line)
		}
	}
}

func TestVersionTellsOfWhatItRuns(t *testing.T) {
	status, out, errs := called(t, "version", "-C", siteOf(t, nil))
	require.Zero(t, status, errs)
	for _, pattern := range []string{`^inlay     \S+`, `\ncore\.wasm [0-9a-f]{12}, by tinygo \S+, go \S+, LLVM \S+, binaryen \d+\n`, `\ngo        1\.\d+`, `\nnode      `, `\nwrangler  not installed`} {
		assert.Regexp(t, pattern, out)
	}
	_, out, _ = called(t, "version", "-C", t.TempDir())
	assert.NotContains(t, out, "wrangler")
}
