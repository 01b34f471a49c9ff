package terminal

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTextsAreCutByColumns(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"", 3, ""}, {"abc", -1, ""},
		{"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"e\u0301tude", 5, "e\u0301tude"}, {"e\u0301tudes", 5, "e\u0301tud…"},
	} {
		got := Cut(c.text, c.width)
		assert.Equal(t, c.want, got, c.text)
		assert.LessOrEqual(t, Width(got), max(c.width, 0))
	}
	assert.Equal(t, "日本 ", Fit("日本", 5, false))
	assert.Equal(t, " 日本", Fit("日本", 5, true))
	assert.Equal(t, "日… ", Fit("日本語", 4, false))
}

func FuzzCut(f *testing.F) {
	f.Add("日本語 e\u0301", 4)
	f.Add("\xff\xfe", 1)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width %= 1000
		assert.LessOrEqual(t, Width(Cut(text, width)), max(width, 0))
		assert.Equal(t, max(width, 0), Width(Fit(text, width, true)))
	})
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/x")
	require.NoError(t, err)
	defer f.Close()
	_, err = Open(f, f)
	assert.ErrorIs(t, err, ErrNone)
	text, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	assert.Empty(t, text)
}
