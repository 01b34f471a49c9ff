// Package wording has what inlay says to people: what is wrong with a request, a fragment or a variable, and what to do.
//
//  1. Each text has a number: id.go. Whoever says it asks for it by that, with what goes into its holes: [Of].
//  2. Long lists of names are kept in the same way: [List], names.go.
//  3. The texts: texts.go; of the faults of fragments, which are counted through, faults.go; of answers, answers.go.
//  4. core.wasm has none of them: they are three of its kilobytes, gzipped, and nothing of a page is made of them. It gets them
//     with the pages (internal/page, encode.go), whose first line names their [Sum], so that a core and the pages of another
//     build do not come together: load_tinygo.go. Those of who judges answers and reads fragments and pages are in shell.wasm itself: texts_tinygo.go.
//
// What may not be in it: what decides anything, and short texts that are for programs. It imports no room.
package wording
