//go:build tinygo

package engine

// blobOverhead is what a blob costs beside its bytes and what the cache counts. It is from when an entry took 1.1 to 2.2 KB of
// core.wasm's memory; now it takes less than half a KB, and the host's handle and buffer a tenth more. Measured by
// worker/memory.test.mjs; see docs/architecture.md.
const blobOverhead = 2048

// The others are the same for what else lies in core.wasm's memory. Of each byte in use that takes three at most: half
// as much may wait to be collected, and what is free may lie in pieces. That is what long keys are charged, since visitors choose them.
const (
	// failureOverhead is what a remembered failure costs beside its text and what the cache counts.
	failureOverhead = 1024
	// partOverhead is what a composed page may cost for each of its fragments: what tells whether that is still there.
	partOverhead = 192
	// keyFactor is what each byte of a key costs beyond the one that the cache counts.
	keyFactor = 2
)
