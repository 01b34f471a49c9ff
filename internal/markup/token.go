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
	skipLF line // what becomes of a line feed that comes next
	// encoded: the value being read has an ampersand in it.
	encoded bool

	off       int    // of the bytes that Write was given before
	begun     int    // the offset of the < that the state is about
	last      uint32 // the last four bytes read
	match     int    // bytes in a row: hyphens in a comment or in the escaped text of a script, or those of a literal
	reference int    // where a text ended last in what may be the beginning of a character reference

	attr, value word
}

// tag is a start tag or an end tag.
type tag struct {
	name    name
	closing bool // an end tag
	made    bool // it is not in the fragment
	// afterPre: a line feed in its place would be dropped.
	afterPre bool
	slash    bool // it ends in />
	wanted   bool // its attributes are read
	flags    flags
	at, end  int // offsets of its < and behind its >
	hash     uint8
	length   int // of the text of its name
	text     [maxName]byte
}

// maxName is how long the name of an element may be, in bytes.
const maxName = 128

// flags are attributes that the tree construction asks for.
type flags uint16

const (
	hasAny      flags = 1 << iota // an attribute of any name
	hasFor                        // <template for>
	hasShadow                     // <template shadowrootmode>
	hasFontLook                   // <font color>, face or size
	isHidden                      // <input type=hidden>
	hasType                       // <input type>
	holdsHTML                     // <annotation-xml encoding=text/html>
	hasEncoding                   // <annotation-xml encoding>
	unclear                       // one of these two has character references in its value
)

// line is what becomes of a line feed.
type line uint8

