// Package app is what a site's main calls: one program that is app.wasm in a Worker and a server everywhere else.
//
//	//go:embed all:pages
//	var pages embed.FS
//
//	func main() { app.Main(pages, Handler()) }
//
// In Wasm, Main runs the handler for each batch of fills and for each request that no page answers (app_js.go); the pages
// are core.wasm's. Natively the same program serves pages and handler in one process (native.go), on 127.0.0.1 or $ADDR and
// $PORT, 8787 if that is unset, with the variables of the Worker taken from the environment, and drains on SIGTERM:
//
//	site                     the whole site
//	site -listen ADDR        on another address, such as :8080
//	site -health             ask the server that listens there whether it answers, by /_inlay/health
//	site -origin             the handler alone: what INLAY_ORIGIN of a Worker may point to; it takes batches of fills
//	                         if both have the same INLAY_FILLS_SECRET
//	site -check              parse the pages and the variables, and say what is wrong
//	site -pages FILE         parse the pages and write them to FILE, for core.wasm
//	site -from DIR           take the pages from a folder and not from the program
//	site -public DIR         serve the files of a folder before everything else, as Workers' static assets are
//
// Where the handler has no route, it answers with [http.NotFound]; the visitor sees the site's 404.html.
package app
