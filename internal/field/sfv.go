package field

import (
	"errors"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
)

// Serialisation of Structured Field Values (RFC 9651, section 4.1), as much of it as Cache-Status takes. What a type
// cannot hold is an error and nothing is written: the RFC has serialisation fail rather than guess.

var (
	errSFVToken   = errors.New("edge: not a token: it begins with a letter or *, then letters, digits and !#$%&'*+-.^_`|~:/ follow")
	errSFVString  = errors.New("edge: a string of a structured field holds printable ASCII only")
	errSFVInteger = errors.New("edge: an integer of a structured field has at most 15 digits")
)

// maxSFVInteger is the largest integer that a structured field can hold (RFC 9651, section 3.3.1).
const maxSFVInteger = 999_999_999_999_999

// appendSFVToken appends a token (section 4.1.7).
func appendSFVToken(dst []byte, s string) ([]byte, error) {
	if !isSFVToken(s) {
		return dst, errSFVToken
	}
	return append(dst, s...), nil
}

// appendSFVString appends a string (section 4.1.6).
func appendSFVString(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return dst, errSFVString
		}
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"'), nil
}

// appendSFVInteger appends an integer (section 4.1.4).
func appendSFVInteger(dst []byte, n int64) ([]byte, error) {
	if n < -maxSFVInteger || n > maxSFVInteger {
		return dst, errSFVInteger
	}
	return decimal.Append(dst, n), nil
}

func isSFVToken(s string) bool {
	if s == "" || !(ascii.IsAlpha(s[0]) || s[0] == '*') {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !IsTokenChar(c) && c != ':' && c != '/' {
			return false
		}
	}
	return true
}
