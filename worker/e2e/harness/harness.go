// Package harness runs real servers for tests: workerd and wrangler dev with the Worker as it was built, and programs of the
// project. worker/e2e, docs and worker_test.go at the top are what uses it.
//
// A test package begins with
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
// which goes to the root of the repository, so that every path in a test is from there, and builds the site that the tests
// serve: worker/e2e/testdata/site, whatever lies in site/. Each server has a free port of the loopback interface, and ends
// with its test however the test ends. What a server needs is what build.sh installs: Go, the npm packages, and on Linux
// /proc for its memory and time.
package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// Site is the folder of the tests' own site, Build what is made of it: a Worker, and one whose core has exports for tests.
const (
	Site  = "worker/e2e/testdata/site"
	Build = Site + "/build"
)

// Main goes to the repository's root, builds the site of the tests and others that are named by their folders, and runs the
// tests.
func Main(m *testing.M, others ...string) {
	root, err := root()
	if err == nil {
		err = os.Chdir(root)
	}
	if err == nil {
		err = os.Setenv("PWD", root) // what a program that is started takes for its folder
	}
	for _, folder := range append([]string{Site}, others...) {
		if err == nil {
			err = build(folder)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// build builds the project in a folder.
func build(folder string) error {
	output, err := exec.Command("./build.sh", "build", "--test", "-C", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("./build.sh build --test -C %s: %w\n%s", folder, err, output)
	}
	return nil
}

// root is the folder at or above the working one that has build.sh.
func root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "build.sh")); err == nil {
			return at, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("harness: no folder above %s has build.sh: the tests run in a checkout of inlay", folder)
		}
	}
}

// Environ is the environment without what the machine sets for the Worker: a test says all that it depends on.
func Environ() (kept []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "INLAY_") && !strings.HasPrefix(v, "SITE_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// Files are those of the project whose names end with suffix, without what is generated or installed.
func Files(t *testing.T, suffix string) (paths []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "build" && path == name || name == "node_modules" || len(name) > 1 && name[0] == '.'):
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(name, suffix):
			paths = append(paths, path)
		}
		return nil
	}))
	return paths
}

// Shell runs a line as a reader would type it, and gives what it prints. It has to succeed.
func Shell(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = Environ()
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s:\n%s", line, output)
	return string(output)
}

// ParseConfig is edge.ParseConfig of variables by name.
func ParseConfig(variables map[string]string) (edge.Config, error) {
	return edge.ParseConfig(func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	})
}
