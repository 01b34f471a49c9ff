// Package field reads and writes header fields: each file has one field, or one grammar that several share, and the section
// of the RFC that it follows.
//
//  1. What a field may be made of: field.go.
//  2. Cache-Control, tolerantly and in doubt against caching: cachecontrol.go. CDN-Cache-Control, which is strict where the
//     other is tolerant: targeted.go, by the reader of structured fields in sfv_read.go.
//  3. Dates in three forms: httpdate.go. Retry-After, which is one or seconds: retryafter.go.
//  4. What is written: Cache-Status, cachestatus.go, as a structured field, sfv.go.
//
// What may not be in it: what follows from a field for a fragment or a page. It knows neither.
package field
