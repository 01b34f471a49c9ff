// Package internal_test holds the map of the rooms in docs/architecture.md to what the packages import.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listed is a package as go list has it.
type listed struct {
	ImportPath, Dir, Doc string
	GoFiles              []string
	IgnoredGoFiles       []string
	Imports              []string
}

// packages are those of this module that match patterns; with deps, those that they need too.
func packages(t *testing.T, patterns ...string) (all []listed) {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Doc,GoFiles,IgnoredGoFiles,Imports"}, patterns...)...)
	command.Dir = ".."
	command.Stderr = os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if strings.HasPrefix(p.ImportPath, "inlay/") {
			all = append(all, p)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// short is a package's name in the map.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "inlay/"), "internal/")
}

// room is a row of the map.
type room struct {
	path  string
	knows []string
}

func rooms(t *testing.T) (all []room) {
	t.Helper()
	text, err := os.ReadFile("../docs/architecture.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## The rooms\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\| .+ \\| (.*)\\|$")
	name := regexp.MustCompile("`([a-z/]+)`")
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		r := room{path: "inlay/" + m[1]}
		for _, n := range name.FindAllStringSubmatch(m[2], -1) {
			r.knows = append(r.knows, n[1])
		}
		all = append(all, r)
	}
	require.NotEmpty(t, all)
	return all
}

func TestTheMapOfTheRoomsIsTrue(t *testing.T) {
	is := map[string]listed{}
	for _, p := range packages(t, "-deps", "./edge", "./cmd/inlay") {
		is[p.ImportPath] = p
	}
	seen := map[string]bool{}
	for _, r := range rooms(t) {
		p, ok := is[r.path]
		if !assert.True(t, ok, "%s is not a room any more", r.path) {
			continue
		}
		delete(is, r.path)
		var knows []string
		for _, path := range p.Imports {
			if strings.HasPrefix(path, "inlay/") {
				knows = append(knows, short(path))
				assert.True(t, seen[short(path)], "%s knows %s, which is not above it", r.path, path)
			}
		}
		slices.Sort(knows)
		assert.Equal(t, r.knows, knows, "what %s knows", r.path)
		seen[short(r.path)] = true
	}
	for path := range is {
		t.Errorf("%s is missing in the map", path)
	}
}

// A room says in about twenty lines what is in it, and what may not be; and it can be seen at a glance.
func TestEachRoomSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t, "-deps", "./edge", "./cmd/inlay") {
		if p.ImportPath == "inlay/cache" || strings.HasPrefix(p.ImportPath, "inlay/worker") || strings.HasPrefix(p.ImportPath, "inlay/cmd") {
			continue // a library of its own, what a Worker runs, and a program
		}
		if path := p.ImportPath; len(p.GoFiles) > 1 {
			assert.Contains(t, p.GoFiles, "doc.go", path)
			text, err := os.ReadFile(p.Dir + "/doc.go")
			require.NoError(t, err)
			assert.Regexp(t, `(?s)may (not be|have no|be no)`, string(text), "%s does not say what may not be in it", path)
		}
		files := slices.DeleteFunc(slices.Concat(p.GoFiles, p.IgnoredGoFiles), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		assert.LessOrEqual(t, len(files), 32, "%s has too many files", p.ImportPath)
	}
}
