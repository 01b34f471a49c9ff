//go:build tinygo

package platform

// TermsFactor is how many bytes of memory each byte of policies and tags in use
// is charged as. With TinyGo's own heap, which doubles when two thirds of it are
// in use, and 64 tags of 250 bytes an entry, a core of 48 MiB took 2.7 times the
// budget when they were charged once, 1.33 charged four times.
const TermsFactor = 4
