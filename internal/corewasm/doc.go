// Package corewasm knows what core.wasm, shell.wasm and variables.wasm are made
// of: from which sources and by which tools, which packages are in each and what
// they weigh, and which must never be.
//
//  1. Module (module.go) is one of the three.
//  2. Sources (sources.go) lists what go list says that its main package
//     consists of; its Digest is what it is known by.
//  3. Compile (tinygo.go) makes one, where TinyGo is; Strip and Weigh (wasm.go,
//     weigh.go) read the module that it wrote.
//  4. Record (record.go) is the text beside the committed module, which says
//     all of that, with the packages of forbidden.go.
//
// Where a module goes may not be known here, nor what a site is: a site needs
// none of it, since it takes the modules that are in package worker.
package corewasm
