package markup

import "bytes"

// reader is the tokenizer of the HTML standard (section 13.2.5). It takes the bytes in any pieces and keeps of a tag what the
// tree construction asks for: its name, and of a few elements an attribute.
type reader struct {
	state  state
	after  state // stMarker
	quote  byte  // around the value being read
	script scriptState
	text   name // the element whose raw text is being read
	// encoded: the value being read has an ampersand in it.
	encoded bool
	cdata   bool // CDATA sections are known where the token stands

	off   int // of the piece being read
	begun int // the offset of the < that the state is about
	match int // bytes in a row: hyphens in a comment or in the escaped text of a script, or those of a literal

	tag         tag // being read; without a name, a text
	attr, value word
	dictionary

	// Of a document, which is there as a whole.
	whole bool
	spans []span // the attributes of the tag
}

// token is what next has read.
type token uint8

const (
	tokenNone    token = iota // nothing that is whole, or that matters
	tokenText                 // text, the bytes that next was given
	tokenLess                 // a < that is text
	tokenCDATA                // the text of a CDATA section
	tokenTag                  // a start tag or an end tag
	tokenComment              // a comment of any kind
	tokenMarker               // the target of what may be a marker; the rest of it comes as a comment
)

// scriptState is how far the text of a script is escaped: <!-- and <script> within it hide its end tag (the "script data
// escaped" states).
type scriptState uint8

const (
	scriptPlain scriptState = iota
	scriptEscaped
	scriptDoubleEscaped
)

type state uint8

// The states, by the names of the HTML standard where they have one there.
const (
	stData state = iota
	stTagOpen
	stEndTagOpen
	stTagName
	stBeforeAttribute
	stAttribute
	stAfterAttribute
	stBeforeValue
	stQuoted
	stUnquoted
	stMarkupDeclaration // after <!
	stCommentHyphen     // after <!-
	stCommentStart      // after <!--
	stComment
	stMarker      // after <? or <!--?
	stCommentBang // after --! in a comment
	stBogus       // a comment that ends at the next >
	stCDATAOpen   // within <![CDATA[
	stCDATA
	stRawText
	stRawLess           // < in raw text
	stRawName           // a tag's name in raw text
	stScriptEscapeStart // <! in a script, then hyphens
)

