//go:build !tinygo

package engine

// blobOverhead is what a blob costs beside its bytes and what the cache counts: the entry and the slice.
const blobOverhead = 256

// failureOverhead is what a remembered failure costs beside its text and what the cache counts.
const failureOverhead = 256

// rareOverhead is what few entries have, beside the texts in it.
const rareOverhead = 128

// partOverhead is what a composed page may cost for each of its fragments: what tells whether that is still there.
const partOverhead = 192

// tallyPadding keeps what answers are counted in apart from what is read for each.
const tallyPadding = 64

// keyFactor is what each byte of a key costs beyond the one that the cache counts.
const keyFactor = 0
