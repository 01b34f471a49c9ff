// Command app is app.wasm: the site's origin in the hands of syumai/workers, started anew for each batch of fills and
// for each request that no page answers.
//
// Outside Wasm it serves the same site natively, pages and origin in one process, on 127.0.0.1 and $PORT (8787 if
// unset), with the variables of the Worker taken from the environment:
//
//	go run ./worker/app           the whole site
//	go run ./worker/app -origin   the origin alone: what INLAY_ORIGIN of a Worker may point to; it takes
//	                              batches if both have the same INLAY_FILLS_SECRET
//	go run ./worker/app -check    parse the pages and the variables, and say what is wrong
//	go run ./worker/app -pages F  parse the pages and write them to the file F, for core.wasm
package main
