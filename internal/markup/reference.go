package markup

import (
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
)

// DecodeReferences decodes the character references of an attribute's value: the numeric ones and the five that XML knows
// too. Others come back as unknown, the first of them; there, the character itself can be written.
//
// As in the HTML standard (section 13.2.5.73), a reference without its semicolon is text where = or a letter or digit
// follows, so that src="/f?a=1&lt=2" means what it says.
func DecodeReferences(s string) (out, unknown string) {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s, ""
	}
	dst := append(make([]byte, 0, len(s)), s[:i]...)
	for i < len(s) {
		if s[i] != '&' {
			dst = append(dst, s[i])
			i++
			continue
		}
		r, n, known := reference(s[i:])
		if !known && unknown == "" {
			unknown = s[i : i+n]
		}
		if r < 0 {
			dst = append(dst, s[i:i+n]...)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return string(dst), unknown
}

// reference reads the n bytes of a reference, or of what only looks like one: then r is -1, and known is false if it is
// one that a browser might decode.
func reference(s string) (r rune, n int, known bool) {
	if strings.HasPrefix(s, "&#") {
		return numericReference(s)
	}
	n = 1
	for n < len(s) && (ascii.IsAlpha(s[n]) || ascii.IsDigit(s[n])) {
		n++
	}
	name, closed := s[1:n], n < len(s) && s[n] == ';'
	r = namedReference(name)
	switch {
	case !closed && (r < 0 || name == "apos" || n < len(s) && s[n] == '='):
		return -1, n, true // &lt is one, in two letter cases, and &ltx was one outside of attributes
	case !closed:
		return r, n, true
	}
	return r, n + 1, r >= 0 || name == ""
}

// namedReference is the character of one of the names that XML knows too, -1 for others.
func namedReference(name string) rune {
	switch name {
	case "amp", "AMP":
		return '&'
	case "lt", "LT":
		return '<'
	case "gt", "GT":
		return '>'
	case "quot", "QUOT":
		return '"'
	case "apos":
		return '\''
	}
	return -1
}

func numericReference(s string) (r rune, n int, known bool) {
	n, base := 2, rune(10)
	if n < len(s) && s[n]|0x20 == 'x' {
		n, base = 3, 16
	}
	digits := n
	for ; n < len(s); n++ {
		d := rune(ascii.HexValue(s[n]))
		if d >= base {
			break
		}
		if r <= utf8.MaxRune {
			r = r*base + d
		}
	}
	if n == digits {
		return -1, n, true
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	switch {
	case 0x80 <= r && r < 0xA0:
		// Browsers read these as windows-1252.
		return -1, n, false
	case r == 0 || !utf8.ValidRune(r):
		r = utf8.RuneError
	}
	return r, n, true
}

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

// EndOfValue is what means in an attribute's value what s does there, whatever follows.
func EndOfValue(s string) string {
	if strings.HasSuffix(s, "\r") {
		return s[:len(s)-1] + "\n"
	}
	i := len(s)
	for i > 0 && (ascii.IsAlpha(s[i-1]) || ascii.IsDigit(s[i-1])) {
		i--
	}
	switch name := s[i:]; {
	case strings.HasSuffix(s[:i], "&#"):
		return endOfReference(s)
	case !strings.HasSuffix(s[:i], "&"):
		return s
	case name != "" && strings.Contains(bareReferences, " "+name+" "):
		return s + ";"
	default: // where a letter or a digit follows, the beginning of a name is none (section 13.2.5.73)
		return s[:i] + "amp;" + name
	}
}

// textOf is a text of a document as far as the tree construction looks at it: character references of white space are decoded,
// and a CDATA section is what is in it.
func (d *Document) textOf(t *Token) string {
	s := d.html[t.At:t.End]
	const open, end = "<![CDATA[", "]]>"
	if strings.HasPrefix(s, open) {
		return s[len(open) : len(s)-len(end)]
	}
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i >= 0 {
		out = append(out, s[:i]...)
		s = s[i:]
		n, c := blankReference(s)
		out = append(out, c)
		s = s[n:]
		i = strings.IndexByte(s, '&')
	}
	return string(append(out, s...))
}

// blankReference reads a character reference of white space; of anything else that begins with an ampersand, only that.
func blankReference(s string) (n int, c byte) {
	switch {
	case strings.HasPrefix(s, "&#"):
		if r, size, known := numericReference(s); known && (r == ' ' || '\t' <= r && r <= '\r' && r != '\v') {
			return size, byte(r)
		}
	case strings.HasPrefix(s, "&Tab;"):
		return len("&Tab;"), '\t'
	case strings.HasPrefix(s, "&NewLine;"):
		return len("&NewLine;"), '\n'
	}
	return 1, '&'
}

// Visible is where in a text of a document something begins that is no white space; its end, if nothing does.
func (d *Document) Visible(t *Token) int {
	s := d.html[:t.End]
	i := t.At
	for i < len(s) {
		n, c := 1, s[i]
		if c == '&' {
			n, c = blankReference(s[i:])
		}
		if !isSpace(c) {
			break
		}
		i += n
	}
	return i
}

// EndOfText is text or markup that is read as s is, whatever follows: a carriage return is written as the line feed that it
// becomes, so that no other is taken for its second half, and a character reference without its semicolon is ended.
func EndOfText(s string) string {
	if strings.HasSuffix(s, "\r") {
		return s[:len(s)-1] + "\n"
	}
	return endOfReference(s)
}
