// Package wrangler runs Cloudflare's tool for Workers, as the project's
// package.json asks for it.
//
//  1. Find (find.go) looks for it in node_modules, and lets npm bring what is
//     missing there (install.go).
//  2. Which Node it runs under is in node.go: the one that node_modules brings,
//     else the one on PATH, if it is new enough.
//  3. Command (find.go) is ready to be started: quiet, and without metrics.
//     Begin lets it be found beside a build, since npm may take as long.
//
// What is deployed or served may not be known here.
package wrangler
