//go:build !tinygo

package edge

// blobOverhead is what a blob costs beside its bytes and what the cache counts: the entry and the slice.
const blobOverhead = 256
