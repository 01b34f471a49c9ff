package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

func TestEntryOfEachSpelling(t *testing.T) {
	for _, main := range []string{
		`main = "build/main.mjs"`, `main = "./build/main.mjs"`, `main = 'build/main.mjs'`, `main='./build/main.mjs' # the entry`,
		`  main	=	"build/main.mjs"`, `"main" = "build/main.mjs"`, `main = ".//build//main.mjs"`, `main = """build/main.mjs"""`,
		`main = "build/../build/main.mjs"`,
	} {
		for _, files := range []map[string]string{{"main.mjs": entry}, {"data/main.mjs": entry}, {}} {
			p := site(t, map[string]string{"wrangler.toml": strings.Replace(wranglerToml, `main = "build/main.mjs"`, main, 1)}, files)
			all, err := names(p)
			require.NoError(t, err, main)
			assert.Regexp(t, `^main\.mjs worker\.mjs `, all, main)
		}
	}
	p := site(t, map[string]string{"wrangler.toml": strings.Replace(wranglerToml, "main.mjs", "worker.mjs", 1)})
	all, err := names(p)
	require.NoError(t, err)
	assert.Regexp(t, `^worker\.mjs `, all)
	assert.NotContains(t, all, "main.mjs")
}

func TestEntriesThatCannotBeAreRefused(t *testing.T) {
	for main, says := range map[string]string{
		``:                            `wrangler.toml: main is ""`,
		`main = "main.mjs"`:           `wrangler.toml:2:8: main is "main.mjs", and has to be a module directly in build/`,
		`main = "site/main.mjs"`:      `main is "site/main.mjs"`,
		`main = "build/sub/main.mjs"`: `main is "build/sub/main.mjs"`,
		`main = "../build/main.mjs"`:  `main is "../build/main.mjs"`,
		`main = "/build/main.mjs"`:    `main is "/build/main.mjs"`,
		`main = "build/gone.mjs"`:     `wrangler.toml:2:8: main is build/gone.mjs: there is no such file in ., data or inlay's own modules`,
		`main = "build/main.ts"`:      `main is "build/main.ts"`,
		`main = "build/a b.mjs"`:      `main is "build/a b.mjs"`,
		`main = "build/no-app.mjs"`:   `main is build/no-app.mjs: there is no such file`,
		"main = \"build/main.mjs\"\nenv.x.main = \"build/other.mjs\"": `env.x has a main of its own`,
	} {
		p := site(t, map[string]string{"wrangler.toml": strings.Replace(wranglerToml, `main = "build/main.mjs"`, main, 1)},
			map[string]string{"pages/index.html": shell, "build/worker.mjs": "", "build/wasm_exec.js": ""})
		_, err := Run(context.Background(), p, Options{})
		require.Error(t, err, main)
		assert.Contains(t, err.Error(), says, main)
		assert.FileExists(t, filepath.Join(p.Build(), "worker.mjs"), "nothing is removed: %s", main)
		assert.FileExists(t, filepath.Join(p.Build(), "wasm_exec.js"), main)
	}
	// main in an environment alone is none.
	p := site(t, map[string]string{"wrangler.toml": strings.Replace(wranglerToml, `main = "build/main.mjs"`, "", 1) + "[env.x]\nmain = \"build/main.mjs\"\n"})
	_, err := names(p)
	require.Error(t, err)
}

