package route

import (
	"inlay/internal/ascii"
	"inlay/internal/wording"
)

// What a fill may take along of a request. The same rules hold where a slot declares it (internal/shell) and where a batch
// of fills brings it (internal/batch).

// inputKind is what a header field of a request is to a fill.
type inputKind uint8

const (
	inputFree inputKind = iota // a slot can declare it
	inputCookie
	inputCredentials
	inputPart // asks for a part or an encoding, or under a condition
	inputHost
	inputConnection
	inputVouching // proxies vouch for a client with it
	inputHops     // between proxies
	inputBrowser  // how a browser asks
)

// kindOfInput tells the kind of a header field by its lower-case name.
func kindOfInput(header string) inputKind {
	if ascii.HasPrefix(header, "sec-ch-") || header == "sec-gpc" {
		return inputFree
	}
	lines := wording.List(wording.InputFields)
	for kind := inputFree + 1; lines != ""; kind++ {
		var names string
		for names, lines, _ = ascii.Cut(lines, "\n"); names != ""; {
			var name string
			name, names, _ = ascii.Cut(names, " ")
			if header == name || name[len(name)-1] == '-' && ascii.HasPrefix(header, name) {
				return kind
			}
		}
	}
	return inputFree
}

// NoInput says what to do instead of declaring a header field, by its lower-case name, that a fill must not take from a
// request; empty if it may.
func NoInput(header string) string {
	return [...]string{
		inputCookie:      "cookie:NAME for each cookie that the fragment depends on",
		inputCredentials: "a cookie:NAME, or a path that is no fragment: what Authorization opens is for one user, and a fragment is shared",
		inputPart:        "none of the fields that ask for a part or an encoding: a fill asks for the whole fragment",
		inputHost:        "host, or INLAY_HOSTS, the hosts each of which gets fragments of its own",
		inputConnection:  "none of the fields that belong to a connection or a body",
		inputVouching:    "none of the fields by which proxies vouch for a client: any client can send them",
		inputHops:        "none of the fields that are between proxies",
		inputBrowser:     "none of the fields that tell how a browser asks, save Sec-CH-… and Sec-GPC: a fill asks for the fragment, whoever wants it",
	}[kindOfInput(header)]
}

// MayVary tells whether a fill can have a header field of that lower-case name that comes from a visitor, cookies aside: whether a
// slot can declare it.
func MayVary(header string) bool { return kindOfInput(header) == inputFree }

// MayFill tells whether a fill can have a header field of that lower-case name: one that a slot can declare, the cookies
// that it does, or what asks whether a fragment has changed.
func MayFill(header string) bool {
	return header == "cookie" || header == "if-none-match" || header == "if-modified-since" || MayVary(header)
}

// MayBeConstant tells whether every fill may carry a field: what a slot could declare, and what no visitor may give, but
// the site itself: its credentials, and what proxies say of a request.
func MayBeConstant(name string) bool { return MayVary(name) || Vouches(name) }

// Vouches tells whether a field is one that opens doors or that proxies vouch with. A batch brings none for a single fill.
func Vouches(name string) bool {
	kind := kindOfInput(name)
	return kind == inputCredentials || kind == inputVouching
}
