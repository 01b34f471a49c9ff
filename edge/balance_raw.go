package edge

// rawText reads a byte of raw text: the text of a script, a style and the like, which only the element's own end tag
// ends. false: the byte is to be read again in the new state.
func (b *balance) rawText(c byte) bool {
	switch b.state {
	case stRawText:
		switch {
		case c == '<':
			b.state, b.dashes = stRawLess, 0
		case c == '-':
			b.dashes++
		default:
			if c == '>' && b.dashes >= 2 {
				b.script = scriptPlain
			}
			b.dashes = 0
		}
		return true
	case stRawLess:
		switch {
		case c == '/' && b.script == scriptDoubleEscaped:
			b.state, b.nameLen, b.closing = stScriptEscapedName, 0, true
			return true
		case c == '/':
			b.state = stRawEndOpen
			return true
		case c == '!' && b.text == elScript && b.script == scriptPlain:
			b.state, b.match = stScriptEscapeStart, 0
			return true
		case b.script == scriptEscaped && isAlpha(c):
			b.state, b.nameLen, b.closing = stScriptEscapedName, 0, false
			return false
		}
	case stRawEndOpen:
		if isAlpha(c) {
			b.state, b.nameLen, b.closing = stRawEndName, 0, true
			return false
		}
	case stRawEndName:
		switch {
		case isAlpha(c):
			b.addName(c)
			return true
		case isNameEnd(c) && b.element() == b.text:
			b.state, b.text, b.slash = stBeforeAttribute, elOther, false
			return false
		}
	case stScriptEscapeStart:
		if c == '-' {
			if b.match++; b.match == 2 {
				// The hyphens count towards the --> that ends the escape: <!--> is whole.
				b.state, b.script, b.dashes = stRawText, scriptEscaped, 2
			}
			return true
		}
	case stScriptEscapedName:
		switch {
		case isAlpha(c):
			b.addName(c)
			return true
		case isNameEnd(c):
			if b.element() == elScript {
				b.script = scriptDoubleEscaped
				if b.closing {
					b.script = scriptEscaped
				}
			}
			b.state = stRawText
			return true
		}
	}
	b.state = stRawText
	return false
}
