//go:build tinygo

package cache

// quote leaves a key as it is: strconv.Quote's tables would be 3 KiB of a
// module, gzipped.
func quote(key string) string { return `"` + key + `"` }
