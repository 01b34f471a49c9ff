// Package corewasm knows what core.wasm is made of: from which sources and by
// which tools, which packages are in it and what each weighs, and which must
// never be.
//
//  1. Sources (sources.go) lists what go list says that worker/core consists
//     of; its Digest is what a core.wasm is known by.
//  2. Compile (tinygo.go) makes one, where TinyGo is; Strip and Weigh (wasm.go,
//     weigh.go) read the module that it wrote.
//  3. Record (record.go) is the text beside the committed core.wasm, which says
//     all of that, with the packages of forbidden.go.
//
// Where a core goes may not be known here, nor what a site is: a site needs none
// of it, since it takes the core.wasm that is in package worker.
package corewasm
