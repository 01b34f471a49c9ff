//go:build tinygo

package platform

import "unsafe"

// Raw tells whether memory can be had in any size, for what has pointers.
const Raw = true

// Words gives memory, all of it zero, each word of which may be a pointer to the collector. Text is not taken for one: a byte of
// 32 or more in the place of the highest is an address past half a gigabyte.
func Words(bytes uintptr) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]unsafe.Pointer, (bytes+3)/4)))
}
