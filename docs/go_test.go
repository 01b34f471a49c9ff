package docs_test

import (
	"go/format"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Go that the documentation shows stands, word for word, in a file of the project, most of it in docs/example. There it
// is compiled, vetted and run by the tests beside it.
func TestGoBlocksStandInCodeThatCompiles(t *testing.T) {
	sources := map[string]string{}
	for _, path := range harness.Files(t, ".go") {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		sources[path] = string(source)
	}
	found := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.language != "go" {
				continue
			}
			found++
			in := ""
			for path, source := range sources {
				if at := strings.Index("\n"+source, "\n"+b.text); at >= 0 && isCode(source, at) {
					in = path
				}
			}
			assert.NotEmpty(t, in, "%s:%d: no file of Go has this block\n%s", b.path, b.line, b.text)
		}
	}
	assert.NotZero(t, found)
}

// isCode tells whether a token of source, or a comment that belongs to one, begins at an offset.
func isCode(source string, offset int) bool {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, scanner.ScanComments)
	for {
		at, kind, _ := s.Scan()
		if kind == token.EOF {
			return false
		}
		if file.Offset(at) == offset {
			return true
		}
	}
}

func TestExampleIsFormatted(t *testing.T) {
	paths, err := filepath.Glob("docs/example/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		formatted, err := format.Source(source)
		require.NoError(t, err)
		assert.Equal(t, string(formatted), string(source), path)
	}
}
