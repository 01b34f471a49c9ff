package e2e

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What build.sh promises of itself: on which machines it runs, what it uploads, and that serve is one process.

// newerThanMacOS are what bash 3.2 and the tools of macOS lack, by what a script would have to write.
var newerThanMacOS = map[string]*regexp.Regexp{
	"bash 4.0: associative arrays":           regexp.MustCompile(`\b(declare|local|typeset) -[a-zA-Z]*A`),
	"bash 4.0: mapfile":                      regexp.MustCompile(`\b(mapfile|readarray|coproc)\b`),
	"bash 4.0: changes of case":              regexp.MustCompile(`\$\{\w+(\[[^]]*\])?(\^|,)`),
	"bash 4.0: |& and &>>":                   regexp.MustCompile(`\|&|&>>`),
	"bash 4.0: falling through in case":      regexp.MustCompile(`;;?&$`),
	"bash 4.0: **":                           regexp.MustCompile(`globstar`),
	"bash 4.1: chosen descriptors":           regexp.MustCompile(`\{\w+\}[<>]`),
	"bash 4.2: [ -v ], printf of times":      regexp.MustCompile(`\[ -v |%\(`),
	"bash 4.2: negative indexes":             regexp.MustCompile(`\[-\d+\]\}|:\s-\d`),
	"bash 4.3: references":                   regexp.MustCompile(`\b(declare|local|typeset) -[a-zA-Z]*n|wait -n`),
	"bash 4.4: empty arrays under set -u":    regexp.MustCompile(`"\$\{\w+\[[@*]\]\}"`),
	"bash 4.4: transformations":              regexp.MustCompile(`\$\{\w+(\[[^]]*\])?@`),
	"bash 5.0: variables of the clock":       regexp.MustCompile(`\$\{?(EPOCHREALTIME|EPOCHSECONDS|SRANDOM)`),
	"GNU: sha256sum and its like":            regexp.MustCompile(`(^|[^-\w])(sha\d+sum|md5sum|nproc|numfmt|tac|timeout|realpath)\b`),
	"GNU: sed -i, -r; grep -P; find -printf": regexp.MustCompile(`sed -[a-z]*[ir]|grep -[a-zA-Z]*P|-printf|-regextype`),
	"GNU: stat -c, readlink -f, env -C":      regexp.MustCompile(`stat -c|readlink -f|env -C|cp -[a-z]*t|xargs -[dr]`),
	"GNU: date of parts of a second":         regexp.MustCompile(`date .*%N`),
	"GNU: long options":                      regexp.MustCompile(`\b(cp|mv|rm|ls|sort|cut|head|tail|mkdir|mktemp|touch) [^|;]*--\w`),
}

// known are the lines that may: each says why where it stands.
var known = []string{
	`local micros=${EPOCHREALTIME:-}`,
}

// neverEmpty are arrays that have members wherever they are expanded.
var neverEmpty = regexp.MustCompile(`"\$\{(apt|failures|BASH_SOURCE)\[[@*]\]\}"`)

// comment is what a script says to its reader.
var comment = regexp.MustCompile(`^\s*#.*|\s#\s.*`)

func TestScriptsRunOnMacOS(t *testing.T) {
	scripts := append(harness.Files(t, ".sh"), ".ci/run")
	require.Contains(t, scripts, "build.sh")
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			code := neverEmpty.ReplaceAllString(comment.ReplaceAllString(line, ""), "")
			if slices.Contains(known, strings.TrimSpace(line)) {
				continue
			}
			for what, pattern := range newerThanMacOS {
				assert.NotRegexp(t, pattern, code, "%s:%d: %s", path, i+1, what)
			}
		}
	}
}

// What stands in for what macOS lacks gives the same.
func TestScriptsDoWithoutTheNewestBash(t *testing.T) {
	t.Parallel()
	for _, clock := range []string{"", "unset EPOCHREALTIME; "} {
		output := bash(t, os.Getenv("PATH"), "set -euo pipefail; "+clock+`. tools/lib.sh; start=$(now); seconds_since "$start"; printf '\n'; quietly label true`)
		assert.Regexp(t, `^\d+\.\d\nlabel +\d+\.\d s\n$`, output)
	}
}

func bash(t *testing.T, path, script string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+path)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

// What lies about in build/ is not uploaded, whatever made it.
func TestOnlyWhatTheWorkerImportsIsUploaded(t *testing.T) {
	t.Parallel()
	var imports []string
	for _, line := range strings.Split(harness.Shell(t, "./build.sh build"), "\n") {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "all" {
			imports = append(imports, fields[0])
		}
	}
	require.Contains(t, imports, "app.wasm")
	strays := []string{
		"build/bench/results.txt", "build/notes.txt", "build/query.sql", "build/page.html", "build/old.wasm", "build/old.bin", "build/old.z",
		"build/old.mjs", "build/old.js", "build/.#core.mjs", "build/core.mjs~", "build/core.mjs.orig", "build/old.cjs", "build/old.py",
		"build/test/old.wasm", "build/stray/worker.mjs", "build/stray/app.wasm",
	}
	for _, path := range strays {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	t.Cleanup(func() {
		for _, path := range strays {
			_ = os.Remove(path)
		}
		_ = os.Remove("build/stray")
	})
	out := t.TempDir()
	harness.Shell(t, "./build.sh deploy --dry-run --outdir "+out)
	var uploaded []string
	require.NoError(t, filepath.WalkDir(out, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != "README.md" { // wrangler's own
			name, _ := filepath.Rel(out, path)
			uploaded = append(uploaded, name)
		}
		return err
	}))
	assert.ElementsMatch(t, imports, uploaded)

	// The configuration of a bare workerd names the same.
	capnp, err := os.ReadFile("build/workerd.capnp")
	require.NoError(t, err)
	var named []string
	for _, m := range regexp.MustCompile(`\(name = "([^"]+)", (?:esModule|wasm|data) = embed`).FindAllStringSubmatch(string(capnp), -1) {
		named = append(named, m[1])
	}
	assert.ElementsMatch(t, imports, named)
	assert.Equal(t, "main.mjs", named[0], "the entry is the first")
}

// SIGTERM to the process that was started ends the server, once the page that it is sending is whole.
func TestServeIsOneProcessAndDrains(t *testing.T) {
	t.Parallel()
	gates := &held{}
	s := harness.Start(t, exec.Command("./build.sh", "serve", "-C", harness.Site), []string{"PORT=0", "INLAY_ORIGIN=" + newOrigin(t, gates.answer).URL})
	s.Listens(harness.ServeReady)
	page := browse(t, s.URL+fivePage) // its head is there, its fragments are not
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	endsToListen(t, s)
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	whole, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	assert.Contains(t, string(whole), `<template for="imported-by">`)
	assert.True(t, strings.HasSuffix(strings.TrimSpace(string(whole)), "</html>"))
	require.NoError(t, s.Cmd.Wait(), "it ends well")
	_, err = http.Get(s.URL)
	require.Error(t, err)
	listener, err := net.Listen("tcp", s.Addr())
	require.NoError(t, err, "the port is free")
	require.NoError(t, listener.Close())
}

// endsToListen waits until a server that was signalled takes no more connections.
func endsToListen(t *testing.T, s *harness.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", s.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 20*time.Second, 10*time.Millisecond)
}
