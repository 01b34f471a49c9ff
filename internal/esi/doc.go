// Package esi reads ESI 1.0 (https://www.w3.org/TR/esi-lang) as the field writes it: which bytes of an answer are text, what is
// included between them, and what is wrong. It reads plain text, as Varnish does with esi_ignore_other_elements,
// esi_disable_xml_check and esi_ignore_https: it knows nothing of HTML but comments and CDATA sections.
//
//  1. [New] makes a [Reader] for the bytes of one answer, [Reader.Write] takes them as they come, cut anywhere, and gives out what
//     is sure by then: reader.go. [Reader.End] gives out the rest.
//  2. event.go has what comes out: text as ranges of the source, never a copy, includes, tries, and lines for the log.
//  3. The tags are read by tag.go, attributes included; what each of them does is in element.go and include.go. place.go counts lines.
//  4. A src becomes a template, resolved against the URL of what it stands in, its variables become inputs of the key: src.go and
//     variable.go.
//
// What may not be in it: whether a fragment may stand where an include does (shell), and what is done with its failure (engine).
package esi
