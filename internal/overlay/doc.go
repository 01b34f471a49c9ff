// Package overlay shows what became of each slot of a page on the page itself, while the site is being written.
//
//  1. overlay.js and overlay.css are what runs in the page, put together in script.go. A tag at the page's end brings them in
//     (inlay/internal/inject), with the number of the visit.
//  2. A visit is one page on its way to a browser: book.go. It is told what the engine put into it (engine.Shown), which bytes
//     went by when, and which fills there were.
//  3. told.go makes of that what the script gets, as JSON; place.go the page's text with a mark at both ends of each slot, by which the
//     script finds it in the page as the browser has it, where nothing was changed.
//  4. serve.go answers the script: to pages of the site itself alone. writer.go is how a page passes natively.
//
// Who has the visits is the driver's affair: the handler natively (edge), the proxy of inlay dev for a Worker (devserver). It may
// not be in what is served to visitors, and it may have no policy: what is purged and looked up it asks its [Host].
package overlay
