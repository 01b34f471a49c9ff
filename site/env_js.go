package site

import "github.com/syumai/workers/cloudflare"

// getenv gives a variable of the Worker; empty if it is not set.
func getenv(name string) string { return cloudflare.Getenv(name) }
