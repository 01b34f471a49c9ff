// Package engine serves pages from a cache of fragments. It is a state machine without I/O, clock or goroutines: a driver
// tells it of events, and what must be done about them it asks of the driver's [Host], during the event. Three drive it:
// net/http (package edge), JavaScript (worker/core), and the simulation of the tests, from a seed.
//
// What may not be in it: net/http, time.Now, go statements, build tags other than for sizes (overhead.go); how HTML is read
// (markup), what a header field means (field), whether an answer may be a fragment (answer), how paths are read (route).
//
// # A warm request, step by step
//
//  1. A driver fills in a [Request] and calls [Engine.Warm] (or [Engine.Handle], which begins with it). engine.go
//  2. The router finds the page and the pattern's parameters in the path. internal/route, router.go
//  3. The page's key is put together from the parameters and the declared inputs: a cookie that no slot declares is not
//     even read. internal/page, key.go
//  4. The cache has a composed page under that key: one body, and the fragments that went into it. compose.go
//  5. Each of its fragments is still there, and fresh. Each points at its place in the cache, so no key is needed.
//  6. The page's head is reused, or made if nobody has asked for it yet: Content-Length, ETag, Cache-Status. head.go
//  7. If-None-Match names the ETag: 304. Otherwise head and body are the answer. No lock was held, nothing allocated.
//  8. [Host].Repeat lets the driver give the same answer to others who have the same of what went into it
//     until a fragment may be renewed, is stale, or another. compose.go
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
//     page its markup may stand; what is left open is closed. internal/answer, admit.go; inspect.go; the host reads it, by internal/markup
//  7. The flight is committed. Each request that waits holds the fragment, and is only woken: what belongs to it is
//     touched in its own context alone.
//  8. The woken request's driver calls [Engine.Resume]. It writes the patch, and when no slot is pending any more, the end
//     of the shell.
//  9. If nothing reports until the fill is overdue, [Engine.Deadline] lets this request take it over; [Engine.FillLost]
//     does so at once, where the host knows (it was told by [Host].Watch who waits for what). Whichever attempt reports
//     first settles the flight; what comes after is dropped.
//
// # Slots in fragments, and pages of the origin
//
//   - A page is pieces: text, slots, the patches' place; a fragment with slots has such a plan too: plan.go. What a request shows
//     of it is a tree of slots; one may be made of others, and give way to another when it fails: slots.go.
//   - A page of the origin is a page whose shell is a fragment, under its URL and what it varies on. A visitor's own answer is
//     composed for him alone, as it arrives, and notes for the next that the URL has a shell: shells.go.
//   - One slot alone, at a URL of its own: alone.go.
//   - Where slots are in bytes, [Host].Parse says; a fragment is looked at when its fill ends: inspect.go.
//
// # The rest
//
//   - What a fragment is in the cache, and a failure: entry.go. Asking again whether it has changed: renew.go. Fills that
//     nobody waits for: unattended.go. What things cost: overhead.go.
//   - What it asks in which history, as text to read before the code: testdata/README.md. Which rules hold between events:
//     verify.go, for tests alone.
//   - Sites under several hosts: hosts.go. Of administration, which is the hosts': admin.go, metrics.go, stats.go. Time that goes back: clock.go.
package engine
