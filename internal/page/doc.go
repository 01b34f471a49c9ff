// Package page is what a shell has become: a page of static text and slots, with its policy. It is all of a site that
// core.wasm has.
//
//  1. A page and a slot: page.go; how a page leaves: mode.go; what it asks of others: hosts.go.
//  2. The key of a fragment and of a composed page. The fill's request is read back from the key, so what is in no key
//     reaches no origin: key.go.
//  3. Pages are parsed where they are built, written as bytes, and read by core.wasm: encode.go.
//
// What may not be in it: HTML (shell and markup read it, patch writes it), and anything that happens: requests, fills, time.
package page
