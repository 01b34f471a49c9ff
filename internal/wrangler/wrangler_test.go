package wrangler

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

// machine is a project, and a PATH on which nothing is but what the test puts there.
type machine struct {
	*project.Project
	t    *testing.T
	path string
}

func newMachine(t *testing.T, files map[string]string) *machine {
	t.Helper()
	m := &machine{&project.Project{Root: t.TempDir()}, t, t.TempDir()}
	for _, tool := range []string{"sh", "mkdir", "cat"} {
		at, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(at, filepath.Join(m.path, tool)))
	}
	t.Setenv("PATH", m.path)
	m.put(files)
	return m
}

func (m *machine) put(files map[string]string) {
	m.t.Helper()
	for path, text := range files {
		path = filepath.Join(m.Root, filepath.FromSlash(path))
		require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(m.t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// program puts one on PATH, or at a path in the project.
func (m *machine) program(name, script string) {
	m.t.Helper()
	path := filepath.Join(m.path, name)
	if strings.Contains(name, "/") {
		path = filepath.Join(m.Root, filepath.FromSlash(name))
	}
	require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(m.t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

const (
	packageJSON = `{"devDependencies": {"wrangler": "4.0.0"}}`
	wranglers   = `{"version": "4.0.0", "bin": {"wrangler": "./bin/wrangler.js"}, "engines": {"node": ">=22.12.0"}}`
	lock        = `{"packages": {"": {}, "node_modules/wrangler": {"version": "4.0.0"}, "node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "1.0.0", "optional": true}}}`
)

// installs is an npm that does what npm does, and says how it was called.
const installs = `mkdir -p node_modules/wrangler
echo "$@" >npm-was-called
cat >node_modules/wrangler/package.json <<'JSON'
` + wranglers + `
JSON
if [ -e package-lock.json ]; then cat package-lock.json >node_modules/.package-lock.json; fi`

func (m *machine) find() (*Wrangler, string, error) {
	var log bytes.Buffer
	w, err := Find(context.Background(), m.Project, &log)
	return w, log.String(), err
}

func (m *machine) npmWasCalled() string {
	path := filepath.Join(m.Root, "npm-was-called")
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	require.NoError(m.t, os.Remove(path))
	return strings.TrimSpace(string(text))
}

func TestWhatIsMissingIsInstalled(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		called string
	}{
		"with a lock":                {map[string]string{"package.json": packageJSON, "package-lock.json": lock}, "ci --no-audit --no-fund"},
		"without one":                {map[string]string{"package.json": packageJSON}, "install --no-audit --no-fund"},
		"another version":            {map[string]string{"package.json": packageJSON, "package-lock.json": lock, "node_modules/wrangler/package.json": wranglers, "node_modules/.package-lock.json": strings.Replace(lock, "4.0.0", "3.0.0", 1)}, "ci --no-audit --no-fund"},
		"a package is missing":       {map[string]string{"package.json": packageJSON, "package-lock.json": lock, "node_modules/wrangler/package.json": wranglers, "node_modules/.package-lock.json": strings.Replace(lock, "node_modules/a", "node_modules/z", 1)}, "ci --no-audit --no-fund"},
		"an optional one is missing": {map[string]string{"package.json": packageJSON, "package-lock.json": lock, "node_modules/wrangler/package.json": wranglers, "node_modules/.package-lock.json": strings.Replace(lock, "node_modules/b", "node_modules/z", 1)}, ""},
		"npm broke off":              {map[string]string{"package.json": packageJSON, "package-lock.json": lock, "node_modules/wrangler/package.json": wranglers}, "ci --no-audit --no-fund"},
		"all is there":               {map[string]string{"package.json": packageJSON, "package-lock.json": lock, "node_modules/wrangler/package.json": wranglers, "node_modules/.package-lock.json": lock}, ""},
		"all is there, no lock":      {map[string]string{"package.json": packageJSON, "node_modules/wrangler/package.json": wranglers}, ""},
		"pnpm's":                     {map[string]string{"package.json": packageJSON, "pnpm-lock.yaml": "", "node_modules/wrangler/package.json": wranglers}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, c.files)
			m.program("node", "echo v22.12.0")
			m.program("npm", installs)
			w, log, err := m.find()
			require.NoError(t, err)
			assert.Equal(t, c.called, m.npmWasCalled())
			if c.called == "" {
				assert.Empty(t, log)
			} else {
				assert.Equal(t, "npm "+strings.Fields(c.called)[0]+", for wrangler (once, some 20 s)\n", log)
			}
			assert.Equal(t, "4.0.0", w.Version)
			assert.Equal(t, filepath.Join(m.Root, "node_modules", "wrangler", "bin", "wrangler.js"), w.Script)
			_, log, err = m.find()
			require.NoError(t, err)
			assert.Empty(t, log, "once is enough")
		})
	}
}

func TestWhatKeepsWranglerFromRunningIsTold(t *testing.T) {
	there := map[string]string{"package.json": packageJSON, "node_modules/wrangler/package.json": wranglers}
	for name, c := range map[string]struct {
		files     map[string]string
		node, npm string
		says      string
	}{
		"no package.json":      {nil, "echo v22.12.0", installs, "node_modules; to add it: npm install --save-dev wrangler"},
		"not in package.json":  {map[string]string{"package.json": "{}"}, "echo v22.12.0", "true", "to add it: npm install --save-dev wrangler"},
		"no npm":               {map[string]string{"package.json": packageJSON}, "echo v22.12.0", "", "there is no npm on PATH; it comes with node, from https://nodejs.org/"},
		"npm fails":            {map[string]string{"package.json": packageJSON}, "echo v22.12.0", "echo no such package >&2; exit 1", "exit status 1\nno such package"},
		"no node":              {there, "", installs, "there is no node on PATH, and wrangler needs one of at least 22.12.0; get it from https://nodejs.org/"},
		"an old node":          {there, "echo v20.20.2", installs, "node is 20.20.2, and wrangler needs at least 22.12.0; get it from https://nodejs.org/, or let npm bring one into the project: npm install --save-dev node@22"},
		"pnpm's is missing":    {map[string]string{"package.json": packageJSON, "pnpm-lock.yaml": ""}, "echo v22.12.0", installs, "node_modules is not there; run first: pnpm install"},
		"yarn's is missing":    {map[string]string{"package.json": packageJSON, "yarn.lock": ""}, "echo v22.12.0", installs, "run first: yarn install"},
		"a lock that is none":  {map[string]string{"package.json": packageJSON, "package-lock.json": "{"}, "echo v22.12.0", installs, "package-lock.json: "},
		"a wrangler in pieces": {map[string]string{"package.json": packageJSON, "node_modules/wrangler/package.json": "{}"}, "echo v22.12.0", installs, "is not whole, remove it and run again: its package.json names no program wrangler"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, c.files)
			if c.node != "" {
				m.program("node", c.node)
			}
			if c.npm != "" {
				m.program("npm", c.npm)
			}
			_, _, err := m.find()
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.Nil(t, Installed(context.Background(), m.Project))
		})
	}
}

