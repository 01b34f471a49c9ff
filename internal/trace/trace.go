package trace

import "inlay/internal/ascii"

// ParentField and StateField are the names of the two fields, in lower case.
const (
	ParentField = "traceparent"
	StateField  = "tracestate"
)

// Parent is what a traceparent says: which trace, and which span in it is the parent of whatever is done for the request.
type Parent struct {
	TraceID  [16]byte // not all zero
	ParentID [8]byte  // not all zero
	// Flags: bit 0, that the parent may be recorded; bit 1, that the trace's identity is random. Of a version that came after 00
	// the others are not known here and zero.
	Flags byte
}

// Flags of a [Parent].
const (
	Sampled = 1 << iota
	Random
)

// size is how long a traceparent of version 00 is, and how long one of a later version is at least.
const size = 55

// ParseParent reads a traceparent. One of a version after 00 is read as far as it is like that one, as the standard says.
func ParseParent(s string) (p Parent, ok bool) {
	if len(s) < size || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return Parent{}, false
	}
	var version, flags [1]byte
	ok = fromHex(version[:], s[:2]) && fromHex(p.TraceID[:], s[3:35]) && fromHex(p.ParentID[:], s[36:52]) && fromHex(flags[:], s[53:55])
	switch {
	case !ok, p.TraceID == [16]byte{}, p.ParentID == [8]byte{}:
		return Parent{}, false
	case version[0] == 0xff, version[0] == 0 && len(s) > size, len(s) > size && s[size] != '-':
		return Parent{}, false
	}
	for i := size; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || c == ',' { // a comma is between the values of two fields
			return Parent{}, false
		}
	}
	if p.Flags = flags[0]; version[0] > 0 {
		p.Flags &= Sampled | Random
	}
	return p, true
}

const digits = "0123456789abcdef"

// fromHex reads digits in lower case, two for each byte of to.
func fromHex(to []byte, s string) bool {
	for i := range to {
		high, low := digit(s[2*i]), digit(s[2*i+1])
		if high > 15 || low > 15 {
			return false
		}
		to[i] = high<<4 | low
	}
	return true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// String is the traceparent, in version 00.
func (p Parent) String() string {
	text := append(make([]byte, 0, size), "00-"...)
	text = append(appendHex(text, p.TraceID[:]), '-')
	text = append(appendHex(text, p.ParentID[:]), '-')
	return string(appendHex(text, []byte{p.Flags}))
}

func appendHex(to, bytes []byte) []byte {
	for _, b := range bytes {
		to = append(to, digits[b>>4], digits[b&15])
	}
	return to
}

// What a tracestate may have. The standard asks that 512 characters of it go on at least.
const (
	maxMembers = 32
	maxKey     = 256
	maxValue   = 256
	maxState   = 8 << 10
)

// IsState tells whether s is a tracestate: members with commas between, each a key that no other has, "=" and a value.
func IsState(s string) bool {
	if len(s) > maxState {
		return false
	}
	var keys [maxMembers]string
	n := 0
	for more := true; more; {
		var member string
		member, s, more = ascii.Cut(s, ",")
		if member = ascii.TrimOWS(member); member == "" {
			continue
		}
		key, value, ok := ascii.Cut(member, "=")
		if !ok || n == maxMembers || !isKey(key) || !isValue(value) {
			return false
		}
		for _, other := range keys[:n] {
			if other == key {
				return false
			}
		}
		keys[n] = key
		n++
	}
	return n > 0
}

func isKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case c >= 'a' && c <= 'z', ascii.IsDigit(c):
		case i > 0 && (c == '_' || c == '-' || c == '*' || c == '/' || c == '@'):
		default:
			return false
		}
	}
	return true
}

func isValue(value string) bool {
	if value == "" || len(value) > maxValue {
		return false // its end is no space: the member's was cut
	}
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' || c > '~' || c == '=' {
			return false
		}
	}
	return true
}

// Passed is what of a visitor's traceparent and tracestate goes to the fills that he leads; empty: nothing of it. Several fields of one
// name are told as one, with ", " between.
func Passed(parent, state string) (string, string) {
	parent = ascii.TrimOWS(parent)
	if _, ok := ParseParent(parent); !ok {
		return "", ""
	}
	if state = ascii.TrimOWS(state); !IsState(state) {
		state = ""
	}
	return parent, state
}
