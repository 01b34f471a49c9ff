// Package admin reads requests of administration and writes its answers: texts for texts. What is counted, listed and purged is the
// engine's, and what is done for a request is the driver's (edge, handler_admin.go), which asks here what was asked for and what to say.
//
//  1. [Route] tells what a request asks for, or why it gets nothing: no token, another token, no such path, another method. route.go
//  2. [ParsePurge] reads what is to be purged or invalidated, as subjects of the purge log. purge.go
//  3. The texts: of purges, purge.go; of the counters, [Figures], figures.go.
//
// A Worker's requests are read in worker/admin.mjs, and its answers written there, since core.wasm would have this in each isolate for ever:
// testdata holds both to the same bytes.
//
// What may not be in it: net/http, the engine's state, what is kept where.
package admin
