//go:build js && wasm

// Package jsonly is for browsers.
package jsonly

// On is here.
const On = true
