// Package heap is the memory of core.wasm: it gives out memory to the program that TinyGo compiles and collects what is not used
// any more, between events.
//
// A collector that may begin in the midst of an event must know what is on the stack. WebAssembly does not show it, so TinyGo's own
// collectors have each function write each pointer that it holds a second time into memory that they can see: 15 of the 80
// kilobytes that core.wasm had, gzipped, and much of the time. Between two events there is nothing on the stack: JavaScript
// calls, and all that Go holds is reached from its global variables. So memory is only collected there, in [Collect], and an event that
// needs more than there is gets it from the host.
//
//  1. What is where, and who gets it: heap.go.
//  2. What is reached, and what is not is free: collect.go.
//  3. The program's side, where an address is an address: wasm.go; in tests it is a place in a slice: memory.go.
//
// What may not be in it: anything that takes memory itself.
package heap
