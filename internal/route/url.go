package route

import (
	"strings"

	"inlay/internal/ascii"
)

// UnescapePath decodes percent-encoding; ok is false where it is malformed, and s comes back as it is.
func UnescapePath(s string) (out string, ok bool) {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s, true
	}
	decoded := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		b := s[i]
		if b == '%' {
			if b, ok = ascii.Unhex(s, i+1); !ok {
				return s, false
			}
			i += 2
		}
		decoded = append(decoded, b)
	}
	return string(decoded), true
}

// IsDots tells whether a segment is "." or "..".
func IsDots(s string) bool { return s == "." || s == ".." }

// SplitTarget cuts a target in origin form into its path and its query.
func SplitTarget(target string) (path, query string) {
	for i := 0; i < len(target); i++ {
		switch target[i] {
		case '?':
			return target[:i], target[i+1:]
		case '#':
			return target[:i], ""
		}
	}
	return target, ""
}

// PathOf is the path of an expanded src.
func PathOf(src string) string {
	if src[0] != '/' {
		_, rest, ok := ascii.Cut(src, "://")
		if !ok {
			rest = src // binding:NAME/path
		}
		for rest != "" && rest[0] != '/' {
			rest = rest[1:]
		}
		src = rest
	}
	path, _ := SplitTarget(src)
	return path
}

// IsUnreserved is RFC 3986, section 2.3.
func IsUnreserved(b byte) bool {
	return ascii.IsAlpha(b) || ascii.IsDigit(b) || b == '-' || b == '.' || b == '_' || b == '~'
}

// AppendEncoded percent-encodes all but RFC 3986's unreserved characters, and slashes where they may stay.
//
//go:noinline
func AppendEncoded(dst []byte, s string, slashes bool) []byte {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if IsUnreserved(b) || b == '/' && slashes {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', ascii.HexDigits[b>>4], ascii.HexDigits[b&15])
		}
	}
	return dst
}

// canonicalURL writes the literal text of a URL in its one form; ok is false for malformed percent-encoding.
func canonicalURL(s string) (out string, ok bool) {
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case b == '%':
			if b, ok = ascii.Unhex(s, i+1); !ok {
				return "", false
			}
			i += 2
			if IsUnreserved(b) {
				dst = append(dst, b)
			} else {
				dst = append(dst, '%', ascii.HexDigits[b>>4], ascii.HexDigits[b&15])
			}
		case b >= 0x80 || strings.IndexByte("\"<>^`|", b) >= 0:
			dst = append(dst, '%', ascii.HexDigits[b>>4], ascii.HexDigits[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return string(dst), true
}

// ValidEscapes tells whether each % in s has two hexadecimal digits behind it.
func ValidEscapes(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if _, ok := ascii.Unhex(s, i+1); !ok {
				return false
			}
			i += 2
		}
	}
	return true
}

// queryByte decodes the byte at s[i:], which takes n bytes there; n is 0 for malformed percent-encoding.
func queryByte(s string, i int) (b byte, n int) {
	switch s[i] {
	case '+':
		return ' ', 1
	case '%':
		if b, ok := ascii.Unhex(s, i+1); ok {
			return b, 3
		}
		return 0, 0
	}
	return s[i], 1
}

// appendReencoded writes an encoded value of a query in its one form.
func appendReencoded(dst []byte, value string) []byte {
	for i := 0; i < len(value); {
		b, n := queryByte(value, i)
		if IsUnreserved(b) {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', ascii.HexDigits[b>>4], ascii.HexDigits[b&15])
		}
		i += n
	}
	return dst
}

// DecodeQuery decodes a name or a value of a query as forms encode it.
func DecodeQuery(s string) (string, bool) {
	decoded := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		b, n := queryByte(s, i)
		if n == 0 {
			return "", false
		}
		decoded = append(decoded, b)
		i += n
	}
	return string(decoded), true
}
