//go:build tinygo

package edge

// blobOverhead is what a blob costs beside its bytes and what the cache counts. TinyGo's heap doubles when two thirds of it
// are in use and never shrinks, so that an entry takes 1.1 to 2.2 KB of core.wasm's memory; the host's handle and buffer
// take a tenth of a KB more. Measured by worker/memory.test.mjs; see docs/architecture.md.
const blobOverhead = 2048
