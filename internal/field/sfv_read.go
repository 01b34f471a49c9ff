package field

import (
	"inlay/internal/ascii"
)

// Parsing of Structured Field Values (RFC 9651, section 4.2), as much of it as a Dictionary of cache directives and a List of
// Strings take: of a Dictionary every type is read, and only integers and booleans are kept.

type sfvKind uint8

const (
	sfvOther sfvKind = iota
	sfvInteger
	sfvBoolean
)

type sfvValue struct {
	kind   sfvKind
	number int64 // a boolean's is 0 or 1
}

// sfvReader reads from the front of rest.
type sfvReader struct{ rest string }

func (r *sfvReader) peek() byte {
	if r.rest == "" {
		return 0
	}
	return r.rest[0]
}

// take takes c off the front, if it is there.
func (r *sfvReader) take(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *sfvReader) skip(set string) {
	for r.rest != "" && ascii.InSet(r.rest[0], set) {
		r.rest = r.rest[1:]
	}
}

// run takes the bytes off the front that are of a kind.
func (r *sfvReader) run(is func(byte) bool) string {
	n := 0
	for n < len(r.rest) && is(r.rest[n]) {
		n++
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func isLowerCase(c byte) bool { return c >= 'a' && c <= 'z' }
func isSFVKey(c byte) bool    { return isLowerCase(c) || ascii.IsDigit(c) || ascii.InSet(c, "_-.*") }
func isSFVTokenByte(c byte) bool {
	return IsTokenChar(c) || c == ':' || c == '/'
}
func isBase64(c byte) bool { return ascii.IsAlpha(c) || ascii.IsDigit(c) || ascii.InSet(c, "+/=") }

// key reads a key (section 4.2.3.3).
func (r *sfvReader) key() (string, bool) {
	if c := r.peek(); !isLowerCase(c) && c != '*' {
		return "", false
	}
	return r.run(isSFVKey), true
}

// value reads an item without its parameters, or an inner list (sections 4.2.1.1 and 4.2.3.1).
func (r *sfvReader) value() (sfvValue, bool) {
	if !r.take('(') {
		return r.item()
	}
	for {
		r.skip(" ")
		if r.take(')') {
			return sfvValue{}, true
		}
		if _, ok := r.item(); !ok || !r.parameters() {
			return sfvValue{}, false
		}
		if c := r.peek(); c != ' ' && c != ')' {
			return sfvValue{}, false
		}
	}
}

// parameters reads what follows an item (section 4.2.3.2).
func (r *sfvReader) parameters() bool {
	for r.take(';') {
		r.skip(" ")
		if _, ok := r.key(); !ok {
			return false
		}
		if r.take('=') {
			if _, ok := r.item(); !ok {
				return false
			}
		}
	}
	return true
}

// comma takes what stands between two members (sections 4.2.1 and 4.2.2): nothing at the end, where no comma may be.
func (r *sfvReader) comma() bool {
	r.skip(" \t")
	if r.rest == "" {
		return true
	}
	if !r.take(',') {
		return false
	}
	r.skip(" \t")
	return r.rest != ""
}

// ParseStrings reads a List of Strings, as Cache-Groups is one (RFC 9875), and gives its members, each ended by a line feed,
// without their parameters. Empty: it has none, or is anything else, which has to be ignored whole.
func ParseStrings(v string) string {
	r := sfvReader{rest: v}
	r.skip(" ")
	var members []byte
	for r.rest != "" {
		text := r.rest
		if text[0] != '"' || !r.text() {
			return ""
		}
		for i := 1; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
			members = append(members, text[i])
		}
		if members = append(members, '\n'); !r.parameters() || !r.comma() {
			return ""
		}
	}
	return string(members)
}

// item reads a bare item (section 4.2.3.1).
func (r *sfvReader) item() (v sfvValue, ok bool) {
	switch c := r.peek(); {
	case c == '-' || ascii.IsDigit(c):
		return r.number()
	case c == '"':
		return v, r.text()
	case c == '*' || ascii.IsAlpha(c):
		return v, r.run(isSFVTokenByte) != ""
	case r.take(':'):
		r.run(isBase64)
		return v, r.take(':')
	case r.take('?'):
		v.kind = sfvBoolean
		if r.take('1') {
			v.number = 1
			return v, true
		}
		return v, r.take('0')
	case r.take('@'):
		v, ok = r.number()
		return sfvValue{}, ok && v.kind == sfvInteger
	case r.take('%'):
		return v, r.peek() == '"' && r.text()
	}
	return v, false
}

// number reads an integer of at most 15 digits, or a decimal of at most 12 and 3 (section 4.2.4).
func (r *sfvReader) number() (v sfvValue, ok bool) {
	negative := r.take('-')
	whole := r.run(ascii.IsDigit)
	if r.take('.') {
		fraction := r.run(ascii.IsDigit)
		return v, whole != "" && len(whole) <= 12 && fraction != "" && len(fraction) <= 3
	}
	for i := 0; i < len(whole) && i < 15; i++ {
		v.number = v.number*10 + int64(whole[i]-'0')
	}
	if negative {
		v.number = -v.number
	}
	v.kind = sfvInteger
	return v, whole != "" && len(whole) <= 15
}

// text reads a string (section 4.2.5); a display string's is close enough.
func (r *sfvReader) text() bool {
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return true
		case c == '\\':
			if i++; i == len(r.rest) || !ascii.InSet(r.rest[i], `"\`) {
				return false
			}
		case c < 0x20 || c > 0x7e:
			return false
		}
	}
	return false
}
