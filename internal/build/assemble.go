package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inlay/internal/project"
)

// Assemble puts the modules into build/ that are copies: the glue, the site's
// own, what starts Go. It removes what else would be uploaded, and writes the
// configuration of a bare workerd. It gives the names of what the Worker
// consists of, its entry first, and those of the files that have changed.
func Assemble(ctx context.Context, p *project.Project) (modules, changed []string, err error) {
	all, err := gather(p)
	if err != nil {
		return nil, nil, err
	}
	note := func(name string, data []byte) error {
		new, err := write(filepath.Join(p.Build(), filepath.FromSlash(name)), data)
		if new {
			changed = append(changed, name)
		}
		return err
	}
	var id *module
	for i := range all {
		m := &all[i]
		modules = append(modules, m.name)
		switch m.name {
		case "wasm_exec.js":
			if m.data, err = wasmExec(ctx, p); err != nil {
				return nil, nil, err
			}
		case IDModule:
			id = m
		}
		if m.data != nil {
			if err := note(m.name, m.data); err != nil {
				return nil, nil, err
			}
		}
	}
	if id != nil { // core.mjs may be the site's own
		if id.data, err = idModule(p, all); err != nil {
			return nil, nil, err
		}
		if err := note(id.name, id.data); err != nil {
			return nil, nil, err
		}
	}
	removed, err := clean(p, modules)
	if err != nil {
		return nil, nil, err
	}
	changed = append(changed, removed...)
	for _, one := range []struct{ file, up, core string }{
		{"workerd.capnp", "", "core.wasm"},
		{"test/workerd.capnp", "../", "test/core.wasm"},
	} {
		if one.up != "" && stampOf(filepath.Join(p.Build(), filepath.FromSlash(one.core))) == "" {
			continue
		}
		text, err := capnp(p, all, "build/"+one.file, one.up, one.core)
		if err != nil {
			return nil, nil, err
		}
		if err := note(one.file, text); err != nil {
			return nil, nil, err
		}
	}
	return modules, changed, nil
}

// wasmExec is what starts a Go instance, of the very release that compiles
// app.wasm. syumai/workers has a copy whose js.Global() is a Proxy, which fetch
// and setTimeout refuse as their receiver; what it needs besides is in
// worker/go.mjs.
func wasmExec(ctx context.Context, p *project.Project) ([]byte, error) {
	output, err := command(ctx, p.Site, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(strings.TrimSpace(output), "lib", "wasm", "wasm_exec.js")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("this Go lacks what starts a program in JavaScript; get a whole one from https://go.dev/dl/: %w", err)
	}
	return data, nil
}

// clean removes from build/ what wrangler would upload and the Worker does not import.
func clean(p *project.Project, modules []string) (removed []string, err error) {
	entries, err := os.ReadDir(p.Build())
	if err != nil {
		return nil, err
	}
	rules := newRules(p)
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || slices.Contains(modules, name) || rules.kind(name) == "" && kinds[filepath.Ext(name)] == "" {
			continue
		}
		if err := os.Remove(filepath.Join(p.Build(), name)); err != nil {
			return nil, err
		}
		removed = append(removed, name)
	}
	return removed, nil
}
