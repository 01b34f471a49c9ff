package folder

import (
	"embed"
	"io/fs"
	"strings"

	"inlay/internal/page"
)

// Names of files that are no pages.
const (
	HeadersFile  = "_headers"
	NotFoundFile = "404.html"
)

// StatusOf is the pattern of the page that a file is by its name, shown with a status: 404 of 404.html, 5xx of 5xx.html.
// Empty: it is a page as others are.
func StatusOf(file string) string {
	name, ok := strings.CutSuffix(strings.ToLower(file), ".html")
	if !ok || !page.IsStatus(name) {
		return ""
	}
	return name
}

// Root is where the pages are in fsys: in its folder pages, if it is an embed.FS that holds nothing else, as //go:embed
// all:pages makes it; else at its top.
func Root(fsys fs.FS) string {
	if _, ok := fsys.(embed.FS); ok {
		if all, err := fs.ReadDir(fsys, "."); err == nil && len(all) == 1 && all[0].Name() == "pages" && all[0].IsDir() {
			return "pages"
		}
	}
	return "."
}
