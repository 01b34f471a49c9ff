package shell

import (
	"strings"

	"inlay/internal/ascii"
)

// tokenizer reads the markup of a shell as the tokenizer of the HTML standard does (section 13.2.5). It is told by the
// parser what only the tree knows: where raw text begins, and where CDATA sections are known.
type tokenizer struct {
	html  string
	pos   int
	attrs []attribute // of the last tag
}

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota // of the shell
	tokenText                     // between markup; its character references are not decoded
	tokenOpen                     // a start tag
	tokenClose                    // an end tag
	tokenDoctype                  //
	tokenComment                  // a comment of any kind, or what is read and ignored
	tokenPI                       // <?…>: a processing instruction, or a comment in older browsers
	tokenBroken                   // markup that the shell's end cuts off; name says what
)

// token is a piece of the shell, html[at:end].
type token struct {
	kind    tokenKind
	at, end int
	name    string      // of a tag, in lower case
	tag     tagName     // the same
	attrs   []attribute // of a start tag; valid until the next token
	slash   bool        // the tag ends in />
}

// attribute is an attribute as written: character references in its value are not decoded.
type attribute struct {
	name    string // in lower case
	value   string
	at      int // offset of the name
	valueAt int // offset of the value; of the name, where there is no value
}

// attr is the decoded value of the first attribute of that name.
func (t *token) attr(name string) (value string, ok bool) {
	for i := range t.attrs {
		if t.attrs[i].name == name {
			value, _ := decodeReferences(t.attrs[i].value)
			return value, true
		}
	}
	return "", false
}

// next reads a token. cdata says that the next one stands in svg or math, where CDATA sections are text.
func (z *tokenizer) next(cdata bool) token {
	at := z.pos
	if at == len(z.html) {
		return token{kind: tokenEnd, at: at, end: at}
	}
	for i := at; ; i++ {
		j := strings.IndexByte(z.html[i:], '<')
		if j < 0 {
			z.pos = len(z.html)
			return token{kind: tokenText, at: at, end: z.pos}
		}
		if i += j; !z.isMarkup(i) {
			continue
		}
		if i > at {
			z.pos = i
			return token{kind: tokenText, at: at, end: i}
		}
		return z.markup(i, cdata)
	}
}

// isMarkup tells whether the < at i begins anything but text.
func (z *tokenizer) isMarkup(i int) bool {
	if i+1 == len(z.html) {
		return false
	}
	switch c := z.html[i+1]; c {
	case '!', '?':
		return true
	case '/':
		return i+2 < len(z.html)
	default:
		return ascii.IsAlpha(c)
	}
}

// markup reads what begins with the < at i.
func (z *tokenizer) markup(i int, cdata bool) token {
	rest := z.html[i+1:]
	switch {
	case ascii.IsAlpha(rest[0]):
		return z.tag(tokenOpen, i, i+1)
	case rest[0] == '/':
		switch {
		case ascii.IsAlpha(rest[1]):
			return z.tag(tokenClose, i, i+2)
		case rest[1] == '>':
			return z.until(tokenComment, i, i+2, ">", "tag")
		}
		return z.until(tokenComment, i, i+2, ">", "comment")
	case rest[0] == '?':
		return z.until(tokenPI, i, i+2, ">", "processing instruction")
	case strings.HasPrefix(rest, "!--"):
		return z.comment(i)
	case len(rest) >= 8 && strings.EqualFold(rest[:8], "!doctype"):
		return z.until(tokenDoctype, i, i+9, ">", "doctype")
	case cdata && strings.HasPrefix(rest, "![CDATA["):
		return z.until(tokenText, i, i+9, "]]>", "CDATA section")
	}
	return z.until(tokenComment, i, i+2, ">", "comment")
}

// until reads up to and with end, from i on; what names it, if the shell ends before.
func (z *tokenizer) until(kind tokenKind, at, i int, end, what string) token {
	j := strings.Index(z.html[i:], end)
	if j < 0 {
		return z.broken(at, what)
	}
	z.pos = i + j + len(end)
	return token{kind: kind, at: at, end: z.pos}
}

func (z *tokenizer) broken(at int, what string) token {
	z.pos = len(z.html)
	return token{kind: tokenBroken, at: at, end: z.pos, name: what}
}

