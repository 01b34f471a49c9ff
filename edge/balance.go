package edge

import (
	"bytes"
	"errors"
	"strconv"
)

// balance reads a fragment once and tells whether it may stand in a patch: whether the template around it ends where the
// patch ends it, neither earlier nor never. The zero value is ready. It takes the bytes in any pieces, keeps none, and
// allocates nothing unless it refuses.
//
// It follows the tokenizer of the HTML standard (section 13.2.5). What the tokenizer does depends at a few places on the
// tree, which is not built here:
//
//   - <style>, <script>, <title> and the like hold raw text in HTML, but markup within <svg> and <math>, and some are
//     ignored within <select> and after a leading <col>;
//   - <noscript> holds raw text in browsers that run scripts, and markup in others;
//   - <![CDATA[ begins a section within <svg> and <math>, and a comment that ends at the next > elsewhere.
//
// Where the tree could be either, the fragment must read the same both ways: see balance_tree.go.
//
// Slots are found in shells only: in a fragment, <edge-slot> is an unknown element like any other.
type balance struct {
	state   balanceState
	problem string // the first one; empty: none so far
	subject string // what the problem is about: an element's name
	at      int    // the offset of the problem

	off       int // bytes read so far
	start     int // the offset of the < that the state is about
	scopes    scopes
	templates int // of the scopes open

	// The tag being read.
	name    [maxTagName]byte // in lower case
	nameLen int              // more than maxTagName: longer than any name of interest
	closing bool             // an end tag
	slash   bool             // "/" was read just before

	text   element // the element whose raw text is being read
	script scriptState
	dashes int  // hyphens in a row, in a comment or in the escaped text of a script
	match  int  // bytes matched of a literal
	cut    bool // a CDATA section has had a >

	tree treeGuess
	dual dualText
}

// maxTagName is the longest name of interest: foreignobject and annotation-xml.
const maxTagName = 14

type balanceState uint8

// The states, by the names of the HTML standard where they have one there.
const (
	stData balanceState = iota
	stTagOpen
	stEndTagOpen
	stTagName
	stBeforeAttribute
	stAttribute
	stAfterAttribute
	stBeforeValue
	stDoubleQuoted
	stSingleQuoted
	stUnquoted
	stAfterQuoted
	stMarkupDeclaration // after <!
	stCommentHyphen     // after <!-
	stCommentStart      // after <!--
	stComment
	stCommentBang // after --! in a comment
	stBogus       // a comment that ends at the next >
	stCDATAOpen   // within <![CDATA[
	stCDATA
	stRawText
	stRawLess    // < in raw text
	stRawEndOpen // </ in raw text
	stRawEndName
	stScriptEscapeStart // <! in a script, then hyphens
	stScriptEscapedName // a tag's name in the escaped text of a script
)

// Write reads the next bytes of the fragment.
func (b *balance) Write(p []byte) {
	base := b.off
	b.off += len(p)
	if b.problem != "" {
		return
	}
	for i := 0; i < len(p); i++ {
		if b.dual.open == 0 {
			// Nearly all bytes are passed over here.
			if n := b.skip(p[i:]); n > 0 {
				if i += n; i == len(p) {
					return
				}
			}
		}
		c := p[i]
		if b.dual.open != 0 {
			b.compare(c)
		}
		b.step(c, base+i)
		if b.problem != "" {
			return
		}
	}
}

// skip is how many bytes at the beginning of p leave the state as it is.
func (b *balance) skip(p []byte) int {
	var n int
	switch b.state {
	case stData:
		n = bytes.IndexByte(p, '<')
	case stRawText:
		if b.script != scriptPlain {
			return 0
		}
		n = bytes.IndexByte(p, '<')
	case stDoubleQuoted:
		n = bytes.IndexByte(p, '"')
	case stSingleQuoted:
		n = bytes.IndexByte(p, '\'')
	case stBogus:
		n = bytes.IndexByte(p, '>')
	case stComment:
		if b.dashes > 0 {
			return 0
		}
		n = bytes.IndexByte(p, '-')
	default:
		return 0
	}
	if n < 0 {
		return len(p)
	}
	return n
}

