package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"inlay/edge"
	"inlay/internal/project"
)

// Pages parses the site's pages and writes build/pages.bin, which core.wasm
// reads. It says whether that is new. Mistakes in pages are Problems.
//
// The pages of a site without Go, or with a package main, are its folder
// pages/, and are parsed here: nothing is compiled. Where they are made by a
// func All, the site's own program writes them.
func Pages(ctx context.Context, p *project.Project) (changed bool, err error) {
	path := filepath.Join(p.Build(), "pages.bin")
	if p.Go == project.GoOrigin {
		return pagesOfProgram(ctx, p, path)
	}
	all, err := ReadPages(p)
	if err != nil {
		return false, err
	}
	return write(path, edge.EncodePages(all))
}

// ReadPages parses the pages of the site's folder pages/, alone and together. A site without Go need not have any: its pages
// then are those of its origin.
func ReadPages(p *project.Project) ([]edge.Page, error) {
	none := Problems{{File: p.Rel(p.Pages()), Msg: "the site has no pages; a page is an HTML file in this folder: index.html answers /, about.html answers /about"}}
	if _, err := os.Stat(p.Pages()); errors.Is(err, fs.ErrNotExist) {
		if p.Go == project.NoGo {
			return nil, nil
		}
		return nil, none
	}
	all, err := edge.ReadPages(os.DirFS(p.Pages()))
	if err != nil {
		return nil, pageProblems(p, err)
	}
	var patterns []string // without those of pages that are shown with a status
	for i := range all {
		if strings.HasPrefix(all[i].Pattern, "/") {
			patterns = append(patterns, all[i].Pattern)
		}
	}
	if p.Go != project.NoGo && len(patterns) == 0 {
		return nil, none
	}
	if problems := p.Wrangler.CheckFiles(patterns); len(problems) > 0 {
		return nil, problems
	}
	// What only shows when all pages are put together, and is not about one of them, shows here too.
	if _, err := edge.NewHandler(edge.Options{Pages: all, Origin: http.NotFoundHandler(), Config: edge.Config{AllowHosts: edge.Hosts(all)}}); err != nil {
		return nil, Problems{{File: p.Rel(p.Pages()), Msg: err.Error()}}
	}
	return all, nil
}

// pageProblems are the mistakes that reading pages found, with files as seen from the project's folder.
func pageProblems(p *project.Project, err error) error {
	var mistakes edge.PageErrors
	if !errors.As(err, &mistakes) {
		return err
	}
	var problems Problems
	for _, e := range mistakes {
		problems = append(problems, Problem{File: p.Rel(filepath.Join(p.Pages(), filepath.FromSlash(e.File))), Line: e.Line, Column: e.Col, Msg: e.Msg})
	}
	return problems
}

// pagesOfProgram lets the site's program write its pages.
func pagesOfProgram(ctx context.Context, p *project.Project, path string) (changed bool, err error) {
	program := filepath.Join(p.Build(), ".bin", "site")
	if err := Native(ctx, p, program); err != nil {
		return false, err
	}
	made := path + ".new"
	defer func() { _ = os.Remove(made) }()
	output, err := command(ctx, p.Root, nil, program, "-pages", made)
	if err != nil {
		return false, programProblems(p, output, err)
	}
	data, err := os.ReadFile(made)
	if err != nil {
		return false, fmt.Errorf("the site's program wrote no pages: %w", err)
	}
	return write(path, data)
}