// comment reads a comment, which ends at --> or --!>, and right at its beginning at > or -> too.
func (z *tokenizer) comment(at int) token {
	const begin = len("<!--")
	text := z.html[at+begin:]
	end := -1
	switch {
	case strings.HasPrefix(text, ">"):
		end = 1
	case strings.HasPrefix(text, "->"):
		end = 2
	default:
		for i := 0; end < 0; i++ {
			j := strings.Index(text[i:], "--")
			if j < 0 {
				break
			}
			i += j
			switch rest := text[i+2:]; {
			case strings.HasPrefix(rest, ">"):
				end = i + 3
			case strings.HasPrefix(rest, "!>"):
				end = i + 4
			}
		}
	}
	if end < 0 {
		return z.broken(at, "comment")
	}
	z.pos = at + begin + end
	return token{kind: tokenComment, at: at, end: z.pos}
}

// tag reads a tag whose name begins at i.
func (z *tokenizer) tag(kind tokenKind, at, i int) token {
	s := z.html
	from := i
	for i < len(s) && !isNameEnd(s[i]) {
		i++
	}
	t := token{kind: kind, at: at, name: ascii.ToLower(s[from:i])}
	t.tag = tagOf(t.name)
	z.attrs = z.attrs[:0]
	for {
		for i < len(s) && isHTMLSpace(s[i]) {
			i++
		}
		if i == len(s) {
			return z.broken(at, "tag")
		}
		switch s[i] {
		case '>':
			z.pos = i + 1
			t.end, t.attrs = z.pos, z.attrs
			return t
		case '/':
			i++
			t.slash = i < len(s) && s[i] == '>'
			continue
		}
		i = z.attribute(i)
	}
}

// attribute reads an attribute that begins at i, and says where it ends.
func (z *tokenizer) attribute(i int) int {
	s := z.html
	a := attribute{at: i, valueAt: i}
	for i++; i < len(s) && !isNameEnd(s[i]) && s[i] != '='; i++ {
	}
	a.name = ascii.ToLower(s[a.at:i])
	end := i
	for i < len(s) && isHTMLSpace(s[i]) {
		i++
	}
	if i == len(s) || s[i] != '=' {
		z.attrs = append(z.attrs, a)
		return end
	}
	for i++; i < len(s) && isHTMLSpace(s[i]); i++ {
	}
	if i == len(s) {
		return i
	}
	a.valueAt = i
	switch quote := s[i]; quote {
	case '>':
	case '"', '\'':
		a.valueAt++
		j := strings.IndexByte(s[i+1:], quote)
		if j < 0 {
			return len(s)
		}
		i += 1 + j
		a.value = s[a.valueAt:i]
		i++
	default:
		for i < len(s) && !isHTMLSpace(s[i]) && s[i] != '>' {
			i++
		}
		a.value = s[a.valueAt:i]
	}
	z.attrs = append(z.attrs, a)
	return i
}

// rawText passes over the text of an element that holds no markup, up to its end tag or the end of the shell; ok is false
// for the latter.
func (z *tokenizer) rawText(name string) (ok bool) {
	if name == "script" {
		return z.scriptText()
	}
	for i := z.pos; ; i++ {
		j := strings.Index(z.html[i:], "</")
		if j < 0 {
			return false
		}
		if i += j; isTagName(z.html, i+2, name) {
			z.pos = i
			return true
		}
	}
}

// scriptText is rawText for a script, in which <!-- and <script> hide its end tag (the "script data escaped" states).
func (z *tokenizer) scriptText() (ok bool) {
	s, state := z.html, scriptPlain
	for i := z.pos; i < len(s); i++ {
		switch {
		case s[i] == '-':
			if state != scriptPlain && strings.HasPrefix(s[i:], "-->") {
				state = scriptPlain
			}
		case s[i] != '<':
		case state == scriptPlain && strings.HasPrefix(s[i:], "<!--"):
			state = scriptEscaped
			i++ // its hyphens count towards the -->
		case isTagName(s, i+1, "/script"):
			if state != scriptDoubleEscaped {
				z.pos = i
				return true
			}
			state = scriptEscaped
		case state == scriptEscaped && isTagName(s, i+1, "script"):
			state = scriptDoubleEscaped
		}
	}
	return false
}

// isTagName tells whether name, in lower case, stands at s[i:] and ends there.
func isTagName(s string, i int, name string) bool {
	end := i + len(name)
	return end < len(s) && strings.EqualFold(s[i:end], name) && isNameEnd(s[end])
}

// scriptState is how far the text of a script is escaped: <!-- and <script> within it hide its end tag (the "script data
// escaped" states).
type scriptState uint8

const (
	scriptPlain scriptState = iota
	scriptEscaped
	scriptDoubleEscaped
)

// isHTMLSpace: white space in a tag. A carriage return becomes a line feed before the tokenizer sees it.
func isHTMLSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r'
}

// isNameEnd: what ends a tag's or an attribute's name.
func isNameEnd(c byte) bool { return isHTMLSpace(c) || c == '/' || c == '>' }
