// Package forwarded is what a reverse proxy has to do with header fields: by what it believes who a visitor is and what it
// tells an origin of him, and what of an origin's answer names the origin where the visitor knows only the site.
//
//  1. Who is believed: [ParseTrust], trust.go. What they say, and what of it goes on: [Trust.Read] and [Came.Set], came.go;
//     in the form of RFC 7239: rfc7239.go; which fields say such things at all: vouching.go.
//  2. Fields that are for one connection (RFC 9110, section 7.6.1), and Max-Forwards: hops.go. Requests that have come round:
//     [Loops], loop.go.
//  3. Back to the visitor: Location, Content-Location and Refresh, and cookies: back.go.
//
// A Worker's are worker/forwarded.mjs, worker/hops.mjs and worker/back.mjs; the tables in testdata/ hold both to the same.
//
// What may not be in it: net/http's handlers (the driver has them), and what a fill may take along, which is
// inlay/internal/route's.
package forwarded
