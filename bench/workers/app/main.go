// Command app is a site whose fragments its own handlers make: app.wasm for the cold pages that ask no origin.
package main

import (
	"embed"

	"inlay/bench/workers/handlers"
	"inlay/worker/app"
)

func main() { app.Main(embed.FS{}, handlers.Handler()) } // the pages are pages.bin
