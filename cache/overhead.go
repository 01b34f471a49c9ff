//go:build !tinygo

package cache

// termsFactor is how many bytes of memory each byte of policies and tags in use
// is charged as.
const termsFactor = 1
