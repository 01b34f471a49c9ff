// Package shell reads the HTML of a shell into a page: where its slots are, whether a fragment in each of them reads as it
// does in a patch, and where patches and the fallback script go. It is not part of core.wasm: pages are parsed where they are
// built, and those of the origin in shell.wasm.
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
// And a page of the origin, or a fragment, as its bytes come, into an outline, by the same parser:
//
//  1. An [Outliner] takes the bytes and gives out what is sure: outline.go. What is read as HTML of them, and where that stands, is in
//     source.go.
//  2. The ways to read a page go side by side: lane.go. What looks like a slot is tried, and left as it stands if it is none: trial.go.
//  3. Where an include of ESI stands, and what becomes of try, alt and except: include.go.
//  4. A fragment is mended, and says where it may stand: mend.go.
//
// What may not be in it: how HTML is read, and fragments (markup), and what is sent (patch, engine).
package shell
