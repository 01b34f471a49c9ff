// Package ascii has what texts of ASCII need: classes of bytes, sets, cutting and trimming, and quotes for messages.
//
//  1. What a byte is: class.go.
//  2. Cutting, trimming and comparing: text.go. The strings package has more of it, but takes Unicode into account, and its
//     tables are 1.8 KiB of core.wasm, gzipped.
//  3. What was found somewhere, made fit for a message: quote.go; and which known name a misspelt one is likely to mean:
//     nearest.go.
//
// What may not be in it: anything that knows what a text means, be it a header field or a path. It imports no room.
package ascii
