package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"inlay/edge"
	"inlay/internal/corewasm"
	"inlay/internal/project"
	"inlay/worker"
)

// wasm is one of the Wasm modules that come with inlay.
type wasm struct {
	*corewasm.Module
	came   []byte // as it is carried by this program
	record string // the text
	calls  string // the module of the glue that calls it
	asks   string // the one that has what it asks, if it asks anything
}

func coreWasm() *wasm {
	return &wasm{corewasm.Core(), worker.Core, worker.Record, "core.mjs", "asks.mjs"}
}

func shellWasm() *wasm {
	return &wasm{corewasm.Shell(), worker.Shell, worker.ShellRecord, "shell.mjs", ""}
}

func variablesWasm() *wasm {
	return &wasm{corewasm.Variables(), worker.Variables, worker.VariablesRecord, "variables.mjs", ""}
}

// make makes the module's file in build/. It is the one that came with inlay,
// unless the site is built in a checkout of inlay whose sources are others:
// those are then compiled by TinyGo. So are those of the checkout that this
// program was built in, where what it carries is not of its own sources.
func (w *wasm) make(ctx context.Context, p *project.Project) (changed bool, err error) {
	path := filepath.Join(p.Build(), w.File())
	sources, err := sourcesOf(ctx, p)
	if err != nil {
		return false, err
	}
	if sources == "" {
		unfit := w.fits(w.came)
		if unfit == nil {
			return write(path, w.came)
		}
		if sources = ownCheckout(); sources == "" {
			return false, unfit
		}
	}
	same, digest, err := w.asRecorded(ctx, p, sources)
	if err != nil {
		return false, err
	}
	if same {
		if err := w.fits(w.came); err != nil {
			return false, err
		}
		return write(path, w.came)
	}
	return w.compile(ctx, p, sources, digest, path)
}

// fits tells whether a module is the one for this program's glue, and whether a
// core reads the pages that this program writes. It is not, where the program
// was built of sources whose modules had not been made anew.
func (w *wasm) fits(module []byte) error {
	why := func() error {
		form, _, _ := bytes.Cut(edge.EncodePages(nil), []byte("\n"))
		if w.Name == "core" && !bytes.Contains(module, append(form, '\n')) {
			return fmt.Errorf("it does not read %q, the form in which pages are written", form)
		}
		calls, err := worker.Glue.ReadFile(w.calls)
		if err != nil || w.asks == "" {
			return errors.Join(err, corewasm.CheckGlue(module, string(calls), ""))
		}
		asks, err := worker.Glue.ReadFile(w.asks)
		if err != nil {
			return err
		}
		return corewasm.CheckGlue(module, string(calls), string(asks))
	}()
	if why == nil {
		return nil
	}
	return fmt.Errorf("the %s that this program carries was made of other sources than the program: %w; in inlay's repository, run ./build.sh core, and build inlay again", w.File(), why)
}

// ownCheckout is the checkout of inlay that this program was built in; "" if it is not there, or is another version by now.
func ownCheckout() string {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file))) // of internal/build/wasm.go
	record, err := os.ReadFile(filepath.Join(dir, "worker", "core.record"))
	if !filepath.IsAbs(file) || err != nil || string(record) != worker.Record || !isCheckout(dir) {
		return ""
	}
	return dir
}

// testCore makes build/test/core.wasm, which has exports for tests, and names of functions.
func testCore(ctx context.Context, p *project.Project) (changed bool, err error) {
	sources, err := sourcesOf(ctx, p)
	if err != nil {
		return false, err
	}
	if sources == "" {
		return false, errors.New("a core for tests can only be made in inlay's own repository")
	}
	w := coreWasm()
	_, digest, err := w.asRecorded(ctx, p, sources)
	if err != nil {
		return false, err
	}
	return w.compile(ctx, p, sources, digest, filepath.Join(p.Build(), "test", "core.wasm"), testTag)
}

