package edge

import (
	"inlay/internal/page"
	"inlay/internal/shell"
)

// ParsePage reads a shell. pattern is the path syntax of net/http's ServeMux, html any HTML with slots in it:
//
//	<edge-slot name="price" src="/fragments/price/{id}" ttl="30s" swr="5m" sie="1h"
//	           tags="product:{id}" vary="cookie:currency" timeout="3s" required>
//	  <p class="skeleton">…</p>
//	  <edge-error><p>Price unavailable</p></edge-error>
//	</edge-slot>
//
// Markup is read as browsers read it (HTML standard, section 13.2): what stands in comments, scripts, styles, textareas
// or attributes is no slot. The rest of the shell stays as it is, byte for byte.
//
// name and src are required. Durations are written 30s, 5m, 1h30m, 500ms or 2d. tags and vary are lists with spaces
// between; vary names inputs as cookie:NAME, header:NAME or query:NAME. src and tags may have the pattern's parameters
// in braces, and so may the text and the quoted attribute values of the shell, where it is written as what it is there: text, a value,
// or percent-encoded in a URL. A literal brace is &#123;, and {{name}} stays.
//
// Refused is also what a browser would read differently once a patch comes: a slot outside of head and body, in a
// template, in svg, or in noscript; a skeleton or error whose elements are not all closed in it, or that closes what is
// open around it; a shell that ends inside a comment, a tag or a script. Shells have at most 4 MiB and 256 slots.
//
// The error is a *[ParseError].
func ParsePage(pattern, html string) (Page, error) {
	p, err := shell.Parse(pattern, html)
	return fromPage(p), outer(err)
}

// EncodePages writes pages for [DecodePages]: the form in which core.wasm gets them.
func EncodePages(pages []Page) []byte {
	rest, shown := splitShown(pages)
	return appendTail(page.Encode(innerPages(rest)), shown)
}

// DecodePages reads what [EncodePages] wrote. The error says that it is something else.
func DecodePages(data []byte) ([]Page, error) {
	rest, shown, err := cutTail(data)
	if err != nil {
		return nil, err
	}
	pages, err := page.Decode(rest)
	all := mapped(pages, fromPage)
	for i := range all {
		if len(all[i].Header) == 0 {
			all[i].Header = nil // as ParsePage leaves it
		}
	}
	if err == nil {
		all = append(all, shown...)
	}
	return all, err
}

// Hosts are the hosts that absolute sources of pages name: what INLAY_ALLOW_HOSTS has to list.
func Hosts(pages []Page) []string { return page.Hosts(innerPages(pages)) }
