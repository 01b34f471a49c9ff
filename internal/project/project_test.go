package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/toml"
)

// folder is a temporary one with files in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

const (
	goMod  = "module shop\n"
	mainGo = "package main\n\nfunc main() {}\n"
	origin = "package site\n\nimport \"net/http\"\n\nfunc Origin() http.Handler { return nil }\n"
	all    = "package pages\n\nfunc All() ([]int, error) { return nil, nil }\n"
)

func TestWhereASiteIsAndWhichGoItHas(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		site   string
		kind   GoKind
		module string
	}{
		"pages alone":                    {map[string]string{"pages/index.html": ""}, ".", NoGo, ""},
		"nothing yet":                    {map[string]string{}, ".", NoGo, ""},
		"pages and a program":            {map[string]string{"pages/index.html": "", "main.go": mainGo, "go.mod": goMod}, ".", GoMain, "."},
		"below, in a module of its own":  {map[string]string{"site/pages/index.html": "", "site/main.go": mainGo, "site/go.mod": goMod, "go.mod": goMod}, "site", GoMain, "site"},
		"below, without Go":              {map[string]string{"site/pages/index.html": "", "main.go": mainGo, "go.mod": goMod}, "site", NoGo, ""},
		"below, but pages are here":      {map[string]string{"site/pages/index.html": "", "pages/index.html": ""}, ".", NoGo, ""},
		"two packages":                   {map[string]string{"site/site.go": origin, "site/pages/pages.go": all, "go.mod": goMod}, "site", GoOrigin, "."},
		"two packages here":              {map[string]string{"site.go": origin, "pages/pages.go": all, "go.mod": goMod}, ".", GoOrigin, "."},
		"tests and generators are no Go": {map[string]string{"pages/index.html": "", "a_test.go": mainGo, "gen.go": "//go:build ignore\n\npackage main\n", "_x.go": mainGo}, ".", NoGo, ""},
		"a program that is half written": {map[string]string{"pages/index.html": "", "main.go": "package main\n\nfunc main() {", "go.mod": goMod}, ".", GoMain, "."},
		"site is a folder of something":  {map[string]string{"site/readme.md": ""}, ".", NoGo, ""},
		"a go.mod above":                 {map[string]string{"web/wrangler.toml": "", "web/pages/a.html": "", "web/main.go": mainGo, "go.mod": goMod}, "web", GoMain, "."},
	} {
		t.Run(name, func(t *testing.T) {
			c.files["wrangler.toml"] = "name = \"shop\""
			root := folder(t, c.files)
			p, err := Load(filepath.Join(root, c.site))
			require.NoError(t, err)
			assert.Equal(t, filepath.Join(root, c.site), p.Site)
			assert.Equal(t, c.kind, p.Go)
			module := ""
			if c.module != "" {
				module = filepath.Join(root, c.module)
			}
			assert.Equal(t, module, p.Module)
			assert.Equal(t, filepath.Join(p.Root, "build"), p.Build())
			assert.Equal(t, filepath.Join(p.Site, "pages"), p.Pages())
		})
	}
}

func TestAProjectIsFoundFromWithin(t *testing.T) {
	root := folder(t, map[string]string{"wrangler.toml": "", "pages/deep/down/a.html": ""})
	for _, at := range []string{"", "pages", "pages/deep/down"} {
		p, err := Load(filepath.Join(root, at))
		require.NoError(t, err)
		assert.Equal(t, root, p.Root)
	}
	t.Chdir(filepath.Join(root, "pages"))
	p, err := Load("")
	require.NoError(t, err)
	assert.Equal(t, "pages/a.html", p.Rel(filepath.Join(p.Pages(), "a.html")))
	assert.Equal(t, "/elsewhere", p.Rel("/elsewhere"))
}

func TestWhatIsNoProjectIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		at    string
		says  string
	}{
		"nothing":              {nil, "", "there is no wrangler.toml in "},
		"no such folder":       {nil, "gone", "gone: no such file"},
		"a file":               {map[string]string{"wrangler.toml": ""}, "wrangler.toml", "is no folder"},
		"the other form":       {map[string]string{"wrangler.jsonc": "{}"}, "", "wrangler.jsonc is not read; inlay needs a wrangler.toml"},
		"no TOML":              {map[string]string{"wrangler.toml": "a = 1\nname = shop"}, "", `wrangler.toml:2:8: "shop" is no value`},
		"Go without a module":  {map[string]string{"wrangler.toml": "", "main.go": mainGo}, "", "has Go and there is no go.mod in it or above; make one: go mod init NAME"},
		"neither kind":         {map[string]string{"wrangler.toml": "", "a.go": "package shop\n", "go.mod": goMod}, "", "package shop is neither a package main that calls app.Main nor has it a func Origin() http.Handler"},
		"no pages":             {map[string]string{"wrangler.toml": "", "site/a.go": origin, "go.mod": goMod}, "", "site/pages: package site has a func Origin, so there has to be a package pages"},
		"a method is no func":  {map[string]string{"wrangler.toml": "", "site/a.go": "package site\n\ntype T int\n\nfunc (T) Origin() {}\n", "go.mod": goMod}, "", "site: package site is neither"},
		"no package statement": {map[string]string{"wrangler.toml": "", "main.go": "func main() {}\n", "go.mod": goMod}, "", "main.go:1:1: expected 'package', found 'func'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(filepath.Join(folder(t, c.files), c.at))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

func TestWranglerTomlIsRead(t *testing.T) {
	w, err := ParseWrangler(`
name = 'shop'
"main" = "./build/main.mjs"
compatibility_date = "2026-11-01"
compatibility_flags = [
  "a", # one
  'b',
]
no_bundle = true
rules = [ { type = "Data", globs = ["*.z"], fallthrough = false } ]
vars.DOTTED = "x"
vars.NUMBER = 5

[assets]
directory = "public"

[[kv_namespaces]]
binding = "KV"

[env.staging.vars]
INLAY_TTL = "1m"

[env.production]
name = "shop"
main = "build/other.mjs"
compatibility_flags = []
`)
	require.NoError(t, err)
	assert.Equal(t, "shop", w.Name)
	assert.Equal(t, "./build/main.mjs", w.Main)
	assert.Equal(t, toml.Position{Line: 3, Column: 10}, w.MainAt)
	assert.Equal(t, "2026-11-01", w.CompatibilityDate)
	assert.Equal(t, []string{"a", "b"}, w.CompatibilityFlags)
	assert.True(t, w.NoBundle)
	assert.Equal(t, []Rule{{Type: "Data", Globs: []string{"*.z"}, At: toml.Position{Line: 10, Column: 11}}}, w.Rules)
	assert.Equal(t, map[string]string{"DOTTED": "x", "NUMBER": "5"}, w.Vars)
	assert.Equal(t, "public", w.Assets)
	assert.Equal(t, map[string]*Environment{
		"staging":    {Name: "shop-staging", Main: "./build/main.mjs", CompatibilityDate: "2026-11-01", CompatibilityFlags: []string{"a", "b"}, Vars: map[string]string{"INLAY_TTL": "1m"}},
		"production": {Name: "shop", Main: "build/other.mjs", CompatibilityDate: "2026-11-01", CompatibilityFlags: []string{}, Vars: map[string]string{}},
	}, w.Environments)
	assert.Equal(t, toml.Position{Line: 21, Column: 1}, w.VarAt("staging", "INLAY_TTL"))
	assert.Equal(t, 11, w.VarAt("", "DOTTED").Line)
}

func TestRulesOfEachSpelling(t *testing.T) {
	want := []Rule{{Type: "ESModule", Globs: []string{"*.mjs", "*.js"}}, {Type: "Data", Globs: []string{"*.bin"}, Fallthrough: true}}
	for _, text := range []string{
		"rules = [{type = \"ESModule\", globs = [\"*.mjs\", '*.js']}, {globs = ['*.bin'], type = 'Data', fallthrough = true}]",
		"rules = [\n  { type = \"ESModule\", globs = [\n    \"*.mjs\", # modules\n    \"*.js\",\n  ] },\n  { \"type\" = 'Data', globs = [\"*.bin\"], fallthrough = true },\n]",
		"[[rules]]\ntype = \"ESModule\"\nglobs = [\"*.mjs\", \"*.js\"]\n[[rules]]\ntype = \"Data\"\nglobs = [\"*.bin\"]\nfallthrough = true\n",
		"[[rules]]\r\ntype = \"ESModule\"\r\nglobs = [\"*.mjs\",\r\n  \"*.js\"]\r\n\r\n[[ \"rules\" ]]\r\ntype = \"Data\"\r\nglobs = [\"*.bin\"]\r\nfallthrough = true\r\n",
	} {
		w, err := ParseWrangler(text)
		require.NoError(t, err, text)
		for i := range w.Rules {
			w.Rules[i].At = toml.Position{}
		}
		assert.Equal(t, want, w.Rules, text)
	}
}

func TestAWranglerTomlThatSaysNothing(t *testing.T) {
	w, err := ParseWrangler("")
	require.NoError(t, err)
	assert.Empty(t, w.Main)
	assert.Empty(t, w.Vars)
	assert.Empty(t, w.Environments)
}

func TestValuesOfAnotherKindAreProblems(t *testing.T) {
	for text, want := range map[string]string{
		"main = 1":                             "wrangler.toml:1:8: main has to be a string, and is an integer",
		"name = []":                            "wrangler.toml:1:8: name has to be a string, and is an array",
		"vars = 1":                             "wrangler.toml:1:8: vars has to be a table, and is an integer",
		"compatibility_flags = \"x\"":          "wrangler.toml:1:23: compatibility_flags has to be an array, and is a string",
		"compatibility_flags = [1]":            "wrangler.toml:1:24: each of compatibility_flags has to be a string, and is an integer",
		"rules = [1]":                          "wrangler.toml:1:10: each of rules has to be a table",
		"[env]\nx = 1":                         "wrangler.toml:2:5: x has to be a table, and is an integer",
		"no_bundle = \"yes\"\nmain = true":     "main has to be a string, and is a boolean\nwrangler.toml:1:13: no_bundle has to be a boolean, and is a string",
		"compatibility_date = 2026-11-01":      "compatibility_date has to be a string, and is a date",
		"[env.x.vars]\nA = 1\n[env.x]\nname=1": "wrangler.toml:4:6: name has to be a string",
	} {
		_, err := ParseWrangler(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want, text)
		var problems Problems
		require.ErrorAs(t, err, &problems)
	}
}

func TestDevVarsAreReadAsWranglerReadsThem(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"A=1\nB = 2 \n":                   {"A": "1", "B": "2"},
		"export A=1":                      {"A": "1"},
		"# A=1\nB=2 # two":                {"B": "2"},
		"A='x # y'":                       {"A": "x # y"},
		"A=\"x\\ny\"":                     {"A": "x\ny"},
		"A='x\\ny'":                       {"A": `x\ny`},
		"A=`x\"y`":                        {"A": `x"y`},
		"A=\"x\ny\"\nB=1":                 {"A": "x\ny", "B": "1"},
		"A=":                              {"A": ""},
		"A=\"\"":                          {"A": ""},
		"A=a=b":                           {"A": "a=b"},
		"A='x\nB=2":                       {"A": "'x", "B": "2"},
		"no line\n=x\nA B=1\nC=3":         {"C": "3"},
		"A=`x \n`":                        {"A": "x \n"},
		"A: x\nB:y":                       {"A": "x"},
		"A=\"x\" y":                       {"A": "\"x\" y"},
		"A='it\\'s'":                      {"A": `it\'s`},
		"A='x\\'\nB='y'":                  {"A": "x\\", "B": "y"},
		"A=1\r\nB=2\r\n":                  {"A": "1", "B": "2"},
		"A=1\nA=2":                        {"A": "2"},
		"INLAY_TOKEN=\"a b\" # the token": {"INLAY_TOKEN": "a b"},
	} {
		assert.Equal(t, want, ParseDevVars(text), text)
	}
}

func TestDevVarsOfAnEnvironment(t *testing.T) {
	root := folder(t, map[string]string{"wrangler.toml": "", ".dev.vars": "A=1\nB=2", ".dev.vars.staging": "A=3"})
	p, err := Load(root)
	require.NoError(t, err)
	for env, want := range map[string]map[string]string{"": {"A": "1", "B": "2"}, "staging": {"A": "3"}, "other": {"A": "1", "B": "2"}} {
		vars, err := p.DevVars(env)
		require.NoError(t, err)
		assert.Equal(t, want, vars, env)
	}
	require.NoError(t, os.Remove(filepath.Join(root, ".dev.vars")))
	vars, err := p.DevVars("")
	require.NoError(t, err)
	assert.Empty(t, vars)
}

func FuzzParseWrangler(f *testing.F) {
	f.Add("main = \"build/main.mjs\"\n[env.x]\nvars = {A = 1}\nrules = [{type=\"x\"}]")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWrangler(text)
		if err == nil {
			require.NotNil(t, w)
			return
		}
		var problems Problems
		require.ErrorAs(t, err, &problems)
		for _, p := range problems {
			require.Equal(t, ConfigName, p.File)
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
		}
	})
}

func FuzzParseDevVars(f *testing.F) {
	f.Add("A=\"x\ny\" # z\nexport B='\\'\nC")
	f.Fuzz(func(t *testing.T, text string) {
		for name := range ParseDevVars(text) {
			require.NotEmpty(t, name)
			require.False(t, strings.ContainsAny(name, "= \n"))
		}
	})
}
