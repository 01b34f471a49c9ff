//go:build !tinygo

package shell

// inserts: shells are read, and parameters of a pattern looked for in them. In shell.wasm, which reads pages of the origin, this is false.
const inserts = true