// next reads up to the end of a token, or of p; n is how many bytes. A text ends with p too.
func (r *reader) next(p []byte) (n int, is token) {
	t := &r.tag
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch r.state {
		case stData:
			if c != '<' {
				if n = bytes.IndexByte(p, '<'); n < 0 {
					n = len(p)
				}
				return n, tokenText
			}
			r.state, r.begun = stTagOpen, r.off
		case stTagOpen:
			switch {
			case isAlpha(c):
				r.beginTag(false)
				i--
			case c == '/':
				r.state = stEndTagOpen
			case c == '!':
				r.state = stMarkupDeclaration
			case c == '?':
				r.beginMarker(stBogus) // a processing instruction ends at the next > too, quotes or not
			default:
				r.state = stData
				return i, tokenLess
			}
		case stEndTagOpen:
			switch {
			case isAlpha(c):
				r.beginTag(true)
				i--
			case c == '>':
				r.state = stData // </> is nothing at all
				return i + 1, tokenNone
			default:
				r.state = stBogus
				i--
			}
		case stTagName:
			for ; i < len(p) && !isNameEnd(p[i]); i++ {
				t.add(p[i])
			}
			if i < len(p) {
				r.nameRead()
				i--
			}
		case stBeforeAttribute:
			switch {
			case c == '>':
				t.end = r.off + i + 1
				r.state = stData
				if r.text == nmOther {
					return i + 1, tokenTag
				}
				r.text = nmOther // the end of raw text
				return i + 1, tokenNone
			case c == '/':
				t.slash = true
			default:
				t.slash = false
				if !isSpace(c) {
					r.state, r.encoded = stAttribute, false
					t.flags |= hasAny
					r.attr.reset()
					r.value.reset()
					r.attr.add(c) // a leading "=" is part of the name
					r.beginName(i)
				}
			}
		case stAttribute:
			for ; i < len(p) && !isNameEnd(p[i]) && p[i] != '='; i++ {
				if t.wanted {
					r.attr.add(p[i])
				}
			}
			if i < len(p) {
				r.endName(i)
				r.state = stAfterAttribute
				i--
			}
		case stAfterAttribute:
			switch {
			case c == '=':
				r.state = stBeforeValue
			case !isSpace(c):
				r.endAttribute()
				i--
			}
		case stBeforeValue:
			switch {
			case isSpace(c):
			case c == '"' || c == '\'':
				r.state, r.quote = stQuoted, c
				r.beginValue(i + 1)
			case c == '>':
				r.beginValue(i)
				r.endAttribute()
				i--
			default:
				r.state = stUnquoted
				r.beginValue(i)
				i--
			}
		case stQuoted:
			n := bytes.IndexByte(p[i:], r.quote)
			rest := p[i:]
			if n >= 0 {
				rest = rest[:n]
			}
			r.addValue(rest)
			i += len(rest)
			if n >= 0 {
				r.endValue(i)
				r.endAttribute()
			}
		case stUnquoted:
			if c == '>' || isSpace(c) {
				r.endValue(i)
				r.endAttribute()
				i--
			} else {
				r.addValue(p[i : i+1])
			}
		case stMarkupDeclaration:
			r.match = 0
			switch c {
			case '-':
				r.state = stCommentHyphen
			case '[':
				r.state = stCDATAOpen
			default:
				r.state = stBogus // a doctype ends at the next > too, quotes or not
				i--
			}
		case stCommentHyphen:
			r.state = stCommentStart
			if c != '-' {
				r.state = stBogus
				i--
			}
		case stCommentStart:
			switch {
			case c == '>':
				return r.comment(i) // <!--> and <!---> are whole
			case c == '-' && r.match == 0:
				r.match = 1
			case c == '?' && r.match == 0:
				r.beginMarker(stComment)
			default:
				r.state = stComment
				i--
			}
		case stMarker:
			if isAlpha(c) {
				r.value.add(c)
			} else {
				r.state = r.after
				if n := r.known(&r.value); n >= nmStart && n <= nmMarker {
					return i, tokenMarker
				}
				i--
			}
		case stComment:
			switch {
			case c == '-':
				r.match++
			case c == '>' && r.match >= 2:
				return r.comment(i)
			default:
				if c == '!' && r.match >= 2 {
					r.state = stCommentBang
				}
				r.match = 0
			}
		case stCommentBang:
			if c == '>' {
				return r.comment(i)
			}
			r.state = stComment
			i--
		case stBogus:
			if c == '>' {
				return r.comment(i)
			}
		case stCDATAOpen:
			const open = "CDATA["
			if c != open[r.match] {
				r.state = stBogus
				i--
			} else if r.match++; r.match == len(open) {
				r.state = stBogus
				if r.cdata {
					r.state, r.match, r.encoded = stCDATA, 0, false
				}
			}
		case stCDATA:
			switch {
			case c == ']':
				r.match++
			case c == '>' && r.match >= 2:
				r.state = stData
				if r.match > 2 || r.encoded {
					return i + 1, tokenCDATA
				}
				return i + 1, tokenNone
			default:
				r.match, r.encoded = 0, true // it is not empty
			}
		case stRawText:
			switch {
			case c == '<':
				r.state, r.match = stRawLess, 0
				if r.keeps() {
					r.begun = r.off + i
				}
			case c == '-':
				r.match++
			default:
				if c == '>' && r.match >= 2 {
					r.script = scriptPlain
				}
				r.match = 0
			}
		case stRawLess:
			t.closing = c == '/'
			t.reset()
			switch {
			case c == '/':
				r.state = stRawName
			case c == '!' && r.text == nmScript && r.script == scriptPlain:
				r.state = stScriptEscapeStart
			default:
				r.state = stRawText
				if r.script == scriptEscaped && isAlpha(c) {
					r.state = stRawName
				}
				i--
			}
		case stRawName:
			if isAlpha(c) {
				t.add(c)
				continue
			}
			r.state = stRawText
			i--
			if n := r.known(&t.word); isNameEnd(c) && n != nmOther {
				switch {
				case t.closing && r.script != scriptDoubleEscaped:
					if n == r.text {
						r.state, t.wanted = stBeforeAttribute, false
					}
				case n == nmScript && t.closing:
					r.script = scriptEscaped
				case n == nmScript:
					r.script = scriptDoubleEscaped
				}
			}
		case stScriptEscapeStart:
			if c != '-' {
				r.state = stRawText
				i--
			} else if r.match++; r.match == 2 {
				// The hyphens count towards the --> that ends the escape: <!--> is whole.
				r.state, r.script = stRawText, scriptEscaped
			}
		}
		// Nearly all bytes of comments and raw text are passed over here.
		var stop byte
		switch {
		case r.state == stComment && r.match == 0:
			stop = '-'
		case r.state == stRawText && r.script == scriptPlain:
			stop = '<'
		case r.state == stBogus:
			stop = '>'
		default:
			continue
		}
		n := bytes.IndexByte(p[i+1:], stop)
		if n < 0 {
			break
		}
		i += n
	}
	return len(p), tokenNone
}

// comment is at the > of a comment.
func (r *reader) comment(i int) (int, token) {
	r.state = stData
	return i + 1, tokenComment
}

// raw lets raw text follow, up to the end tag of an element.
func (r *reader) raw(n name) {
	r.state, r.text, r.script, r.match = stRawText, n, scriptPlain, 0
}
