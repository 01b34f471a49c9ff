//go:build !tinygo

package platform

// TermsFactor is how many bytes of memory each byte of policies and tags in use
// is charged as.
const TermsFactor = 1
