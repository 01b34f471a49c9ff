package project

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// GoKind is which Go a site has.
type GoKind int

const (
	// NoGo: fragments come from INLAY_ORIGIN, and there is no app.wasm.
	NoGo GoKind = iota
	// GoMain: a package main, whose main calls app.Main.
	GoMain
	// GoOrigin: a package with a func Origin() http.Handler, and below it a
	// package pages with func All() ([]edge.Page, error). The build writes a main
	// for it.
	GoOrigin
)

// goKind looks at the Go files directly in a site's folder, tests left out.
// Mistakes that keep it from seeing are Problems with whole paths.
func goKind(site string) (GoKind, error) {
	decls, name, err := declared(site)
	if err != nil {
		return NoGo, err
	}
	switch {
	case name == "":
		return NoGo, nil
	case name == "main":
		return GoMain, nil
	case !slices.Contains(decls, "Origin"):
		return NoGo, problem(site, 0, 0, "package %s is neither a package main that calls app.Main nor has it a func Origin() http.Handler; write one of the two", name)
	}
	pages := filepath.Join(site, "pages")
	decls, inner, err := declared(pages)
	if err != nil {
		return NoGo, err
	}
	if inner == "" || !slices.Contains(decls, "All") {
		return NoGo, problem(pages, 0, 0, "package %s has a func Origin, so there has to be a package pages with func All() ([]edge.Page, error); or make it a package main that calls app.Main", name)
	}
	return GoOrigin, nil
}

// declared gives the functions of a folder's Go, and its package's name; "" if
// there is none.
func declared(folder string) (functions []string, name string, err error) {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.go"))
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		base := filepath.Base(path)
		if strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments|parser.SkipObjectResolution)
		if file == nil || file.Name == nil || file.Name.Name == "" || file.Name.Name == "_" {
			return nil, "", syntax(err)
		}
		if ignored(file) {
			continue
		}
		name = file.Name.Name
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				functions = append(functions, f.Name.Name)
			}
		}
	}
	return functions, name, nil
}

// ignored: whether a file is only ever run by itself, as generators are.
func ignored(file *ast.File) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, c := range group.List {
			if strings.TrimSpace(c.Text) == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// syntax makes Problems of what Go's parser found.
func syntax(err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	var problems Problems
	for _, e := range list {
		problems = append(problems, Problem{e.Pos.Filename, e.Pos.Line, e.Pos.Column, e.Msg})
	}
	return problems
}

// escapeGlob lets a folder's name be no pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}
