// Command serve is the same app.wasm with the main of syumai/workers, which takes a batch of fills as a request and answers with
// a stream.
package main

import (
	"github.com/syumai/workers"

	"inlay/bench/workers/handlers"
	"inlay/edge"
)

func main() { workers.Serve(edge.Fills(handlers.Handler())) }
