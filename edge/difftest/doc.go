// Package difftest shows that a page has one DOM, however it came: composed, streamed and patched, or in order. It asks
// parsers that are not inlay's.
//
// It is a module of its own, so that what it compares with is no dependency of inlay:
//
//	cd edge/difftest && go test ./...                                    # 60,000 cases
//	cd edge/difftest && go test -run Differential -cases 200000 -seed 7  # a longer run
//	cd edge/difftest && go test -run Shells -shellcases 100000         # shells alone, by two parsers
//	cd edge/difftest && go test -run xxx -fuzz FuzzShell                # the same from mutated shells
//
// A case is a shell with slots and what the origin answers for each ([Case]). It is made from a seed: by a grammar
// (maker.go, fragment.go, shell.go), from html5lib's inputs and from real markup, as they are and mutated (corpus.go), for some
// twenty kinds of places (place.go). The case is answered by [inlay/edge.Handler] over its public face: composed, streamed
// and in order (answers.go). Whether a fragment was refused is read off the answers; a refused fragment's slot shows its
// skeleton, or its <edge-error>, and that page has to be one page too.
//
// Then another parser reads the three answers: parse5, in a Node process of its own (trees.go, trees.mjs). In the streamed
// one the patches are put into place by a few lines that follow the HTML standard's text, not inlay's script. The three
// trees have to be equal. A case in which they are not is made as small as it can be (shrink.go).
//
// Pages of an origin go the same way (outline.go, outline_test.go): random ones, cut off anywhere, with odd markup anywhere, and with
// ESI, whose composed page has to be what Varnish makes of it, byte for byte. They are composed here, by what internal/shell says.
//
// edge/browsertest takes a sample of the same cases into browsers.
package difftest
