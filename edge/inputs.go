package edge

import "unicode/utf8"

// What a fill may take along of a request. The same rules hold where a slot declares it ([ParsePage]) and where a batch
// of fills brings it ([Fills]).

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

// inputFields are the fields of each kind but the first, by their lower-case names; a name that ends with a hyphen stands
// for all that begin with it.
var inputFields = [...]string{
	inputCookie:      "cookie",
	inputCredentials: "authorization",
	inputPart:        "accept-encoding range if-match if-none-match if-modified-since if-unmodified-since if-range",
	inputHost:        "host",
	inputConnection: "connection keep-alive te trailer transfer-encoding upgrade http2-settings expect max-forwards via " +
		"set-cookie content-",
	inputVouching: "forwarded x-real-ip x-forwarded-",
	inputHops:     "proxy- inlay-",
	inputBrowser:  "sec-",
}

// kindOfInput tells the kind of a header field by its lower-case name.
func kindOfInput(header string) inputKind {
	if hasPrefix(header, "sec-ch-") || header == "sec-gpc" {
		return inputFree
	}
	for kind, names := range inputFields {
		for names != "" {
			var name string
			name, names, _ = cutText(names, " ")
			if header == name || name[len(name)-1] == '-' && hasPrefix(header, name) {
				return inputKind(kind)
			}
		}
	}
	return inputFree
}

// noInput says what to do instead of declaring a header field, by its lower-case name, that a fill must not take from a
// request; empty if it may.
func noInput(header string) string {
	return [...]string{
		inputCookie:      "cookie:NAME for each cookie that the fragment depends on",
		inputCredentials: "a cookie:NAME, or a path that is no fragment: what Authorization opens is for one user, and a fragment is shared",
		inputPart:        "none of the fields that ask for a part or an encoding: a fill asks for the whole fragment",
		inputHost:        "INLAY_HOSTS, the hosts each of which gets fragments of its own",
		inputConnection:  "none of the fields that belong to a connection or a body",
		inputVouching:    "none of the fields by which proxies vouch for a client: any client can send them",
		inputHops:        "none of the fields that are between proxies",
		inputBrowser:     "none of the fields that tell how a browser asks, save Sec-CH-… and Sec-GPC: a fill asks for the fragment, whoever wants it",
	}[kindOfInput(header)]
}

// mayFill tells whether a fill can have a header field of that lower-case name: one that a slot can declare, the cookies
// that it does, or what asks whether a fragment has changed.
func mayFill(header string) bool {
	return header == "cookie" || header == "if-none-match" || header == "if-modified-since" || kindOfInput(header) == inputFree
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// usable tells whether a value of a field or a cookie can be part of a key. One with a control character cannot, and one
// that is not UTF-8 cannot either: JavaScript gets U+FFFD in place of what is not, so that two values would be one.
func usable(value string) bool {
	ascii := true
	for i := 0; i < len(value); i++ {
		if c := value[i]; isControl(c) {
			return false
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if ascii {
		return true
	}
	for _, r := range value {
		if r == utf8.RuneError {
			return false
		}
	}
	return true
}

// cutCookie cuts a Cookie field after its first pair. Pairs are separated by "; " (RFC 6265, section 4.2.1), and several
// lines of the field by ", ", which is how workerd joins them and how RFC 9110, section 5.3, would have it. A cookie's
// value cannot have a comma or a space, so both are separators here, in any field: where a value has ", " after all it
// ends there, rather than go on with what may be another cookie.
func cutCookie(header string) (pair, rest string) {
	for i := 0; i < len(header); i++ {
		switch {
		case header[i] == ';':
			return header[:i], header[i+1:]
		case header[i] == ',' && i+1 < len(header) && header[i+1] == ' ':
			return header[:i], header[i+2:]
		}
	}
	return header, ""
}

// cookieValue finds a cookie in a Cookie field. Of several with one name the first counts: user agents send the one with
// the longer path first (RFC 6265, section 5.4). A pair without "=" is no cookie of any name.
func cookieValue(header, name string) (string, bool) {
	for header != "" {
		var pair string
		pair, header = cutCookie(header)
		have, value, ok := cutText(pair, "=")
		if ok && trimOWS(have) == name {
			value = trimOWS(value)
			return value, usable(value)
		}
	}
	return "", false
}
