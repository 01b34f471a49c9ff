package edge

// trait says how an HTML element behaves while a tree is built (HTML standard, section 13.2).
type trait uint16

const (
	traitVoid       trait = 1 << iota // has no content
	traitSpecial                      // stops the search of an end tag for its start tag ("special", section 13.2.4.2)
	traitScope                        // hides what is outside of it from most end tags ("in scope", same section)
	traitOptional                     // its end tag may be left out (section 13.1.2.4)
	traitFormatting                   // opened again where another end tag closed it (section 13.2.4.3)
	traitClosesP                      // its start tag ends a paragraph
	traitHead                         // may stand in the head
	traitTable                        // a part of a table, ignored elsewhere
	traitRaw                          // holds text, not markup
	traitHeading
)

func traitsOf(name string) trait {
	switch name {
	case "base", "basefont", "bgsound", "link", "meta":
		return traitVoid | traitSpecial | traitHead
	case "area", "br", "embed", "image", "img", "input", "keygen", "param", "source", "track", "wbr":
		return traitVoid | traitSpecial
	case "hr":
		return traitVoid | traitSpecial | traitClosesP
	case "col":
		return traitVoid | traitSpecial | traitTable
	case "title", "noframes", "script", "style", "noscript":
		return traitRaw | traitSpecial | traitHead
	case "textarea", "iframe", "noembed":
		return traitRaw | traitSpecial
	case "xmp":
		return traitRaw | traitSpecial | traitClosesP
	case "template":
		return traitSpecial | traitScope | traitHead
	case "table":
		return traitSpecial | traitScope | traitClosesP
	case "applet", "marquee", "object":
		return traitSpecial | traitScope
	case "caption":
		return traitSpecial | traitScope | traitTable | traitOptional
	case "td", "th":
		return traitSpecial | traitScope | traitTable | traitOptional
	case "colgroup", "tbody", "tfoot", "thead", "tr":
		return traitSpecial | traitTable | traitOptional
	case "h1", "h2", "h3", "h4", "h5", "h6":
		return traitSpecial | traitClosesP | traitHeading
	case "p", "li", "dd", "dt":
		return traitSpecial | traitClosesP | traitOptional
	case "option", "optgroup", "rb", "rp", "rt", "rtc":
		return traitOptional
	case "address", "article", "aside", "blockquote", "center", "details", "dir", "div", "dl", "fieldset", "figcaption",
		"figure", "footer", "form", "header", "hgroup", "listing", "main", "menu", "nav", "ol", "plaintext", "pre", "search",
		"section", "summary", "ul":
		return traitSpecial | traitClosesP
	case "dialog":
		return traitClosesP
	case "body", "button", "frame", "frameset", "head", "html", "select":
		return traitSpecial
	case "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u":
		return traitFormatting
	}
	return 0
}
