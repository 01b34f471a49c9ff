//go:build !tinygo || documents || variables

package wording

import "slices"

// Load tells whether given are the texts of this build.
func Load(given []string) bool { return slices.Equal(given, texts[:]) }