// testTag is the build tag of worker/core/inlaytest.go.
const testTag = "inlaytest"

// sourcesOf is the checkout of inlay that a project is in, or that Go takes for
// the module inlay; "" if there is none. What comes from a module proxy is as
// its author has published it.
func sourcesOf(ctx context.Context, p *project.Project) (string, error) {
	for _, folder := range []string{p.Root, p.Module} {
		if text, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil && isInlay.Match(text) && isCheckout(folder) {
			return folder, nil
		}
	}
	folder, err := moduleFolder(ctx, p)
	if err != nil || strings.Contains(filepath.Base(folder), "@") || !isCheckout(folder) {
		return "", err
	}
	return folder, nil
}

// isInlay is the line of a go.mod that is inlay's own.
var isInlay = regexp.MustCompile(`(?m)^module\s+"?inlay"?\s*(//.*)?$`)

func isCheckout(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "worker", "core", "main.go"))
	return folder != "" && err == nil
}

// asRecorded tells whether the sources are those that the committed module was made of, and gives their digest.
func (w *wasm) asRecorded(ctx context.Context, p *project.Project, dir string) (same bool, digest string, err error) {
	record, err := w.ParseRecord(w.record)
	if err != nil {
		return false, "", err
	}
	// go list takes a fifth of a second; what it looked at the last time tells whether it would say the same again.
	step := w.Name + "-sources"
	digest, quick, _ := strings.Cut(remembered(p, step), "\n")
	now, err := w.quickDigest(dir)
	if err != nil {
		return false, "", err
	}
	if digest == "" || quick != now {
		sources, err := w.ReadSources(ctx, dir)
		if err != nil {
			return false, "", err
		}
		digest = sources.Digest
		if err := remember(p, step, digest+"\n"+now); err != nil {
			return false, "", err
		}
	}
	return digest == record.Sources && record.Matches(w.came), digest, nil
}

// quickDigest is over all that the module's sources can be among.
func (w *wasm) quickDigest(dir string) (string, error) {
	var files []string
	folders := []string{"cache", "edge", "internal", "worker/core", w.Package}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && e.Name() == "testdata" {
				return filepath.SkipDir
			}
			if filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	files = append(files, filepath.Join(dir, "go.mod"), filepath.Join(dir, "worker", "target.json"))
	return digestOf(files, w.Flags()...)
}

// compile lets TinyGo make the module, unless the one that is there is of the same sources and tools.
func (w *wasm) compile(ctx context.Context, p *project.Project, dir, digest, path string, tags ...string) (changed bool, err error) {
	step := w.Name + "-made" + strings.Join(tags, "")
	made := digest + "\n" + corewasm.Trace()
	if _, err := os.Stat(path); err == nil && remembered(p, step) == made {
		return false, nil
	}
	tools, err := corewasm.FindTools(ctx)
	if errors.Is(err, corewasm.ErrNoTinyGo) {
		return false, fmt.Errorf("what %s is made of in %s is not what worker/%s.record says, so it has to be compiled, and %w", w.File(), dir, w.Name, err)
	}
	if err != nil {
		return false, err
	}
	forget(p, step)
	cache := corewasm.OpenCache()
	module := cache.Get(w.Module, digest, tools, tags...)
	if module == nil {
		if module, err = w.Compile(ctx, tools, dir, tags...); err != nil {
			return false, err
		}
		cache.Put(w.Module, module, digest, tools, tags...)
	}
	if len(tags) == 0 {
		if module, err = corewasm.Strip(module); err != nil {
			return false, err
		}
		gzipped, err := corewasm.Gzipped(ctx, module)
		if err != nil {
			return false, err
		}
		if err := w.Fits(gzipped); err != nil {
			return false, err
		}
	}
	changed, err = write(path, module)
	if err != nil {
		return false, err
	}
	return changed, remember(p, step, made)
}
