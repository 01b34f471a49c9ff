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
	"strings"

	"inlay/edge"
	"inlay/internal/corewasm"
	"inlay/internal/project"
	"inlay/worker"
)

// core makes build/core.wasm. It is the one that came with inlay, unless the
// site is built in a checkout of inlay whose sources are others: those are then
// compiled by TinyGo. So are those of the checkout that this program was built
// in, where the core that it carries is not of its own sources.
func core(ctx context.Context, p *project.Project) (changed bool, err error) {
	path := filepath.Join(p.Build(), "core.wasm")
	sources, err := sourcesOf(ctx, p)
	if err != nil {
		return false, err
	}
	if sources == "" {
		unfit := fits(worker.Core)
		if unfit == nil {
			return write(path, worker.Core)
		}
		if sources = ownCheckout(); sources == "" {
			return false, unfit
		}
	}
	same, digest, err := asRecorded(ctx, p, sources)
	if err != nil {
		return false, err
	}
	if same {
		if err := fits(worker.Core); err != nil {
			return false, err
		}
		return write(path, worker.Core)
	}
	return compileCore(ctx, p, sources, digest, path)
}

// fits tells whether a core reads the pages that this program writes, and is
// the one for its glue. It is not, where the program was built of sources whose
// core had not been made anew.
func fits(core []byte) error {
	why := func() error {
		form, _, _ := bytes.Cut(edge.EncodePages(nil), []byte("\n"))
		if !bytes.Contains(core, append(form, '\n')) {
			return fmt.Errorf("it does not read %q, the form in which pages are written", form)
		}
		glue, err := worker.Glue.ReadFile("core.mjs")
		if err != nil {
			return err
		}
		return corewasm.CheckGlue(core, string(glue))
	}()
	if why == nil {
		return nil
	}
	return fmt.Errorf("the core.wasm that this program carries was made of other sources than the program: %w; in inlay's repository, run ./build.sh core, and build inlay again", why)
}

// ownCheckout is the checkout of inlay that this program was built in; "" if it is not there, or is another version by now.
func ownCheckout() string {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file))) // of internal/build/core.go
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
	_, digest, err := asRecorded(ctx, p, sources)
	if err != nil {
		return false, err
	}
	return compileCore(ctx, p, sources, digest, filepath.Join(p.Build(), "test", "core.wasm"), testTag)
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

// asRecorded tells whether the core's sources are those that the committed core.wasm was made of, and gives their digest.
func asRecorded(ctx context.Context, p *project.Project, dir string) (same bool, digest string, err error) {
	record, err := corewasm.ParseRecord(worker.Record)
	if err != nil {
		return false, "", err
	}
	// go list takes a fifth of a second; what it looked at the last time tells whether it would say the same again.
	const step = "core-sources"
	digest, quick, _ := strings.Cut(remembered(p, step), "\n")
	now, err := quickDigest(dir)
	if err != nil {
		return false, "", err
	}
	if digest == "" || quick != now {
		sources, err := corewasm.ReadSources(ctx, dir)
		if err != nil {
			return false, "", err
		}
		digest = sources.Digest
		if err := remember(p, step, digest+"\n"+now); err != nil {
			return false, "", err
		}
	}
	return digest == record.Sources && record.Matches(worker.Core), digest, nil
}

// quickDigest is over all that the core's sources can be among.
func quickDigest(dir string) (string, error) {
	var files []string
	for _, folder := range []string{"cache", "edge", "internal", "worker/core"} {
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
	return digestOf(files, corewasm.Flags()...)
}

// compileCore lets TinyGo make a core, unless the one that is there is of the same sources and tools.
func compileCore(ctx context.Context, p *project.Project, dir, digest, path string, tags ...string) (changed bool, err error) {
	step := "core-made" + strings.Join(tags, "")
	made := digest + "\n" + corewasm.Trace()
	if _, err := os.Stat(path); err == nil && remembered(p, step) == made {
		return false, nil
	}
	tools, err := corewasm.FindTools(ctx)
	if errors.Is(err, corewasm.ErrNoTinyGo) {
		return false, fmt.Errorf("what core.wasm is made of in %s is not what worker/core.record says, so it has to be compiled, and %w", dir, err)
	}
	if err != nil {
		return false, err
	}
	forget(p, step)
	cache := corewasm.OpenCache()
	wasm := cache.Get(digest, tools, tags...)
	if wasm == nil {
		if wasm, err = corewasm.Compile(ctx, tools, dir, tags...); err != nil {
			return false, err
		}
		cache.Put(wasm, digest, tools, tags...)
	}
	if len(tags) == 0 {
		if wasm, err = corewasm.Strip(wasm); err != nil {
			return false, err
		}
		gzipped, err := corewasm.Gzipped(ctx, wasm)
		if err != nil {
			return false, err
		}
		if gzipped > corewasm.Limit {
			return false, fmt.Errorf("core.wasm has %d bytes gzipped, over its limit of %d", gzipped, corewasm.Limit)
		}
	}
	changed, err = write(path, wasm)
	if err != nil {
		return false, err
	}
	return changed, remember(p, step, made)
}
