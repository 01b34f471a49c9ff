// Package notfound tells where a handler of net/http has no route, or says [http.NotFound] itself: the answer is known by
// what net/http says then, which is the same for a ServeMux, for a handler around one, and for a handler that has looked
// and found nothing.
//
//  1. watch holds the head of such an answer back until its body tells, to HEAD too.
//  2. Show puts the site's own page in its place; Tell marks it, for the other side of app.wasm to do so.
//
// What may not be in it: pages, and fills, whose answers nobody sees.
package notfound
