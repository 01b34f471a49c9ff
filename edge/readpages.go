package edge

import (
	"io/fs"

	"inlay/internal/folder"
)

// ReadPages reads a folder of pages: each file whose name ends in .html is a shell, and where it lies says its pattern, as
// long as the file does not say so itself.
//
//	index.html           /{$}
//	about.html           /about
//	products/{id}.html   /products/{id}
//	docs/index.html      /docs/{$}
//	docs/{path...}.html  /docs/{path...}
//
// A file that begins with a comment such as
//
//	<!-- inlay: /shop/{id} patience="200ms" mode="ordered" preload cache-control="public, max-age=60" -->
//
// says its pattern, its policy or both there; the comment is not part of the shell. The file _headers has Cache-Control
// fields for pages, in the form of Workers' static assets, and 404.html is left to whoever answers for what is not there.
// Files and folders whose names begin with . or _ are passed over, and so is what does not end in .html.
//
// The pages of an embed.FS that holds nothing but a folder named pages, as //go:embed all:pages makes it, are those in that
// folder. What go:embed leaves out is refused everywhere: symbolic links, and names that it does not take.
//
// The error is a [PageErrors], with the mistakes of all files, or that of the file system if the folder itself cannot be
// read.
func ReadPages(fsys fs.FS) ([]Page, error) {
	pages, err := folder.Read(fsys)
	return mapped(pages, fromPage), outer(err)
}
