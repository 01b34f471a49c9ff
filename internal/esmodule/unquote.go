package esmodule

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// unquote is what a string or a template without ${ means: ECMAScript, section
// 12.9.4.
func unquote(literal string) string {
	inner := literal[1 : len(literal)-1]
	if !strings.Contains(inner, `\`) {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			b.WriteByte(inner[i])
			continue
		}
		rest := inner[i+1:]
		switch {
		case rest == "":
		case strings.HasPrefix(rest, "\r\n"):
			i += 2
		case rest[0] == '\n' || rest[0] == '\r':
			i++
		case rest[0] == 'x' || rest[0] == 'u':
			r, size := hexadecimal(rest)
			if next := inner[min(i+1+size, len(inner)):]; utf16.IsSurrogate(r) && strings.HasPrefix(next, `\u`) {
				if low, more := hexadecimal(next[1:]); more > 0 {
					r = utf16.DecodeRune(r, low)
					size += 1 + more
				}
			}
			b.WriteRune(r)
			i += size
		default:
			c := rest[0]
			if at := strings.IndexByte("bfnrtv0", c); at >= 0 {
				c = "\b\f\n\r\t\v\x00"[at]
			}
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// hexadecimal reads xHH, uHHHH or u{H…}, and says how long it is.
func hexadecimal(s string) (r rune, size int) {
	digits := ""
	switch {
	case strings.HasPrefix(s, "u{"):
		digits, _, _ = strings.Cut(s[2:], "}")
		size = 2 + len(digits) + 1
	case s[0] == 'u':
		digits = s[1:min(5, len(s))]
		size = 1 + len(digits)
	default:
		digits = s[1:min(3, len(s))]
		size = 1 + len(digits)
	}
	n, err := strconv.ParseUint(digits, 16, 21)
	if err != nil {
		return '\ufffd', min(size, len(s))
	}
	return rune(n), min(size, len(s))
}
