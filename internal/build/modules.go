package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"inlay/internal/esmodule"
	"inlay/internal/operator"
	"inlay/internal/project"
	"inlay/worker"
)

// module is one of those that the Worker consists of.
type module struct {
	name string
	from string // the file that it is a copy of, relative to the project; "" if it is made here
	data []byte // nil if it lies in build/ already
}

// made are the modules that other steps of the build write. Nothing else in
// build/ is a source: it may be a copy of what is gone.
var made = []string{"app.wasm", IDModule, "core.wasm", "pages.bin", "shell.wasm", "variables.wasm", "wasm_exec.js"}

// moduleName is what a module in build/ may be called.
var moduleName = regexp.MustCompile(`^[\w.-]+$`)

// gatherer follows imports. A module is taken from the first place that has it: the site's folder, its folder data/, inlay's
// glue.
type gatherer struct {
	p        *project.Project
	rules    *rules
	found    []module
	problems Problems
}

// gather lists the modules of the Worker, its entry first: that, and all that it imports, directly or not.
func gather(p *project.Project) ([]module, error) {
	entry, err := entryOf(p)
	if err != nil {
		return nil, err
	}
	g := &gatherer{p: p, rules: newRules(p)}
	at := Problem{File: project.ConfigName, Line: p.Wrangler.MainAt.Line, Column: p.Wrangler.MainAt.Column}
	if !g.add(entry, "main is build/"+entry, at) {
		return nil, g.problems
	}
	for i := 0; i < len(g.found); i++ {
		if err := g.follow(g.found[i]); err != nil {
			return nil, err
		}
	}
	switch {
	case len(g.problems) > 0:
		return nil, g.problems
	case !slices.ContainsFunc(g.found, func(m module) bool { return m.name == "core.wasm" }):
		return nil, Problems{{File: g.found[0].from, Msg: `the entry of the Worker has to export what inlay is: export { default } from "./worker.mjs"`}}
	}
	return g.found, nil
}

// entryOf is the name of the module that wrangler.toml's main names, which has to lie directly in build/.
func entryOf(p *project.Project) (string, error) {
	main := p.Wrangler.Main
	for name, env := range p.Wrangler.Environments {
		if path.Clean(filepath.ToSlash(env.Main)) != path.Clean(filepath.ToSlash(main)) {
			return "", Problems{{File: project.ConfigName, Msg: fmt.Sprintf("env.%s has a main of its own, %q; all environments have the same Worker, and differ in their variables", name, env.Main)}}
		}
	}
	folder, name := path.Split(path.Clean(filepath.ToSlash(main)))
	if folder != "build/" || !moduleName.MatchString(name) || !isScript(name) {
		at := p.Wrangler.MainAt
		return "", Problems{{File: project.ConfigName, Line: at.Line, Column: at.Column,
			Msg: fmt.Sprintf(`main is %q, and has to be a module directly in build/, as in main = "build/main.mjs"`, main)}}
	}
	return name, nil
}

func isScript(name string) bool {
	return strings.HasSuffix(name, ".mjs") || strings.HasSuffix(name, ".js")
}

// add finds a module by its name, and says whether it is there. what names it, and where, is for the error.
func (g *gatherer) add(name, what string, at Problem) bool {
	if slices.ContainsFunc(g.found, func(m module) bool { return m.name == name }) {
		return true
	}
	m, err := g.find(name)
	if err != nil {
		at.Msg = fmt.Sprintf("%s: %v", what, err)
		g.problems = append(g.problems, at)
		return false
	}
	if problem := g.rules.check(name); problem != "" {
		at.Msg = fmt.Sprintf("%s: %s", what, problem)
		g.problems = append(g.problems, at)
		return false
	}
	g.found = append(g.found, m)
	return true
}

// places are where the site has modules of its own.
func (g *gatherer) places() []string { return []string{g.p.Site, filepath.Join(g.p.Site, "data")} }

// noApp is the glue in place of app-instances.mjs where there is no app.wasm.
const noApp, appInstances = "no-app.mjs", "app-instances.mjs"

// defaultEntry is main.mjs for a site that has none.
const defaultEntry = "main.mjs"

func (g *gatherer) find(name string) (module, error) {
	var own string
	var data []byte
	for _, folder := range g.places() {
		path := filepath.Join(folder, name)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return module{}, err
		}
		own, data = g.p.Rel(path), text
		break
	}
	if slices.Contains(made, name) {
		if own != "" {
			return module{}, fmt.Errorf("%s has the name of what inlay makes; give it another", own)
		}
		if name == "app.wasm" && g.p.Go == project.NoGo {
			return module{}, errors.New("the site has no Go, so there is no such file")
		}
		return module{name: name}, nil
	}
	if own != "" {
		return module{name, own, data}, nil
	}
	glue := name
	if name == appInstances && g.p.Go == project.NoGo {
		glue = noApp
	}
	if data, err := worker.Glue.ReadFile(glue); err == nil && name != noApp {
		return module{name: name, data: data}, nil
	}
	if name == operator.Name {
		return module{name: name, data: operator.Encode()}, nil
	}
	if name == defaultEntry {
		return module{name: name, data: []byte("// Made by inlay build: the Worker's entry, for want of one in the site.\n\nexport * from \"./worker.mjs\";\nexport { default } from \"./worker.mjs\";\n")}, nil
	}
	return module{}, fmt.Errorf("there is no such file in %s, %s or inlay's own modules", g.p.Rel(g.p.Site), g.p.Rel(filepath.Join(g.p.Site, "data")))
}

// follow adds what a module imports.
func (g *gatherer) follow(m module) error {
	if !isScript(m.name) || m.data == nil {
		return nil
	}
	at := Problem{File: m.from}
	if m.from == "" {
		at.File = m.name
	}
	imports, err := esmodule.Imports(string(m.data))
	var mistake *esmodule.Error
	if errors.As(err, &mistake) {
		at.Line, at.Column, at.Msg = mistake.Line, mistake.Column, mistake.Msg
		g.problems = append(g.problems, at)
		return nil
	}
	if err != nil {
		return err
	}
	for _, i := range imports {
		at.Line, at.Column = i.Line, i.Column
		name, problem := nameOf(i.Specifier)
		if problem != "" {
			at.Msg = "imports " + i.Specifier + ": " + problem
			g.problems = append(g.problems, at)
			continue
		}
		if name != "" {
			g.add(name, "imports "+i.Specifier, at)
		}
	}
	return nil
}

// nameOf is the module that a specifier means; "" if the runtime has it.
func nameOf(specifier string) (name, problem string) {
	if strings.HasPrefix(specifier, "cloudflare:") || strings.HasPrefix(specifier, "node:") {
		return "", ""
	}
	name, local := strings.CutPrefix(specifier, "./")
	switch {
	case strings.HasPrefix(specifier, "../"), local && strings.Contains(name, "/"):
		return "", "modules must lie directly in the site's folder, which is where build/ gets them from: " + path.Base(specifier)
	case !local:
		return "", `nothing is bundled, so there are no packages; a module is named "./NAME.mjs", what the runtime has "cloudflare:NAME" or "node:NAME"`
	case !moduleName.MatchString(name):
		return "", "a module's name has letters, digits, and . _ - alone"
	}
	return name, ""
}
