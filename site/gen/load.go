package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// library is the public part of one Go tree.
type library struct {
	version  string     // as in GOROOT/VERSION: "go1.26.8"
	packages []*pkg     // sorted by path
	known    linkTarget // what a link may point at
}

// pkg is one public package: its documentation, and what is needed to turn
// names in it into links.
type pkg struct {
	path      string
	doc       *doc.Package
	fset      *token.FileSet
	fileNames map[string]map[string]string // file → name of an import in it → import path
	imports   []string                     // of its non-test files; sorted, without duplicates
	importers []string                     // public packages that import it; sorted
	names     int                          // exported names: constants, variables, functions, types, methods
}

// linkTarget holds, for each package path, the anchors of its page.
type linkTarget map[string]map[string]bool

func load(goroot string) (*library, error) {
	lib := &library{version: readVersion(goroot)}
	src := filepath.Join(goroot, "src")
	err := filepath.WalkDir(src, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(src, dir)
		if err != nil {
			return err
		}
		importPath := filepath.ToSlash(rel)
		if importPath == "." {
			return nil
		}
		if hidden(importPath) {
			return filepath.SkipDir
		}
		p, err := loadPackage(dir, importPath)
		if err != nil {
			return fmt.Errorf("package %s: %w", importPath, err)
		}
		if p != nil {
			lib.packages = append(lib.packages, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", src, err)
	}
	if len(lib.packages) == 0 {
		return nil, fmt.Errorf("no package found under %s", src)
	}
	slices.SortFunc(lib.packages, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	lib.connect()
	return lib, nil
}

func readVersion(goroot string) string {
	text, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return "Go, development version"
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(first)
}

// hidden says that importPath and everything below it cannot be imported by
// users, or is no package at all.
func hidden(importPath string) bool {
	base := path.Base(importPath)
	return importPath == "cmd" || base == "internal" || base == "vendor" || base == "testdata" ||
		strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

// platforms are tried in this order: documentation is that of linux/amd64, as
// on any other documentation site, but syscall/js exists for Wasm alone.
var platforms = []build.Context{platform("linux", "amd64"), platform("js", "wasm")}

func platform(goos, goarch string) build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = goos, goarch, goos == "linux"
	c.BuildTags, c.ToolTags = nil, nil
	return c
}

// loadPackage returns nil if the folder holds no package on any platform.
func loadPackage(dir, importPath string) (*pkg, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, platform := range platforms {
		p := &pkg{path: importPath, fset: token.NewFileSet(), fileNames: map[string]map[string]string{}}
		var files []*ast.File
		sources := 0
		for _, entry := range entries {
			name := entry.Name()
			if entry.IsDir() || !strings.HasSuffix(name, ".go") {
				continue
			}
			if match, err := platform.MatchFile(dir, name); err != nil {
				return nil, err
			} else if !match {
				continue
			}
			source, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			test := strings.HasSuffix(name, "_test.go")
			if test && !bytes.Contains(source, []byte("\nfunc Example")) {
				continue // half of all source, and nothing to show in it
			}
			file, err := parser.ParseFile(p.fset, filepath.Join(dir, name), source, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			if file.Name.Name == "main" || file.Name.Name == "documentation" {
				continue
			}
			files = append(files, file)
			if !test {
				sources++
				p.addImports(filepath.Join(dir, name), file)
			}
		}
		if sources == 0 {
			continue
		}
		mode := doc.Mode(0)
		if importPath == "builtin" {
			mode = doc.AllDecls // its names are lower-case, and all public
		}
		p.doc, err = doc.NewFromFiles(p.fset, files, importPath, mode)
		return p, err
	}
	return nil, nil
}

func (p *pkg) addImports(fileName string, file *ast.File) {
	names := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || imported == "C" {
			continue
		}
		name := path.Base(imported)
		if name == "v2" {
			name = path.Base(path.Dir(imported)) // math/rand/v2 is rand
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
		if at, found := slices.BinarySearch(p.imports, imported); !found {
			p.imports = slices.Insert(p.imports, at, imported)
		}
	}
	p.fileNames[fileName] = names
}

// connect fills in what depends on all packages together: who imports whom,
// and which anchors exist.
func (lib *library) connect() {
	byPath := map[string]*pkg{}
	lib.known = linkTarget{}
	for _, p := range lib.packages {
		byPath[p.path] = p
		lib.known[p.path] = p.anchors()
		p.names = len(p.symbols())
	}
	for _, p := range lib.packages {
		for _, imported := range p.imports {
			if q := byPath[imported]; q != nil {
				q.importers = append(q.importers, p.path)
			}
		}
	}
}
