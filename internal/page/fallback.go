//go:build !tinygo || documents

package page

import "inlay/internal/patch"

// Fallback is [patch.Element], which core.wasm gets with the pages.
const Fallback = patch.Element

// loadFallback tells whether given is that of this build.
func loadFallback(given string) bool { return given == Fallback }
