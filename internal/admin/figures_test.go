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

// Prometheus counts seconds.
func TestMillisecondsAreSecondsForPrometheus(t *testing.T) {
	assert.Equal(t, "inlay_saved_seconds_total", prometheusName("saved_milliseconds_total"))
	assert.Equal(t, "inlay_saved_bytes_total", prometheusName("saved_bytes_total"))
	for n, want := range map[int64]string{0: "0.000", 7: "0.007", 1234: "1.234", 60_000: "60.000", -5: "-0.005", -1 << 63: "-9223372036854775.808"} {
		assert.Equal(t, want, thousandths(n))
	}
}
