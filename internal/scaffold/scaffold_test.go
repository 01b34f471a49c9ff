package scaffold

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/internal/project"
)

// makeIn makes a site in a folder of its own.
func makeIn(t *testing.T, name string, o Options) (*Made, string) {
	t.Helper()
	o.Dir = filepath.Join(t.TempDir(), name)
	made, err := Make(o)
	require.NoError(t, err)
	return made, o.Dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestSiteIsWhole(t *testing.T) {
	for name, o := range map[string]Options{"with Go": {}, "without Go": {NoGo: true}} {
		t.Run(name, func(t *testing.T) {
			made, dir := makeIn(t, "My Shop", o)
			assert.Equal(t, dir, made.Dir)
			assert.Equal(t, "my-shop", made.Worker)
			for _, name := range made.Files {
				text := read(t, filepath.Join(dir, filepath.FromSlash(name)))
				assert.NotContains(t, text, "[[.", name)
				assert.NotContains(t, name, ".tmpl")
				assert.True(t, path.Ext(name) == ".ico" || strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\n\n"), "%s ends with its last line", name)
			}
			p, err := project.Load(dir)
			require.NoError(t, err)
			assert.Equal(t, "my-shop", p.Wrangler.Name)
			assert.Equal(t, dir, p.Site)
			want := project.GoMain
			if o.NoGo {
				want = project.NoGo
			}
			assert.Equal(t, want, p.Go)
			for name, env := range map[string]map[string]string{"": p.Wrangler.Vars, "staging": p.Wrangler.Environments["staging"].Vars, "production": p.Wrangler.Environments["production"].Vars} {
				config, err := edge.ParseConfig(func(name string) (string, bool) { value, ok := env[name]; return value, ok })
				require.NoError(t, err, name)
				assert.Equal(t, o.NoGo, config.Origin != "", name)
				assert.Equal(t, name == "staging", config.Debug)
			}
			pages, err := edge.ReadPages(os.DirFS(p.Pages()))
			require.NoError(t, err)
			require.Len(t, pages, 3)
			assert.NotEmpty(t, pages[0].Header)
			_, err = os.Stat(filepath.Join(dir, "handlers.go"))
			assert.Equal(t, o.NoGo, os.IsNotExist(err))
			_, err = os.Stat(filepath.Join(dir, "origin.mjs"))
			assert.Equal(t, !o.NoGo, os.IsNotExist(err))
		})
	}
}

func TestSiteHasTheVersionsOfTheRepository(t *testing.T) {
	_, dir := makeIn(t, "shop", Options{})
	type manifest struct {
		DevDependencies map[string]string
		AllowScripts    map[string]bool
	}
	var ours, theirs manifest
	require.NoError(t, json.Unmarshal([]byte(read(t, "../../package.json")), &ours))
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(dir, "package.json"))), &theirs))
	assert.Equal(t, ours.AllowScripts, theirs.AllowScripts)
	assert.Contains(t, theirs.DevDependencies, "wrangler")
	for name, version := range theirs.DevDependencies {
		assert.Equal(t, ours.DevDependencies[name], version, name)
	}

	type lock struct {
		Name     string
		Packages map[string]struct {
			Version, Integrity, Resolved string
			DevDependencies              map[string]string
		}
	}
	var ourLock, theirLock lock
	require.NoError(t, json.Unmarshal([]byte(read(t, "../../package-lock.json")), &ourLock))
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(dir, "package-lock.json"))), &theirLock))
	assert.Equal(t, "shop", theirLock.Name)
	assert.Equal(t, theirs.DevDependencies, theirLock.Packages[""].DevDependencies)
	for name, p := range theirLock.Packages {
		if name != "" {
			assert.Equal(t, ourLock.Packages[name], p, "%s; make internal/scaffold/files/any/package-lock.json.tmpl anew", name)
			assert.Empty(t, p.Resolved, "%s names a registry", name)
		}
	}
	assert.Equal(t, read(t, "../../.npmrc"), read(t, filepath.Join(dir, ".npmrc")))

	repository, err := project.Load("../..")
	require.NoError(t, err)
	site, err := project.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, repository.Wrangler.CompatibilityDate, site.Wrangler.CompatibilityDate)
	assert.Equal(t, repository.Wrangler.CompatibilityFlags, site.Wrangler.CompatibilityFlags)
	assert.Equal(t, repository.Wrangler.NoBundle, site.Wrangler.NoBundle)
	require.Equal(t, len(repository.Wrangler.Rules), len(site.Wrangler.Rules))
	for i, rule := range repository.Wrangler.Rules {
		rule.At = site.Wrangler.Rules[i].At
		assert.Equal(t, rule, site.Wrangler.Rules[i])
	}
}

