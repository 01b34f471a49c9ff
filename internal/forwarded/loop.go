package forwarded

import (
	"hash/fnv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
)

// LoopField is where each that passes a request on leaves its name (RFC 8586), in lower case.
const LoopField = "cdn-loop"

// Loop is the name that a site leaves there.
type Loop string

// NewLoop makes a name of what tells a site from all others: so one that stands before another is not taken for it, and all
// processes of a site have the same.
func NewLoop(parts ...string) Loop {
	sum := fnv.New64a()
	for _, p := range parts {
		_, _ = sum.Write([]byte(decimal.String(len(p)) + ":" + p))
	}
	digits, n := [16]byte{}, sum.Sum64()
	for i := range digits {
		digits[i] = "0123456789abcdef"[n>>(60-4*i)&15]
	}
	return Loop("inlay-" + string(digits[:]))
}

// Came tells whether the name is among those that a request has.
func (l Loop) Came(value string) bool {
	for member := range strings.SplitSeq(value, ",") {
		name, _, _ := strings.Cut(member, ";")
		if ascii.EqualFold(ascii.TrimOWS(name), string(l)) {
			return true
		}
	}
	return false
}

// Add leaves the name behind those that a request has.
func (l Loop) Add(value string) string {
	if value == "" {
		return string(l)
	}
	return value + ", " + string(l)
}
