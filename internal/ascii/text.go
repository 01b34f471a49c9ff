package ascii

// What the strings package has for these takes Unicode into account and brings its decoders along: 1.8 KiB of core.wasm,
// gzipped. Here all sets are ASCII.

// IndexAny is the offset of the first byte of s that is in set, -1 if there is none.
func IndexAny(s, set string) int {
	for i := 0; i < len(s); i++ {
		if InSet(s[i], set) {
			return i
		}
	}
	return -1
}

// InSet tells whether c is one of the bytes of set.
func InSet(c byte, set string) bool {
	for i := 0; i < len(set); i++ {
		if set[i] == c {
			return true
		}
	}
	return false
}

// TrimEnd takes the bytes of set off the end of s.
func TrimEnd(s, set string) string {
	for s != "" && InSet(s[len(s)-1], set) {
		s = s[:len(s)-1]
	}
	return s
}

// Trim takes the bytes of set off both ends of s.
func Trim(s, set string) string {
	for s != "" && InSet(s[0], set) {
		s = s[1:]
	}
	return TrimEnd(s, set)
}

// Cut is strings.Cut without its search for texts of any length: its separators are short and its texts too.
func Cut(s, sep string) (before, after string, found bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if s[i] == sep[0] && s[i:i+len(sep)] == sep {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// Lower is c, a letter in lower case.
func Lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// ToLower is the standard's "ASCII lowercase": names beyond ASCII stay as they are.
func ToLower(s string) string {
	for i := 0; i < len(s); i++ {
		if Lower(s[i]) == s[i] {
			continue
		}
		b := []byte(s)
		for ; i < len(b); i++ {
			b[i] = Lower(b[i])
		}
		return string(b)
	}
	return s
}

// ToUpper is s with ASCII letters in upper case.
func ToUpper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c &^ 0x20
		}
	}
	return string(b)
}

// EqualFold tells whether two strings are the same but for the case of ASCII letters, which is what HTTP's names and
// values take for the same. strings.EqualFold would bring Unicode's tables into core.wasm.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if Lower(a[i]) != Lower(b[i]) {
			return false
		}
	}
	return true
}

// HasPrefix is strings.HasPrefix.
func HasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// TrimOWS takes the optional white space off both ends (RFC 9110, section 5.6.3).
func TrimOWS(s string) string { return Trim(s, " \t") }

// Digits reads a number that is nothing but decimal digits.
func Digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
