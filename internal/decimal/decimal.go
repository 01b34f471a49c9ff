// Package decimal writes integers. strconv does so faster, with tables that are a kilobyte and a half of core.wasm.
package decimal

// Append appends n in decimal.
func Append(dst []byte, n int64) []byte {
	rest := uint64(n)
	if n < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + rest%10)
		if rest /= 10; rest == 0 {
			return append(dst, digits[i:]...)
		}
	}
}

// String is n in decimal.
func String(n int) string { return string(Append(nil, int64(n))) }
