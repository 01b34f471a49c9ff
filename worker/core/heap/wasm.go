//go:build tinygo

package heap

import "unsafe"

// The program's memory. TinyGo calls runtime.alloc for all that a program takes; with its option gc=none it has none itself.

//go:extern __global_base
var globals [0]byte

//go:extern __heap_base
var behindGlobals [0]byte

//export llvm.wasm.memory.size.i32
func memorySize(index int32) int32

//export llvm.wasm.memory.grow.i32
func memoryGrow(index, pages int32) int32

var program heap

// Spare is how many bytes may wait to be collected.
var Spare uint32

//go:linkname alloc runtime.alloc
//go:noinline
func alloc(size uintptr, layout unsafe.Pointer) unsafe.Pointer {
	return pointer(program.alloc(uint32(size), uint32(uintptr(layout))))
}

// Collect may be called only where no function of the program is going on but the one that JavaScript has called, and nothing
// that has come out of its memory is in that one's variables: at the beginning of an event. It frees what the program does not
// use any more, if it is time: not before Spare bytes have been given out.
func Collect() {
	if program.due(Spare) {
		program.collect(globalsFrom(), bottom())
	}
}

func pointer(at uint32) unsafe.Pointer { return unsafe.Pointer(uintptr(at)) }
func load(at uint32) uint32            { return *(*uint32)(pointer(at)) }
func store(at, value uint32)           { *(*uint32)(pointer(at)) = value }
func wipe(at, size uint32)             { clear(unsafe.Slice((*byte)(pointer(at)), size)) }
func globalsFrom() uint32              { return uint32(uintptr(unsafe.Pointer(&globals))) }
func bottom() uint32                   { return uint32(uintptr(unsafe.Pointer(&behindGlobals))) }
func top() uint32                      { return uint32(memorySize(0)) * page }

func move(to, from, size uint32) {
	copy(unsafe.Slice((*byte)(pointer(to)), size), unsafe.Slice((*byte)(pointer(from)), size))
}

func extend(pages uint32) {
	if memoryGrow(0, int32(pages)) < 0 {
		panic("heap: there is no more memory")
	}
}
