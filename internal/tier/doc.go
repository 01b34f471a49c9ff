// Package tier is a fragment as bytes, for a cache below the engine's own: that of the data centre, or a store that many
// share. [Append] writes what stands before the fragment's bytes, and [Read] reads it, from whoever may have written it.
//
// What may not be in it: where the bytes lie, and whether a fragment may be used (internal/engine, below.go).
package tier
