package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"inlay/bench/workers/content"
	"inlay/edge"
)

// places are where things are.
type places struct {
	root    string // the project
	out     string // what is made, made anew
	workerd string // the program
	node    string
}

// modules are the JavaScript Workers: the first is the entry, the rest what it imports.
var modules = map[string][]string{
	"constant":        {"constant.mjs", "fields.mjs", "page.bin"},
	"constant-fields": {"constant-fields.mjs", "fields.mjs", "page.bin"},
	"map":             {"map.mjs", "fields.mjs", "keys.mjs", "page.mjs", "parts.mjs"},
	"map-fields":      {"map-fields.mjs", "fields.mjs", "keys.mjs", "page.mjs", "parts.mjs"},
	"lru":             {"lru.mjs", "fields.mjs", "keys.mjs", "page.mjs", "parts.mjs", "lru-cache.mjs"},
	"lru-fields":      {"lru-fields.mjs", "fields.mjs", "keys.mjs", "page.mjs", "parts.mjs", "lru-cache.mjs"},
	"best":            {"best.mjs", "fields.mjs", "keys.mjs", "parts.mjs"},
	"stock":           {"app.mjs", "runtime.mjs", "wasm_exec.js", "app.wasm"},
}

// manyPages is how many pages a site of many has.
const manyPages = 300

// prepare makes all that the Workers consist of.
func (p *places) prepare() error {
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return err
	}
	pages, err := benchPages()
	if err != nil {
		return err
	}
	parts, err := json.Marshal(content.Parts())
	if err != nil {
		return err
	}
	many := pages[:1:1]
	for i := range manyPages - 1 {
		page, err := edge.ParsePage(fmt.Sprintf("/more/%d/{id}", i), content.Shell("/fast/"))
		if err != nil {
			return err
		}
		many = append(many, page)
	}
	noApp, err := os.ReadFile(filepath.Join(p.root, "worker", "no-app.mjs"))
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"bare.bin":   edge.EncodePages(pages[:1]),
		"many.bin":   edge.EncodePages(many),
		"no-app.mjs": noApp,
		"pages.bin":  edge.EncodePages(pages),
		// What inlay build says of these pages.
		"build-id.mjs": []byte("export const build = \"0123456789abcdef\";\nexport const rehearsed = \"/page/x\";\n"),
		"page.bin":     []byte(content.Page()),
		"parts.mjs":    []byte("export const parts = " + string(parts) + ";\n"),
	}
	scripts, err := filepath.Glob("workers/js/*.mjs")
	if err != nil || len(scripts) == 0 {
		return errors.Join(err, errors.New("no workers/js: run this in bench/"))
	}
	for _, script := range scripts {
		if files[filepath.Base(script)], err = os.ReadFile(script); err != nil {
			return err
		}
	}
	// The starter of a stock Worker is what syumai/workers generates, which empties its folder first.
	stock := filepath.Join(p.out, "stock")
	generate := exec.Command("go", "run", "github.com/syumai/workers/cmd/workers-assets-gen", "-mode=go", "-o", stock)
	if output, err := generate.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	if err := os.Rename(filepath.Join(stock, "worker.mjs"), filepath.Join(stock, "app.mjs")); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(p.out, name), text, 0o644); err != nil {
			return err
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(stock, "app.wasm"), "./workers/stock")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	return p.installPeer()
}

// benchPages are inlay's pages: the warm one, one that varies on a cookie, one with a slot that is never kept, and one for each way in
// which a cold one can leave.
func benchPages() (pages []edge.Page, err error) {
	for _, page := range []struct {
		pattern, origin string
		mode            edge.Mode
	}{
		{"/page/{id}", "/fast/", edge.Auto},
		{"/vary/{id}", "/fast/", edge.Auto},
		{"/never/{id}", "/fast/", edge.Auto},
		{"/stream/{id}", "/slow/", edge.Stream},
		{"/ordered/{id}", "/slow/", edge.Ordered},
		{"/complete/{id}", "/slow/", edge.Complete},
		{"/busy/{id}", "/busy/", edge.Auto},
	} {
		shell := content.Shell(page.origin)
		switch page.pattern {
		case "/vary/{id}":
			shell = strings.Replace(shell, `name="part2" `, `name="part2" vary="cookie:currency" `, 1)
		case "/never/{id}":
			shell = strings.Replace(shell, `src="/fast/4/{id}" ttl="1h"`, `src="/never/4/{id}" ttl="0"`, 1)
		}
		parsed, err := edge.ParsePage(page.pattern, shell)
		if err != nil {
			return nil, err
		}
		parsed.Mode = page.mode
		pages = append(pages, parsed)
	}
	return pages, nil
}

// installPeer brings lru-cache in the version of package-lock.json; of its builds the one that a bundler takes for Workers.
func (p *places) installPeer() error {
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("workers", name))
		if err != nil {
			return err
		}
		into := filepath.Join(p.out, name)
		if old, err := os.ReadFile(into); err == nil && string(old) == string(text) {
			continue
		}
		_ = os.RemoveAll(filepath.Join(p.out, "node_modules"))
		if err := os.WriteFile(into, text, 0o644); err != nil {
			return err
		}
	}
	module := filepath.Join(p.out, "node_modules", "lru-cache", "dist", "esm", "browser", "index.min.js")
	text, err := os.ReadFile(module)
	if err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund")
		install.Dir = p.out
		if output, err := install.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci: %w\n%s", err, output)
		}
		if text, err = os.ReadFile(module); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(p.out, "lru-cache.mjs"), text, 0o644)
}