func TestTheNodeOfTheProjectComesFirst(t *testing.T) {
	m := newMachine(t, map[string]string{"package.json": packageJSON, "node_modules/wrangler/package.json": wranglers})
	m.program("node", "echo v20.20.2")
	m.program("node_modules/node/bin/node", "echo v22.23.3")
	w, _, err := m.find()
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(m.Root, "node_modules", "node", "bin", "node"), w.Node)
	assert.Equal(t, "20.20.2", NodeVersion(context.Background()))
	m.program("node_modules/node/bin/node", "echo v18.0.0")
	m.program("node", "echo v24.1.0")
	w, _, err = m.find()
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(m.path, "node"), w.Node)
}

func TestAWranglerOfAFolderAboveDoes(t *testing.T) {
	m := newMachine(t, map[string]string{"node_modules/wrangler/package.json": wranglers, "site/package.json": "{}"})
	m.program("node", "echo v22.12.0")
	m.Root = filepath.Join(m.Root, "site")
	w, _, err := m.find()
	require.NoError(t, err)
	assert.Equal(t, m.Root, w.Dir)
	assert.Equal(t, w, Installed(context.Background(), m.Project))
}

func TestCommandsAreQuietUnlessTheUserSaysOtherwise(t *testing.T) {
	m := newMachine(t, map[string]string{"package.json": packageJSON, "node_modules/wrangler/package.json": wranglers})
	m.program("node", "if [ \"$1\" = --version ]; then echo v22.12.0; else echo \"$WRANGLER_SEND_METRICS $WRANGLER_HIDE_BANNER $2 $3\"; fi")
	t.Setenv("WRANGLER_SEND_METRICS", "true")
	w, _, err := m.find()
	require.NoError(t, err)
	output, err := w.Command(context.Background(), "deploy", "--dry-run").Output()
	require.NoError(t, err)
	assert.Equal(t, "true true deploy --dry-run\n", string(output))
	path := ""
	for _, one := range w.Env {
		if name, value, _ := strings.Cut(one, "="); name == "PATH" {
			path = value
		}
	}
	assert.True(t, strings.HasPrefix(path, m.path+string(os.PathListSeparator)))
}

func TestVersionsAreCompared(t *testing.T) {
	for _, c := range []struct {
		version, least string
		want           bool
	}{
		{"22.12.0", "22.12.0", true}, {"22.13.0", "22.12.5", true}, {"22.9.0", "22.12.0", false}, {"24.0.0-pre", "22.12", true}, {"22", "22.12.0", false}, {"", "1", false},
	} {
		assert.Equal(t, c.want, atLeast(c.version, c.least), "%s %s", c.version, c.least)
	}
	for wants, least := range map[string]string{">=22.12.0": "22.12.0", "^20.3": "20.3", " v22 ": "22", "": fallbackLeast, "*": fallbackLeast, ">=20 <23": "20"} {
		assert.Equal(t, least, leastVersion(wants), wants)
	}
}
