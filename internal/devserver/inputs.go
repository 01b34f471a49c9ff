package devserver

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"inlay/internal/project"
)

// inputs know which files the site's Go embeds, so that others in its folder,
// such as a log or a database, are no reason to build. The zero value takes
// every file for one.
type inputs struct {
	target []string // GOOS and GOARCH, as the environment has them

	mu     sync.Mutex
	known  bool
	embeds []embed
}

// embed is what a package's //go:embed lines name.
type embed struct {
	folder   string
	patterns []string // as path.Match reads them
}

// has tells whether a file may be embedded.
func (in *inputs) has(file string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.known {
		return true
	}
	for _, e := range in.embeds {
		if e.has(file) {
			return true
		}
	}
	return false
}

// has: a pattern takes a file, or a folder with all that is in it.
func (e embed) has(file string) bool {
	rel, err := filepath.Rel(e.folder, file)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	for part := filepath.ToSlash(rel); part != "."; part = path.Dir(part) {
		for _, pattern := range e.patterns {
			if ok, err := path.Match(pattern, part); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// read asks Go for them. What was known stays if it cannot tell, as of code with
// mistakes.
func (in *inputs) read(ctx context.Context, p *project.Project) {
	var embeds []embed
	if p.Go != project.NoGo {
		args := []string{"list", "-deps", "-f", "{{if and (not .Standard) .EmbedPatterns}}{{.Dir}}{{range .EmbedPatterns}}\t{{.}}{{end}}{{end}}", "."}
		if p.Go == project.GoOrigin {
			args = append(args, "./pages")
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = p.Site, append(os.Environ(), in.target...)
		output, err := cmd.Output()
		if err != nil {
			return
		}
		for line := range bytes.Lines(output) {
			fields := strings.Split(strings.TrimSpace(string(line)), "\t")
			for i, pattern := range fields[1:] {
				fields[1+i] = strings.TrimPrefix(pattern, "all:")
			}
			if len(fields) > 1 {
				embeds = append(embeds, embed{fields[0], fields[1:]})
			}
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.known, in.embeds = true, embeds
}