// goIn runs Go in a folder, without a network.
func goIn(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestGoHasNoQuestionLeft(t *testing.T) {
	for name, o := range map[string]Options{
		"shop":    {},
		"a, (b)":  {Module: "example.com/shop"},
		"inlay":   {Inlay: "../.."},
		"testing": {},
	} {
		t.Run(name, func(t *testing.T) {
			made, dir := makeIn(t, name, o)
			before := read(t, filepath.Join(dir, "go.mod")) + read(t, filepath.Join(dir, "go.sum"))
			out, err := goIn(t, dir, "mod", "tidy", "-diff")
			require.NoError(t, err, out)
			out, err = goIn(t, dir, "list", "-m")
			require.NoError(t, err, out)
			assert.Equal(t, made.Module, strings.TrimSpace(out))
			out, err = goIn(t, dir, "vet", "./...")
			require.NoError(t, err, out)
			assert.Equal(t, before, read(t, filepath.Join(dir, "go.mod"))+read(t, filepath.Join(dir, "go.sum")))
			if o.Inlay != "" {
				assert.Regexp(t, `(?m)^replace inlay => "?\.\./`, before)
			} else {
				assert.Regexp(t, `(?m)^replace inlay => "?/`, before)
			}
		})
	}
}

func TestSiteIsMadeWhereNothingIs(t *testing.T) {
	dir := t.TempDir()
	full, file := filepath.Join(dir, "full"), filepath.Join(dir, "file")
	require.NoError(t, os.MkdirAll(filepath.Join(full, ".git"), 0o755))
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Make(Options{Dir: full})
	require.NoError(t, err, "a repository that was just made")
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Dir: full}, full + " is not empty, there is .dev.vars.example in it; choose another folder, or empty it"},
		{Options{Dir: file}, file + " is a file; choose another folder"},
		{Options{Dir: filepath.Join(file, "x")}, "not a directory"},
		{Options{Dir: filepath.Join(dir, "商店")}, "a Worker cannot be called"},
		{Options{Dir: filepath.Join(dir, "x"), Module: "no module"}, "is no path of a Go module"},
		{Options{Dir: filepath.Join(dir, "x"), Inlay: dir}, dir + " is no checkout of inlay: there is no go.mod in it"},
		{Options{Dir: filepath.Join(dir, "x"), Inlay: full}, full + " is no checkout of inlay: its go.mod is that of another module"},
		{Options{Dir: filepath.Join(dir, "x"), NoGo: true, Module: "x"}, "a site without Go has no module"},
	} {
		_, err := Make(c.o)
		assert.ErrorContains(t, err, c.want)
	}
	_, err = os.Stat(filepath.Join(dir, "x"))
	assert.ErrorIs(t, err, fs.ErrNotExist, "nothing is left of what failed")
}

// What stands there commented out is right once it is not.
func TestBindingsCanBeUncommented(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	_, err := Make(Options{Dir: dir, NoGo: true})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "wrangler.toml"))
	require.NoError(t, err)
	binding := regexp.MustCompile(`(?m)^# ((?:durable_objects\.bindings|migrations|kv_namespaces) = .*)$`)
	assert.Len(t, binding.FindAll(text, -1), 5, "three, and two of production")
	w, err := project.ParseWrangler(binding.ReplaceAllString(string(text), "$1"))
	require.NoError(t, err)
	assert.Empty(t, w.CheckBindings())
	assert.Equal(t, []string{"PurgeLog", "RegionFill"}, w.Classes(false))
	all, err := w.Everywhere("production")
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(all), `"INLAY_LOG"`), "nothing is missing in either")
	assert.Equal(t, 2, strings.Count(string(all), `"INLAY_KV"`))
	assert.Equal(t, 2, strings.Count(string(all), `"INLAY_REGION"`))
}
