package engine

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/wording"
)

// TestFiguresAreToldAsAWorkerDoes holds the texts to testdata/figures, to which worker/figures.test.mjs holds those of a Worker: the names
// as core.wasm hands them over, then both texts, with -- between.
func TestFiguresAreToldAsAWorkerDoes(t *testing.T) {
	f := Figures{Problems: `["INLAY_KV is a text"]`}
	var names []string
	for i := range f.Values {
		f.Values[i] = int64(i) * int64(i) * 1_000_000_007
		names = append(names, wording.List(wording.FirstMetric+wording.ID(i)))
	}
	f.Values[1], f.Values[2] = 1<<63-1, -1
	got := strings.Join(names, "\n") + "\n--\n" + string(f.Text())
	f.Prometheus = true
	got += "--\n" + string(f.Text())
	const path = "testdata/figures"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "%s; -update writes it anew", path)
}
