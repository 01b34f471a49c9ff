package build

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"inlay/internal/project"
)

// directive is a line for go generate that runs a program of the site's own: such a program and Go itself are all that it
// depends on, so that a build can tell when it has to run. Others may need programs that are not there, and are for the
// site's author to run.
var directive = regexp.MustCompile(`(?m)^//go:generate go run (\./\S+|\.)(?: .*)?\r?$`)

// ownGenerators is directive, as go generate's option -run wants it.
const ownGenerators = `^//go:generate go run \.`

// Generate runs go generate in the site's folder for programs of the site's own
// (//go:generate go run ./DIR …), if it never has, or if such a line, a file in
// its folder or the release of Go is another than the last time, or if a file
// that it made is gone.
func Generate(ctx context.Context, p *project.Project) error {
	if p.Go == project.NoGo {
		return nil
	}
	sources, err := generators(p)
	if err != nil || len(sources) == 0 {
		return err
	}
	release, err := command(ctx, p.Site, nil, "go", "env", "GOVERSION")
	if err != nil {
		return err
	}
	digest, err := digestOf(sources, release)
	if err != nil {
		return err
	}
	const step = "generate"
	last, outputs, _ := strings.Cut(remembered(p, step), "\n")
	if last == digest && allThere(p, strings.Split(outputs, "\n")) {
		return nil
	}
	if err := remember(p, step, "\n"+outputs); err != nil { // so that it is run again if this fails
		return err
	}
	before := siteFiles(p)
	output, err := command(ctx, p.Site, nil, "go", "generate", "-run", ownGenerators, "./...")
	if err != nil {
		return goProblems(p, output, err)
	}
	after := siteFiles(p)
	// What it made before and has now left alone is its own too.
	made := slices.DeleteFunc(strings.Split(outputs, "\n"), func(path string) bool {
		_, there := after[filepath.Join(p.Root, filepath.FromSlash(path))]
		return !there
	})
	for path, stamp := range after {
		if before[path] != stamp {
			made = append(made, p.Rel(path))
		}
	}
	slices.Sort(made)
	return remember(p, step, digest+"\n"+strings.Join(slices.Compact(made), "\n"))
}

// generators are the files that go generate's result depends on: those with a directive, and those in the folder of each
// program that one of them names, and below it.
func generators(p *project.Project) (files []string, err error) {
	var folders []string
	err = filepath.WalkDir(p.Site, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if path != p.Site && (skipped(p, path, e.Name()) || strings.HasPrefix(e.Name(), "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" || !e.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte("//go:generate go run .")) {
			return err
		}
		for _, m := range directive.FindAllSubmatch(text, -1) {
			folders = append(folders, filepath.Join(filepath.Dir(path), filepath.FromSlash(string(m[1]))))
			files = append(files, path)
		}
		return nil
	})
	for _, folder := range folders {
		if err != nil {
			break
		}
		err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".")):
				return fs.SkipDir
			case e.Type().IsRegular() && !strings.HasSuffix(path, "_test.go"):
				files = append(files, path)
			}
			return nil
		})
	}
	slices.Sort(files)
	return slices.Compact(files), err
}

// stampOf tells two versions of a file apart by what the system knows of them.
func stampOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano())
}

// siteFiles are the files of the site with what tells two versions of each apart.
func siteFiles(p *project.Project) map[string]string {
	files := map[string]string{}
	_ = filepath.WalkDir(p.Site, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it goes while we look
		case e.IsDir() && path != p.Site && skipped(p, path, e.Name()):
			return fs.SkipDir
		case !e.IsDir() && !strings.HasPrefix(e.Name(), "."): // what is hidden is the author's
			files[path] = stampOf(path)
		}
		return nil
	})
	return files
}

func allThere(p *project.Project, paths []string) bool {
	for _, path := range paths {
		if _, err := os.Stat(filepath.Join(p.Root, filepath.FromSlash(path))); path != "" && err != nil {
			return false
		}
	}
	return true
}
