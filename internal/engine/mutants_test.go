package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// All mutations are compiled once, into one program: each function that one changes is there a second time with the change, and goes
// on in that when the variable mutantVariable has the mutation's number.

const mutantVariable = "INLAY_MUTANT"

// mutants are the changed sources, by what they stand for.
type mutants struct {
	files map[string]*mutantFile // by path
	names []string               // of the mutations; the number of each is its place, from 1
}

type mutantFile struct {
	text   string
	syntax *ast.File
	set    *token.FileSet
	more   map[*ast.FuncDecl][]mutantFunc
}

// mutantFunc is a function with changes.
type mutantFunc struct {
	number int
	text   string
}

// makeMutants takes each mutation's functions apart. Each old text has to be in one place, and within a function.
func makeMutants(t *testing.T, all map[string]mutation) *mutants {
	t.Helper()
	m := &mutants{files: map[string]*mutantFile{}}
	for name := range all {
		m.names = append(m.names, name)
	}
	slices.Sort(m.names)
	for i, name := range m.names {
		changed := map[*ast.FuncDecl]string{}
		first := all[name]
		for change := &first; change != nil; change = change.and {
			f := m.file(t, change.file)
			require.Equal(t, 1, strings.Count(f.text, change.old), "%s: %s has this in one place: %q", name, change.file, change.old)
			of := f.around(strings.Index(f.text, change.old), len(change.old))
			require.NotNil(t, of, "%s: %s has this within a function: %q", name, change.file, change.old)
			text, ok := changed[of]
			if !ok {
				text = f.source(of)
			}
			require.Contains(t, text, change.old, "%s: two changes of one place", name)
			changed[of] = strings.Replace(text, change.old, change.new, 1)
			f.more[of] = slices.DeleteFunc(f.more[of], func(made mutantFunc) bool { return made.number == i+1 })
			f.more[of] = append(f.more[of], mutantFunc{i + 1, changed[of]})
		}
	}
	return m
}

func (m *mutants) file(t *testing.T, path string) *mutantFile {
	t.Helper()
	if f := m.files[path]; f != nil {
		return f
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	f := &mutantFile{text: string(text), set: token.NewFileSet(), more: map[*ast.FuncDecl][]mutantFunc{}}
	f.syntax, err = parser.ParseFile(f.set, path, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	m.files[path] = f
	return f
}

func (f *mutantFile) offset(p token.Pos) int { return f.set.Position(p).Offset }

func (f *mutantFile) source(d *ast.FuncDecl) string {
	return f.text[f.offset(d.Pos()):f.offset(d.End())]
}

// around is the function that has a piece of the text in its body, nil if there is none.
func (f *mutantFile) around(at, n int) *ast.FuncDecl {
	for _, d := range f.syntax.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil && f.offset(d.Body.Lbrace) <= at && at+n <= f.offset(d.Body.Rbrace) {
			return d
		}
	}
	return nil
}

// write is the file's text with its functions and those that are changed.
func (f *mutantFile) write(t *testing.T, names []string) string {
	t.Helper()
	var functions []*ast.FuncDecl
	for d := range f.more {
		functions = append(functions, d)
	}
	slices.SortFunc(functions, func(a, b *ast.FuncDecl) int { return cmp.Compare(a.Pos(), b.Pos()) })
	var out strings.Builder
	done := 0
	for _, d := range functions {
		body := f.offset(d.Body.Lbrace) + 1
		out.WriteString(f.text[done:body])
		done = body
		for _, made := range f.more[d] {
			call := mutantName(d, made.number) + "(" + strings.Join(arguments(t, d), ", ") + ")"
			if d.Recv != nil {
				call = receiver(t, d) + "." + call
			}
			if d.Type.Results != nil {
				call = "return " + call
			} else {
				call += "; return"
			}
			fmt.Fprintf(&out, " if mutant == %d { %s };", made.number, call)
		}
	}
	out.WriteString(f.text[done:])
	for _, d := range functions {
		at := f.offset(d.Name.Pos()) - f.offset(d.Pos())
		for _, made := range f.more[d] {
			fmt.Fprintf(&out, "\n// %s\n%s%s%s\n", names[made.number-1], made.text[:at], mutantName(d, made.number), made.text[at+len(d.Name.Name):])
		}
	}
	return out.String()
}

func mutantName(d *ast.FuncDecl, number int) string {
	return fmt.Sprintf("%sMutant%d", d.Name.Name, number)
}

func receiver(t *testing.T, d *ast.FuncDecl) string {
	t.Helper()
	names := d.Recv.List[0].Names
	require.True(t, len(names) == 1 && names[0].Name != "_", "the receiver of %s needs a name, so that a mutation can be called", d.Name.Name)
	return names[0].Name
}

// arguments are those that a function hands on as it got them.
func arguments(t *testing.T, d *ast.FuncDecl) (all []string) {
	t.Helper()
	for _, p := range d.Type.Params.List {
		require.NotEmpty(t, p.Names, "what %s takes needs a name, so that a mutation can be called", d.Name.Name)
		for _, name := range p.Names {
			require.NotEqual(t, "_", name.Name, "what %s takes needs a name, so that a mutation can be called", d.Name.Name)
			text := name.Name
			if _, ok := p.Type.(*ast.Ellipsis); ok {
				text += "..."
			}
			all = append(all, text)
		}
	}
	return all
}

// build compiles this package's tests with all mutations in them, and gives the program.
func (m *mutants) build(t *testing.T) (program string) {
	t.Helper()
	folder, replace := t.TempDir(), map[string]string{}
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for path, f := range m.files {
		here, err := filepath.Abs(path)
		require.NoError(t, err)
		name := strings.ReplaceAll(path, "/", "_")
		replace[here] = write(name, f.write(t, m.names))
		// Which one it is, in each package.
		replace[filepath.Join(filepath.Dir(here), "mutant.go")] = write("mutant_of_"+name, "package "+f.syntax.Name.Name+`

import (
	"os"
	"strconv"
)

var mutant, _ = strconv.Atoi(os.Getenv("`+mutantVariable+`"))
`)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	program = filepath.Join(folder, "mutants.test")
	output, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", write("overlay.json", string(overlay)), "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "a mutation does not compile: %s", output)
	return program
}
