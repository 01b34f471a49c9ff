package build

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

// What is uploaded says which build it is: the same, or another.
func TestBuildHasAnIDOfItsContent(t *testing.T) {
	t.Parallel()
	files := map[string]string{"main.go": programGo, "pages/index.html": shell, "main.mjs": entry}
	p := site(t, goMod(t), files)
	id := func(p *project.Project) string {
		t.Helper()
		assert.Contains(t, mustRun(t, p).Modules, IDModule)
		text := readBuilt(t, p, IDModule)
		assert.Regexp(t, `(?m)^export const build = "[0-9a-f]{16}";\n`, text)
		assert.Contains(t, text, "export const rehearsed = \"/\";\n")
		return text
	}
	first := id(p)
	assert.NotContains(t, mustRun(t, p).Changed, IDModule)
	assert.Equal(t, first, id(p))
	require.NoError(t, os.RemoveAll(p.Build()))
	assert.Equal(t, first, id(p), "made anew it is the same")
	assert.Equal(t, first, id(site(t, goMod(t), files)), "so it is elsewhere")

	seen := map[string]string{first: "the first"}
	for _, change := range []struct{ name, was, is string }{
		{"pages/index.html", shell, shell + "<p>more</p>"},
		{"main.go", programGo, programGo + "\nfunc init() { println(1) }\n"},
		{"main.mjs", entry, entry + "// more\n"},
	} {
		put(t, p.Site, map[string]string{change.name: change.is})
		other := id(p)
		assert.Empty(t, seen[other], change.name)
		seen[other] = change.name
		put(t, p.Site, map[string]string{change.name: change.was})
	}
	assert.Equal(t, first, id(p))
}

// The first page with slots is rehearsed while a Worker is loaded.
func TestBuildSaysWhichPageIsRehearsed(t *testing.T) {
	t.Parallel()
	p := site(t, goMod(t), map[string]string{
		"main.go": programGo, "main.mjs": entry, "pages/aaa.html": "<!doctype html><title>t</title>", "pages/b/{id}.html": shell, "pages/c.html": shell,
	})
	mustRun(t, p)
	assert.Contains(t, readBuilt(t, p, IDModule), "export const rehearsed = \"/b/x\";\n")

	for pattern, want := range map[string]string{
		"/": "/", "/{$}": "/", "/products/{id}": "/products/x", "/a b/{x}/{rest...}": "/a%20b/x/x", "/shop/{id}/{$}": "/shop/x/", "/products/{id}/more": "/products/x/more",
	} {
		assert.Equal(t, want, pathOf(pattern))
	}
}
