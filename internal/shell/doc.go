// Package shell reads the HTML of a shell into a page: where its slots are, whether a fragment in each of them reads as it
// does in a patch, and where patches and the fallback script go. It is not part of core.wasm: pages are parsed where they are
// built.
//
//  1. [Parse] reads the shell in one pass: parse.go hands its tokens on to a [markup.Document], which knows what is open.
//  2. A slot's tag is read by slot.go, its vary by vary.go. where.go says whether it may stand there, and opens again what browsers would.
//  3. What the slot stands in is noted, as [markup.Document.Facts] has it: a fragment is held against it when it comes.
//  4. What a skeleton does that it may not is told by trouble.go.
//  5. At the end the shell is read again as other browsers do, and finish.go finds what they must agree on. tail.go finds the
//     place of patches, link.go what the head will load.
//
// Parameters of the pattern in text and attributes are found before all that, and come back as places in the page's texts: insert.go,
// place.go, mark.go.
//
// What may not be in it: how HTML is read, and fragments (markup), and what is sent (patch, engine).
package shell
