// Package build makes of a project what a Worker runs, in the project's folder
// build/.
//
//  1. Run (build.go) takes the lock and does the steps; each does nothing when
//     what it makes is up to date.
//  2. Pages (pages.go) parses the site's pages into pages.bin, which core.wasm
//     reads: in this process, or, for a site whose pages are Go, by its program.
//  3. App (app.go) compiles the site's Go into app.wasm, Native into a program
//     for this machine. What Go says is read in goerrors.go.
//
// Mistakes in the site's files are Problems: file, line, column, and what to do.
package build
