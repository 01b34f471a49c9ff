//go:build !js

// Command example is the repository's example, whose pages are made by a function. In Wasm it is its app.wasm.
package main

import (
	"inlay/site"
	"inlay/site/pages"
	"inlay/worker/app"
)

func main() { app.MainOf(pages.All, site.Origin()) }
