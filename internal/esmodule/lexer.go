package esmodule

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	end kind = iota
	name
	text     // a string
	number   // also a BigInt
	regex    // a regular expression
	template // from ` to `, or to ${, or from } to one of the two
	punctuator
	property // a name after a dot, as context.before
)

// token is one word of a module.
type token struct {
	kind    kind
	text    string // as it is written
	at      int    // where it begins
	newline bool   // a line ends between the token before and this one
}

func (t *token) is(what string) bool {
	return t.text == what && (t.kind == punctuator || t.kind == name)
}

// Error is a mistake that keeps imports from being found, and where it is; both
// count from 1, Column in runes.
type Error struct {
	Line, Column int
	Msg          string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg) }

// lexer is where reading has come to.
type lexer struct {
	code string
	at   int
	context
}

func (l *lexer) errorAt(at int, msg string) *Error {
	line, column := position(l.code, at)
	return &Error{line, column, msg}
}

// position is the line and the column of a byte.
func position(code string, at int) (line, column int) {
	before := code[:at]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[1+strings.LastIndexByte(before, '\n'):])
}

// next is the next token.
func (l *lexer) next() (token, error) {
	newline, err := l.space()
	if err != nil {
		return token{}, err
	}
	t := token{at: l.at, newline: newline}
	if l.at >= len(l.code) {
		t.at = len(l.code)
		return t, nil
	}
	switch c := l.code[l.at]; {
	case c == '"' || c == '\'':
		t.kind, err = text, l.quoted(c)
	case c == '`':
		l.at++
		t.kind, err = template, l.template(t.at)
	case c == '}' && l.inTemplate():
		l.at++
		t.kind, err = template, l.template(t.at)
	case isDigit(c) || c == '.' && l.at+1 < len(l.code) && isDigit(l.code[l.at+1]):
		t.kind = number
		l.number()
	case c == '/' && l.operand:
		t.kind, err = regex, l.regex()
	case l.name():
		t.kind = name
	default:
		t.kind, err = punctuator, l.punctuator()
	}
	t.text = l.code[t.at:l.at]
	l.follow(&t)
	return t, err
}

// space passes over white space and comments, and says whether a line ends in it.
func (l *lexer) space() (newline bool, err error) {
	for l.at < len(l.code) {
		rest := l.code[l.at:]
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case isNewline(r):
			newline = true
			l.at += size
		case r == ' ' || r == '\t' || r == '\v' || r == '\f' || r == '\ufeff' || r >= 0x80 && unicode.Is(unicode.Zs, r):
			l.at += size
		case strings.HasPrefix(rest, "//"), l.at == 0 && strings.HasPrefix(rest, "#!"):
			l.line()
		case strings.HasPrefix(rest, "/*"):
			comment, _, closed := strings.Cut(rest[2:], "*/")
			if !closed {
				return newline, l.errorAt(l.at, "a comment that begins here lacks its */")
			}
			newline = newline || strings.ContainsFunc(comment, isNewline)
			l.at += len(comment) + 4
		default:
			return newline, nil
		}
	}
	return newline, nil
}

// line passes over the rest of a line.
func (l *lexer) line() {
	if n := strings.IndexFunc(l.code[l.at:], isNewline); n >= 0 {
		l.at += n
	} else {
		l.at = len(l.code)
	}
}

// quoted passes over a string.
func (l *lexer) quoted(quote byte) error {
	from := l.at
	for l.at++; l.at < len(l.code); l.at++ {
		switch c := l.code[l.at]; c {
		case quote:
			l.at++
			return nil
		case '\\':
			l.at++
			if strings.HasPrefix(l.code[min(l.at, len(l.code)):], "\r\n") {
				l.at++
			}
		case '\n', '\r':
			return l.errorAt(from, "a string that begins here lacks its "+string(quote))
		}
	}
	l.at = len(l.code)
	return l.errorAt(from, "a string that begins here lacks its "+string(quote))
}

// template passes over a template up to its end or to the next ${ in it.
func (l *lexer) template(from int) error {
	for ; l.at < len(l.code); l.at++ {
		switch c := l.code[l.at]; {
		case c == '`':
			l.at++
			return nil
		case c == '\\':
			l.at++
		case c == '$' && strings.HasPrefix(l.code[l.at:], "${"):
			l.at += 2
			return nil
		}
	}
	l.at = len(l.code)
	return l.errorAt(from, "a template that begins here lacks its `")
}

// regex passes over a regular expression and its flags.
func (l *lexer) regex() error {
	from := l.at
	inClass := false
	for l.at++; l.at < len(l.code); l.at++ {
		switch c := l.code[l.at]; {
		case c == '\\':
			l.at++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '\n' || c == '\r':
			return l.errorAt(from, "a regular expression that begins here lacks its /")
		case c == '/' && !inClass:
			l.at++
			l.name()
			return nil
		}
	}
	l.at = len(l.code)
	return l.errorAt(from, "a regular expression that begins here lacks its /")
}

// number passes over a number; what letters there may be in it is for the runtime to say.
func (l *lexer) number() {
	for from := l.at; l.at < len(l.code); l.at++ {
		c := l.code[l.at]
		sign := (c == '+' || c == '-') && (l.code[l.at-1]|0x20) == 'e' && !strings.HasPrefix(l.code[from:], "0x") && !strings.HasPrefix(l.code[from:], "0X")
		if !isDigit(c) && c != '.' && c != '_' && !isLetter(c) && (!sign || l.at == from) {
			return
		}
	}
}

// name passes over an identifier, a private name or a keyword, if there is one.
func (l *lexer) name() bool {
	from := l.at
	if l.at < len(l.code) && l.code[l.at] == '#' {
		l.at++
	}
	for first := true; l.at < len(l.code); first = false {
		rest := l.code[l.at:]
		if strings.HasPrefix(rest, `\u`) { // an escaped character
			l.at += 2
			if strings.HasPrefix(rest, `\u{`) {
				n := strings.IndexByte(rest, '}')
				l.at += max(n-1, 0)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(rest)
		start := r == '$' || r == '_' || unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_ID_Start)
		part := start || !first && (unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc, unicode.Other_ID_Continue) || r == '\u200c' || r == '\u200d')
		if !part {
			break
		}
		l.at += size
	}
	return l.at > from
}

// long are the punctuators of more than one character whose parts would mean something else.
var long = []string{"...", "=>", "++", "--", "?.", "&&", "||", "??", "==", "!=", "<=", ">=", "<<", ">>", "**"}

// punctuator passes over an operator, a bracket or the like.
func (l *lexer) punctuator() error {
	rest := l.code[l.at:]
	for _, p := range long {
		if strings.HasPrefix(rest, p) && (p != "?." || len(rest) < 3 || !isDigit(rest[2])) {
			l.at += len(p)
			return nil
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	l.at += size
	if !strings.ContainsRune("{}()[];,<>+-*/%&|^!~?:=.@", r) {
		return l.errorAt(l.at-size, strconv.QuoteRune(r)+" stands where no JavaScript has it")
	}
	return nil
}

func isNewline(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
