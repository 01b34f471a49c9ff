package devserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

func TestLinesOfAnExcerptFit(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	for _, c := range []struct {
		name, text string
		column     int
		want       string
		mark       int
	}{
		{"plain", "abc", 2, "abc", 2},
		{"no mark", "abc", 0, "abc", 0},
		{"behind the end", "abc", 9, "abc", 4},
		{"tabs", "\ta\tb", 4, "    a   b", 9},
		{"characters of several bytes", "äöü", 3, "äöü", 3},
		{"empty", "", 1, "", 1},
		{"long, at its beginning", long, 5, long[:excerptWidth-1] + "…", 5},
		{"long, in its middle", long, 501, "…" + long[402:601], 100},
		{"long, at its end", long, 1000, "…" + long[801:], 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, mark := fit(c.text, c.column)
			assert.Equal(t, c.want, text)
			assert.Equal(t, c.mark, mark)
		})
	}
}

func TestExcerptsAreOfFilesThatCanBeRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	whole := write("a.go", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n")
	write("binary", "\xff\xfe")
	lines := sourcesBelow(dir)
	of := func(file string, line int) []sourceLine {
		return excerpt(lines, project.Problem{File: file, Line: line, Column: 1})
	}
	assert.Equal(t, []sourceLine{{1, "1", 0}, {2, "2", 1}, {3, "3", 0}, {4, "4", 0}}, of("a.go", 2))
	assert.Equal(t, []sourceLine{{4, "4", 0}, {5, "5", 0}, {6, "6", 1}}, of(whole, 6), "by its whole path")
	assert.Empty(t, of("a.go", 0))
	assert.Empty(t, of("a.go", 100))
	assert.Empty(t, of("none.go", 1))
	assert.Empty(t, of("binary", 1))
	assert.Empty(t, of(".", 1), "a folder")
	assert.Empty(t, of("", 1))
}