const (
	lineKept   line = iota
	lineWanted      // it is dropped
	lineBegun       // a carriage return was; a line feed right after it belongs to it
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

// Write reads the next bytes of the fragment.
func (f *Fragment) Write(p []byte) {
	t := &f.tag
	base := f.off
	f.off += len(p)
	for _, c := range p[max(0, len(p)-4):] {
		f.last = f.last<<8 | uint32(c)
	}
	for i := 0; i < len(p) && f.fault == faultNone; i++ {
		c := p[i]
		switch f.state {
		case stData:
			n := bytes.IndexByte(p[i:], '<')
			if n < 0 {
				f.run(p[i:], base+i)
				f.findReference(p[i:], base+i)
				return
			}
			if n > 0 {
				f.run(p[i:i+n], base+i)
			}
			i += n
			f.state, f.begun = stTagOpen, base+i
		case stTagOpen:
			f.state = stData
			switch {
			case isAlpha(c):
				f.beginTag(false)
				i--
			case c == '/':
				f.state = stEndTagOpen
			case c == '!':
				f.state = stMarkupDeclaration
			case c == '?':
				f.beginMarker(stBogus) // a processing instruction ends at the next > too, quotes or not
			default:
				f.skipLF = lineKept
				f.characters(true, f.begun)
				i--
			}
		case stEndTagOpen:
			f.state = stData // </> is nothing at all
			if isAlpha(c) {
				f.beginTag(true)
				i--
			} else if c != '>' {
				f.state = stBogus
				i--
			}
		case stTagName:
			for ; i < len(p) && !isNameEnd(p[i]); i++ {
				t.add(p[i])
			}
			if i < len(p) {
				f.state = stBeforeAttribute
				f.nameRead()
				i--
			}
		case stBeforeAttribute:
			switch {
			case c == '>':
				t.end = base + i + 1
				f.endTag()
			case c == '/':
				t.slash = true
			default:
				t.slash = false
				if !isSpace(c) {
					f.state, f.encoded = stAttribute, false
					t.flags |= hasAny
					f.attr.reset()
					f.value.reset()
					f.attr.add(c) // a leading "=" is part of the name
				}
			}
		case stAttribute:
			switch {
			case c == '=':
				f.state = stBeforeValue
			case isNameEnd(c):
				f.state = stAfterAttribute
				i--
			default:
				f.attr.add(c)
			}
		case stAfterAttribute:
			switch {
			case c == '=':
				f.state = stBeforeValue
			case !isSpace(c):
				f.endAttribute()
				i--
			}
		case stBeforeValue:
			switch {
			case isSpace(c):
			case c == '"' || c == '\'':
				f.state, f.quote = stQuoted, c
			case c == '>':
				f.endAttribute()
				i--
			default:
				f.state = stUnquoted
				i--
			}
		case stQuoted:
			n := bytes.IndexByte(p[i:], f.quote)
			rest := p[i:]
			if n >= 0 {
				rest = rest[:n]
			}
			f.addValue(rest)
			i += len(rest)
			if n >= 0 {
				f.endAttribute()
			}
		case stUnquoted:
			if c == '>' || isSpace(c) {
				f.endAttribute()
				i--
			} else {
				f.addValue(p[i : i+1])
			}
		case stMarkupDeclaration:
			f.match = 0
			switch c {
			case '-':
				f.state = stCommentHyphen
			case '[':
				f.state = stCDATAOpen
			default:
				f.state = stBogus // a doctype ends at the next > too, quotes or not
				i--
			}
		case stCommentHyphen:
			f.state = stCommentStart
			if c != '-' {
				f.state = stBogus
				i--
			}
		case stCommentStart:
			switch {
			case c == '>':
				f.comment() // <!--> and <!---> are whole
			case c == '-' && f.match == 0:
				f.match = 1
			case c == '?' && f.match == 0:
				f.beginMarker(stComment)
			default:
				f.state = stComment
				i--
			}
		case stMarker:
			if isAlpha(c) {
				f.value.add(c)
			} else {
				if n := f.nameOfWord(&f.value); n >= nmStart && n <= nmMarker {
					f.setTag(nmOther, "?", f.begun)
					f.reject(faultMarker)
				}
				f.state = f.after
				i--
			}
		case stComment:
			switch {
			case c == '-':
				f.match++
			case c == '>' && f.match >= 2:
				f.comment()
			default:
				if c == '!' && f.match >= 2 {
					f.state = stCommentBang
				}
				f.match = 0
			}
		case stCommentBang:
			if c == '>' {
				f.comment()
			} else {
				f.state = stComment
				i--
			}
		case stBogus:
			if c == '>' {
				f.comment()
			}
		case stCDATAOpen:
			const open = "CDATA["
			if c != open[f.match] {
				f.state = stBogus
				i--
			} else if f.match++; f.match == len(open) {
				f.state = stBogus
				if f.foreign() {
					f.state, f.match, f.encoded = stCDATA, 0, false
				}
			}
		case stCDATA:
			switch {
			case c == ']':
				f.match++
			case c == '>' && f.match >= 2:
				f.state = stData
				if f.match > 2 || f.encoded {
					f.skipLF = lineKept
					f.characters(true, f.begun)
				}
			default:
				f.match, f.encoded = 0, true // it is not empty
			}
		case stRawText:
			switch {
			case c == '<':
				f.state, f.match = stRawLess, 0
			case c == '-':
				f.match++
			default:
				if c == '>' && f.match >= 2 {
					f.script = scriptPlain
				}
				f.match = 0
			}
		case stRawLess:
			t.closing, t.length, t.hash = c == '/', 0, 0
			switch {
			case c == '/':
				f.state = stRawName
			case c == '!' && f.text == nmScript && f.script == scriptPlain:
				f.state = stScriptEscapeStart
			default:
				f.state = stRawText
				if f.script == scriptEscaped && isAlpha(c) {
					f.state = stRawName
				}
				i--
			}
		case stRawName:
			if isAlpha(c) {
				t.add(c)
				continue
			}
			f.state = stRawText
			i--
			if n := f.lookup(t.text[:min(t.length, maxName)], t.hash); isNameEnd(c) && n != nmOther {
				switch {
				case t.closing && f.script != scriptDoubleEscaped:
					if n == f.text {
						f.state, t.wanted = stBeforeAttribute, false
					}
				case n == nmScript && t.closing:
					f.script = scriptEscaped
				case n == nmScript:
					f.script = scriptDoubleEscaped
				}
			}
		case stScriptEscapeStart:
			if c != '-' {
				f.state = stRawText
				i--
			} else if f.match++; f.match == 2 {
				// The hyphens count towards the --> that ends the escape: <!--> is whole.
				f.state, f.script = stRawText, scriptEscaped
			}
		}
		// Nearly all bytes of comments and raw text are passed over here.
		var stop byte
		switch {
		case f.state == stComment && f.match == 0:
			stop = '-'
		case f.state == stRawText && f.script == scriptPlain:
			stop = '<'
		case f.state == stBogus:
			stop = '>'
		default:
			continue
		}
		n := bytes.IndexByte(p[i+1:], stop)
		if n < 0 {
			return
		}
		i += n
	}
}
