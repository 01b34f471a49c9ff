package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"inlay/internal/project"
)

// What the steps remember of their last run is in build/.state/: a file each.

func statePath(p *project.Project, step string) string {
	return filepath.Join(p.Build(), ".state", step)
}

// remembered is what a step has noted; "" if nothing.
func remembered(p *project.Project, step string) string {
	text, err := os.ReadFile(statePath(p, step))
	if err != nil {
		return ""
	}
	return string(text)
}

// remember notes what a step was done for.
func remember(p *project.Project, step, what string) error {
	_, err := write(statePath(p, step), []byte(what))
	return err
}

// forget makes a step begin anew the next time.
func forget(p *project.Project, step string) { _ = os.Remove(statePath(p, step)) }

// digestOf is one hash over names and contents of files, in their order. One that is not there counts as such.
func digestOf(files []string, more ...string) (string, error) {
	all := sha256.New()
	for _, text := range more {
		fmt.Fprintf(all, "%d %s\n", len(text), text)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			return "", err
		}
		fmt.Fprintf(all, "%s %d %t\n", path, len(text), err == nil)
		all.Write(text)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}
