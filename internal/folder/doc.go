// Package folder reads a folder of pages: what is in a site's pages/.
//
//  1. Read (read.go) goes through the files. Where a file lies says its pattern, unless its first line does; Root (folder.go)
//     is where in a file system the pages are.
//  2. A file may begin with a comment that says the page's pattern and policy: line.go finds it, policy.go reads it.
//  3. The file _headers has header fields for pages: headers.go. Whether a rule's paths are those of a page is told by
//     comparing the forms of both, in paths.go.
//  4. NotFound (notfound.go) is what is shown where there is no page. It and Root parse nothing, for app.wasm.
//
// Mistakes are collected, those of all files (errors.go). What may not be in it: HTML, which shell reads, and disks: it is
// given a file system.
package folder
