package corewasm

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A module by hand: two imports, three functions, data, names.

func number(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func bytesOf(b []byte) []byte { return append(number(len(b)), b...) }

func name(s string) []byte { return bytesOf([]byte(s)) }

func sectionOf(id byte, body ...[]byte) []byte {
	return append([]byte{id}, bytesOf(slices.Concat(body...))...)
}

func function(module, field string) []byte {
	return slices.Concat(name(module), name(field), []byte{0}, number(1))
}

func handMade(imports ...[]byte) []byte {
	return slices.Concat([]byte(wasmMagic),
		sectionOf(importSection, append([][]byte{number(len(imports))}, imports...)...),
		sectionOf(codeSection, number(3), bytesOf(make([]byte, 10)), bytesOf(make([]byte, 200)), bytesOf(make([]byte, 3))),
		sectionOf(dataSection, make([]byte, 7)),
		sectionOf(customSection, name("name"),
			[]byte{0}, name("\x03mod"),
			[]byte{1}, bytesOf(slices.Concat(number(3),
				number(2), name("(*inlay/cache.tagTable).make"), number(3), name("slices.Contains[[]string string]"), number(4), name("main.fill")))),
		sectionOf(customSection, name("producers")),
	)
}

// core is what the tests are about; that the others are made likewise, their committed records show.
var core = Core()

func TestSectionsAreWeighedByPackage(t *testing.T) {
	wasm := handMade(function("inlay", "fill"), function("inlay", "send"))
	w, err := core.Weigh(wasm)
	require.NoError(t, err)
	assert.Equal(t, &Weights{Code: map[string]int{"inlay/cache": 10, "slices": 200, "inlay/worker/core": 3}, Data: 7}, w)

	stripped, err := Strip(wasm)
	require.NoError(t, err)
	all, err := sections(stripped)
	require.NoError(t, err)
	assert.Len(t, all, 3)
	w, err = core.Weigh(stripped)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"": 213}, w.Code)
}

func TestPackagesOfFunctions(t *testing.T) {
	for name, want := range map[string]string{
		"main.fill":                                 "inlay/worker/core",
		"inlay/edge.trim":                           "inlay/edge",
		"(*inlay/cache.tagTable).make":              "inlay/cache",
		"(inlay/edge.Reason).String":                "inlay/edge",
		"(*inlay/internal/markup.tree).closePart$1": "inlay/internal/markup",
		"slices.Contains[[]string string]":          "slices",
		"(*sync/atomic.Pointer[inlay/cache.softMarks]).Load[inlay/cache.softMarks]": "sync/atomic",
		"interface:{inlay/edge.header:func:{}{basic:string}}.header$invoke":         "",
		"runtime.alloc": "runtime",
		"_initialize":   "", "": "", ".x": "",
		"inlay/edge.init#1": "inlay/edge",
	} {
		assert.Equal(t, want, core.packageOf(name), name)
	}
}

func TestImportsFromElsewhereAreRefused(t *testing.T) {
	require.NoError(t, core.CheckImports(handMade(function("inlay", "fill"))))
	table := slices.Concat(name("inlay"), name("t"), []byte{1, 0x70, 1}, number(1), number(2))
	memory := slices.Concat(name("inlay"), name("m"), []byte{2, 0}, number(1))
	global := slices.Concat(name("inlay"), name("g"), []byte{3, 0x7f, 0})
	require.NoError(t, core.CheckImports(handMade(table, memory, global)))
	err := core.CheckImports(handMade(table, function("wasi_snapshot_preview1", "fd_write"), function("env", "abort")))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "wasi_snapshot_preview1.fd_write, env.abort")
}

func FuzzWeigh(f *testing.F) {
	f.Add(handMade(function("inlay", "fill"), function("inlay", "send")))
	f.Add([]byte(wasmMagic))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		w, err := core.Weigh(wasm)
		if err != nil {
			require.ErrorIs(t, err, errWasm)
			return
		}
		sum := w.Data
		for _, size := range w.Code {
			sum += size
		}
		require.LessOrEqual(t, sum, len(wasm))
		stripped, err := Strip(wasm)
		require.NoError(t, err)
		require.LessOrEqual(t, len(stripped), len(wasm))
		_ = core.CheckImports(wasm)
	})
}

