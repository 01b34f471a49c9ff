package config

import (
	"inlay/internal/decimal"
	"inlay/internal/wording"
)

// SameSecret compares in a time that tells nothing but the length.
func SameSecret(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	var differ byte
	for i := 0; i < len(a); i++ {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}

// leastToken is how many bytes a token has at least: 16 random letters and digits are beyond guessing over a network.
const leastToken = 16

func (r *reader) secret(name string) string {
	v := r.get(name)
	if v == "" {
		return ""
	}
	for i := 0; i < len(v); i++ {
		if v[i] <= 0x20 || v[i] > 0x7e {
			r.fail(name, "", wording.ExpectedASCII)
			return ""
		}
	}
	if len(v) < leastToken {
		r.fail(name, "", wording.ExpectedLength, decimal.String(leastToken), decimal.String(len(v)))
		return ""
	}
	return v
}

// ReadSecret reads one variable that is a secret: empty if it is unset. The error is [Errors].
func ReadSecret(lookup func(name string) (string, bool), name string) (string, error) {
	r := reader{lookup: lookup}
	secret := r.secret(name)
	if len(r.problems) > 0 {
		return "", r.problems
	}
	return secret, nil
}
