// Package edge serves pages made of fragments: a static shell with slots, each filled by a fragment that is cached.
//
// A page whose fragments are all warm leaves as one body. A page with a cold fragment leaves at once with its shell,
// everything warm inline, and the cold fragments follow on the same answer as patches. However many requests miss the
// same fragment, its origin is asked once.
//
// # The parts
//
// [shell.Parse] makes a [page.Page] of a shell's HTML. [NewHandler] serves pages with net/http. Both drive and are driven by the
// [Engine], a state machine without I/O, clock or goroutines, whose only way out is [Host]; core.wasm drives the same
// engine from JavaScript, and the simulation in the tests from a seed.
//
// # A warm request, step by step
//
//  1. A driver fills in a [Request] and calls [Engine.Warm] (or [Engine.Handle], which begins with it). engine.go
//  2. The router finds the page and the pattern's parameters in the path. router.go
//  3. The page's key is put together from the parameters and the declared inputs: a cookie that no slot declares is not
//     even read. key.go
//  4. The cache has a composed page under that key: one body, and the fragments that went into it. compose.go
//  5. Each of its fragments is still there, and fresh. Each points at its place in the cache, so no key is needed.
//  6. The heads that were made for this page in this second are reused, or made: Content-Length, ETag, Cache-Status with
//     each fragment's remaining freshness. head.go
//  7. If-None-Match names the ETag: 304. Otherwise head and body are the answer. No lock was held, nothing allocated.
//  8. If nothing but the path and the query went into it, [Host].Repeat lets the driver give the same answer to others
//     until the second is over, a fragment becomes stale, or another event comes.
//
// # A cold request, step by step
//
//  1. Warm finds no composed page, or one whose fragments have changed. [Engine.Handle] goes on. engine.go
//  2. Each slot's key is looked up. A fresh fragment is held for the answer; a stale one too, and a fill is begun that
//     nobody waits for; a missing one is pending. request.go
//  3. For a pending slot the flight of its key is joined, or begun: then [Host].Fill asks for the fill, built from the key
//     and nothing else. If the flight's fill is overdue it is taken over. fill.go
//  4. The mode is chosen. mode.go
//  5. Unless the page has patience left or must wait for a required slot, Respond and Write send the shell: static parts,
//     what is there inline, a placeholder with the skeleton for what is not. The host is told until when to wait. plan.go
//  6. The fill ends: [Engine.FillEnd], in the context of the request that leads it. The storing rules decide whether the
//     answer may be a fragment, and for how long. It is read once: for its sum, and for where in a
//     page its markup may stand; what is left open is closed. admit.go, inspect.go, internal/markup
//  7. The flight is committed. Each request that waits holds the fragment, and is only woken: what belongs to it is
//     touched in its own context alone.
//  8. The woken request's driver calls [Engine.Resume]. It writes the patch, and when no slot is pending any more, the end
//     of the shell.
//  9. If nothing reports until the fill is overdue, [Engine.Deadline] lets this request take it over; [Engine.FillLost]
//     does so at once, where the host knows (it was told by [Host].Watch who waits for what). Whichever attempt reports
//     first settles the flight; what comes after is dropped.
package edge