// step reads one byte. A state that does not take it hands it on to another by going round again.
func (b *balance) step(c byte, at int) {
	for {
		switch b.state {
		case stData:
			if c == '<' {
				b.state, b.start = stTagOpen, at
			}
			return
		case stTagOpen:
			switch {
			case isAlpha(c):
				b.beginName(false)
				continue
			case c == '/':
				b.state = stEndTagOpen
			case c == '!':
				b.state = stMarkupDeclaration
			case c == '?':
				b.state = stBogus // a processing instruction ends at the next > too, quotes or not
			default:
				b.state = stData
				continue
			}
			return
		case stEndTagOpen:
			switch {
			case isAlpha(c):
				b.beginName(true)
				continue
			case c == '>':
				b.state = stData
			default:
				b.state = stBogus
				continue
			}
			return
		case stTagName:
			if !isNameEnd(c) {
				b.addName(c)
				return
			}
			b.slash = false
			b.state = stBeforeAttribute
		case stBeforeAttribute, stAttribute, stAfterAttribute, stBeforeValue, stDoubleQuoted, stSingleQuoted, stUnquoted, stAfterQuoted:
			if b.attribute(c) {
				return
			}
		case stMarkupDeclaration, stCommentHyphen, stCommentStart, stComment, stCommentBang, stBogus, stCDATAOpen, stCDATA:
			if b.declaration(c) {
				return
			}
		default:
			if b.rawText(c) {
				return
			}
		}
	}
}

func (b *balance) beginName(closing bool) {
	b.state, b.nameLen, b.closing = stTagName, 0, closing
}

func (b *balance) addName(c byte) {
	if b.nameLen < maxTagName {
		b.name[b.nameLen] = lower(c)
	}
	if b.nameLen <= maxTagName {
		b.nameLen++
	}
}

// element is the name of the tag being read, as far as it matters.
func (b *balance) element() element {
	if b.nameLen > maxTagName {
		return elOther
	}
	return elementOf(b.name[:b.nameLen])
}

// endTag is at the > of a tag.
func (b *balance) endTag() {
	b.state = stData
	e := b.element()
	if b.closing {
		b.close(e)
	} else {
		b.open(e)
	}
}

func (b *balance) refuse(at int, problem, subject string) {
	if b.problem == "" {
		b.problem, b.subject, b.at = problem, subject, at
	}
}

// Err tells, after the last byte, what is wrong with the fragment and at which offset; nil if nothing is.
func (b *balance) Err() error {
	problem, subject, at := b.problem, b.subject, b.at
	if problem == "" {
		problem, subject, at = b.unended()
	}
	if problem == "" {
		return nil
	}
	return errors.New("<" + subject + "> at byte " + strconv.Itoa(at) + " " + problem)
}

// unended is what the fragment leaves open at its end.
func (b *balance) unended() (problem, subject string, at int) {
	const unclosed = "is not closed; the fragment must close it"
	switch b.state {
	case stData:
	case stTagOpen, stEndTagOpen:
		return "ends the fragment, and what follows would become a tag; write &lt;", subjectOf("", b.state == stEndTagOpen), b.start
	case stTagName, stBeforeAttribute, stAttribute, stAfterAttribute, stBeforeValue, stDoubleQuoted, stSingleQuoted, stUnquoted, stAfterQuoted:
		if b.text != elOther {
			break
		}
		return "is a tag without its end; the fragment must end it with >", subjectOf(string(b.name[:min(b.nameLen, maxTagName)]), b.closing), b.start
	case stMarkupDeclaration, stCommentHyphen, stCommentStart, stComment, stCommentBang:
		return "is a comment without its end; the fragment must end it with -->", "!--", b.start
	case stCDATAOpen, stCDATA:
		return unclosed, "![CDATA[", b.start
	case stBogus:
		return "is a comment or an instruction without its end; the fragment must end it with >", "!", b.start
	}
	switch {
	case b.text != elOther:
		return unclosed, b.text.String(), b.start
	case b.dual.open != 0:
		e := b.dual.open.lowest()
		return unclosed, e.String(), b.dual.start[e]
	case b.scopes.n > 0:
		return unclosed, b.scopes.open[0].String(), b.scopes.start[0]
	}
	return "", "", 0
}

func subjectOf(name string, closing bool) string {
	if closing {
		return "/" + name
	}
	return name
}

// isHTMLSpace: white space in a tag. A carriage return becomes a line feed before the tokenizer sees it.
func isHTMLSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r'
}

// isNameEnd: what ends a tag's or an attribute's name.
func isNameEnd(c byte) bool { return isHTMLSpace(c) || c == '/' || c == '>' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
