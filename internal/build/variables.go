package build

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"inlay/edge"
	"inlay/internal/project"
)

// siteVariable is the name of a variable in the site's sources: inlay's own, and those that begin with SITE_.
var siteVariable = regexp.MustCompile(`\b(?:INLAY|SITE)_[A-Z0-9_]+\b`)

// variables are the names of those that the Worker reads, in the order of the
// alphabet: a bare workerd has to be told each. The site's own are those in
// wrangler.toml's [vars] and in .dev.vars, and what begins with SITE_ in its
// sources.
func variables(p *project.Project) ([]string, error) {
	names := map[string]bool{}
	for _, v := range edge.Variables() {
		names[v.Name] = true
	}
	for name := range p.Wrangler.Vars {
		names[name] = true
	}
	secrets, err := p.DevVars("")
	if err != nil {
		return nil, err
	}
	for name := range secrets {
		names[name] = true
	}
	err = filepath.WalkDir(p.Site, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if path != p.Site && skipped(p, path, e.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".mjs", ".js":
		default:
			return nil
		}
		if strings.HasSuffix(path, "_test.go") || !e.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, name := range siteVariable.FindAll(text, -1) {
			names[string(name)] = true
		}
		return err
	})
	return slices.Sorted(maps.Keys(names)), err
}

// skipped are folders in that of a site that are not the site's own sources.
func skipped(p *project.Project, path, name string) bool {
	return path == p.Build() || strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "vendor"
}
