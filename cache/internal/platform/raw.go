//go:build !tinygo

package platform

import "unsafe"

// Raw tells whether memory can be had in any size, for what has pointers.
const Raw = false

// Words is not called where Raw is false: Go's collector wants to know the type of what lies in memory.
func Words(bytes uintptr) unsafe.Pointer { panic("platform: no memory without a type") }
