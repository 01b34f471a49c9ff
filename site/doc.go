// Command site serves the documentation of the Go standard library. It is a
// project as inlay new makes them, whose wrangler.toml is in the folder above.
//
//  1. pages/ holds the shells: static HTML with slots, whose patterns are the
//     names of their files. The build parses them into pages.bin.
//  2. Handler (handlers.go) answers the src of each slot with a fragment, and
//     the few paths that are no page. It is ordinary net/http, compiled into
//     app.wasm, and runs only to fill.
//  3. upstream.go and upstream.mjs are a service beside the site that fragments
//     ask, by a request, and that takes its time; ask.go asks it.
//  4. gen/ renders the documentation into data/ when the site is built, by go
//     generate, so that a fill does nothing but decompress.
package main
