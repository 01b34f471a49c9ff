package difftest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRealMarkupIsTaken takes elements out of real pages and puts each back into the place that it had there, as a
// fragment. Of a thousand one may be refused: real pages have mistakes in them. All have to be one page.
func TestRealMarkupIsTaken(t *testing.T) {
	trees := parser(t)
	var dirs []string
	limit := 200
	if *corpus != "" {
		dirs, limit = []string{*corpus}, 5000
	}
	documents, err := Documents(limit, dirs...)
	require.NoError(t, err)
	var real []Case
	for _, fragment := range siteFragments(t) {
		real = append(real, Case{Kind: "real markup", Place: "example site", Shell: docHead + slotOf("sa", "/0", "") + docTail, Fragments: []string{fragment}})
	}
	for _, document := range documents {
		subtrees, err := trees.Subtrees(document)
		require.NoError(t, err)
		// Evenly over the page, which may be the whole specification of Go.
		step := 1 + len(subtrees)/400
		for i := 0; i < len(subtrees); i += step {
			real = append(real, Cut(document, subtrees[i]))
		}
	}
	require.Greater(t, len(real), 1000)

	l := run(t, trees, len(real), func(n int) Case { return real[n] })
	accepted := 0
	for _, c := range l.place {
		accepted += c.accepted
	}
	t.Logf("%d of %d elements of %d pages are taken", accepted, len(real), len(documents))
	assert.GreaterOrEqual(t, float64(accepted), 0.999*float64(len(real)), "refused: %v", l.refused)
	l.small(t, trees)
	assert.Zero(t, l.failed)
}