func TestModulesThatCannotBeInTheWorkerAreRefused(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		`import "./lib/util.mjs";`:           `site/main.mjs:2:8: imports ./lib/util.mjs: modules must lie directly in the site's folder`,
		`import "../lib/util.mjs";`:          `modules must lie directly in the site's folder, which is where build/ gets them from: util.mjs`,
		`export * from "./util";`:            `site/main.mjs:2:15: imports ./util: there is no such file in site, site/data or inlay's own modules`,
		`import page from "./page.html";`:    `site/main.mjs:2:18: imports ./page.html: no rule of wrangler.toml takes such a name, so it would not be uploaded`,
		`import { z } from 'zod';`:           `site/main.mjs:2:19: imports zod: nothing is bundled`,
		`import "https://example.com/a.mjs"`: `imports https://example.com/a.mjs: nothing is bundled`,
		`import "/a.mjs"`:                    `imports /a.mjs: nothing is bundled`,
		`import "./gone.mjs";`:               `site/main.mjs:2:8: imports ./gone.mjs: there is no such file in site, site/data or inlay's own modules`,
		`await import("./gone.bin");`:        `site/main.mjs:2:14: imports ./gone.bin: there is no such file`,
		`import "./stale.mjs";`:              `imports ./stale.mjs: there is no such file`,
		`import "./beside.mjs";`:             `site/beside.mjs:1:8: imports ./far.mjs: there is no such file`,
		"\nimport from from;":                "site/main.mjs:3:17: an import needs from and a string",
		`import x from "./a b.mjs";`:         `a module's name has letters`,
		`import "./app.wasm";`:               `imports ./app.wasm: the site has no Go, so there is no such file`,
		`import "./pages.bin";`:              `site/pages.bin has the name of what inlay makes`,
		`import "./a.cjs";`:                  `imports ./a.cjs: no rule of wrangler.toml takes such a name, so it would not be uploaded; rules may have { type = "Data", globs = ["*.cjs"] }`,
	} {
		p := site(t, map[string]string{
			"site/main.mjs": entry + code, "site/beside.mjs": `import "./far.mjs";`, "site/lib/util.mjs": "", "build/stale.mjs": "",
			"site/page.html": "", "site/a.cjs": "", "site/pages/index.html": shell,
		})
		if strings.Contains(says, "pages.bin") {
			put(t, p.Root, map[string]string{"site/pages.bin": ""})
		}
		_, err := names(p)
		require.Error(t, err, code)
		assert.Contains(t, err.Error(), says, code)
		var problems Problems
		require.ErrorAs(t, err, &problems)
	}
	_, err := names(site(t, map[string]string{"main.mjs": "export default {};"}))
	require.Error(t, err)
	assert.Contains(t, err.Error(), `main.mjs: the entry of the Worker has to export what inlay is: export { default } from "./worker.mjs"`)
}

func TestWhatOnlyLooksLikeAnImportIsNone(t *testing.T) {
	all, err := names(site(t, map[string]string{"beside.mjs": "", "later.mjs": "", "main.mjs": entry + `
		import { DurableObject } from "cloudflare:workers";
		import { Buffer } from "node:buffer";
		import {
			a,
		} from './beside.mjs'; // import "zod"
		/* import "yup" */
		export const text = "Greetings from 'Bob', import \"zod\"", html = ` + "`<p>from \"there\"`" + `;
		export const later = () => import("./later.mjs");`}))
	require.NoError(t, err)
	assert.Regexp(t, `\bbeside\.mjs .*later\.mjs\b`, all)
}

func TestACopyInBuildIsNoSource(t *testing.T) {
	p := site(t, map[string]string{"own.mjs": "", "main.mjs": entry + `import "./own.mjs"`, "pages/index.html": shell})
	mustRun(t, p)
	require.NoError(t, os.Remove(filepath.Join(p.Root, "own.mjs")))
	_, err := Run(context.Background(), p, Options{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "imports ./own.mjs: there is no such file")
}

func TestTheSitesModulesStandInForInlays(t *testing.T) {
	p := site(t, map[string]string{"redirect.mjs": "export const maxRedirects = 0; export const redirectTarget = () => null;", "data/list.z": "list", "pages/index.html": shell,
		"main.mjs": entry + `import list from "./list.z";`})
	mustRun(t, p)
	assert.Contains(t, readBuilt(t, p, "redirect.mjs"), "maxRedirects = 0")
	assert.Equal(t, "list", readBuilt(t, p, "list.z"))
}

func TestMistakesOfSyntaxAreToldWithTheirPlace(t *testing.T) {
	p := site(t, map[string]string{"pages/index.html": shell, "main.mjs": entry + "import \"./own.mjs\";\n", "own.mjs": "const a = 1;\nconst é = a +;\n"})
	_, err := Run(context.Background(), p, Options{})
	var problems Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, Problems{{File: "own.mjs", Line: 2, Column: 14, Msg: "SyntaxError: Unexpected token ';'"}}, problems)
	put(t, p.Root, map[string]string{"own.mjs": "const a = 1;\n"})
	mustRun(t, p)
}