func TestTheRecordIsReadAsItIsWritten(t *testing.T) {
	r := &Record{
		Of: core, Wasm: "abc", Size: 3, Gzipped: 2, Sources: "def", Data: 7, Tools: Tools{TinyGo: "0.41.1", Go: "1.26.8", LLVM: "19.1.7", Binaryen: "108"},
		Packages: map[string]int{"inlay/edge": 5, "strings": 0, "inlay/cache": 5}, Linked: map[string]int{"runtime": 4, "": 1},
	}
	text := r.String()
	read, err := core.ParseRecord(text)
	require.NoError(t, err)
	assert.Equal(t, r, read)
	assert.Equal(t, text, read.String())
	for _, f := range core.Forbidden {
		assert.Contains(t, text, f.Package+" ")
		assert.Contains(t, text, f.Why)
	}
	assert.True(t, r.Tools.Same(&read.Tools))
	read.Tools.LLVM = "20"
	assert.False(t, r.Tools.Same(&read.Tools))
	assert.False(t, r.Matches([]byte("other")))
}

func TestTextsThatAreNoRecordAreRefused(t *testing.T) {
	for _, text := range []string{"", "core sha256 x", core.recordTitle() + "core sha256 x\n", core.recordTitle() + "sources x\n", core.recordTitle() + core.packagesHead() + "\nx inlay\n", core.recordTitle() + core.packagesHead() + "\n5\n", "# other\n5 x\n", core.recordTitle() + "size x\n"} {
		_, err := core.ParseRecord(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), "./build.sh core writes one")
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add((&Record{Of: core, Wasm: "a", Sources: "b", Tools: Tools{TinyGo: "0.41.1"}, Packages: map[string]int{"x": 1}, Linked: map[string]int{"": 2}}).String())
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := core.ParseRecord(text); err == nil {
			again, err := core.ParseRecord(r.String())
			if err == nil { // a field may have had a comma
				require.Equal(t, r.Packages, again.Packages)
			}
		}
	})
}

func TestForbiddenPackagesAreTold(t *testing.T) {
	broken := core.Broken(&Sources{Needs: []string{"errors", "encoding/json", "strconv", "unicode", "os", "net/url", "nets"}},
		&Weights{Code: map[string]int{"strconv": 5, "unicode/utf8": 3, "inlay/edge": 2}})
	var first []string
	for _, line := range broken {
		word, _, _ := strings.Cut(line, ",")
		first = append(first, word)
	}
	assert.Equal(t, []string{"encoding/json is imported", "net/url is imported", "os is imported", "strconv has code in core.wasm"}, first)
}

// module is a checkout of a core that has nothing to do with inlay's but its layout.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"go.mod":              "module inlay\n\ngo 1.26\n",
		"worker/target.json":  "{}",
		"worker/core/main.go": "package main\n\nimport _ \"inlay/cache\"\n\nfunc main() {}\n",
		"worker/core/test.go": "//go:build inlaytest\n\npackage main\n",
		"cache/cache.go":      "package cache\n\nimport _ \"strings\"\n",
		"cache/cache_test.go": "package cache\n",
		"cache/cache_js.go":   "package cache\n",
		"cache/tiny.go":       "//go:build tinygo\n\npackage cache\n",
		"cache/big.go":        "//go:build !tinygo\n\npackage cache\n\nimport _ \"fmt\"\n",
		"edge/unused.go":      "package edge\n",
	}
	for path, text := range files {
		all[path] = text
	}
	for path, text := range all {
		path = filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestSourcesAreExactlyWhatIsCompiled(t *testing.T) {
	read := func(files map[string]string) *Sources {
		s, err := core.ReadSources(context.Background(), module(t, files))
		require.NoError(t, err)
		return s
	}
	s := read(nil)
	assert.Equal(t, []string{"inlay/cache", "inlay/worker/core"}, s.Packages)
	assert.Equal(t, []string{"strings"}, s.Imports)
	assert.Contains(t, s.Needs, "unicode/utf8")
	assert.NotContains(t, s.Needs, "fmt")
	assert.Equal(t, []string{"cache/cache.go", "cache/tiny.go", "worker/core/main.go", "worker/target.json"}, s.Files)
	assert.Equal(t, s.Digest, read(nil).Digest, "whatever the folder")

	for _, files := range []map[string]string{ // no part of it
		{"cache/cache_test.go": "package cache // x"}, {"cache/big.go": "//go:build !tinygo\n\npackage cache\n"}, {"edge/unused.go": "package edge // x"},
		{"go.mod": "module inlay\n\ngo 1.26\n\nrequire example.com/x v1.0.0\n"}, {"worker/core/test.go": "//go:build inlaytest\n\npackage main // x"},
	} {
		assert.Equal(t, s.Digest, read(files).Digest, files)
	}
	for _, files := range []map[string]string{
		{"cache/cache.go": "package cache\n"}, {"cache/more.go": "package cache\n"}, {"worker/target.json": "{ }"}, {"go.mod": "module inlay\n\ngo 1.25\n"},
		{"worker/core/main.go": "package main\n\nimport _ \"inlay/edge\"\n\nfunc main() {}\n"},
	} {
		assert.NotEqual(t, s.Digest, read(files).Digest, files)
	}
}

func TestSourcesThatCannotBeReadAreTold(t *testing.T) {
	_, err := core.ReadSources(context.Background(), module(t, map[string]string{"worker/core/main.go": "package main\n\nimport _ \"inlay/gone\"\n"}))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "inlay/gone")
	_, err = core.ReadSources(context.Background(), t.TempDir())
	require.Error(t, err)
}

