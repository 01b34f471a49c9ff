//go:build tinygo && inlaytest

package main

// trap ends the instance as a panic anywhere in it does.
//
//go:wasmexport trap
func exportTrap() { panic("asked for by a test") }
