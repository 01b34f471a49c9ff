package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Project is a site and what belongs to it.
type Project struct {
	// Root is the folder of wrangler.toml, absolute. build/, node_modules/ and
	// .dev.vars are in it.
	Root string
	// Site is the folder of the site's pages and Go: Root, or Root/site.
	Site string
	// Wrangler is what wrangler.toml says.
	Wrangler *Wrangler
	// Go is which Go the site has.
	Go GoKind
	// Module is the folder of the go.mod that Site's Go belongs to; "" without Go.
	Module string
}

// ConfigName is the file that makes a folder a project.
const ConfigName = "wrangler.toml"

// Load reads the project that a folder is in: its own wrangler.toml, or that of
// the nearest folder above; "" is the working directory. Mistakes in
// wrangler.toml are Problems.
func Load(dir string) (*Project, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(from); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", dir)
	}
	root, err := find(from)
	if err != nil {
		return nil, err
	}
	p := &Project{Root: root, Site: root}
	if p.Wrangler, err = readWrangler(filepath.Join(root, ConfigName)); err != nil {
		return nil, err
	}
	if inner := filepath.Join(root, "site"); !isDir(filepath.Join(root, "pages")) && isSite(inner) {
		p.Site = inner
	}
	if p.Go, err = goKind(p.Site); err != nil {
		return nil, p.relative(err)
	}
	if p.Go != NoGo {
		if p.Module = above(p.Site, "go.mod"); p.Module == "" {
			return nil, fmt.Errorf("%s has Go and there is no go.mod in it or above; make one: go mod init NAME", p.Site)
		}
	}
	return p, nil
}

// find looks for wrangler.toml, upwards.
func find(from string) (string, error) {
	if root := above(from, ConfigName); root != "" {
		return root, nil
	}
	for _, other := range []string{"wrangler.jsonc", "wrangler.json"} {
		if root := above(from, other); root != "" {
			return "", fmt.Errorf("%s is not read; inlay needs a %s, which says the same in TOML", filepath.Join(root, other), ConfigName)
		}
	}
	return "", fmt.Errorf("there is no %s in %s or above; go to a site, name one with -C, or make one: inlay new DIR", ConfigName, from)
}

// above is the nearest folder, from one upwards, that has a file; "" if none has.
func above(from, name string) string {
	for {
		if info, err := os.Stat(filepath.Join(from, name)); err == nil && !info.IsDir() {
			return from
		}
		up := filepath.Dir(from)
		if up == from {
			return ""
		}
		from = up
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isSite: whether a folder has pages, or Go.
func isSite(folder string) bool {
	if isDir(filepath.Join(folder, "pages")) {
		return true
	}
	found, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	return len(found) > 0
}

// Pages is the folder of the site's pages; it need not be there.
func (p *Project) Pages() string { return filepath.Join(p.Site, "pages") }

// Build is the folder that gets what is built.
func (p *Project) Build() string { return filepath.Join(p.Root, "build") }

// Rel is a path relative to Root, with slashes, if it lies there; else as it is.
func (p *Project) Rel(path string) string {
	rel, err := filepath.Rel(p.Root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}

// relative puts Rel on the files of Problems.
func (p *Project) relative(err error) error {
	var problems Problems
	if errors.As(err, &problems) {
		for i := range problems {
			problems[i].File = p.Rel(problems[i].File)
		}
		return problems
	}
	return err
}
