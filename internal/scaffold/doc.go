// Package scaffold makes a site of one's own: the files that inlay new writes.
//
//  1. Make (scaffold.go) writes them into a folder that is empty.
//  2. What they are called after is in name.go: the Worker, the Go module.
//  3. The site's go.mod names inlay's checkout, as long as the module inlay has no public address: checkout.go finds it,
//     gomod.go writes what Go needs to have no question left, so that no network is asked.
//  4. The files are in files/: site/ is a project as it stands, with tests that run here; any/ is beside it in every site,
//     server/ in one without Go. A name that begins with dot. gets the dot alone, one that ends in .tmpl is a template with
//     [[ ]].
//
// There may be no rule of what a site is that only holds for those made here.
package scaffold
