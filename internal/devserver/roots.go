package devserver

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"inlay/internal/project"
)

// watchProject tells of changes of what a site is made of: the project's folder,
// that of its module, and those of modules on this machine that go.mod or
// go.work puts in place of others.
func watchProject(ctx context.Context, s *session) <-chan []string {
	p := s.current()
	roots := ownRoots(p)
	w := watch(roots, skipper(s))
	changes := make(chan []string)
	go func() {
		w.add(localModules(ctx, s.current())) // takes a while, and so comes after
		for {
			files := w.next(ctx)
			if files == nil {
				return
			}
			select {
			case changes <- files:
			case <-ctx.Done():
				return
			}
			for _, f := range files {
				switch filepath.Base(f) {
				case "go.mod", "go.work", project.ConfigName:
					w.add(ownRoots(s.current()))
					w.add(localModules(ctx, s.current()))
				}
			}
		}
	}()
	return changes
}

// ownRoots are the folders that the project says it is in.
func ownRoots(p *project.Project) []string {
	roots := []string{p.Root, p.Site}
	if p.Module != "" {
		roots = append(roots, p.Module)
	}
	if p.Wrangler.Assets != "" {
		roots = append(roots, filepath.Join(p.Root, filepath.FromSlash(p.Wrangler.Assets)))
	}
	return roots
}

// listsWithin bounds the question for modules, which may go to the network.
const listsWithin = time.Minute

// localModules are the folders of other modules that the site's Go is compiled
// from and that lie on this machine to be edited; none if Go cannot tell.
func localModules(ctx context.Context, p *project.Project) []string {
	if p.Module == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, listsWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{if .Main}}{{.Dir}}{{else}}{{with .Replace}}{{if not .Version}}{{.Dir}}{{end}}{{end}}{{end}}", "all")
	cmd.Dir = p.Site
	output, err := cmd.Output()
	if err != nil {
		return nil
	}
	var folders []string
	for line := range bytes.Lines(output) {
		if folder := strings.TrimSpace(string(line)); folder != "" {
			folders = append(folders, folder)
		}
	}
	return folders
}

// skipper leaves out what [passedOver] does, and what is built.
func skipper(s *session) func(string, bool) bool {
	return func(path string, folder bool) bool {
		return passedOver(path, folder) || folder && path == s.current().Build()
	}
}
