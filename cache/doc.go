// Package cache is the core cache of inlay.
package cache
