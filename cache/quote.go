//go:build !tinygo

package cache

import "strconv"

func quote(key string) string { return strconv.Quote(key) }
