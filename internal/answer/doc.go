// Package answer is what an origin says to a fill, and what follows from that for the fragment. docs/writing-a-site.md has
// the same as tables for who writes origins.
//
//  1. The fields that a host reads of an answer: answer.go. Where a redirect leads, and that it leads nowhere else:
//     redirect.go.
//  2. [Admit] decides whether the answer may be the slot's fragment: admit.go; and for how long: lifetime.go.
//  3. The tags that an origin gives it: tags.go. What is kept to ask later whether it has changed: kept.go.
//  4. Which slots are in its body, and of a page of the origin: what it depends on, which fields go out with it: slots.go. For how
//     long it may be kept: [AdmitShell].
//  5. A [FillError] says why there is no fragment: failure.go. It knows whether a stale one may stand in, or must go.
//
// What may not be in it: the fragment's bytes (markup reads them), storing itself (engine), and net/http (recorder).
package answer
