package folder

import (
	"embed"
	"io/fs"
)

// Names of files that are no pages.
const (
	HeadersFile  = "_headers"
	NotFoundFile = "404.html"
)

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
