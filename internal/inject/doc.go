// Package inject puts what helps while a site is being written into its pages as they pass: a script at the end of each page that a
// browser shows in a tab, whose other bytes stay as they are.
//
//  1. Which answers are such pages, and how they are asked for so that something can be added to them: page.go.
//  2. The page's policies have to allow the script, and where it connects to; those of its header: csp.go, those of its <meta>:
//     meta.go.
//  3. What the script asks for is for pages of the site itself and for nobody else: guard.go.
//
// It is used by what is for development alone (devserver, overlay). It may not be in what is served to visitors, and may
// know nothing of what the scripts do.
package inject
