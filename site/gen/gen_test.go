package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// shelf renders the small library under testdata.
func shelf(t *testing.T) map[string]string {
	t.Helper()
	lib, err := load(filepath.Join("testdata", "goroot"))
	require.NoError(t, err)
	return lib.render()
}

func TestOnlyPublicPackagesHavePages(t *testing.T) {
	files := shelf(t)

	var paths []string
	for name := range files {
		if path, ok := strings.CutPrefix(name, "overview/"); ok {
			paths = append(paths, path)
		}
	}

	assert.ElementsMatch(t, []string{"bare", "jsonly", "old", "shelf", "shelf/cart"}, paths)
}

func TestPagesOfASmallLibraryAreSound(t *testing.T) {
	requireSoundPages(t, shelf(t))
}

func TestOverviewRendersThePackageComment(t *testing.T) {
	overview := shelf(t)["overview/shelf"]

	for what, html := range map[string]string{
		"text is escaped":                   `even those called &#34;&lt;script&gt;alert(1)&lt;/script&gt;&#34;.`,
		"heading below the page's sections": `<h3 id="hdr-Finding_books">Finding books</h3>`,
		"link to a name of the package":     `<a href="#Find">Find</a>`,
		"link to a method":                  `<a href="#Shelf.Find">Shelf.Find</a>`,
		"link to a package":                 `<a href="/pkg/shelf/cart">shelf/cart</a>`,
		"no link to what is not imported":   `put them in a [cart.Cart]`,
		"no link to what has no page":       `See also shelf/internal/glue.Stick`,
		"link by definition":                `<a href="https://example.com/rules">the rules</a>`,
		"address as a link":                 `<a href="https://example.com/?a=1&amp;b=2">https://example.com/?a=1&amp;b=2</a>`,
		"list":                              "<ul>\n<li>a first way</li>\n<li>a second way</li>\n</ul>",
		"numbered list keeps its numbers":   `<li value="3">three</li>` + "\n<li>four</li>",
		"code":                              "<pre><code>if a &lt; b &amp;&amp; b &gt; c {\n}</code></pre>",
	} {
		assert.Contains(t, overview, html, what)
	}
	assert.NotContains(t, overview, "<script")
}

func TestIndexShowsSignaturesAndUnfoldsToDocumentation(t *testing.T) {
	index := shelf(t)["index/shelf"]

	for what, html := range map[string]string{
		"group of constants":         `const <b>Small</b>, <b>Large</b>, <b>Huge</b>, … <i>2 more</i>`,
		"anchor of a constant":       `<b id="Small">Small</b> = 1 &lt;&lt; iota <i>// fits &lt; 10</i>`,
		"deprecated function":        `<code>func <b>Find</b>(title string) (*<a href="#Book">Book</a>, error)</code> <b class="dep">deprecated</b>`,
		"anchor inside what unfolds": `</summary><div id="Find">`,
		"function without comment":   `<p class="none">No comment.</p>`,
		"type in one line":           `type <b>Book</b> struct</code>`,
		"field with its anchor":      `<b id="Book.Title">Title</b> string`,
		"type of another package":    `<b id="Book.Owner">Owner</b> io.Reader <i>// who has it</i>`,
		"hidden fields are said":     `<i>// contains filtered or unexported fields</i>`,
		"type parameters":            `type <b>Shelf</b>[T any] struct`,
		"constructor":                `<div id="New">`,
		"method":                     `<div id="Shelf.Find">`,
		"receiver":                   `func (s *<a href="#Shelf">Shelf</a>[T]) <b>Find</b>(title string, f func(b *<a href="#Book">Book</a>) bool) (b *<a href="#Book">Book</a>, err error)`,
		"method of an interface":     `<b id="Reader.Read">Read</b>(b *<a href="#Book">Book</a>) error`,
		"type without braces":        `type <b>Names</b> []string</code>`,
	} {
		assert.Contains(t, index, html, what)
	}
	assert.NotContains(t, index, "hidden")
	assert.NotContains(t, index, "place int")
}

