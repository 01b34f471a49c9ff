package app

import (
	"io/fs"
	"net/http"

	"inlay/worker/instance"
)

// Main runs the site's handler in a Worker. It never returns. The pages are core.wasm's, which has them from the build.
func Main(_ fs.FS, handler http.Handler) { instance.Serve(handler) }
