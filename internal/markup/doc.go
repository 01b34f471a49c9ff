// Package markup reads HTML as browsers do: a page, of which it tells what is open where, and a fragment, of which it tells where
// in a page it may stand: where the page is the same page with the fragment in its place as with the fragment in a patch, which
// browsers read as the content of a template. There is one tokenizer and one tree construction, which builds nothing.
//
// The walk through it, with a fragment:
//
//  1. [Fragment.Write] takes the bytes, in any pieces. token.go is the tokenizer of the HTML standard; token_tag.go keeps of a
//     tag what matters, names.go knows the names and how elements behave.
//  2. A tag or a text goes to the tree construction: tree.go has the insertion modes, stack.go the stack of open elements,
//     body.go, body_end.go, table.go, select.go and foreign.go the rules, format.go the active formatting elements.
//  3. Where a rule would look at what is around the fragment, that is noted as a conflict with places that have it; what nothing mends is a fault: fault.go.
//  4. What is superfluous is noted as an [Edit], and at the end, what is missing: fragment.go.
//
// And with a page, a [Document]:
//
//  1. [Scanner.Next] reads a token; whoever reads the page decides whether the tree construction gets it: scanner.go, document.go.
//  2. The rules are the same functions. Where a document has what no fragment has, they ask document_body.go; before the body
//     and after it, document_outside.go is in charge. doctype.go knows quirks mode, reference.go character references.
//  3. In a part that is to leave all around it as it is, what does not is noted: document_part.go.
//  4. What a fragment would meet at a place is told in the bits of its conflicts: [Document.Facts], in document_facts.go.
//     Of a fragment with slots, read by [NewContent], [Document.Reach] tells what of the facts around it holds at the place too.
//  5. A page that has not come whole is read on by [Document.Extend]; two readings that have come together again are found by
//     [Document.Meets].
//  6. What has to be closed so that a patch lands in body: document_close.go.
//
// What becomes of a fragment at the end of its fill is in inspect.go.
//
// What may not be in it: what a slot's attributes say, and what is sent. All of it is in shell.wasm, so it is written for few
// bytes: no fmt, no maps.
package markup
