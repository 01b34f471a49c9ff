//go:build tinygo && !inlaytest

package main

// verified ends an event. In the core that is made for tests it looks whether the engine's own rules hold.
func verified() {}
