//go:build tinygo

package platform

// Quote leaves a key as it is: strconv.Quote and its tables are 4 KiB of
// a module, gzipped.
func Quote(key string) string { return `"` + key + `"` }
