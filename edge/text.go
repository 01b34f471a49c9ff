package edge

// What the strings package has for these takes Unicode into account and brings its decoders along: 1.8 KiB of core.wasm,
// gzipped. Here all sets are ASCII.

// indexAny is the offset of the first byte of s that is in set, -1 if there is none.
func indexAny(s, set string) int {
	for i := 0; i < len(s); i++ {
		if inSet(s[i], set) {
			return i
		}
	}
	return -1
}

func inSet(c byte, set string) bool {
	for i := 0; i < len(set); i++ {
		if set[i] == c {
			return true
		}
	}
	return false
}

// trimEnd takes the bytes of set off the end of s.
func trimEnd(s, set string) string {
	for s != "" && inSet(s[len(s)-1], set) {
		s = s[:len(s)-1]
	}
	return s
}

// trim takes the bytes of set off both ends of s.
func trim(s, set string) string {
	for s != "" && inSet(s[0], set) {
		s = s[1:]
	}
	return trimEnd(s, set)
}

// cutText is strings.Cut without its search for texts of any length: its separators are short and its texts too.
func cutText(s, sep string) (before, after string, found bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if s[i] == sep[0] && s[i:i+len(sep)] == sep {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
