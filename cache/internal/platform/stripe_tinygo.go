//go:build tinygo

package platform

// Stripes is how many counters there are for one thing.
const Stripes = 1

// Stripe picks a counter. One thread needs one counter. Taking the address of a local, as elsewhere,
// would put it on TinyGo's heap: 48 ns a get.
func Stripe() uintptr { return 0 }
