// Package pages holds the site's shells, which are parsed when the site is
// built: core.wasm gets them as pages.bin.
//
// To add a page: write its shell beside this file, embed it, and give it a
// pattern in All.
package pages

import (
	_ "embed"
	"errors"
	"strings"

	"inlay/edge"
)

//go:embed home.html
var home string

//go:embed pkg.html
var pkg string

//go:embed style.css
var style string

// All gives the site's pages, parsed. An error names the shell's file, and the
// line and column in it.
func All() ([]edge.Page, error) {
	var pages []edge.Page
	for _, shell := range []struct{ pattern, file, html string }{
		{"/{$}", "home.html", home},
		{"/pkg/{path...}", "pkg.html", pkg},
	} {
		page, err := edge.ParsePage(shell.pattern, styled(shell.html, style))
		if err != nil {
			return nil, errors.New("site/pages/" + shell.file + ": " + err.Error())
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// styleMark is where a shell wants the style that the pages share: inline, which
// saves its readers a request before the first paint.
const styleMark = "/* style.css */"

// styled puts css in place of the mark, in one line, so that an error in the
// shell still names the line that its author sees.
func styled(shell, css string) string {
	return strings.Replace(shell, styleMark, strings.ReplaceAll(strings.TrimSpace(css), "\n", ""), 1)
}
