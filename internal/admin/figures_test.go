package admin

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFiguresAreToldAsAWorkerDoes holds the texts to testdata/figures, to which worker/figures.test.mjs holds those of a Worker: JSON, then
// Prometheus's, with -- between.
func TestFiguresAreToldAsAWorkerDoes(t *testing.T) {
	values := make([]int64, len(figureLines))
	for i := range values {
		values[i] = int64(i) * int64(i) * 1_000_000_007
	}
	values[1], values[2] = 1<<63-1, -1
	got := Figures(values, `["INLAY_KV is a text"]`) + "--\n" + prometheus(values)
	const path = "testdata/figures"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "%s; -update writes it anew", path)
	assert.True(t, strings.HasPrefix(figureLines[0][1], "Pages"))
}
