//go:build tinygo && inlaytest

package main

import (
	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/worker/core/heap"
)

// trap ends the instance as a panic anywhere in it does.
//
//go:wasmexport trap
func exportTrap() { panic("asked for by a test") }

// live collects what is not used any more, and answers with how many bytes are, each with its head.
//
//go:wasmexport live
func exportLive() uint32 { return heap.Live() }

// skip is for how many events more nobody looks: as many as there is to look at, or the core would do little else.
var skip int

// verified ends an event. If the engine's own rules do not hold after it, that is told in the log, by which worker/e2e/harness
// fails whatever test it is, and the instance ends.
func verified() {
	heap.Ended()
	if skip--; skip > 0 {
		return
	}
	stats := core.Stats()
	skip = stats.Entries + stats.Waiting
	if broken := engine.NewVerifier(core).Verify(); broken != "" {
		host{}.Report("the engine itself", &answer.FillError{Reason: answer.LostError, Text: broken})
		panic(broken)
	}
}
