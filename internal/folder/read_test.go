package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// filesOf makes a folder of pages from names and texts; a name alone has a small page.
func filesOf(files ...string) fstest.MapFS {
	all := fstest.MapFS{}
	for _, f := range files {
		name, text, has := strings.Cut(f, "|")
		if !has {
			text = "<!doctype html><title>x</title><p>x"
		}
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func patternsOf(pages []page.Page) []string {
	all := []string{}
	for _, p := range pages {
		all = append(all, p.Pattern)
	}
	return all
}

func TestPatternOfAPageIsWhereItsFileLies(t *testing.T) {
	for file, want := range map[string]string{
		"index.html":                         "/{$}",
		"about.html":                         "/about",
		"ABOUT.HTML":                         "/ABOUT",
		"Index.Html":                         "/{$}",
		"products/{id}.html":                 "/products/{id}",
		"docs/{path...}.html":                "/docs/{path...}",
		"docs/index.html":                    "/docs/{$}",
		"a/b/c.d.html":                       "/a/b/c.d",
		"{lang}/about.html":                  "/{lang}/about",
		"{lang}/index.html":                  "/{lang}/{$}",
		"our shop.html":                      "/our%20shop",
		"über uns.html":                      "/über%20uns",
		"50%.html":                           "/50%25",
		"c#.html":                            "/c%23",
		"a+b&c=d,e.html":                     "/a+b&c=d,e",
		"v1.html/index.html":                 "/v1.html/{$}",
		"{path...}.html":                     "/{path...}",
		"404/index.html":                     "/404/{$}",
		"x.html|<!-- inlay: /y --><p>y":      "/y",
		"404.html|<!-- inlay: /404 --><p>":   "/404",
		"a/404.html|<!-- inlay: /a/x --><p>": "/a/x",
	} {
		t.Run(file, func(t *testing.T) {
			pages, err := Read(filesOf(file))
			require.NoError(t, err)
			assert.Equal(t, []string{want}, patternsOf(pages))
			assert.NoError(t, new(route.Router).Add(pages[0].Pattern))
		})
	}
}

func TestWhatIsNoPageIsPassedOver(t *testing.T) {
	pages, err := Read(filesOf("about.html", ".hidden.html", "_draft.html", "_parts/x.html", ".git/x.html", "about.html~", "#about.html#",
		".#about.html", ".about.html.swp", "about.html.bak", "about.html.orig", "style.css", "README.md", "img/logo.svg", "404.html", "Makefile", ".DS_Store", "html", "x.htm.bak"))
	require.NoError(t, err)
	assert.Equal(t, []string{"/about", "404"}, patternsOf(pages))
	none, err := Read(fstest.MapFS{})
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestFirstLineSaysPatternAndPolicy(t *testing.T) {
	const bom = "\uFEFF"
	for line, want := range map[string]page.Page{
		`<!-- inlay: /shop/{id} -->`:                  {Pattern: "/shop/{id}"},
		`<!--inlay:/shop-->`:                          {Pattern: "/shop"},
		"<!--\n\tinlay:\r\n /shop\n mode=stream\n-->": {Pattern: "/shop", Mode: page.Stream},
		`<!-- inlay: -->`:                             {Pattern: "/page"},
		`<!-- inlay: patience="200ms" mode="ordered" preload cache-control="public, max-age=60" -->`: {
			Pattern: "/page", Patience: 200 * time.Millisecond, Mode: page.Ordered, Preload: true, CacheControl: "public, max-age=60",
		},
		`<!-- inlay: PATIENCE = '1s' Mode=complete PreLoad="" /shop -->`: {Pattern: "/shop", Patience: time.Second, Mode: page.Complete, Preload: true},
		`<!-- inlay: preload=preload mode=auto patience=0 -->`:           {Pattern: "/page", Preload: true, Patience: 1},
		bom + `<!-- inlay: /shop -->`:                                    {Pattern: "/shop"},
		"\r\n  <!-- inlay: /shop -->":                                    {Pattern: "/shop"},
		"<!-- inlays -->":                                                {Pattern: "/page"},
		"<!-- inlay is a cache -->":                                      {Pattern: "/page"},
		"<!-- a page -->":                                                {Pattern: "/page"},
		"<!---->":                                                        {Pattern: "/page"},
		"<!-->":                                                          {Pattern: "/page"},
		bom:                                                              {Pattern: "/page"},
	} {
		t.Run(line, func(t *testing.T) {
			for _, end := range []string{"", "\n", "\r\n", "\r"} {
				pages, err := Read(filesOf("page.html|" + line + end + "<!doctype html><p>x"))
				require.NoError(t, err)
				html := "<!doctype html><p>x"
				if !strings.Contains(line, "inlay:") {
					html = line + end + html
				}
				parsed, err := shell.Parse(want.Pattern, html)
				require.NoError(t, err)
				parsed.Mode, parsed.Patience, parsed.Preload, parsed.CacheControl = want.Mode, want.Patience, want.Preload, want.CacheControl
				assert.Equal(t, []page.Page{parsed}, pages)
			}
		})
	}
}

func TestLinesAreThoseOfTheFile(t *testing.T) {
	text := "\uFEFF<!-- inlay:\n /shop/{id}\n--> <!doctype html>\r\n<p>x\n  <edge-slot name=a src=/f/{id}></edge-slot>"
	pages, err := Read(filesOf("page.html|" + text))
	require.NoError(t, err)
	assert.Equal(t, 5, pages[0].Slots[0].Line)

	_, err = Read(filesOf("page.html|" + text + " <edge-slot name=a src=/f></edge-slot>"))
	assert.ErrorContains(t, err, "page.html:5:62: slot \"a\" again, after the one in line 5")
	_, err = Read(filesOf("page.html|<!-- inlay: --><edge-slot name=a src=/f></edge-slot>"))
	assert.ErrorContains(t, err, "page.html:1:16: ")
}

func TestMistakesInAFolderOfPages(t *testing.T) {
	for files, want := range map[string]string{
		// the first line
		"a.html|<!-- inlay: /a mode=fast --><p>":             `a.html:1:21: mode: "fast"; expected auto, stream, ordered or complete`,
		"a.html|<!-- inlay: mode --><p>":                     `a.html:1:13: mode without a value; expected mode="…"`,
		"a.html|<!-- inlay: mode= --><p>":                    `a.html:1:19: mode: ""; expected auto, stream, ordered or complete`,
		"a.html|<!-- inlay: patience=fast --><p>":            `a.html:1:22: patience: "fast" is no duration; expected a duration such as 30s`,
		"a.html|<!-- inlay: patience=2s --><p>":              `a.html:1:22: patience: "2s"; expected 1s at most`,
		"a.html|<!-- inlay: preload=no --><p>":               `a.html:1:21: preload with the value "no"; expected no value`,
		"a.html|<!-- inlay: cache-control='' --><p>":         `a.html:1:27: cache-control: ""; expected the field's value`,
		"a.html|<!-- inlay: cache-control=\"a\nb\" --><p>":   `a.html:1:27: cache-control: "a\nb"; expected the field's value`,
		"a.html|<!-- inlay: cache-control='ü' --><p>":        `a.html:1:27: cache-control: "ü"; expected the field's value`,
		"a.html|<!-- inlay: mode=\"stream --><p>":            `a.html:1:18: a quote that is not closed; expected it before the comment's end`,
		"a.html|<!-- inlay: /a /b --><p>":                    `a.html:1:16: a second pattern; expected one`,
		"a.html|<!-- inlay: preload preload --><p>":          `a.html:1:21: attribute "preload" again; expected each attribute once`,
		"a.html|<!-- inlay: a/{id} --><p>":                   `a.html:1:13: "a/{id}"; expected a pattern such as /products/{id}, patience, mode, preload or cache-control`,
		"a.html|<!-- inlay: GET /a --><p>":                   `a.html:1:13: "get"; expected a pattern without a method`,
		"a.html|<!-- inlay: ttl=3s --><p>":                   `a.html:1:13: "ttl"; expected a pattern such as /products/{id}, patience,`,
		"a.html|<!-- inlay: /{id}/{id} --><p>":               `a.html:1:13: pattern "/{id}/{id}" has the parameter {id} twice; expected each name once`,
		"a.html|<!-- Inlay: /a --><p>":                       `a.html:1:6: "Inlay:"; expected <!-- inlay: …`,
		"a.html|<!-- inlay /a --><p>":                        `a.html:1:6: "inlay"; expected <!-- inlay: …`,
		"a.html|<!-- inlay: /a <p>":                          `a.html:1:1: a comment that is not closed; expected --> at its end`,
		"a.html|<!doctype html>\n<!-- inlay: /a --><p>":      `a.html:2:1: a comment of inlay that is not the first of the file; expected it before everything else`,
		"a.html|<!-- © -->\n<!-- inlay: /a --><p>":           `a.html:2:1: a comment of inlay that is not the first of the file`,
		"a.html|<!-- inlay: /a -->\n<!-- inlay: preload -->": `a.html:2:1: a second comment of inlay; expected all in the first`,
		// files
		"a.html|":                             `a.html: an empty file; expected the HTML of the page "/a"`,
		"a.html| \r\n":                        `a.html: an empty file; expected the HTML of the page "/a"`,
		"a.html|<!-- inlay: /b -->\n":         `a.html: an empty file; expected the HTML of the page "/b"`,
		"a.html|\xFF\xFE<\x00p\x00>\x00":      `a.html: text in UTF-16; expected text in UTF-8`,
		"a.html|<p>\xFC":                      `a.html:1:4: a byte that is not UTF-8; expected a shell in UTF-8`,
		"a.html|<p>\n<edge-slot>":             `a.html:2:1: <edge-slot> without a name; expected name="…"`,
		"{id}/{id}.html":                      `{id}/{id}.html: pattern "/{id}/{id}" has the parameter {id} twice; expected each name once`,
		"product-{id}.html":                   `product-{id}.html: pattern "/product-{id}" has braces that are not a whole segment; expected {name} between two slashes`,
		"{path...}/x.html":                    `{path...}/x.html: pattern "/{path...}/x" has {path...} before its end`,
		"{1}.html":                            `{1}.html: pattern "/{1}" has the parameter name "1"`,
		"what?.html":                          `what?.html: a name with "?", which go:embed leaves out; expected another name`,
		"a:b.html":                            `a:b.html: a name with ":", which go:embed leaves out`,
		"aux.html":                            `aux.html: a name with what Windows takes for a device, which go:embed leaves out`,
		"COM1.x/a.html":                       `COM1.x: a name with what Windows takes for a device, which go:embed leaves out`,
		"u\u0308ber.html":                     `a name with the character '\u0308', which go:embed leaves out`,
		"a./x.html":                           `a.: a name with a dot at its end, which go:embed leaves out`,
		"about.htm":                           `about.htm: a page by another name; expected one that ends in .html`,
		"docs/404.html":                       `docs/404.html: a 404.html that is not directly in the folder of pages; expected one for all`,
		"404.html|<!-- inlay: preload --><p>": `404.html: a policy in the first line of 404.html; expected none`,
		"404.html|":                           `404.html: an empty file; expected the HTML of what is shown where there is no page`,
		"404.html|<p><edge-slot name=a src=/a></edge-slot>": `404.html:1:4: <edge-slot> in the page that is shown where there is none; expected no slot: nothing fills it`,
		"404.html|<p><edge-slot>":                           `404.html:1:4: <edge-slot> without a name`,
		"docs/_headers|/*\n A: b":                           `docs/_headers: a _headers that is not directly in the folder of pages; expected one file for all pages, in which /docs/* stands for those here`,
		"_headers.txt|":                                     `_headers.txt: a file that nothing reads; expected the name _headers for header fields`,
		"_Headers|":                                         `_Headers: a file that nothing reads`,
		"_redirects|":                                       `_redirects: a file that nothing reads; expected redirects in a handler`,
		// two files
		"a.html\nb.html|<!-- inlay: /a --><p>": `b.html:1:13: the patterns of this page and of a.html conflict: "/a" and "/a" match the same paths; expected one page for each path`,
		"a/{x}.html\na/{y}.html":               `a/{y}.html: the patterns of this page and of a/{x}.html conflict: "/a/{y}" and "/a/{x}" match the same paths`,
		"a/{x}.html\n{y}/b.html":               `{y}/b.html: the patterns of this page and of a/{x}.html conflict: "/{y}/b" and "/a/{x}" both match /a/b; expected one of them to be more specific`,
		"index.html\n{$}.html":                 `{$}.html: the patterns of this page and of index.html conflict: "/{$}" and "/{$}" match the same paths`,
		"index.html\nINDEX.html":               `index.html: the patterns of this page and of INDEX.html conflict: "/{$}" and "/{$}" match the same paths`,
	} {
		t.Run(files, func(t *testing.T) {
			all := []string{files}
			if !strings.Contains(files, "|") || strings.HasPrefix(files, "a.html\nb.html") {
				all = strings.SplitN(files, "\n", 2)
			}
			pages, err := Read(filesOf(all...))
			assert.Empty(t, pages)
			require.ErrorContains(t, err, want)
			var one *Error
			require.ErrorAs(t, err, &one)
			assert.NotContains(t, err.Error(), "\n", "one mistake is one line")
		})
	}
}

func TestAllMistakesOfAllFilesAreTold(t *testing.T) {
	_, err := Read(filesOf("a.html|<p><edge-slot>", "b.html|<!-- inlay: mode=x patience=y -->", "c.html", "d/{x}.html", "d/{y}.html",
		"_headers|/*\nx\n\n/c\n  Vary: x\n  ETag: y"))
	var all Errors
	require.ErrorAs(t, err, &all)
	var at []string
	for _, e := range all {
		at = append(at, e.File)
	}
	assert.Equal(t, []string{"_headers", "_headers", "_headers", "a.html", "b.html", "b.html", "d/{y}.html"}, at, err.Error())
	assert.Equal(t, []int{2, 5, 6}, []int{all[0].Line, all[1].Line, all[2].Line})
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("a.html", "<p>a")
	write("d/index.html", "<p>d")
	link := func(to, name string) { require.NoError(t, os.Symlink(to, filepath.Join(dir, name))) }
	link("somebody@host.1234:5", ".#a.html") // as Emacs locks a file
	link("nowhere", "notes.txt")
	pages, err := Read(os.DirFS(dir))
	require.NoError(t, err)
	assert.Equal(t, []string{"/a", "/d/{$}"}, patternsOf(pages))

	link("a.html", "b.html")
	link("d", "e")
	link("nowhere", "f.html")
	_, err = Read(os.DirFS(dir))
	for _, name := range []string{"b.html", "e", "f.html"} {
		assert.ErrorContains(t, err, name+": a symbolic link, which go:embed leaves out; expected the file itself")
	}
}

// unreadable is a folder in which one name cannot be read.
type unreadable struct {
	fstest.MapFS
	name string
}

func (u unreadable) refused(op, name string) error {
	if name == u.name {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
	}
	return nil
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	if err := u.refused("open", name); err != nil {
		return nil, err
	}
	return u.MapFS.ReadFile(name)
}

func (u unreadable) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := u.refused("open", name); err != nil {
		return nil, err
	}
	return u.MapFS.ReadDir(name)
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	for name, want := range map[string]string{
		"a.html":   "a.html: a file that cannot be read (permission denied); expected one that can",
		"d":        "d: a folder that cannot be read (permission denied); expected one that can, or none",
		"_headers": "_headers: a file that cannot be read (permission denied); expected one that can",
	} {
		_, err := Read(unreadable{filesOf("a.html", "d/x.html", "_headers|/*\n A: b"), name})
		require.EqualError(t, err, want)
	}
	_, err := Read(unreadable{filesOf("a.html"), "."})
	require.EqualError(t, err, "the folder of pages cannot be read: open .: permission denied")
	_, err = Read(os.DirFS(filepath.Join(t.TempDir(), "none")))
	require.ErrorContains(t, err, "the folder of pages cannot be read: ")
	assert.True(t, !errors.As(err, new(Errors)))
}

func TestABucketHasOneNumberOfSharesInAllPages(t *testing.T) {
	const slot = `<body><edge-slot name=%s src=/x vary="%s"></edge-slot>`
	page := func(name, vary string) string { return fmt.Sprintf(slot, name, vary) }
	_, err := Read(filesOf("a.html|"+page("p", "bucket:price/2"), "b.html|"+page("p", "bucket:price/2 bucket:other/3"), "c.html|"+page("p", "cookie:other")))
	require.NoError(t, err)
	_, err = Read(filesOf("a.html|"+page("p", "bucket:price/2"), "b.html|\n"+page("q", "bucket:price/3")))
	require.EqualError(t, err, `b.html: bucket:price/3 of slot "q" in line 2 beside bucket:price/2 of a.html; expected the same number: a visitor has one cookie of a name`)
}

func FuzzPageLine(f *testing.F) {
	for _, s := range []string{
		"", "<!-- inlay: /a -->", `<!-- inlay: /a/{id} patience="200ms" mode='ordered' preload cache-control=x -->` + "\n<p>x<edge-slot name=a src=/a></edge-slot>",
		"\uFEFF<!--inlay:-->x", "<!doctype html><!-- inlay: /x -->", "<!-- inlay: mode=\"", "<!-->", "<!-- inlay: = == -->x", "<!-- inlay: /a\r\n-->\r\nx",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, errs := readPageLine(text)
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, e := range errs {
			require.True(t, e.Line >= 1 && e.Line <= lines && e.Col >= 1 && e.Col <= len(text)+1, "%v", e)
		}
		require.True(t, line.end >= 0 && line.end <= len(text))
		pages, err := Read(filesOf("a.html|" + text))
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
			return
		}
		require.Len(t, pages, 1)
		for _, s := range pages[0].Slots {
			require.True(t, s.Line >= 1 && s.Line <= lines)
		}
	})
}
