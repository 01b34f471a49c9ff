//go:build !tinygo

package heap

import "encoding/binary"

// memory is what tests have for memory.
var memory []byte

// most is how many bytes it may have.
const mostMemory = 1 << 30

func load(at uint32) uint32      { return binary.LittleEndian.Uint32(memory[at:]) }
func store(at, value uint32)     { binary.LittleEndian.PutUint32(memory[at:], value) }
func wipe(at, size uint32)       { clear(memory[at : at+size]) }
func move(to, from, size uint32) { copy(memory[to:to+size], memory[from:from+size]) }
func bottom() uint32             { return 4*page + 4 }
func top() uint32                { return uint32(len(memory)) }

func extend(pages uint32) {
	if len(memory)+int(pages)*page > mostMemory {
		panic("heap: there is no more memory")
	}
	memory = append(memory, make([]byte, pages*page)...)
}

// spoil has tests notice that something is given out that is not wiped.
func spoil(at, size uint32) {
	for i := range size {
		memory[at+i] = 0xDB
	}
}
