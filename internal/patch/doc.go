// Package patch is the wire format of a streamed page: what stands for a fragment that is not there yet, and what brings it
// later. docs/wire-format.md has the whole of it, and the browsers in which it was tried.
//
//  1. A placeholder has the slot's skeleton between two markers; a patch has the same name: patch.go.
//  2. Browsers that know no patches get a script that knows them: fallback.go.
//
// What may not be in it: when what is sent (engine), and what may stand in a fragment (markup).
package patch