func TestIndexLinksTypesOfOtherPackages(t *testing.T) {
	assert.Contains(t, shelf(t)["index/shelf/cart"], `*<a href="/pkg/shelf#Book">shelf.Book</a>`)
}

func TestExamplesShowCodeAndOutput(t *testing.T) {
	files := shelf(t)

	examples := files["examples/shelf"]
	for what, html := range map[string]string{
		"first one is open":        `<details open="open"><summary>Package</summary>`,
		"its comment":              `<p>A whole &#34;package&#34; &amp; more.</p>`,
		"code without braces":      "<pre><code>fmt.Println(&#34;&lt;b&gt;&#34;) <i>// not bold</i>\n\nfmt.Println(`raw\n\ttext`)</code></pre>",
		"output":                   "<p class=\"out\">Output</p>\n<pre><samp>&lt;b&gt;\nraw\n\ttext</samp></pre>",
		"output in any order":      "<p class=\"out\">Output, in any order</p>\n<pre><samp>two\none</samp></pre>",
		"what it is an example of": `<code><a href="#Shelf.Find">Shelf.Find</a></code> <i>(by title)</i>`,
		"example without output":   "<pre><code>_ = shelf.Book{}</code></pre>\n</div>",
	} {
		assert.Contains(t, examples, html, what)
	}
	assert.Equal(t, 1, strings.Count(examples, "open="))
	assert.NotContains(t, examples, "utput:")

	whole := files["examples/shelf/cart"]
	assert.Contains(t, whole, "<pre><code>package cart_test\n\nimport (")
	assert.Contains(t, whole, "\tfmt.Println(c, wheel(1))\n}</code></pre>")
	assert.NotContains(t, whole, "Copyright")
}

func TestEmptyPackageSaysSo(t *testing.T) {
	files := shelf(t)

	assert.Contains(t, files["overview/bare"], "The package has no comment.")
	assert.Contains(t, files["index/bare"], "The package exports no names.")
	assert.Contains(t, files["examples/bare"], "The package has no examples.")
	assert.Empty(t, files["importers/bare"])
}

func TestPackageOfAnotherPlatformIsDocumented(t *testing.T) {
	assert.Contains(t, shelf(t)["index/jsonly"], `<b id="On">On</b> = true`)
}

func TestFrontPageListsAndCounts(t *testing.T) {
	files := shelf(t)

	assert.Equal(t, "<p class=\"sub\">Go 1.99.2 · <b>5</b> packages · <b>18</b> exported names · <b>4</b> examples</p>\n", files["summary"])
	assert.Contains(t, files["packages"], `<li><a href="/pkg/shelf/cart"><i>shelf/</i>cart</a> <span>Carries.</span></li>`)
	assert.Contains(t, files["packages"], `<span>Is old. <b class="dep">deprecated</b></span>`)
	assert.Equal(t, "old\nshelf/cart", files["importers/shelf"])
	assert.Equal(t, "shelf 2\nbare 0\njsonly 0\nold 0\nshelf/cart 0\n", files["most-imported"])

	var known map[string]string
	require.NoError(t, json.Unmarshal([]byte(files["upstream.json"]), &known))
	assert.Len(t, known, 6)
	for name, text := range known {
		assert.Equal(t, files[name], text, name)
	}

	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(files["packages.json"]), &list))
	require.Len(t, list, 5)
	assert.Equal(t, map[string]any{
		"path": "shelf/cart", "synopsis": "Package cart carries.", "names": 2.0, "importers": 0.0,
	}, list[4])
}

func TestTheSameSourcesGiveTheSameFiles(t *testing.T) {
	assert.Equal(t, shelf(t), shelf(t))
}

func TestThousandsAreGrouped(t *testing.T) {
	for n, text := range map[int]string{0: "0", 999: "999", 1000: "1,000", 11194: "11,194", 1234567: "1,234,567"} {
		assert.Equal(t, text, thousands(n))
	}
}

