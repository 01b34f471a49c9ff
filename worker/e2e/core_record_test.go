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

// worker/core.wasm is committed. That it is what its sources make, and that they are what core.record says of them, is held here
// with Go alone; where TinyGo is the recorded one, by compiling it anew.

func recorded(t *testing.T) *corewasm.Record {
	t.Helper()
	record, err := corewasm.ParseRecord(worker.Record)
	require.NoError(t, err)
	return record
}

const writeAnew = "run ./build.sh core, and commit what it writes"

func TestCoreIsTheOneOfItsRecord(t *testing.T) {
	record := recorded(t)
	assert.True(t, record.Matches(worker.Core), writeAnew)
	assert.Len(t, worker.Core, record.Size)
	assert.LessOrEqual(t, record.Gzipped, corewasm.Limit)
	assert.Equal(t, worker.Record, record.String(), "the list of what is forbidden is that of the sources; "+writeAnew)
	gzipped, err := corewasm.Gzipped(context.Background(), worker.Core)
	require.NoError(t, err)
	assert.InDelta(t, record.Gzipped, gzipped, 512, "another zlib makes a little of a difference")
	require.NoError(t, corewasm.CheckImports(worker.Core))
}

func TestRecordTellsOfTheSourcesThatAreThere(t *testing.T) {
	record := recorded(t)
	sources, err := corewasm.ReadSources(context.Background(), ".")
	require.NoError(t, err)
	assert.Equal(t, record.Sources, sources.Digest, writeAnew)
	want := slices.Concat(sources.Packages, sources.Imports)
	slices.Sort(want)
	assert.Equal(t, want, slices.Sorted(maps.Keys(record.Packages)), writeAnew)
	weights := &corewasm.Weights{Code: maps.Clone(record.Packages)}
	maps.DeleteFunc(weights.Code, func(_ string, size int) bool { return size == 0 })
	maps.Copy(weights.Code, record.Linked)
	assert.Empty(t, corewasm.Broken(sources, weights))
}

func TestSameToolsMakeTheSameCore(t *testing.T) {
	record := recorded(t)
	tools, err := corewasm.FindTools(context.Background())
	require.NoError(t, err)
	wasm, err := corewasm.Compile(context.Background(), tools, ".")
	require.NoError(t, err)
	core, err := corewasm.Strip(wasm)
	require.NoError(t, err)
	gzipped, err := corewasm.Gzipped(context.Background(), core)
	require.NoError(t, err)
	assert.LessOrEqual(t, gzipped, corewasm.Limit)
	if !record.Tools.Same(tools) {
		t.Logf("here is %s, and the record is of %s: no bytes to compare", tools, &record.Tools)
		return
	}
	assert.True(t, record.Matches(core), writeAnew)
}
