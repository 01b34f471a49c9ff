//go:build js

// Command bare is an app.wasm that takes no fills.
package main

import (
	"net/http"

	"github.com/syumai/workers"
)

func main() { workers.Serve(http.NotFoundHandler()) }
