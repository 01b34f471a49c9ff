package ascii

// IsDigit tells whether b is 0 to 9.
func IsDigit(b byte) bool { return '0' <= b && b <= '9' }

// IsAlpha tells whether b is a letter.
func IsAlpha(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// IsControl tells whether b is a control character, DEL among them.
func IsControl(b byte) bool { return b < 0x20 || b == 0x7F }

// HasControl tells whether there is a control character in s.
func HasControl(s string) bool {
	for i := 0; i < len(s); i++ {
		if IsControl(s[i]) {
			return true
		}
	}
	return false
}

// IsHex tells whether c is a hexadecimal digit.
func IsHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// HexValue is the value of a hexadecimal digit, 255 for anything else.
func HexValue(b byte) byte {
	switch {
	case IsDigit(b):
		return b - '0'
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10
	}
	return 255
}

// HexDigits are the digits of percent-encoding, by their values.
const HexDigits = "0123456789ABCDEF"

// Unhex reads two hexadecimal digits at s[i:].
func Unhex(s string, i int) (byte, bool) {
	if i+2 > len(s) {
		return 0, false
	}
	hi, lo := HexValue(s[i]), HexValue(s[i+1])
	return hi<<4 | lo, hi < 16 && lo < 16
}

// Only tells whether all bytes of s are allowed.
func Only(s string, allowed func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !allowed(s[i]) {
			return false
		}
	}
	return true
}
