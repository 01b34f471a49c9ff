//go:build tinygo

// Command wasmtest is the cache's tables as a Wasm module, built by TinyGo the
// way the core is and driven by run.mjs.
package main

import (
	"unsafe"

	"inlay/cache/internal/script"
	"inlay/worker/core/heap" // which has the memory
)

var message string

//go:wasmexport cases
func cases() int32 { return int32(len(script.Cases)) }

// run runs a case; text gives its name and, after a tab, what failed.
//
//go:wasmexport run
func run(i int32) int32 {
	heap.Collect()
	c := script.Cases[i]
	message = c.Name
	if err := c.Run(); err != nil {
		message += "\t" + err.Error()
		return 1
	}
	return 0
}

//go:wasmexport text
func text() unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(message)) }

//go:wasmexport textLength
func textLength() int32 { return int32(len(message)) }

func main() {}