var (
	compatibilityDate = regexp.MustCompile(`compatibilityDate = ("[^"]*")`)
	embedded          = regexp.MustCompile(`embed "([^"]*)"`)
)

// builtWorker is what build.sh has made.
type builtWorker struct {
	site  string // the Worker in workerd's language, its modules where they lie as seen from places.out
	inlay string // the same, with the pages of the benchmark
	date  string // its compatibilityDate, as it stands there
}

// ofGo are the modules that a site without Go and without modules of its own has not.
var ofGo = regexp.MustCompile(`(?m)^ *\(name = "(?:main\.mjs|upstream\.mjs|upstream\.json\.z|go\.mjs|app\.wasm|wasm_exec\.js)", .*\n`)

// appInstances is the module in whose place such a site has no-app.mjs.
var appInstances = regexp.MustCompile(`(name = "app-instances\.mjs", esModule = embed ")[^"]*"`)

// bare is the Worker of a site without Go, with pages of the benchmark.
func (b *builtWorker) bare(pages string) string {
	text := ofGo.ReplaceAllString(b.inlay, "")
	text = appInstances.ReplaceAllString(text, `${1}no-app.mjs"`)
	return strings.Replace(text, `embed "pages.bin"`, fmt.Sprintf("embed %q", pages), 1)
}

func (p *places) built() (b builtWorker, err error) {
	text, err := os.ReadFile(filepath.Join(p.root, "build", "workerd.capnp"))
	if err != nil {
		return b, fmt.Errorf("%w; run ./build.sh build first", err)
	}
	_, worker, found := strings.Cut(string(text), "const worker :Workerd.Worker = ")
	date := compatibilityDate.FindStringSubmatch(string(text))
	if !found || date == nil {
		return b, errors.New("build/workerd.capnp is not as expected")
	}
	up, err := filepath.Rel(p.out, filepath.Join(p.root, "build"))
	if err != nil {
		return b, err
	}
	b.date = date[1]
	b.site = embedded.ReplaceAllStringFunc(worker, func(e string) string {
		return fmt.Sprintf("embed %q", filepath.ToSlash(filepath.Join(up, embedded.FindStringSubmatch(e)[1])))
	})
	b.inlay = b.site
	for _, name := range []string{"pages.bin", "build-id.mjs"} {
		if b.inlay, err = replaceOnce(b.inlay, fmt.Sprintf("embed %q", filepath.ToSlash(filepath.Join(up, name))), fmt.Sprintf("embed %q", name)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// dataset is one of Workers Analytics Engine as wrangler dev has it: what is written to it goes nowhere.
const dataset = `  extensions = [(modules = [(name = "bench:dataset", internal = true, esModule = "export default () => ({ writeDataPoint() {} });")])],
`

// withDataset is a Worker that writes to one.
func withDataset(worker string) string {
	return strings.Replace(worker, "  bindings = [", "  bindings = [\n    (name = \"INLAY_ANALYTICS\", wrapped = (moduleName = \"bench:dataset\")),", 1)
}

// replaceOnce replaces what a text has once.
func replaceOnce(text, old, with string) (string, error) {
	if n := strings.Count(text, old); n != 1 {
		return "", fmt.Errorf("build/workerd.capnp is not as expected: it has %q %d times", old, n)
	}
	return strings.Replace(text, old, with, 1), nil
}

// writeConfig writes a configuration of workerd with the named Workers, each on a socket of its name. "site" is the one
// that build.sh makes, "inlay" the same with the pages of the benchmark.
func (p *places) writeConfig(workers []string) (path string, err error) {
	built, err := p.built()
	if err != nil {
		return "", err
	}
	var services, sockets, consts strings.Builder
	for _, name := range workers {
		id := "w" + strings.ReplaceAll(name, "-", "")
		fmt.Fprintf(&services, "    (name = %q, worker = .%s),\n", name, id)
		fmt.Fprintf(&sockets, "    (name = %q, address = \"127.0.0.1:0\", http = (), service = %q),\n", name, name)
		fmt.Fprintf(&consts, "\nconst %s :Workerd.Worker = ", id)
		if worker := map[string]string{"inlay": built.inlay, "site": built.site, "inlay-analytics": withDataset(built.inlay), "inlay-bare": built.bare("bare.bin"), "inlay-many": built.bare("many.bin")}[name]; worker != "" {
			consts.WriteString(worker)
			continue
		}
		fmt.Fprintf(&consts, "(\n  compatibilityDate = %s,\n  modules = [\n", built.date)
		for _, module := range modules[name] {
			kind, file := "esModule", module
			switch filepath.Ext(module) {
			case ".wasm":
				kind = "wasm"
			case ".bin":
				kind = "data"
			}
			if name == "stock" {
				file = "stock/" + module
			}
			fmt.Fprintf(&consts, "    (name = %q, %s = embed %q),\n", module, kind, file)
		}
		consts.WriteString("  ],\n  bindings = [\n    (name = \"ORIGIN\", fromEnvironment = \"INLAY_ORIGIN\"),\n    (name = \"INTERNET\", service = \"internet\"),\n  ],\n);\n")
	}
	text := "using Workerd = import \"/workerd/workerd.capnp\";\n\nconst config :Workerd.Config = (\n" + dataset + "  services = [\n" + services.String() +
		"    (name = \"internet\", network = (allow = [\"public\", \"private\"])),\n  ],\n  sockets = [\n" + sockets.String() + "  ],\n);\n" + consts.String()
	path = filepath.Join(p.out, strings.Join(workers, "+")+".capnp")
	return path, os.WriteFile(path, []byte(text), 0o644)
}
