// Package static serves a site's files natively, as Workers' static assets do in a Worker: before everything else, each file
// under its own name, and HTML without the .html.
//
//  1. static.go finds the file that a path means, or where to send who asks for it, and answers with it.
//  2. tags.go makes entity tags of what files consist of.
//  3. types.go says what a file is, by the end of its name alone.
//
// What may not be in it: pages and what is cached of them. What starts with a dot is nobody's to see, but for .well-known, and no
// folder is listed; _headers and _redirects in the folder are Workers' alone.
package static
