package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"inlay/edge"
	"inlay/internal/project"
)

// Checked is what [Check] has looked at.
type Checked struct{ Pages, Modules int }

// Check tells of mistakes in the pages and in the modules of the Worker,
// without building it. What pages a site has whose pages are Go only its
// program knows: that is compiled.
func Check(ctx context.Context, p *project.Project) (*Checked, error) {
	var checked Checked
	return &checked, alone(ctx, p, func() error { return check(ctx, p, &checked) })
}

func check(ctx context.Context, p *project.Project, checked *Checked) error {
	_, err := together([]step{
		{"modules", func() (bool, error) {
			modules, err := gather(p)
			if err != nil {
				return false, err
			}
			checked.Modules = len(modules)
			return false, checkSyntax(ctx, p, modules)
		}},
		{"pages.bin", func() (bool, error) {
			all, err := allPages(ctx, p)
			checked.Pages = len(all)
			return false, err
		}},
	})
	return err
}

// allPages are the site's pages, wherever they come from.
func allPages(ctx context.Context, p *project.Project) ([]edge.Page, error) {
	if p.Go != project.GoOrigin {
		return ReadPages(p)
	}
	if _, err := Pages(ctx, p); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(p.Build(), "pages.bin"))
	if err != nil {
		return nil, err
	}
	all, err := edge.DecodePages(data)
	if err != nil {
		return nil, errors.New("the site's go.mod has another release of inlay than this program; use its own: go tool inlay")
	}
	return all, nil
}

// Packages are the import paths of the site's Go, in its folder and below. What
// npm or a build has brought there is none of it.
func Packages(ctx context.Context, p *project.Project) ([]string, error) {
	output, err := command(ctx, p.Site, nil, "go", "list", "-e", "-f", "{{.ImportPath}}\t{{.Dir}}", "./...")
	if err != nil {
		return nil, goProblems(p, output, err)
	}
	var paths []string
	for line := range strings.Lines(output) {
		path, dir, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		rel, err := filepath.Rel(p.Site, dir)
		if !ok || err != nil || outside(p, dir) || strings.Contains("/"+filepath.ToSlash(rel)+"/", "/node_modules/") {
			continue
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return nil, Problems{{File: p.Rel(p.Site), Msg: "go list finds no packages: " + strings.TrimSpace(output)}}
	}
	return paths, nil
}

// outside: whether a folder is in build/.
func outside(p *project.Project, dir string) bool {
	rel, err := filepath.Rel(p.Build(), dir)
	return err == nil && filepath.IsLocal(rel)
}
