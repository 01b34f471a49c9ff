//go:build !js

package site

import "os"

// getenv gives a variable of the process; empty if it is not set.
func getenv(name string) string { return os.Getenv(name) }
