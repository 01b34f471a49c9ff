package toml

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text reads a string of any of the four kinds; keys have no multi-line ones.
func (p *parser) text(multiline bool) string {
	at := p.position()
	quote := p.next()
	long := strings.HasPrefix(p.all[p.at:], string([]byte{quote, quote}))
	if !long {
		return p.line(at, quote)
	}
	p.next()
	p.next()
	if !multiline {
		p.fail(at, "a key cannot be a string of several lines")
	}
	return p.lines(at, quote)
}

// line reads a string that ends in the line in which it begins.
func (p *parser) line(at Position, quote byte) string {
	var b strings.Builder
	for {
		here := p.position()
		c := p.peek()
		switch {
		case c == 0 && p.ended() || c == '\n' || c == '\r':
			p.fail(at, "a string that begins here lacks its "+string(quote))
		case c == quote:
			p.next()
			return b.String()
		case c == '\\' && quote == '"':
			p.escape(&b, false)
		default:
			p.plain(here, c)
			b.WriteByte(p.next())
		}
	}
}

// lines reads a string between three quotes and three; the first newline is not part of it.
func (p *parser) lines(at Position, quote byte) string {
	end := strings.Repeat(string(quote), 3)
	if strings.HasPrefix(p.all[p.at:], "\r\n") {
		p.next()
	}
	if p.peek() == '\n' {
		p.next()
	}
	var b strings.Builder
	for {
		here := p.position()
		c := p.peek()
		switch {
		case c == 0 && p.ended():
			p.fail(at, "a string that begins here lacks its "+end)
		case strings.HasPrefix(p.all[p.at:], end):
			// Up to two quotes may stand before the end.
			n := 3
			for n < 5 && p.peekAt(n) == quote {
				n++
			}
			for range n {
				p.next()
			}
			b.WriteString(strings.Repeat(string(quote), n-3))
			return b.String()
		case c == '\\' && quote == '"':
			p.escape(&b, true)
		case c == '\n' || c == '\r' && p.peekAt(1) == '\n':
			b.WriteByte(p.next())
		default:
			p.plain(here, c)
			b.WriteByte(p.next())
		}
	}
}

// plain refuses what no string and no comment may have.
func (p *parser) plain(at Position, c byte) {
	if c < ' ' && c != '\t' || c == 0x7f {
		p.fail(at, "there must be no control character here: "+strconv.QuoteToASCII(string(rune(c))))
	}
}

var escapes = map[byte]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', 'e': 0x1b, '"': '"', '\\': '\\'}

// escape reads a backslash and what belongs to it.
func (p *parser) escape(b *strings.Builder, multiline bool) {
	at := p.position()
	p.next()
	c := p.peek()
	if out, ok := escapes[c]; ok {
		p.next()
		b.WriteByte(out)
		return
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits > 0 {
		p.next()
		hex := p.all[p.at:min(p.at+digits, len(p.all))]
		n, err := strconv.ParseUint(hex, 16, 32)
		if len(hex) < digits || err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune {
			p.fail(at, `\`+string(c)+" has to be followed by "+strconv.Itoa(digits)+" hexadecimal digits of a character")
		}
		for range digits {
			p.next()
		}
		b.WriteRune(rune(n))
		return
	}
	// At the end of a line it takes away all white space up to the next character.
	if multiline && strings.HasPrefix(strings.TrimLeft(p.all[p.at:], " \t\r"), "\n") {
		for c := p.peek(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = p.peek() {
			p.next()
		}
		return
	}
	p.fail(at, `there is no \`+p.shownRune()+`; a backslash is written \\, or in a string between '`)
}