// fakeTool writes a program that prints a line.
func fakeTool(t *testing.T, folder, name, says string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755))
}

func TestTinyGoIsFoundOnPathAndInTheCache(t *testing.T) {
	sh, err := exec.LookPath("sh")
	require.NoError(t, err)
	path, cache := t.TempDir(), t.TempDir()
	require.NoError(t, os.Symlink(sh, filepath.Join(path, "sh")))
	t.Setenv("PATH", path)
	t.Setenv("XDG_CACHE_HOME", cache)
	_, err = FindTools(context.Background())
	require.ErrorIs(t, err, ErrNoTinyGo)
	assert.Empty(t, Trace())

	fakeTool(t, filepath.Join(cache, "inlay", "tinygo-0.41.1", "bin"), "tinygo", "tinygo version 0.41.1 linux/amd64 (using go version go1.26.8 and LLVM version 19.1.7)")
	fakeTool(t, path, "wasm-opt", "wasm-opt version 108 (version_108)")
	tools, err := FindTools(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "tinygo 0.41.1, go 1.26.8, LLVM 19.1.7, binaryen 108", tools.String())
	traced := Trace()
	assert.Contains(t, traced, "tinygo-0.41.1")

	fakeTool(t, path, "tinygo", "tinygo version 0.40.1 linux/amd64 (using go version go1.26.8 and LLVM version 20.1.1)")
	tools, err = FindTools(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "0.41.1", tools.TinyGo, "the one on PATH is too old")
	assert.NotEqual(t, traced, Trace())

	fakeTool(t, path, "tinygo", "tinygo version 0.42.0-dev linux/amd64 (using go version go1.27 and LLVM version 20.1.1)")
	tools, err = FindTools(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "tinygo 0.42.0-dev, go 1.27, LLVM 20.1.1, binaryen 108", tools.String())

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = FindTools(ctx)
	require.True(t, errors.Is(err, context.Canceled))
}

func TestCompiledCoresAreKept(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c, tools, wasm := OpenCache(), &Tools{TinyGo: "0.41.1"}, handMade()
	assert.Nil(t, c.Get(core, "a", tools))
	c.Put(core, wasm, "a", tools)
	c.Put(core, handMade(function("inlay", "x")), "a", tools, "inlaytest")
	assert.Equal(t, wasm, c.Get(core, "a", tools))
	assert.NotEqual(t, wasm, c.Get(core, "a", tools, "inlaytest"))
	assert.Nil(t, c.Get(core, "b", tools))
	assert.Nil(t, c.Get(core, "a", &Tools{TinyGo: "0.42.0"}))
	for i := range 2 * kept {
		c.Put(core, wasm, strings.Repeat("x", i), tools)
	}
	entries, err := os.ReadDir(c.folder)
	require.NoError(t, err)
	assert.Len(t, entries, kept)
	assert.Equal(t, wasm, c.Get(core, strings.Repeat("x", 2*kept-1), tools), "the last one stays")
	require.NoError(t, os.WriteFile(c.path(core, "damaged", tools, nil), []byte("x"), 0o600))
	assert.Nil(t, c.Get(core, "damaged", tools))
	Cache{}.Put(core, wasm, "a", tools)
	assert.Nil(t, Cache{}.Get(core, "a", tools))
}
