// Package platform has what differs between Go and TinyGo in the cache. Each is a
// file, with a twin whose name ends in _tinygo:
//
//  1. Where a seed comes from if the host gives none: seed.go.
//  2. How a key is written in a message: quote.go.
//  3. How many counters keep cores out of each other's way: stripe.go.
//  4. What memory costs, and whether it is had without a type: overhead.go, raw.go.
//
// What may not be in it: anything that is the same in both. That is package cache's.
package platform
