package edge

// Tags after their names, and what begins with <! or <?: the parts of the tokenizer that need nothing of the tree.

// attribute reads a byte of a tag after its name; false: the byte is to be read again in the new state. That "/" before ">"
// closes an element itself is kept in slash.
func (b *balance) attribute(c byte) bool {
	switch b.state {
	case stBeforeAttribute:
		switch {
		case isHTMLSpace(c):
			b.slash = false
		case c == '/':
			b.slash = true
		case c == '>':
			b.endTag()
		default:
			b.slash = false
			b.state = stAttribute // a leading "=" is part of the name
		}
		return true
	case stAttribute:
		switch {
		case c == '=':
			b.state = stBeforeValue
			return true
		case isNameEnd(c):
			b.state = stAfterAttribute
			return false
		}
		return true
	case stAfterAttribute:
		switch {
		case isHTMLSpace(c):
			return true
		case c == '=':
			b.state = stBeforeValue
			return true
		}
		b.state = stBeforeAttribute
		return false
	case stBeforeValue:
		switch {
		case isHTMLSpace(c):
		case c == '"':
			b.state = stDoubleQuoted
		case c == '\'':
			b.state = stSingleQuoted
		case c == '>':
			b.endTag()
		default:
			b.state = stUnquoted
		}
		return true
	case stDoubleQuoted:
		if c == '"' {
			b.state = stAfterQuoted
		}
		return true
	case stSingleQuoted:
		if c == '\'' {
			b.state = stAfterQuoted
		}
		return true
	case stUnquoted:
		switch {
		case isHTMLSpace(c):
			b.state = stBeforeAttribute
		case c == '>':
			b.endTag()
		}
		return true
	default: // stAfterQuoted
		b.state = stBeforeAttribute
		return false
	}
}

// declaration reads a byte of what begins with <! or <?; false: the byte is to be read again in the new state.
func (b *balance) declaration(c byte) bool {
	switch b.state {
	case stMarkupDeclaration:
		switch c {
		case '-':
			b.state = stCommentHyphen
			return true
		case '[':
			b.state, b.match = stCDATAOpen, 0
			return true
		}
		b.state = stBogus // a doctype ends at the next > too, quotes or not
		return false
	case stCommentHyphen:
		if c == '-' {
			b.state, b.dashes = stCommentStart, 0
			return true
		}
		b.state = stBogus
		return false
	case stCommentStart:
		switch {
		case c == '>':
			b.state = stData // <!--> and <!---> are whole
		case c == '-' && b.dashes == 0:
			b.dashes = 1
		default:
			b.state = stComment
			return false
		}
		return true
	case stComment:
		switch {
		case c == '-':
			b.dashes++
			return true
		case c == '>' && b.dashes >= 2:
			b.state = stData
		case c == '!' && b.dashes >= 2:
			b.state = stCommentBang
		}
		b.dashes = 0
		return true
	case stCommentBang:
		if c == '>' {
			b.state = stData
			return true
		}
		b.state = stComment
		return false
	case stBogus:
		if c == '>' {
			b.state = stData
		}
		return true
	case stCDATAOpen:
		const open = "CDATA["
		if c != open[b.match] {
			b.state = stBogus
			return false
		}
		if b.match++; b.match == len(open) {
			b.state = stBogus
			if b.tree.foreign() {
				b.state, b.match, b.cut = stCDATA, 0, false
			}
		}
		return true
	default: // stCDATA
		switch {
		case c == ']':
			b.match++
			return true
		case c == '>' && b.match >= 2:
			b.state = stData
		case c == '>':
			b.cut = true
		case c == '<' && b.cut:
			b.refuse(b.start, "has > and then < in it, and would end at that > anywhere but in <svg> and <math>; write &gt; for it", "![CDATA[")
		}
		b.match = 0
		return true
	}
}
