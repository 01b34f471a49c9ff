package corewasm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Tools are what a module is made by. The same tools make the same bytes of the
// same sources, in any folder.
type Tools struct {
	TinyGo, Go, LLVM, Binaryen string // versions

	program string   // tinygo
	env     []string // for it
}

func (t *Tools) String() string {
	return "tinygo " + t.TinyGo + ", go " + t.Go + ", LLVM " + t.LLVM + ", binaryen " + t.Binaryen
}

// Same tells whether two Tools make the same bytes.
func (t *Tools) Same(as *Tools) bool { return t.String() == as.String() }

// ErrNoTinyGo is that there is no TinyGo to compile a core with.
var ErrNoTinyGo = errors.New("there is no TinyGo, 0.41 or newer: in inlay's repository, ./build.sh core installs one")

// oldest is the first TinyGo that compiles the core, in its minor version.
const oldest = 41

var (
	tinygoSays   = regexp.MustCompile(`^tinygo version 0\.(\d+)(\S*) .*\(using go version go(\S+) and LLVM version ([^)\s]+)\)`)
	binaryenSays = regexp.MustCompile(`version (\d+)`)
)

// FindTools looks for TinyGo: on PATH, and then where ./build.sh keeps the one
// that it has built. Its error is ErrNoTinyGo if neither is there.
func FindTools(ctx context.Context) (*Tools, error) {
	for _, at := range candidates() {
		t, err := toolsOf(ctx, at.program, at.env)
		if err != nil || t != nil {
			return t, err
		}
	}
	return nil, ErrNoTinyGo
}

// Trace tells two states of the machine's TinyGos apart without running any:
// where they are and when they were made.
func Trace() string {
	var b strings.Builder
	for _, at := range candidates() {
		if info, err := os.Stat(at.program); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", at.program, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// candidate is a TinyGo that may be there.
type candidate struct {
	program string
	env     []string
}

func candidates() (all []candidate) {
	if program, err := exec.LookPath("tinygo"); err == nil {
		all = append(all, candidate{program, os.Environ()})
	}
	for _, folder := range cached() {
		env := append(os.Environ(), "PATH="+llvmFolder+string(os.PathListSeparator)+os.Getenv("PATH"))
		all = append(all, candidate{filepath.Join(folder, "bin", "tinygo"), env})
	}
	return all
}

// llvmFolder is where Debian puts the linker that belongs to the TinyGo of build.sh.
const llvmFolder = "/usr/lib/llvm-19/bin"

// cached are the folders of TinyGos that build.sh has built, the newest first.
func cached() []string {
	root, err := cacheRoot()
	if err != nil {
		return nil
	}
	found, err := filepath.Glob(filepath.Join(root, "tinygo-*"))
	if err != nil {
		return nil
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}

// toolsOf asks a tinygo for its versions; nil if it is not there, or too old.
func toolsOf(ctx context.Context, program string, env []string) (*Tools, error) {
	cmd := exec.CommandContext(ctx, program, "version")
	cmd.Env = env
	output, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m := tinygoSays.FindStringSubmatch(string(output))
	if err != nil || m == nil {
		return nil, nil
	}
	if minor, _ := strconv.Atoi(m[1]); minor < oldest {
		return nil, nil
	}
	t := &Tools{TinyGo: "0." + m[1] + m[2], Go: m[3], LLVM: m[4], Binaryen: "?", program: program, env: env}
	opt := exec.CommandContext(ctx, "wasm-opt", "--version")
	opt.Env = env
	if said, err := opt.Output(); err == nil {
		if m := binaryenSays.FindStringSubmatch(string(said)); m != nil {
			t.Binaryen = m[1]
		}
	}
	return t, nil
}

// Compile makes the module, with the names of its functions, of the sources in the
// folder of inlay's go.mod. More build tags are for tests.
func (m *Module) Compile(ctx context.Context, t *Tools, dir string, moreTags ...string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "inlay-core-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, m.File())
	args := append([]string{"build", "-o", path}, m.flags(moreTags)...)
	cmd := exec.CommandContext(ctx, t.program, append(args, "./"+m.Package)...)
	cmd.Dir = dir
	cmd.Env = append(t.env, "GOWORK=off")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("TinyGo could not compile %s: %w\n%s", m.Package, err, strings.TrimSpace(said.String()))
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return wasm, m.CheckImports(wasm)
}
