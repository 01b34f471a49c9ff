//go:build !tinygo

package platform

import "unsafe"

// Stripes is how many counters there are for one thing.
const Stripes = 128

// Stripe picks a counter by where the goroutine's stack lies: cheaper than
// anything that asks which core this is. Two that run at once and pick the same
// one cost each other 30 ns a hit, hence so many.
func Stripe() uintptr {
	var here byte
	at := uint64(uintptr(unsafe.Pointer(&here))) >> 11 // stacks are 2 KiB and more
	return uintptr(at * 0x9e3779b97f4a7c15 >> (64 - 7))
}
