package wording

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHolesAreFilled(t *testing.T) {
	assert.Equal(t, "edge: fill failed (a): b~", Of(FillFailed, "a", "b~"))
	assert.Empty(t, Of(Nothing))
}

func TestEachNumberHasAText(t *testing.T) {
	for id, text := range texts {
		assert.Equal(t, id == 0, text == "", "%d", id)
		assert.NotContains(t, text, "\x00")
	}
	require.Len(t, strings.Split(strings.TrimSpace(answerTexts), "\n"), int(HasNoTime-StatusIs)+1)
	require.Len(t, strings.Split(strings.TrimSpace(faultTexts), "\n"), Faults)
}

func TestOnlyTheTextsOfThisBuildAreTaken(t *testing.T) {
	assert.True(t, Load(All()))
	assert.False(t, Load(All()[1:]))
	other := append([]string(nil), All()...)
	other[FillFailed] = "x"
	assert.False(t, Load(other))
}

// Whoever asks for a text has as many things for its holes as it has holes, and each text is asked for.
func TestEachTextIsSaidAsItIsMeant(t *testing.T) {
	numbers := map[string]ID{}
	file, err := parser.ParseFile(token.NewFileSet(), "id.go", nil, 0)
	require.NoError(t, err)
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST && len(numbers) == 0 {
			for i, spec := range d.Specs {
				numbers[spec.(*ast.ValueSpec).Names[0].Name] = ID(i)
			}
		}
	}
	require.Equal(t, named, numbers["named"])
	said := map[string]bool{}
	name := func(e ast.Expr) string {
		if s, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "wording" {
				return s.Sel.Name
			}
		}
		return ""
	}
	err = filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return nil // testdata
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && name(e) != "" {
				said[name(e)] = true
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for i, arg := range call.Args {
				id, known := numbers[name(arg)]
				if known && !call.Ellipsis.IsValid() {
					// ID first, then what goes in; a function that passes an ID on alone has none to put in.
					if given := len(call.Args) - 1 - i; given > 0 || name(call.Fun) == "Of" {
						assert.Equal(t, strings.Count(texts[id], string(hole)), given, "%s: %s", path, name(arg))
					}
				}
			}
			return true
		})
		return nil
	})
	require.NoError(t, err)
	for n, id := range numbers {
		// The reasons are counted through, from the first to the last.
		if id > WrongStatus && id < UnknownReason || id == Nothing || id >= named {
			continue
		}
		assert.True(t, said[n], "nobody says %s", n)
	}
}
