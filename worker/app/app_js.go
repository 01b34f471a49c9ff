package app

import (
	"io/fs"
	"net/http"

	"inlay/internal/folder"
	"inlay/internal/notfound"
	"inlay/worker/instance"
)

// Main runs the site's handler in a Worker. It never returns. The pages are read by the build, which tells what is wrong with
// them; here only 404.html is.
func Main(pages fs.FS, handler http.Handler) {
	html, err := folder.NotFound(pages)
	if err != nil {
		panic(err) // the build has read the same files
	}
	instance.ServeBoth(handler, notfound.Show(handler, html))
}
