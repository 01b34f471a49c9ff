package folder

import (
	"embed"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed all:pages
var pages embed.FS

//go:embed *.go pages
var more embed.FS

func TestRootIsTheFolderThatGoEmbedKeeps(t *testing.T) {
	assert.Equal(t, "pages", Root(pages))
	assert.Equal(t, ".", Root(more))
	inner, err := fs.Sub(pages, "pages")
	require.NoError(t, err)
	assert.Equal(t, ".", Root(inner))
	assert.Equal(t, ".", Root(fstest.MapFS{"pages/index.html": {}}), "a folder of pages under /pages/")
	html, err := NotFound(pages)
	require.NoError(t, err)
	assert.Equal(t, "<!doctype html>\n<title>Nothing here</title>\n", html)
}

func TestNotFoundIsTheShellAlone(t *testing.T) {
	for text, want := range map[string]string{
		"<p>x":                             "<p>x",
		"<!-- inlay: -->\r\n<p>x":          "<p>x",
		"<!-- inlay:--><p>x":               "<p>x",
		"<!-- inlay: /404 -->\n<p>x":       "",
		"<!-- nothing of inlay's -->\n<p>": "<!-- nothing of inlay's -->\n<p>",
		"<!-- inlay: ":                     "<!-- inlay: ", // the build refuses it
	} {
		for _, name := range []string{"404.html", "404.HTML"} {
			html, err := NotFound(fstest.MapFS{name: {Data: []byte(text)}, "a/404.html": {Data: []byte("no")}})
			require.NoError(t, err)
			assert.Equal(t, want, html, text)
		}
	}
	html, err := NotFound(fstest.MapFS{"404.html/index.html": {}, "index.html": {}})
	require.NoError(t, err)
	assert.Empty(t, html)
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"", "<!-- inlay: -->", "<!--inlay:", "<!-->", "<!--->", "\uFEFF \n<!-- Inlay /x -->\r\n<p>", "<!doctype html><!-- inlay: -->", "<!-- inlay"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, found := Line(text)
		if found {
			require.True(t, strings.HasPrefix(text[c.At:], "<!--"))
			require.True(t, c.At < c.From && c.From < c.To && c.To <= len(text))
			if c.End >= 0 {
				require.Equal(t, "-->", text[c.To:c.End])
				require.LessOrEqual(t, Shell(text, c), len(text))
			}
		}
		require.Less(t, Late(text), max(len(text), 1))
		_, err := NotFound(fstest.MapFS{"404.html": {Data: []byte(text)}})
		require.NoError(t, err)
	})
}
