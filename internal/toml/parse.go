package toml

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a text, and where it is.
type Error struct {
	Position
	Msg string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg) }

// Parse reads a text. Its error is an *Error.
func Parse(text string) (root *Table, err error) {
	p := &parser{all: strings.TrimPrefix(text, "\ufeff"), line1: 1}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case failure:
			root, err = nil, e.err
		default:
			panic(e)
		}
	}()
	p.valid()
	return p.document(), nil
}

// failure is what fail panics with: the parser is recursive, and goes nowhere after a mistake.
type failure struct{ err *Error }

// parser is where reading has come to.
type parser struct {
	all       string
	at        int // the next byte
	line1     int // its line, from 1
	lineStart int // where that begins
}

func (p *parser) fail(at Position, msg string) { panic(failure{&Error{at, msg}}) }

// valid refuses text that is not UTF-8.
func (p *parser) valid() {
	for i, r := range p.all {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(p.all[i:]); size == 1 {
				line := 1 + strings.Count(p.all[:i], "\n")
				column := 1 + utf8.RuneCountInString(p.all[1+strings.LastIndexByte(p.all[:i], '\n'):i])
				p.fail(Position{line, column}, "the file is not UTF-8 here")
			}
		}
	}
}

// position is where the next byte stands.
func (p *parser) position() Position {
	return Position{p.line1, 1 + utf8.RuneCountInString(p.all[p.lineStart:p.at])}
}

func (p *parser) ended() bool { return p.at >= len(p.all) }

// peek is the next byte, 0 at the end.
func (p *parser) peek() byte { return p.peekAt(0) }

func (p *parser) peekAt(n int) byte {
	if p.at+n >= len(p.all) {
		return 0
	}
	return p.all[p.at+n]
}

func (p *parser) next() byte {
	c := p.all[p.at]
	p.at++
	if c == '\n' {
		p.line1++
		p.lineStart = p.at
	}
	return c
}

// expect takes a byte; opened is what lacks it otherwise.
func (p *parser) expect(c byte, opened Position, otherwise string) {
	if p.peek() != c {
		if p.ended() {
			p.fail(opened, otherwise)
		}
		p.fail(p.position(), "expected "+quote(string(c))+" and found "+p.shown())
	}
	p.next()
}

// document reads all: headers, and keys with values below each.
func (p *parser) document() *Table {
	root := newTable(Position{1, 1})
	table := root
	for {
		p.blank()
		if p.ended() {
			return root
		}
		if p.peek() == '[' {
			table = p.opening(root)
		} else {
			p.assign(table, 0)
		}
		p.endOfLine()
	}
}

// opening reads [key] or [[key]].
func (p *parser) opening(root *Table) *Table {
	at := p.position()
	p.next()
	array := p.peek() == '['
	if array {
		p.next()
	}
	key := p.key()
	p.expect(']', at, "a table's header lacks its ]")
	if array {
		p.expect(']', at, "a table's header lacks its second ]")
	}
	return p.header(root, key, array, at)
}

// assign reads key = value into a table.
func (p *parser) assign(t *Table, depth int) {
	key := p.key()
	if p.peek() != '=' {
		p.fail(p.position(), "expected = after the key "+quote(key[len(key)-1].name)+" and found "+p.shown())
	}
	p.next()
	p.space()
	p.assigned(t, key, p.value(depth))
}

// key reads a key with all its parts, and the white space around it.
func (p *parser) key() (parts []part) {
	for {
		p.space()
		at := p.position()
		var name string
		switch c := p.peek(); {
		case c == '"' || c == '\'':
			name = p.text(false)
		case isBare(c):
			from := p.at
			for isBare(p.peek()) {
				p.next()
			}
			name = p.all[from:p.at]
		default:
			p.fail(at, "expected a key and found "+p.shown()+"; other characters than A-Z a-z 0-9 _ - stand in quotes")
		}
		parts = append(parts, part{name, at})
		if len(parts) > maxDepth {
			p.fail(at, "a key has more than 100 parts")
		}
		p.space()
		if p.peek() != '.' {
			return parts
		}
		p.next()
	}
}

// space skips blanks in a line.
func (p *parser) space() {
	for p.peek() == ' ' || p.peek() == '\t' {
		p.next()
	}
}

// blank skips blanks, newlines and comments.
func (p *parser) blank() {
	for {
		p.space()
		switch {
		case p.peek() == '\n', p.peek() == '\r' && p.peekAt(1) == '\n':
			p.next()
		case p.peek() == '#':
			p.comment()
		default:
			return
		}
	}
}

func (p *parser) comment() {
	for !p.ended() && p.peek() != '\n' && (p.peek() != '\r' || p.peekAt(1) != '\n') {
		p.plain(p.position(), p.peek())
		p.next()
	}
}

// endOfLine wants nothing more in the line but a comment.
func (p *parser) endOfLine() {
	p.space()
	if p.peek() == '#' {
		p.comment()
	}
	if p.peek() == '\r' && p.peekAt(1) == '\n' {
		p.next()
	}
	if !p.ended() && p.peek() != '\n' {
		p.fail(p.position(), "expected the end of the line and found "+p.shown())
	}
}

// shown is what stands here, for an error.
func (p *parser) shown() string {
	switch {
	case p.ended():
		return "the end of the file"
	case p.peek() == '\n', p.peek() == '\r' && p.peekAt(1) == '\n':
		return "the end of the line"
	}
	return quote(p.shownRune())
}

func (p *parser) shownRune() string {
	r, size := utf8.DecodeRuneInString(p.all[p.at:])
	if size == 0 {
		return ""
	}
	return string(r)
}

func quote(s string) string { return strconv.Quote(s) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isBare: whether a key may have it without quotes.
func isBare(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '-'
}
