//go:build tinygo

package shell

const inserts = false
