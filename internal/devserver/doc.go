// Package devserver serves a site while it is being written: inlay dev.
//
//  1. Run (devserver.go) listens at once, and starts a session.
//  2. The session (session.go) has a watcher (watch.go, roots.go) tell of files
//     that changed, sorts them (work.go), and has a backend build what they ask
//     for and serve it, one piece of work at a time; a change that comes in the
//     middle ends the piece and is done with it.
//  3. There are two backends. worked (wrangler.go) serves the site as a Worker
//     in wrangler dev: a new shell is handed to the Worker that runs (shelf.go,
//     worker/dev.mjs), anything else is a new Worker. native (native.go) starts
//     the site's program beside the one that runs. Both are processes that do
//     not outlive this one (process.go).
//  4. How it went is on the board (status.go): something is being built, the
//     site is served, or there are mistakes.
//  5. The front (proxy.go) is what listens. It lets requests wait while
//     something is built, hands them to the backend as they came, and shows
//     mistakes (page.go, page.css). Pages that a browser opens get a script
//     (inject.go, csp.go, meta.go; client.js) that loads them anew when the
//     board says that something else is served, and shows mistakes over them.
//
// What a site does may not be changed by any of it: requests and answers pass byte
// for byte, but for that script at the end of pages that a tab shows.
package devserver