func TestRulesAreWranglers(t *testing.T) {
	for _, c := range []struct{ rules, name, kind string }{
		{``, "a.mjs", ""},
		{``, "a.bin", "Data"},
		{``, "a.txt", "Text"},
		{``, "a.wasm", "CompiledWasm"},
		{`[{type="Data", globs=["*.z"]}]`, "a.bin", ""},
		{`[{type="Data", globs=["*.z"], fallthrough=true}]`, "a.bin", "Data"},
		{`[{type="Data", globs=["*.z"], fallthrough=false}, {type="Data", globs=["*.y"]}]`, "a.y", ""},
		{`[{type="ESModule", globs=["**/*.mjs"]}]`, "a.mjs", "ESModule"},
		{`[{type="ESModule", globs=["lib/**/*.mjs"]}]`, "a.mjs", ""},
		{`[{type="ESModule", globs=["**/*.js"]}, {type="CommonJS", globs=["*"]}]`, "a.js", "ESModule"},
		{`[{type="CommonJS", globs=["**/*.js"]}, {type="ESModule", globs=["*.js"]}]`, "a.js", "CommonJS"},
		{`[{type="ESModule", globs=["a?.mjs"]}]`, "ab.mjs", ""},
		{`[{type="ESModule", globs=["*"]}]`, "a.b.mjs", "ESModule"},
		{`[{type="ESModule", globs=["a.mjs"]}]`, "axmjs", ""},
		{`[{type="ESModule", globs=["**"]}]`, "a.mjs", "ESModule"},
		{`[{type="ESModule", globs=["a**b.mjs"]}]`, "axxb.mjs", "ESModule"},
	} {
		text := "no_bundle = true\nrules = " + c.rules
		if c.rules == "" {
			text = "no_bundle = true"
		}
		w, err := project.ParseWrangler(text)
		require.NoError(t, err)
		assert.Equal(t, c.kind, newRules(&project.Project{Wrangler: w}).kind(c.name), "%s: %s", c.rules, c.name)
	}
	bundling, err := project.ParseWrangler("")
	require.NoError(t, err)
	assert.Equal(t, "ESModule", newRules(&project.Project{Wrangler: bundling}).kind("a.mjs"), "it follows what modules import")
	assert.Empty(t, newRules(&project.Project{Wrangler: bundling, Go: project.GoMain}).kind("a.mjs"), "what starts Go is no module for that")
}

func TestRulesThatWouldNotUploadTheWorkerAreRefused(t *testing.T) {
	for rules, says := range map[string]string{
		``: `main is build/main.mjs: no rule of wrangler.toml takes such a name, so it would not be uploaded; rules may have { type = "ESModule", globs = ["*.mjs"] }`,
		`rules = [{ type = "ESModule", globs = ["**/*.mjs"] }, { type = "CommonJS", globs = ["**/*.js"] }]`: `wasm_exec.js: wrangler.toml's rules upload it as CommonJS; rules have to have { type = "ESModule", globs = ["*.mjs", "*.js"] } before that`,
		`rules = [{ type = "ESModule", globs = ["**/*.mjs"] }]`:                                             `wasm_exec.js: no rule of wrangler.toml takes such a name`,
	} {
		p := site(t, goMod(t), map[string]string{"main.go": programGo, "pages/index.html": shell,
			"wrangler.toml": "main = \"build/main.mjs\"\ncompatibility_date = \"2026-11-01\"\n" + rules})
		_, err := names(p)
		require.Error(t, err)
		assert.Contains(t, err.Error(), says)
	}
}

