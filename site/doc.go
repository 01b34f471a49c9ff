// Package site is what is served: here, the documentation of the Go standard
// library. It is the one folder a user of inlay edits.
//
//  1. pages/ holds the shells: static HTML with slots, and the list of their
//     patterns in pages.go. They are parsed when the site is built, into
//     pages.bin.
//  2. Origin (site.go) answers the src of each slot with a fragment, and the
//     few paths that are no page. It is ordinary net/http, compiled into
//     app.wasm, and runs only to fill.
//  3. upstream.go and upstream.mjs are a service beside the site that fragments
//     ask, by a request, and that takes its time; ask.go asks it.
//  4. gen/ renders the documentation into data/ when the site is built, so that
//     a fill does nothing but decompress.
package site
