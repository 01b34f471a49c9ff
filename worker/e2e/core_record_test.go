package e2e

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/corewasm"
	"inlay/worker"
)

// worker/core.wasm, worker/shell.wasm and worker/variables.wasm are committed. That each is what its sources make, and that they are what its record says
// of them, is held here with Go alone; where TinyGo is the recorded one, by compiling it anew.

// onEach runs a test for each of the modules.
func onEach(t *testing.T, test func(t *testing.T, m *corewasm.Module, wasm []byte, text string, record *corewasm.Record)) {
	t.Helper()
	for _, m := range corewasm.Modules() {
		wasm, text := worker.Core, worker.Record
		switch m.Name {
		case "shell":
			wasm, text = worker.Shell, worker.ShellRecord
		case "variables":
			wasm, text = worker.Variables, worker.VariablesRecord
		}
		record, err := m.ParseRecord(text)
		require.NoError(t, err)
		t.Run(m.Name, func(t *testing.T) { test(t, m, wasm, text, record) })
	}
}

const writeAnew = "run ./build.sh core, and commit what it writes"

func TestEachModuleIsTheOneOfItsRecord(t *testing.T) {
	onEach(t, func(t *testing.T, m *corewasm.Module, wasm []byte, text string, record *corewasm.Record) {
		assert.True(t, record.Matches(wasm), writeAnew)
		assert.Len(t, wasm, record.Size)
		require.NoError(t, m.Fits(record.Gzipped))
		assert.Equal(t, text, record.String(), "the list of what is forbidden is that of the sources; "+writeAnew)
		gzipped, err := corewasm.Gzipped(context.Background(), wasm)
		require.NoError(t, err)
		assert.InDelta(t, record.Gzipped, gzipped, 512, "another zlib makes a little of a difference")
		require.NoError(t, m.CheckImports(wasm))
	})
}

func TestRecordTellsOfTheSourcesThatAreThere(t *testing.T) {
	onEach(t, func(t *testing.T, m *corewasm.Module, _ []byte, _ string, record *corewasm.Record) {
		sources, err := m.ReadSources(context.Background(), ".")
		require.NoError(t, err)
		assert.Equal(t, record.Sources, sources.Digest, writeAnew)
		want := slices.Concat(sources.Packages, sources.Imports)
		slices.Sort(want)
		assert.Equal(t, want, slices.Sorted(maps.Keys(record.Packages)), writeAnew)
		weights := &corewasm.Weights{Code: maps.Clone(record.Packages)}
		maps.DeleteFunc(weights.Code, func(_ string, size int) bool { return size == 0 })
		maps.Copy(weights.Code, record.Linked)
		assert.Empty(t, m.Broken(sources, weights))
	})
}

func TestSameToolsMakeTheSameModules(t *testing.T) {
	tools, err := corewasm.FindTools(context.Background())
	require.NoError(t, err)
	onEach(t, func(t *testing.T, m *corewasm.Module, _ []byte, _ string, record *corewasm.Record) {
		named, err := m.Compile(context.Background(), tools, ".")
		require.NoError(t, err)
		wasm, err := corewasm.Strip(named)
		require.NoError(t, err)
		gzipped, err := corewasm.Gzipped(context.Background(), wasm)
		require.NoError(t, err)
		require.NoError(t, m.Fits(gzipped))
		if !record.Tools.Same(tools) {
			t.Logf("here is %s, and the record is of %s: no bytes to compare", tools, &record.Tools)
			return
		}
		assert.True(t, record.Matches(wasm), writeAnew)
	})
}
