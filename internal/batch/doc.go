// Package batch lets an origin take fills in batches: all that one request leads go as one request, and each answer comes
// back as soon as its handler has finished.
//
//  1. The format, both ways, is defined at the top of frames.go.
//  2. [Handler] takes a batch from who has the secret, checks each fill by the rules of slots, and runs them all at once:
//     fills.go. [Run] does so for a host that has the batch's bytes itself: run.go.
//
// Who asks is not here: worker/fills.mjs and worker/frames.mjs do. What may not be in it: the engine, and any policy: an
// answer goes back as its handler gave it. It is not part of core.wasm.
package batch
