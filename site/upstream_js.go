package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"syscall/js"

	"github.com/syumai/workers/cloudflare/fetch"
)

// newSite is the site with the upstream of upstream.mjs, another entrypoint of
// the same Worker: it is deployed along and needs no address. A binding of
// wrangler.toml would be cloudflare.GetBinding(NAME) here.
func newSite(files fs.FS) http.Handler {
	return originOf(files, func(ctx context.Context, path string) (*http.Response, error) {
		// The client of syumai/workers, since net/http's would bring its
		// transport with TLS into app.wasm, a megabyte.
		beside := js.Global().Get("context").Get("ctx").Get("exports").Get("Upstream")
		if beside.IsUndefined() {
			return nil, errors.New("the Worker's entry does not export Upstream: is main of wrangler.toml build/main.mjs?")
		}
		r, err := fetch.NewRequest(ctx, http.MethodGet, "http://upstream"+path, nil)
		if err != nil {
			return nil, err
		}
		return fetch.NewClient(fetch.WithBinding(beside)).Do(r, nil)
	})
}