func TestWriteWritesAllAndRemovesWhatIsGone(t *testing.T) {
	// given a folder with a file that will stay, one that will go, and one that is not ours
	dir := t.TempDir()
	_, err := write(dir, map[string]string{"a/stays": "same", "a/goes": "old"})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("by hand"), 0o644))
	long := time.Unix(1000, 0)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a", "stays.z"), long, long))

	// when
	sum, err := write(dir, map[string]string{"a/stays": "same", "b": "new & longer"})

	// then
	require.NoError(t, err)
	assert.Equal(t, 2, sum.files)
	assert.Equal(t, len("same")+len("new & longer"), sum.text)
	info, err := os.Stat(filepath.Join(dir, "a", "stays.z"))
	require.NoError(t, err)
	assert.True(t, info.ModTime().After(long), "by this the build knows it as generated")
	assert.NoFileExists(t, filepath.Join(dir, "a", "goes.z"))
	assert.FileExists(t, filepath.Join(dir, "README.md"))
	packed, err := os.ReadFile(filepath.Join(dir, "b.z"))
	require.NoError(t, err)
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	assert.Equal(t, "new & longer", string(text))
}

func TestRunReportsProgressAndMistakes(t *testing.T) {
	goroot := filepath.Join("testdata", "goroot")

	var progress bytes.Buffer
	require.NoError(t, run(goroot, t.TempDir(), &progress))
	assert.Contains(t, progress.String(), "site/gen: read 5 packages of go1.99.2\n")
	assert.Contains(t, progress.String(), "site/gen: wrote 25 files")

	assert.ErrorContains(t, run(goroot, filepath.Join(t.TempDir(), "none"), io.Discard), "run from the folder of the site")
	assert.ErrorContains(t, run(filepath.Join("testdata", "none"), t.TempDir(), io.Discard), "reading ")
}

// TestStandardLibrary holds what the small library shows over the real one, and
// that rendering it again gives the same bytes.
func TestStandardLibrary(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	lib, err := load(strings.TrimSpace(string(goroot)))
	require.NoError(t, err)
	files := lib.render()

	requireSoundPages(t, files)
	require.True(t, maps.Equal(files, lib.render()), "rendering is not deterministic")

	for _, path := range []string{"builtin", "net/http", "syscall/js", "unsafe", "math/rand/v2"} {
		assert.Contains(t, files, "overview/"+path)
	}
	assert.Contains(t, files["index/net/http"], `<div id="Client.Do">`)
	assert.Contains(t, files["index/builtin"], `<div id="append">`)
	assert.Contains(t, strings.Split(files["importers/net/http"], "\n"), "net/http/httptest")
	requireEdgeTakes(t, lib, files)
	largest := slices.MaxFunc(slices.Collect(maps.Values(files)), func(a, b string) int { return len(a) - len(b) })
	assert.Less(t, len(largest), 512<<10, "a fragment must stay below the limit of a fragment")
	for name := range files {
		for _, element := range strings.Split(name, "/") {
			assert.NotContains(t, []string{"internal", "vendor", "testdata", "cmd"}, element)
		}
	}
}

// requireEdgeTakes serves every page through the edge handler, and holds that it
// refuses no fragment.
func requireEdgeTakes(t *testing.T, lib *library, files map[string]string) {
	t.Helper()
	all, err := edge.ReadPages(os.DirFS(filepath.Join("..", "pages")))
	require.NoError(t, err)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fragment, ok := files[strings.TrimPrefix(r.URL.Path, "/fragments/")]
		if !ok {
			fragment = "<title>of another test</title>"
		}
		_, _ = io.WriteString(w, fragment)
	})
	handler, err := edge.NewHandler(edge.Options{Pages: all, Origin: origin})
	require.NoError(t, err)
	for _, p := range lib.packages {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/pkg/"+p.path, nil))
		for _, kind := range []string{"overview/", "index/", "examples/"} {
			require.True(t, strings.Contains(answer.Body.String(), files[kind+p.path]), "the page lacks %s%s", kind, p.path)
		}
	}
}
