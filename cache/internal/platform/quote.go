//go:build !tinygo

package platform

import "strconv"

// Quote writes a key as Go would.
func Quote(key string) string { return strconv.Quote(key) }
