// Package edge serves pages made of fragments: a static shell with slots, each filled by a fragment that is cached.
//
// A page whose fragments are all warm leaves as one body. A page with a cold fragment leaves at once with its shell,
// everything warm inline, and the cold fragments follow on the same answer as patches. However many requests miss the
// same fragment, its origin is asked once.
//
//   - Make pages: [ParsePage] of a shell's HTML, or [ReadPages] of a folder.
//   - Serve them: [NewHandler], with the [http.Handler] that answers fragments and all that is no page, or with
//     [Config].Origin, a server elsewhere. [ParseConfig] reads the environment.
//   - Serve pages of the origin: what Options.Origin or Config.Origin answers to a GET with text/html and
//     Surrogate-Control: content="ESI/1.0", or Inlay-Slots, or at a path of [Config].Shells, is a page as any other: composed for its visitor as
//     it comes, and kept, from a request of its own, where it says for how long.
//   - Send them compressed: [Config].Compress, with gzip, and what else [Options].Codings has ([inlay/edge/compress]).
//   - Say what has changed: [Handler.PurgeEverywhere], or in this process alone [Handler.PurgeTag] and the others; see what
//     happens: [Handler.Stats].
//   - Have several processes share purges and fragments: [Options].Log is a [PurgeLog] and [Options].Lower a [Tier], in Redis
//     ([inlay/edge/redis]) or in a store of your own, which [inlay/edge/edgetest] tries.
//   - Answer fragments for an inlay elsewhere, a Worker's: wrap their handler with [Fills].
//   - Hand pages to core.wasm: [EncodePages].
//
// This package is the face of the rooms under internal, and the driver for net/http. It may have no rule of its own about
// what is cached, composed or answered: those are in internal/engine, whose documentation walks a request through them.
package edge
