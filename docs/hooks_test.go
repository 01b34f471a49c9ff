package docs_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the documents show of JavaScript stands in docs/deploy/hooks.mjs, which TestSitesOwnHooksPurge runs.
func TestJavaScriptStandsInTheFileThatRuns(t *testing.T) {
	file, err := os.ReadFile("docs/deploy/hooks.mjs")
	require.NoError(t, err)
	assert.Contains(t, testSources(t), "\nfunc TestSitesOwnHooksPurge(")
	found := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.language == "js" && d.path != front { // which has a file of its own
				found++
				assert.Contains(t, string(file), "\n"+b.text, "%s:%d", b.path, b.line)
			}
		}
	}
	assert.NotZero(t, found)
}

// The table of what the purge log costs, reckoned again from the prices that stand above it.
func TestCostsAreWhatThePricesMake(t *testing.T) {
	d := documentAt(t, "docs/operating.md")
	const seconds = 30 * 24 * 3600
	assert.Contains(t, d.prose, "A month of 30 days has 2,592,000 seconds")
	assert.Contains(t, d.prose, "$0.15 a million requests beyond 1 million a month")
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(strings.NewReplacer(",", "", "$", "").Replace(strings.TrimSpace(text)), 64)
		require.NoError(t, err, text)
		return n
	}
	cost := func(who float64, sum, price string) {
		factors, polls, found := strings.Cut(strings.TrimSuffix(sum, " polls"), " = ")
		require.True(t, found, sum)
		one, other, found := strings.Cut(factors, " × ")
		require.True(t, found, sum)
		assert.Equal(t, who, number(one), sum)
		assert.EqualValues(t, seconds, number(other), sum)
		assert.Equal(t, who*seconds, number(polls), sum)
		assert.InDelta(t, (who*seconds-1e6)*0.15/1e6, number(price), 0.005, sum)
	}
	rows := d.rows("### What it costs")
	require.Len(t, rows, 3)
	for i, row := range rows {
		isolates, centres, found := strings.Cut(strings.ReplaceAll(row[0], "1,000", "1000"), ", ")
		require.True(t, found)
		assert.Equal(t, []float64{10, 100, 1000}[i], number(isolates))
		cost(number(isolates), row[1], row[2])
		cost(number(centres), row[3], row[4])
	}
	for _, sum := range []struct {
		text string
		is   float64
	}{
		{"2,592,000 s × 0.128 GB = 331,776 GB-s", seconds * 0.128}, {"1,000 × 144 × 30 =\n  4,320,000 writes, $16.60", 1000 * 144 * 30},
		{"one data centre that asks each second takes 86,400", 24 * 3600},
	} {
		assert.Contains(t, d.prose, sum.text)
		assert.Contains(t, strings.ReplaceAll(sum.text, ",", ""), strconv.FormatFloat(sum.is, 'f', 0, 64))
	}
	assert.InDelta(t, 16.60, (1000*144*30-1e6)*5/1e6, 0.005)
}