// A bare workerd gets the site's own variables.
func TestVariablesOfTheSiteAreBound(t *testing.T) {
	toml := wranglerToml + "[vars]\nRATES_API = \"https://rates.example\"\n\"QUOTED\" = 'x'\n# NOT_THIS = \"\"\n"
	p := site(t, map[string]string{
		"wrangler.toml": toml + "[version_metadata]\nbinding = \"VERSION\"\n[env.other.vars]\nELSEWHERE = \"x\"\n",
		".dev.vars":     "API_KEY=s3cret\nexport EXPORTED=\"x\"\n# COMMENT=1\n",
		"sub/in.go":     "package sub\n\nconst name = \"SITE_IN_A_FOLDER\"\n",
		"sub/a_test.go": "package sub\n\nconst name = \"SITE_IN_A_TEST\"\n", "testdata/x.go": "SITE_IN_TESTDATA", "node_modules/x/x.js": "SITE_OF_NPM",
		"pages/index.html": shell,
	})
	mustRun(t, p)
	capnp := readBuilt(t, p, "workerd.capnp")
	header, _, _ := strings.Cut(capnp, "using")
	for _, name := range []string{"INLAY_ORIGIN", "INLAY_TOKEN", "SITE_IN_A_FOLDER", "RATES_API", "QUOTED", "API_KEY", "EXPORTED"} {
		assert.Contains(t, capnp, "(name = \""+name+"\", fromEnvironment = \""+name+"\")")
		assert.Regexp(t, `\b`+name+`\b`, header)
	}
	assert.Contains(t, header, "no KV, no D1")
	for _, name := range []string{"NOT_THIS", "COMMENT", "ELSEWHERE", "binding", "s3cret", "SITE_IN_A_TEST", "SITE_IN_TESTDATA", "SITE_OF_NPM"} {
		assert.NotContains(t, capnp, "\""+name+"\"")
	}
	assert.Contains(t, capnp, `compatibilityDate = "2026-11-01"`)
	assert.Contains(t, capnp, `compatibilityFlags = ["enable_request_signal"]`)

	for _, vars := range []string{"vars = { INLINE_A = \"x\", INLINE_B = \"y\" }\n", "vars.INLINE_A = 1\nvars.INLINE_B = 2\n"} {
		put(t, p.Root, map[string]string{"wrangler.toml": vars + wranglerToml})
		mustRun(t, load(t, p.Root))
		assert.Contains(t, readBuilt(t, p, "workerd.capnp"), "INLINE_B")
	}
}

// A class that is bound and not exported would be told by the runtime alone.
func TestEntryExportsTheClassesThatAreBound(t *testing.T) {
	const bound = "\ndurable_objects.bindings = [{ name = \"INLAY_LOG\", class_name = \"PurgeLog\" }]\nmigrations = [{ tag = \"v1\", new_sqlite_classes = [\"PurgeLog\"] }]\n"
	for _, c := range []struct {
		toml, entry string
		everywhere  bool
		ok          bool
	}{
		{bound, entry, false, false},
		{bound, `export { default, PurgeLog } from "./worker.mjs";`, false, true},
		{bound, entry + "export * from './worker.mjs';\n", false, true},
		{bound, "", false, true}, // what inlay makes
		{"", entry, false, true},
		{"", entry, true, false},
		{"", "", true, true},
		{bound, `export { default, PurgeLog } from "./worker.mjs";`, true, false},
		{bound, `export { default, PurgeLog, RegionFill } from "./worker.mjs";`, true, true},
		{strings.Replace(bound, `"PurgeLog" }`, `"PurgeLog", script_name = "shop" }`, 1), entry, false, true},
	} {
		// The site's own keys come before its tables.
		files := map[string]string{"wrangler.toml": c.toml + wranglerToml, "main.mjs": c.entry}
		if c.entry == "" {
			delete(files, "main.mjs")
		}
		p := site(t, files)
		all, err := gather(p)
		require.NoError(t, err)
		err = checkClasses(p, all[0], c.everywhere)
		if c.ok {
			assert.NoError(t, err, "%+v", c)
			continue
		}
		require.Error(t, err, "%+v", c)
		assert.Regexp(t, `main.mjs: the entry of the Worker has to export (PurgeLog|PurgeLog, RegionFill|RegionFill), for a Durable Object that is bound: export { default, (PurgeLog|PurgeLog, RegionFill|RegionFill) } from "./worker.mjs"`, err.Error())
	}
}
