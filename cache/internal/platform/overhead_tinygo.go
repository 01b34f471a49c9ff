//go:build tinygo

package platform

// TermsFactor is how many bytes of memory each byte of policies and tags in use
// is charged as. What is charged is for pointers of 8 bytes: of the 368 for terms
// and a tag of their own core.wasm takes 235 to 270, and a heap that is collected
// in time no more than a third beyond that.
const TermsFactor = 1
