//go:build tinygo

package engine

// What is taken of an isolate's memory, by core.wasm and by JavaScript, beside what the cache counts: 96 bytes an entry, the bytes of
// its key and those of its fragment. Measured by worker/memory.test.mjs and worker/shapes.test.mjs; see docs/architecture.md. Of
// core.wasm's memory a third more than is in use is charged, for what waits to be collected and for what lies in pieces.
const (
	// blobOverhead is what a blob costs: a buffer takes 370 bytes of workerd's memory beside what is in it (100,000 of one byte took
	// 36.1 MB), and an entry 150 of core.wasm's, of which the cache counts 96.
	blobOverhead = 448
	// failureOverhead is what a remembered failure costs beside its text.
	failureOverhead = 256
	// rareOverhead is what few entries have, beside the texts in it.
	rareOverhead = 96
	// partOverhead is what a composed page may cost for each of its fragments: what tells whether that is still there.
	partOverhead = 24
	// tallyPadding is for where there is more than one thread.
	tallyPadding = 0
	// keyFactor is what each byte of a key costs beyond the one that the cache counts: visitors choose how long a key is, and what is
	// long leaves holes that only what is long can fill.
	keyFactor = 1
)
