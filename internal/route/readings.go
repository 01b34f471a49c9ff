package route

import (
	"inlay/internal/ascii"
)

// What else a path could be read as. Between a visitor and a handler stand parsers that disagree: of percent-encoding
// (once, twice, of %u005F), of backslashes, of what follows a semicolon, of empty and dot segments, of upper case, of
// characters that are only wide. A check that one of them sees another path than is the fault that lets somebody in, so
// these here take the path in each of those ways at once.

// internalSegment begins the paths that are inlay's own.
const internalSegment = "_inlay"

// IsInternal tells whether some reader could take a path, as it stands in a request's target or decoded, for /_inlay or
// for one below it. Such a path is answered by the engine alone, whatever the method: it reaches no page and no origin.
func IsInternal(path string) bool {
	internal, _ := readings(path)
	return internal
}

// LeadsElsewhere tells whether some reader could take the path of a src for one of inlay's own, or find dot segments in it.
func LeadsElsewhere(path string) bool {
	internal, dots := readings(path)
	return internal || dots
}

// HasDotSegments tells whether some reader could find a "." or ".." among a path's segments.
func HasDotSegments(path string) bool {
	_, dots := readings(path)
	return dots
}

func readings(path string) (internal, dots bool) {
	// No spelling does without an underscore, a dot, an escape, or a byte that is not ASCII.
	for i := 0; ; i++ {
		if i == len(path) {
			return false, false
		}
		if c := path[i]; c == '_' || c == '.' || c == '%' || c >= 0x80 {
			break
		}
	}
	var buf [256]byte
	decoded := appendDecoded(buf[:0], path)
	first, parents := true, false
	for start := 0; start <= len(decoded); {
		end := start
		for end < len(decoded) && decoded[end] != '/' && decoded[end] != '\\' {
			end++
		}
		segment := decoded[start:end]
		start = end + 1
		// After a ".." it depends on the reader which segments are left.
		if (first || parents) && segmentIs(segment, internalSegment) {
			internal = true
		}
		switch {
		case segmentIs(segment, ""):
		case segmentIs(segment, "."):
			dots = true
		case segmentIs(segment, ".."):
			dots, parents = true, true
		default:
			first = false
		}
	}
	return internal, dots
}

// segmentIs tells whether a decoded segment could be read as name, which is in lower case. Control characters may be
// dropped by a reader, and what follows NUL, ";", "?" or "#" too; Windows drops dots and spaces at a name's end.
func segmentIs(segment []byte, name string) bool {
	i := 0
	for len(name) > 0 {
		for i < len(segment) && ascii.IsControl(segment[i]) {
			i++
		}
		if i == len(segment) || ascii.Lower(segment[i]) != name[0] {
			return false
		}
		i, name = i+1, name[1:]
	}
	for dotted := i > 0 && segment[i-1] == '.'; i < len(segment); i++ {
		switch c := segment[i]; {
		case c == 0, ascii.InSet(c, ";?#"):
			return true
		case c == ' ':
			dotted = false // ".. ." too is ".."
		case ascii.IsControl(c), c == '.' && i > 0 && !dotted:
		default:
			return false
		}
	}
	return true
}

// appendDecoded appends path with all that encodes an ASCII character decoded, as often as it is encoded, in one pass:
// whatever is decoded may be the end of another escape.
func appendDecoded(dst []byte, path string) []byte {
	for i := 0; i < len(path); i++ {
		dst = append(dst, path[i])
		for {
			c, n := escapeAtEnd(dst)
			if n == 0 {
				break
			}
			dst = append(dst[:len(dst)-n], c)
		}
	}
	return dst
}

// escapeAtEnd finds what the last n bytes of b encode; n is 0 if nothing. It knows %5F, %u005F, UTF-8 that is longer than
// it need be (C1 9F, E0 81 9F, up to six bytes), and the full-width forms of ASCII (U+FF01 to U+FF5E).
func escapeAtEnd(b []byte) (c byte, n int) {
	end := len(b)
	if end >= 3 && b[end-3] == '%' {
		if hi, lo := ascii.HexValue(b[end-2]), ascii.HexValue(b[end-1]); hi < 16 && lo < 16 {
			return hi<<4 | lo, 3
		}
	}
	if end >= 6 && b[end-6] == '%' && b[end-5]|0x20 == 'u' {
		code := uint32(0)
		for _, digit := range b[end-4:] {
			value := ascii.HexValue(digit)
			if value > 15 {
				return 0, 0
			}
			code = code<<4 | uint32(value)
		}
		return narrow(code, 6)
	}
	code := uint32(0)
	for n = 1; n <= min(end, 6); n++ {
		b := b[end-n]
		if b&0xc0 == 0x80 {
			code |= uint32(b&0x3f) << (6 * (n - 1))
			continue
		}
		if n > 1 && b>>(7-n) == 1<<(n+1)-2 { // n bits, then none
			return narrow(code|uint32(b&(0x7f>>n))<<(6*(n-1)), n)
		}
		break
	}
	return 0, 0
}

// narrow is the ASCII character that a code point is or is the wide form of, and n; or zeros.
func narrow(code uint32, n int) (byte, int) {
	if code >= 0xff01 && code <= 0xff5e {
		code -= 0xfee0
	}
	if code >= 0x80 {
		return 0, 0
	}
	return byte(code), n
}
