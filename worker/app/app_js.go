package app

import (
	"io/fs"
	"net/http"

	"inlay/edge"
	"inlay/worker/instance"
)

// Main runs the site's handler in a Worker. It never returns. The pages are core.wasm's, which has them from the build. The
// changes are of a server's options.
func Main(_ fs.FS, handler http.Handler, _ ...func(*edge.Options) error) { instance.Serve(handler) }
