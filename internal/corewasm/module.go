package corewasm

import (
	"fmt"
	"slices"
	"strings"
)

// Module is one of the Wasm modules that are committed in worker/, each beside the record of what it consists of.
type Module struct {
	// Name is that of its files, without their ends: core.wasm and core.record.
	Name string
	// Package is the folder of its main package, in inlay's.
	Package string
	// Limit is the most that it may weigh gzipped, in bytes.
	Limit int
	// Forbidden are the packages that it must do without.
	Forbidden []Forbidden

	optimize string
	tags     []string // build tags besides TinyGo's own: what is compiled for the core has less in it than what is for a shell
	imports  bool     // whether the glue gives it anything
}

// Core is core.wasm: the cache and the engine. It is started with each isolate.
//
// -opt=z is a quarter smaller than -opt=2 (gzipped 61.5 KB; with -opt=s 64.8, with -opt=2 81.1), and what is slower by it, a
// cache hit of 57 ns for 45, does not show in a warm page.
func Core() *Module {
	return &Module{Name: "core", Package: "worker/core", Limit: 73728, Forbidden: forbiddenInCore(), optimize: "z", imports: true}
}

// Shell is shell.wasm: what reads the origin's pages. It is started when the first of them comes.
func Shell() *Module {
	return &Module{Name: "shell", Package: "worker/shell", Limit: 96256, Forbidden: forbiddenInShell(), optimize: "z", tags: []string{"documents"}}
}

// Variables is variables.wasm: what reads the variables, in the first request of an isolate, and is gone then. In the core it would be 5
// of its kilobytes, gzipped.
func Variables() *Module {
	return &Module{Name: "variables", Package: "worker/variables", Limit: 16384, Forbidden: forbiddenInShell(), optimize: "z", tags: []string{"variables"}}
}

// Modules are all of them.
func Modules() []*Module { return []*Module{Core(), Shell(), Variables()} }

// File is the module's, in worker/ and in build/.
func (m *Module) File() string { return m.Name + ".wasm" }

// Path is the import path of its main package.
func (m *Module) Path() string { return "inlay/" + m.Package }

// Flags are how TinyGo is called. A panic traps: there is nothing to print it on, and the glue replaces the instance.
func (m *Module) Flags() []string { return m.flags(nil) }

func (m *Module) flags(moreTags []string) []string {
	flags := []string{"-target", target, "-no-debug", "-opt=" + m.optimize, "-panic=trap"}
	if all := slices.Concat(m.tags, moreTags); len(all) > 0 {
		flags = append(flags, "-tags", strings.Join(all, ","))
	}
	return flags
}

// Fits refuses what weighs too much, gzipped.
func (m *Module) Fits(gzipped int) error {
	if gzipped > m.Limit {
		return fmt.Errorf("%s has %d bytes gzipped, and its limit is %d", m.File(), gzipped, m.Limit)
	}
	return nil
}

// forbids is the entry of a package that is forbidden; nil if it is not.
func (m *Module) forbids(path string) *Forbidden {
	if i := slices.IndexFunc(m.Forbidden, func(f Forbidden) bool { return f.is(path) }); i >= 0 {
		return &m.Forbidden[i]
	}
	return nil
}
