// Package markup reads a fragment of HTML and tells where in a page it may stand: where the page is the same page with the
// fragment in its place as with the fragment in a patch, which browsers read as the content of a template.
//
// The walk through it:
//
//  1. [Fragment.Write] takes the bytes, in any pieces. token.go is the tokenizer of the HTML standard; token_tag.go keeps of a
//     tag what matters.
//  2. A tag or a text goes to the tree construction, which builds nothing: tree.go has the stack of open elements and the
//     insertion modes, body.go, table.go, select.go and foreign.go the rules, format.go the active formatting elements.
//  3. Where a rule would look at what is around the fragment, that is noted as a conflict with places that have it: place.go.
//  4. What is superfluous is noted as an [Edit], and at the end, what is missing: fragment.go.
//  5. What nothing mends is a fault: fault.go.
//
// What may not be in it: pages, slots and patches. It is part of core.wasm, so it is written for few bytes: no fmt, no maps, no pointers but the one to the Fragment.
package markup
