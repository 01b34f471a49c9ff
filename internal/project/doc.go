// Package project knows a site as it lies on disk: where it is, what its
// wrangler.toml says, whether it has Go.
//
//  1. Load (project.go) finds wrangler.toml, and the folder of the site.
//  2. What wrangler.toml says of a Worker that inlay has to do with is read in
//     wrangler.go, with environments as wrangler reads them; variables of
//     .dev.vars in devvars.go.
//  3. Which Go the site has is told by parsing it, in gosite.go: nothing is
//     compiled here, nothing is run, and nothing is written.
//
// The room may have no opinion on how a site is built or served. Mistakes are
// Problems (problem.go): file, line, column, and what to do.
package project
