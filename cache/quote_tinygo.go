//go:build tinygo

package cache

// quote leaves a key as it is: strconv.Quote and its tables are 4 KiB of
// a module, gzipped.
func quote(key string) string { return `"` + key + `"` }
