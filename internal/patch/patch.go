package patch

// MarkerStart begins a placeholder's first marker, behind its <.
const MarkerStart = `?start name="`

// End ends a patch. The comment lets a reader without the standard's patches see that the template is complete.
const End = "</template>" + stop

// AppendPlaceholder appends a slot's skeleton between the markers of the HTML standard's declarative partial updates.
func AppendPlaceholder(dst []byte, name, skeleton string) []byte {
	dst = append(append(dst, '<'), MarkerStart...)
	dst = AppendName(dst, name)
	dst = append(dst, `">`...)
	dst = append(dst, skeleton...)
	return append(dst, `<?end>`...)
}

// AppendStart appends what begins the patch of a slot.
func AppendStart(dst []byte, name string) []byte {
	dst = append(dst, `<template for="`...)
	dst = AppendName(dst, name)
	return append(dst, `">`...)
}

// stop follows the </template> of each patch, at once: the comment tells [Script] that the parser is past
// the patch, however long the next one takes. It is no text, because a page's scripts append text to body too (markup that
// begins with a line feed), and no parser has to show text before it knows what comes after it.
const stop = `<!---->`

// AppendName appends a slot's name as it stands between the quotes of <?start name="…"> and <template for="…">.
//
// Every byte but ASCII letters, digits and "-._~" is percent-encoded. The escape is never undone: the two only have to
// be equal, for the parsers with and without processing instructions alike. Character references would not do, as they
// are decoded in the one (by its rules for attributes) and are a comment's plain text in the other; raw text would not
// do, as > ends both, the one refuses < and & and turns a line feed into a space, and bytes that are no UTF-8 all become
// U+FFFD.
//
// The name null is escaped too: it is what [Script] reads from a template without a for attribute.
func AppendName(dst []byte, name string) []byte {
	if name == "null" {
		return append(dst, "%6Eull"...)
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			const hex = "0123456789ABCDEF"
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}
