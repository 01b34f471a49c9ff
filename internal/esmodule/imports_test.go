package esmodule

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// found are the specifiers of a module, with import() in front where it is one.
func found(t *testing.T, code string) []string {
	t.Helper()
	imports, err := Imports(code)
	require.NoError(t, err, code)
	all := []string{}
	for _, i := range imports {
		if i.Dynamic {
			i.Specifier = "import() " + i.Specifier
		}
		all = append(all, i.Specifier)
	}
	return all
}

func TestImportsOfEachForm(t *testing.T) {
	for code, want := range map[string]string{
		`import "a"`:             "a",
		`import'a';import"b"`:    "a b",
		`import a from "a"`:      "a",
		`import from from "a"`:   "a",
		`import * as a from 'a'`: "a",
		`import {} from 'a'`:     "a",
		`import {a, b as c, "d e" as f, default as g,} from "a"`:            "a",
		`import a, {b} from "a"`:                                            "a",
		"import a,\n * as b\nfrom\n'a'":                                     "a",
		`import a from "a" with { type: "json" }; b()`:                      "a",
		`import defer * as a from "a"`:                                      "a",
		`export * from "a"`:                                                 "a",
		`export * as b from "a"`:                                            "a",
		`export * as "x y" from "a"`:                                        "a",
		`export * as from from "a"`:                                         "a",
		`export {a, b as default, "c" as d} from "a"`:                       "a",
		`export {from} from "a"`:                                            "a",
		`export {a, b}; "c"`:                                                "",
		"export {a}\nfrom\n'b'":                                             "b",
		`export const a = "b", from = "c"`:                                  "",
		`export default "a"`:                                                "",
		`export default function from() {} "a"`:                             "",
		`await import("a")`:                                                 "import() a",
		"import(`a`); import(`a${b}`); import(b)":                           "import() a",
		`import("a", { with: {} }); import("a" + b)`:                        "import() a",
		`const a = { import: 1, export: 2 }; a.import("b"); a?.import("c")`: "",
		`class A { import() {} static export = "x" }`:                       "",
		`import.meta.url; import /* x */ . meta`:                            "",
		`// import "a"` + "\n" + `/* import "b" */`:                         "",
		"'import \"a\"'; `import \"b\" ${import('c')} import \"d\"`":        "import() c",
		"`${`${{a: `}`}}`}`; import 'a'":                                    "a",
		`a = /import "b"/; import "c"`:                                      "c",
		`a = b / import("c") / d`:                                           "import() c",
		`if (a) /'/.test(b); import "c"`:                                    "c",
		`a = (b) / c; d = '/'; import "e"`:                                  "e",
		`a = {} / 1; import "e" /* / */`:                                    "e",
		`function f() {} /'/.test(b); import "c"`:                           "c",
		`a = function () {} / 2; '/'; import "c"`:                           "c",
		`class A { a = /"/; } /"/.test(b); import "c"`:                      "c",
		`a = class {} / 2; '/'; import "c"`:                                 "c",
		`for (const a of /'/.exec(b)) c(); import "d"`:                      "d",
		`for await (const a of b) /'/.test(a); import "d"`:                  "d",
		`a = await (b) / 2; '/'; import "c"`:                                "c",
		`a.if (b) / 2; '/'; import "c"`:                                     "c",
		`return_ / 2; '/'; import "c"`:                                      "c",
		`a = () => { return /'/ }; import "c"`:                              "c",
		`a++ / 2; '/'; import "c"`:                                          "c",
		`a[0] / 2; '/'; import "c"`:                                         "c",
		`x = a ? { b: /'/ } : /"/; import "c"`:                              "c",
		`switch (a) { case /'/: { b } /"/.c; default: d } import "e"`:       "e",
		`label: { a } /'/.test(b); import "c"`:                              "c",
		`a = [/[/'"]/, 1.5e+3 / 2, 0xe+1, .5 / 2, 1n / 2n]; import "b"`:     "b",
		`a = 1..toString(); b ?.5 : 1; import "c"`:                          "c",
		"#!/usr/bin/env node \"\nimport 'a'":                                "a",
		`import "\x61\u0062\u{63}\
d\n\'"`: "abcd\n'",
		`import "a//b"; import 'c/*'`:                  "a//b c/*",
		"import a from \"a\"\nimport b from 'b'":       "a b",
		`\u0061 = 1; é = 2; a\u{62} = /'/; import "c"`: "c",
		`#a in b; class C { #d = 1; get #e() {} }`:     "",
		"a\n/b/g\n'/'; import 'c'":                     "c",
		"\u2028import 'a'\u2029":                       "a",
	} {
		assert.Equal(t, want, strings.Join(found(t, code), " "), code)
	}
}

