package folder

import "strings"

// Word is what the first comment of a page's file begins with, if it is for inlay.
const Word = "inlay:"

// Space is HTML's white space.
const Space = " \t\n\f\r"

// Comment is a comment in a text: where it begins, what is in it without the white space before, and where it ends; -1 where
// it does not begin, or not end.
type Comment struct{ At, From, To, End int }

// Line finds the comment for inlay that a file begins with: also one with a mistake in its first word, such as Inlay: or
// inlay /path. found is false where the file begins with anything else.
func Line(text string) (c Comment, found bool) {
	c = commentAt(text, skipBlank(text, 0))
	return c, c.isLine(text)
}

// Shell is where in a file the shell begins whose comment is c: in the next line, if nothing else stands in the comment's.
func Shell(text string, c Comment) int {
	switch rest := text[c.End:]; {
	case strings.HasPrefix(rest, "\r\n"):
		return c.End + 2
	case strings.HasPrefix(rest, "\n"), strings.HasPrefix(rest, "\r"):
		return c.End + 1
	}
	return c.End
}

// Late is where a comment for inlay stands behind other comments, or behind the doctype; -1 if there is none.
func Late(text string) int {
	for at := skipBlank(text, 0); at < len(text); at = skipBlank(text, at) {
		c := commentAt(text, at)
		switch {
		case c.isLine(text):
			return at
		case c.End > 0:
			at = c.End
		case len(text)-at > 9 && strings.EqualFold(text[at:at+9], "<!doctype"):
			i := strings.IndexByte(text[at:], '>')
			if i < 0 {
				return -1
			}
			at += i + 1
		default:
			return -1
		}
	}
	return -1
}

func commentAt(text string, at int) Comment {
	const begin, end = "<!--", "-->"
	if !strings.HasPrefix(text[at:], begin) {
		return Comment{At: -1, End: -1}
	}
	c := Comment{At: at, From: skipBlank(text, at+len(begin)), To: len(text), End: -1}
	if i := strings.Index(text[at+len(begin):], end); i >= 0 {
		c.To = at + len(begin) + i
		c.End = c.To + len(end)
		c.From = min(c.From, c.To)
	}
	return c
}

func (c *Comment) isLine(text string) bool {
	const word = len(Word) - 1 // without its colon
	if c.At < 0 || c.To-c.From <= word || !strings.EqualFold(text[c.From:c.From+word], Word[:word]) {
		return false
	}
	after := strings.TrimLeft(text[c.From+word:c.To], Space)
	return after != "" && (after[0] == ':' || after[0] == '/')
}

// skipBlank is where white space, and a byte order mark, end.
func skipBlank(text string, at int) int {
	const mark = "\uFEFF"
	if at == 0 && strings.HasPrefix(text, mark) {
		at = len(mark)
	}
	for at < len(text) && strings.IndexByte(Space, text[at]) >= 0 {
		at++
	}
	return at
}
