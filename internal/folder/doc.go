// Package folder knows what lies where in a folder of pages, as far as a program has to know it that parses none of them:
// app.wasm, which has a megabyte less to load without the parser. [inlay/edge.ReadPages] reads the rest.
//
//  1. Root (folder.go) finds the pages in a file system, such as an embed.FS.
//  2. Line (line.go) finds the comment of a file that says its pattern and policy.
//  3. NotFound (notfound.go) is what is shown where there is no page.
package folder
