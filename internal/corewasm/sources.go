package corewasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are what a module is compiled from: inlay's own packages.
type Sources struct {
	// Packages are their import paths, those of its main package and of all that
	// it imports, in the order of the alphabet.
	Packages []string
	// Imports are the packages of the standard library that these import
	// themselves, and Needs all that these need in turn, in Go's own library.
	Imports, Needs []string
	// Files are relative to the module's folder, with slashes.
	Files []string
	// Digest is over the files, how the compiler is called, and the version of
	// the language.
	Digest string
}

// What TinyGo sets when it compiles for worker/target.json: which files belong to a package depends on it.
const (
	tags   = "tinygo,tinygo.wasm,wasm_unknown"
	goos   = "linux"
	goarch = "arm"
)

// target is what TinyGo is to compile for.
const target = "worker/target.json"

// ReadSources asks go list what a module consists of, in the folder of inlay's
// go.mod. It needs Go, and not TinyGo.
func (m *Module) ReadSources(ctx context.Context, dir string) (*Sources, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", strings.Join(append([]string{tags}, m.tags...), ","),
		"-json=ImportPath,Standard,Dir,GoFiles,SFiles,CFiles,HFiles,EmbedFiles,Imports", "./"+m.Package)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "GOWORK=off", "GOFLAGS=")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w\n%s", m.Package, err, errs.String())
	}
	var s Sources
	imports := map[string]bool{}
	for list := json.NewDecoder(bytes.NewReader(output)); ; {
		var p struct {
			ImportPath, Dir                             string
			Standard                                    bool
			GoFiles, SFiles, CFiles, HFiles, EmbedFiles []string
			Imports                                     []string
		}
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Standard {
			s.Needs = append(s.Needs, p.ImportPath)
			continue
		}
		s.Packages = append(s.Packages, p.ImportPath)
		for _, path := range p.Imports {
			imports[path] = true
		}
		for _, name := range slices.Concat(p.GoFiles, p.SFiles, p.CFiles, p.HFiles, p.EmbedFiles) {
			rel, err := filepath.Rel(dir, filepath.Join(p.Dir, name))
			if err != nil || !filepath.IsLocal(rel) {
				return nil, fmt.Errorf("%s cannot be made of what is outside of inlay: %s imports %s", m.File(), m.Package, p.ImportPath)
			}
			s.Files = append(s.Files, filepath.ToSlash(rel))
		}
	}
	for path := range imports {
		if slices.Contains(s.Needs, path) {
			s.Imports = append(s.Imports, path)
		}
	}
	for _, list := range [][]string{s.Packages, s.Imports, s.Needs, s.Files} {
		slices.Sort(list)
	}
	s.Files = append(s.Files, target)
	s.Digest, err = s.digest(dir, m.Flags())
	return &s, err
}

func (s *Sources) digest(dir string, flags []string) (string, error) {
	language, err := goDirective(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", err
	}
	all := sha256.New()
	fmt.Fprintf(all, "%s\n%s\n", strings.Join(flags, " "), language)
	for _, name := range s.Files {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %d\n", name, len(text))
		all.Write(text)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// goDirective is the line of a go.mod that says which Go its sources are in.
func goDirective(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "go ") {
			return line, nil
		}
	}
	return "", fmt.Errorf("%s does not say which go it is in", path)
}
