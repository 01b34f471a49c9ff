package shell

import (
	"strings"

	"inlay/internal/ascii"
)

// bareReferences are the character references that are known without their semicolon (HTML standard, section 13.5).
const bareReferences = " AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute Icirc Igrave Iuml" +
	" LT Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute aelig" +
	" agrave amp aring atilde auml brvbar ccedil cedil cent copy curren deg divide eacute ecirc egrave eth euml frac12 frac14" +
	" frac34 gt iacute icirc iexcl igrave iquest iuml laquo lt macr micro middot nbsp not ntilde oacute ocirc ograve ordf ordm" +
	" oslash otilde ouml para plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig thorn times uacute ucirc ugrave uml" +
	" uuml yacute yen yuml "

// longestBareReference is the length of the longest of them.
const longestBareReference = 6

// endOfReference is text that means what s does, and whose end no letter or digit that follows can make a character
// reference of, or another one. s is text at its end.
func endOfReference(s string) string {
	i := len(s)
	for i > 0 && (ascii.IsAlpha(s[i-1]) || ascii.IsDigit(s[i-1])) {
		i--
	}
	name := s[i:]
	switch {
	case strings.HasSuffix(s[:i], "&#"):
		_, n, _ := numericReference(s[i-2:])
		switch {
		case n <= 2 || n == 3 && !ascii.IsDigit(s[i]):
			return s[:i-1] + "amp;" + s[i-1:] // &# and &#x are text
		case n == len(name)+2:
			return s + ";"
		}
		return s // something that is no digit ends it
	case !strings.HasSuffix(s[:i], "&"):
		return s
	}
	for n := min(len(name), longestBareReference); n > 1; n-- {
		if strings.Contains(bareReferences, " "+name[:n]+" ") {
			return s[:i+n] + ";" + name[n:]
		}
	}
	return s[:i] + "amp;" + name
}

// textOf is a text of a shell as far as the tree construction looks at it: character references of white space are decoded,
// and a CDATA section is what is in it.
func textOf(s string) string {
	const open, end = "<![CDATA[", "]]>"
	if strings.HasPrefix(s, open) {
		return s[len(open) : len(s)-len(end)]
	}
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i:]
		n := 1
		c := byte('&')
		switch {
		case strings.HasPrefix(s, "&#"):
			if r, size, known := numericReference(s); known && (r == ' ' || '\t' <= r && r <= '\r' && r != '\v') {
				n, c = size, byte(r)
			}
		case strings.HasPrefix(s, "&Tab;"):
			n, c = len("&Tab;"), '\t'
		case strings.HasPrefix(s, "&NewLine;"):
			n, c = len("&NewLine;"), '\n'
		}
		b.WriteByte(c)
		s = s[n:]
		i = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}
