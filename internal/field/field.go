package field

import (
	"inlay/internal/ascii"
)

// Field is a header field; its name is in lower case.
type Field struct{ Name, Value string }

// IsFieldByte tells whether c may stand in a field's value (RFC 9110, section 5.5).
func IsFieldByte(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

// IsTokenChar tells whether c may stand in a token (RFC 9110, section 5.6.2).
func IsTokenChar(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return ascii.InSet(c, "!#$%&'*+-.^_`|~")
}
