// Package build makes of a project what a Worker runs, in the project's folder
// build/.
//
//  1. Run (build.go) takes the lock (lock.go) and does the steps; each does
//     nothing when what it makes is up to date, and what it has to remember for
//     that is in build/.state/ (state.go). Files are written whole (write.go).
//  2. Generate (generate.go) runs the site's own generators, if they have
//     changed.
//  3. Pages (pages.go) parses the site's pages into pages.bin, which core.wasm
//     reads: in this process, or, for a site whose pages are Go, by its program.
//  4. App (app.go) compiles the site's Go into app.wasm, Native into a program
//     for this machine. What Go says is read in goerrors.go.
//  5. wasm (wasm.go) is the core.wasm, the shell.wasm or the variables.wasm that
//     came with inlay, or one that TinyGo makes, where inlay itself is being
//     written.
//     Whether the site takes the same release of inlay is looked at in
//     release.go.
//  6. gather (modules.go, rules.go) follows the imports of the Worker's entry
//     through the site's modules and inlay's glue; checkSyntax (syntax.go) has
//     Node look at the site's own.
//  7. Assemble (assemble.go) puts copies of them into build/, takes out what
//     else would be uploaded, and writes the configuration of a bare workerd
//     (capnp.go, variables.go).
//
// Check (check.go) does what inlay test needs of it, and Sizes (sizes.go) weighs
// what there is. Mistakes in the site's files are Problems: file, line, column,
// and what to do.
//
// wrangler may not be needed by any of it, nor TinyGo for a site; and what a
// page or a fragment may be is not decided here.
package build
