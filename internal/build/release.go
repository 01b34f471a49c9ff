package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inlay/internal/project"
	"inlay/worker"
)

// checkRelease refuses a site whose go.mod has another release of inlay than
// this program: its app.wasm would be of the one, glue and core.wasm of the
// other.
func checkRelease(ctx context.Context, p *project.Project) error {
	if p.Go == project.NoGo {
		return nil
	}
	dir, err := moduleFolder(ctx, p)
	if dir == "" || err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "worker", "core.record"))
	if err != nil || string(theirs) == worker.Record {
		return nil // what is not there, Go tells
	}
	return fmt.Errorf("the site's go.mod has another release of inlay, in %s, than this program is of; run its own: go tool inlay", dir)
}

// moduleFolder is where Go has the module inlay that a site takes; "" if the
// site has no Go, or Go does not know.
func moduleFolder(ctx context.Context, p *project.Project) (string, error) {
	if p.Module == "" {
		return "", nil
	}
	const step = "release"
	files := []string{filepath.Join(p.Module, "go.mod"), filepath.Join(p.Module, "go.sum")}
	for folder := p.Module; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		files = append(files, filepath.Join(folder, "go.work"))
	}
	digest, err := digestOf(files, os.Getenv("GOFLAGS"), os.Getenv("GOWORK"))
	if err != nil {
		return "", err
	}
	if known, dir, _ := strings.Cut(remembered(p, step), "\n"); known == digest && dir != "" {
		return dir, nil
	}
	output, err := command(ctx, p.Site, nil, "go", "list", "-m", "-f", "{{.Dir}}", "inlay")
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	dir := strings.TrimSpace(output)
	if err != nil || !filepath.IsAbs(dir) {
		return "", nil
	}
	return dir, remember(p, step, digest+"\n"+dir)
}