func TestMistakesInImportsAreToldWithTheirPlace(t *testing.T) {
	for code, want := range map[string]string{
		"\nimport from from;": `2:17: an import needs from and a string, and here is ;`,
		`import a`:            `1:9: an import needs from and a string, and here is the end of the module`,
		`import { a "b"`:      `1:15: an import needs`,
		`import {a} from b`:   `1:18: an import needs`,
		`export {a = 1}`:      `1:11: an export list has names and commas, and here is =`,
		`export * as a;`:      `1:14: an export list`,
		`a = "b`:              `1:5: a string that begins here lacks its "`,
		"a = 'b\n'":           `1:5: a string that begins here lacks its '`,
		"a = `b${c}":          "1:10: a template that begins here lacks its `",
		"a = /b\n/":           `1:5: a regular expression that begins here lacks its /`,
		`/* a`:                `1:1: a comment that begins here lacks its */`,
		`é = {`:               `1:5: { is opened here and never closed`,
		`a = (`:               `1:5: ( is opened here`,
		"a = \\b":             `1:5: '\\' stands where no JavaScript has it`,
	} {
		_, err := Imports(code)
		require.Error(t, err, code)
		assert.Contains(t, err.Error(), want, code)
	}
}

func TestPlacesAreThoseOfTheSpecifiers(t *testing.T) {
	imports, err := Imports("// é\nimport a from \"a\";\n  é = import('b')")
	require.NoError(t, err)
	assert.Equal(t, []Import{{"a", 2, 15, false}, {"b", 3, 14, true}}, imports)
}

// Node parses the same modules, and has to find the same: this repository's, and those that npm brought.
func TestImportsAreThoseThatNodeFinds(t *testing.T) {
	root := filepath.Join("..", "..")
	var paths []string
	for _, folder := range []string{"worker", "site", "bench", "edge", "node_modules"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && filepath.Ext(path) == ".mjs" {
				paths = append(paths, path)
			}
			return nil
		})
		require.NoError(t, err)
	}
	require.Greater(t, len(paths), 20)
	const script = `
		import { SourceTextModule } from "node:vm";
		import { readFileSync } from "node:fs";
		const found = {};
		for (const path of JSON.parse(readFileSync(0, "utf8"))) {
			try {
				const module = new SourceTextModule(readFileSync(path, "utf8"));
				found[path] = module.moduleRequests?.map((r) => r.specifier) ?? module.dependencySpecifiers;
			} catch {} // it is none
		}
		console.log(JSON.stringify(found));`
	cmd := exec.Command("node", "--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", script)
	input, err := json.Marshal(paths)
	require.NoError(t, err)
	cmd.Stdin = strings.NewReader(string(input))
	output, err := cmd.Output()
	require.NoError(t, err)
	var want map[string][]string
	require.NoError(t, json.Unmarshal(output, &want))
	require.Greater(t, len(want), 20)
	for path, specifiers := range want {
		code, err := os.ReadFile(path)
		require.NoError(t, err)
		imports, err := Imports(string(code))
		require.NoError(t, err, path)
		var got []string
		for _, i := range imports {
			if !i.Dynamic {
				got = append(got, i.Specifier)
			}
		}
		for _, list := range []*[]string{&got, &specifiers} { // one that stands twice Node may name once
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		assert.Equal(t, strings.Join(specifiers, "\n"), strings.Join(got, "\n"), path)
	}
}

func FuzzImports(f *testing.F) {
	for _, seed := range []string{
		`import a, {b} from "c"; export * from 'd'`, "`${`${a}`}` / /[/]/g", `if (a) /b/; else { import("c") }`, `class A extends B { #c = () => {} }`, "import \"\\u{61}\\\n\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		imports, err := Imports(code)
		lines := strings.Split(code, "\n")
		within := func(line, column int) {
			require.GreaterOrEqual(t, line, 1)
			require.LessOrEqual(t, line, len(lines))
			require.GreaterOrEqual(t, column, 1)
			require.LessOrEqual(t, column, utf8.RuneCountInString(lines[line-1])+1)
		}
		if err != nil {
			var mistake *Error
			require.ErrorAs(t, err, &mistake)
			within(mistake.Line, mistake.Column)
			return
		}
		for _, i := range imports {
			within(i.Line, i.Column)
		}
	})
}
