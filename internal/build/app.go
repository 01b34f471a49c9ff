package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inlay/internal/project"
)

// App compiles the site's Go into build/app.wasm, and says whether that is new.
// A site without Go has none: what lies there from before is removed. What the
// compiler refuses is Problems.
func App(ctx context.Context, p *project.Project) (changed bool, err error) {
	path := filepath.Join(p.Build(), "app.wasm")
	if p.Go == project.NoGo {
		err := os.Remove(path)
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	return compile(ctx, p, path, true, "GOOS=js", "GOARCH=wasm")
}

// Native compiles the site's Go into a program for this machine: the server. It
// is compiled as go test does, so that the two share what they have compiled.
func Native(ctx context.Context, p *project.Project, program string) error {
	if p.Go == project.NoGo {
		return errNoProgram
	}
	_, err := compile(ctx, p, program, false)
	return err
}

// compile makes a program of the site's package main. Go itself knows what is up to date, in a tenth of a second; a program
// that is, is left as it is. One that is for other machines tells nothing of this one's folders.
func compile(ctx context.Context, p *project.Project, program string, elsewhere bool, env ...string) (changed bool, err error) {
	main := "."
	if p.Go == project.GoOrigin {
		if main, err = writeMain(ctx, p, slices.Contains(env, "GOOS=js")); err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return false, err
	}
	info, _ := os.Stat(program)
	before := contentOf(program)
	args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", program}
	if elsewhere {
		args = append(args, "-trimpath")
	}
	output, err := command(ctx, p.Site, env, "go", append(args, main)...)
	if err != nil {
		return false, goProblems(p, output, err)
	}
	if contentOf(program) != before {
		return true, nil
	}
	// Go gives a program that is up to date the time of now.
	return false, os.Chtimes(program, time.Time{}, info.ModTime())
}

// contentOf tells two versions of a file apart; "" if there is none.
func contentOf(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	all := sha256.New()
	if _, err := io.Copy(all, file); err != nil {
		return ""
	}
	return hex.EncodeToString(all.Sum(nil))
}

// writeMain writes the main of a site that is a package with Origin and a package pages with All, and gives its path.
func writeMain(ctx context.Context, p *project.Project, js bool) (string, error) {
	output, err := command(ctx, p.Site, nil, "go", "list", "-e", "-f", "{{.ImportPath}}", ".", "./pages")
	if err != nil {
		return "", goProblems(p, output, err)
	}
	paths := strings.Fields(output)
	if len(paths) != 2 {
		return "", fmt.Errorf("go list says of the packages in %s: %s", p.Site, output)
	}
	// A folder whose name begins with a dot is in no pattern such as ./...
	folder, text := "native", fmt.Sprintf(nativeMain, paths[0], paths[1])
	if js {
		folder, text = "js", fmt.Sprintf(workerMain, paths[0])
	}
	path := filepath.Join(p.Build(), ".main", folder, "main.go")
	_, err = write(path, []byte(text))
	return path, err
}

// The programs of such a site: natively, and in a Worker.
const (
	nativeMain = `// Made by inlay build: the site's program.
package main

import (
	site %q
	pages %q
	"inlay/worker/app"
)

func main() { app.MainOf(pages.All, site.Origin()) }
`
	workerMain = `// Made by inlay build: the site's app.wasm.
package main

import (
	site %q
	"inlay/worker/instance"
)

func main() { instance.Serve(site.Origin()) }
`
)

// Program is Native once what it embeds has been generated. It waits for a
// build that is under way.
func Program(ctx context.Context, p *project.Project, program string) error {
	return alone(ctx, p, func() error {
		if err := Generate(ctx, p); err != nil {
			return err
		}
		return Native(ctx, p, program)
	})
}

// Release compiles the site's Go into a program that goes to other machines.
func Release(ctx context.Context, p *project.Project, program string) error {
	if p.Go == project.NoGo {
		return errNoProgram
	}
	return alone(ctx, p, func() error {
		if err := Generate(ctx, p); err != nil {
			return err
		}
		_, err := compile(ctx, p, program, true)
		return err
	})
}

var errNoProgram = errors.New("the site has no Go, so there is no program to build; inlay serve serves it as it is")

// command runs a program in a folder and gives what it writes, to its output and its errors.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if ctx.Err() != nil {
		return output.String(), ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("there is no %s on PATH; get it from https://go.dev/dl/", name)
	}
	return output.String(), err
}
